/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/copy.h"

#include <string.h>

#include "base/mem.h"

typedef struct copy {
    int height, width;
    size_t cell_bytes, target_cell_bytes;
} copy;

typedef struct add {
    int height;
    size_t row_values;
} add;

static lightpose_status no_memory(lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a step of the network");
}

/* ---- Copy -------------------------------------------------------------------------------------------------------- */

lightpose_status lp_copy_create(void **instance, int height, int width, size_t cell_bytes, size_t target_cell_bytes,
                                lightpose_error *error) {
    copy *const made = lp_calloc(1, sizeof *made);

    *instance = made;
    if (!made)
        return no_memory(error);
    *made = (copy){height, width, cell_bytes, target_cell_bytes};
    return LIGHTPOSE_OK;
}

static const char *copy_name(const void *instance) {
    (void)instance;
    return "lightpose:copy";
}

static int copy_units(const void *instance) {
    return ((const copy *)instance)->height;
}

static lightpose_status copy_run(const void *instance, const lp_op_tensors *tensors, int begin, int end,
                                 void *scratch) {
    const copy *const c = instance;
    const size_t first = (size_t)begin * (size_t)c->width, last = (size_t)end * (size_t)c->width;
    const uint8_t *from = (const uint8_t *)tensors->src + first * c->cell_bytes;
    uint8_t *to = (uint8_t *)tensors->dst + first * c->target_cell_bytes;
    (void)scratch;

    for (size_t cell = first; cell < last; cell++, from += c->cell_bytes, to += c->target_cell_bytes)
        memcpy(to, from, c->cell_bytes);
    return LIGHTPOSE_OK;
}

const lp_operator lp_op_copy = {
    .name = "copy", .destroy = lp_free, .kernel = copy_name, .units = copy_units, .run = copy_run};

/* ---- Add --------------------------------------------------------------------------------------------------------- */

lightpose_status lp_add_create(void **instance, int height, size_t row_values, lightpose_error *error) {
    add *const made = lp_calloc(1, sizeof *made);

    *instance = made;
    if (!made)
        return no_memory(error);
    *made = (add){height, row_values};
    return LIGHTPOSE_OK;
}

static const char *add_name(const void *instance) {
    (void)instance;
    return "lightpose:add";
}

static int add_units(const void *instance) {
    return ((const add *)instance)->height;
}

static lightpose_status add_run(const void *instance, const lp_op_tensors *tensors, int begin, int end, void *scratch) {
    const add *const a = instance;
    const float *const src = tensors->src, *const added = tensors->added;
    float *const dst = tensors->dst;
    (void)scratch;

#pragma omp simd
    for (size_t i = (size_t)begin * a->row_values; i < (size_t)end * a->row_values; i++)
        dst[i] = src[i] + added[i];
    return LIGHTPOSE_OK;
}

const lp_operator lp_op_add = {
    .name = "add", .destroy = lp_free, .kernel = add_name, .units = add_units, .run = add_run};
