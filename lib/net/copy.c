/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/copy.h"

#include <string.h>

#include "net/operators.h"

typedef struct copy {
    int width;
    size_t cell_bytes, target_cell_bytes;
} copy;

typedef struct add {
    size_t row_values;
} add;

static lightpose_status copy_run(const void *data, const lp_op_tensors *tensors, int begin, int end, void *scratch) {
    const copy *const c = data;
    const size_t first = (size_t)begin * (size_t)c->width, last = (size_t)end * (size_t)c->width;
    const uint8_t *from = (const uint8_t *)tensors->src + first * c->cell_bytes;
    uint8_t *to = (uint8_t *)tensors->dst + first * c->target_cell_bytes;
    (void)scratch;

    for (size_t cell = first; cell < last; cell++, from += c->cell_bytes, to += c->target_cell_bytes)
        memcpy(to, from, c->cell_bytes);
    return LIGHTPOSE_OK;
}

const lp_operator lp_op_copy = {.name = "copy", .data_size = sizeof(copy), .run = copy_run};

lightpose_status lp_copy_create(lp_op_instance *made, int height, int width, size_t cell_bytes,
                                size_t target_cell_bytes, lightpose_error *error) {
    LP_TRY(lp_op_allocate(&lp_op_copy, made, "concatenation", error));
    *(copy *)made->data = (copy){width, cell_bytes, target_cell_bytes};
    made->kernel = "lightpose:copy";
    made->units = height;
    return LIGHTPOSE_OK;
}

static lightpose_status add_run(const void *data, const lp_op_tensors *tensors, int begin, int end, void *scratch) {
    const add *const a = data;
    const float *const src = tensors->src, *const added = tensors->added;
    float *const dst = tensors->dst;
    (void)scratch;

#pragma omp simd
    for (size_t i = (size_t)begin * a->row_values; i < (size_t)end * a->row_values; i++)
        dst[i] = src[i] + added[i];
    return LIGHTPOSE_OK;
}

const lp_operator lp_op_add = {.name = "add", .data_size = sizeof(add), .run = add_run};

lightpose_status lp_add_create(lp_op_instance *made, int height, size_t row_values, lightpose_error *error) {
    LP_TRY(lp_op_allocate(&lp_op_add, made, "sum", error));
    ((add *)made->data)->row_values = row_values;
    made->kernel = "lightpose:add";
    made->units = height;
    return LIGHTPOSE_OK;
}
