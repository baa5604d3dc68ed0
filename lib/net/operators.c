/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/operators.h"

#include "base/mem.h"
#include "net/depthwise.h"
#include "net/dnn_operator.h"
#include "net/dot.h"
#include "net/pointwise.h"
#include "net/tiled.h"
#include "net/winograd.h"

static const lp_operator *const operators[] = {&lp_op_depthwise, &lp_op_tiled, &lp_op_winograd,
                                               &lp_op_pointwise, &lp_op_dot,   &lp_op_dnn};

enum { COUNT = sizeof operators / sizeof *operators };
_Static_assert(COUNT <= (int)LP_MAX_OPERATORS, "packed weights are kept by operator");

int lp_operator_choose(const lp_conv_spec *spec, unsigned features) {
    int at = 0;

    while (at < COUNT - 1 && !operators[at]->takes(spec, features))
        at++;
    return at;
}

const lp_operator *lp_operator_at(int index) {
    return operators[index];
}

lightpose_status lp_op_pack(const lp_operator *op, void **out, const lp_op_layer *layer, const void *weights,
                            lightpose_error *error) {
    void *const packed = lp_calloc(1, op->packed_size);
    const lightpose_status status = packed ? op->pack(packed, layer, weights, error) : LIGHTPOSE_ERROR_MEMORY;

    *out = NULL;
    if (status == LIGHTPOSE_OK) {
        *out = packed;
        return status;
    }
    lp_op_free_packed(op, packed);
    return status == LIGHTPOSE_ERROR_MEMORY
               ? lp_fail(error, status, "no memory for the weights of layer %s: %d x %d x %d", layer->spec->name,
                         layer->spec->out, layer->spec->in, layer->spec->kernel * layer->spec->kernel)
               : status;
}

void lp_op_free_packed(const lp_operator *op, void *packed) {
    if (packed)
        op->clear_packed(packed);
    lp_free(packed);
}

lightpose_status lp_op_allocate(const lp_operator *op, lp_op_instance *made, const char *layer,
                                lightpose_error *error) {
    *made = (lp_op_instance){.op = op, .data = lp_calloc(1, op->data_size)};
    if (made->data)
        return LIGHTPOSE_OK;
    *made = (lp_op_instance){0};
    return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for layer %s", layer);
}

lightpose_status lp_op_create(const lp_operator *op, lp_op_instance *made, const lp_op_layer *layer, const void *packed,
                              lightpose_error *error) {
    LP_TRY(lp_op_allocate(op, made, layer->spec->name, error));
    const lightpose_status status = op->create(made, layer, packed, error);
    if (status == LIGHTPOSE_OK)
        return status;
    lp_op_destroy(made);
    return status == LIGHTPOSE_ERROR_MEMORY ? lp_fail(error, status, "no memory for layer %s", layer->spec->name)
                                            : status;
}

void lp_op_destroy(lp_op_instance *instance) {
    if (instance->data && instance->op->clear)
        instance->op->clear(instance->data);
    lp_free(instance->data);
    *instance = (lp_op_instance){0};
}
