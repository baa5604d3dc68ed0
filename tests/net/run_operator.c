/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run_operator.h"

#include "check.h"

#include <stdio.h>

#include "base/mem.h"

static uint32_t random_state = 7;

static int draw(int below) {
    random_state = random_state * 1664525u + 1013904223u;
    return (int)((uint64_t)random_state * (uint64_t)below >> 32);
}

void run_operator(const lp_operator *op, const lp_op_layer *layer, const void *weights, const lp_op_tensors *tensors,
                  char name[64]) {
    lp_op_instance instance;
    void *packed;

    assert_ok(lp_op_pack(op, &packed, layer, weights, error));
    assert_ok(lp_op_create(op, &instance, layer, packed, error));
    snprintf(name, 64, "%s", instance.kernel);
    /* Of the very size, so that writing beyond it shows under a sanitizer. */
    void *const scratch = lp_calloc(1, instance.scratch_bytes);
    assert_non_null(scratch);
    for (int end = instance.units; end > 0;) {
        const int begin = end - 1 - draw(end);
        assert_int_equal(op->run(instance.data, tensors, begin, end, scratch), LIGHTPOSE_OK);
        end = begin;
    }
    lp_free(scratch);
    lp_op_destroy(&instance);
    lp_op_free_packed(op, packed);
}

void fail_operator(const lp_operator *op, const lp_op_layer *layer, const void *weights) {
    lightpose_status status;
    int64_t nth = 0;

    do {
        lightpose_error error = {0};
        lp_op_instance instance = {0};
        void *packed;
        lp_mem_fail_at(++nth);
        status = lp_op_pack(op, &packed, layer, weights, &error);
        if (status == LIGHTPOSE_OK)
            status = lp_op_create(op, &instance, layer, packed, &error);
        lp_mem_fail_at(0);
        assert_true(status == LIGHTPOSE_OK || status == LIGHTPOSE_ERROR_MEMORY);
        assert_true((status == LIGHTPOSE_OK) == (instance.data != NULL));
        assert_true(status == LIGHTPOSE_OK || strstr(error.text, layer->spec->name));
        lp_op_destroy(&instance);
        lp_op_free_packed(op, packed);
    } while (status != LIGHTPOSE_OK);
    assert_true(nth > 2);
}
