/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Weights in the memory order of oneDNN's convolutions. */

#include "base/mem.h"
#include "net/dnn_internal.h"

dnnl_status_t lp_dnn_weights_desc(lp_dnn_desc *desc, int out, int in, int kernel, int depthwise, dnnl_data_type_t type,
                                  dnnl_format_tag_t dense, dnnl_format_tag_t grouped) {
    const dnnl_dims_t dims = {out, in, kernel, kernel};
    const dnnl_dims_t group_dims = {out, 1, 1, kernel, kernel};

    return lp_dnn_desc_create(desc, depthwise ? 5 : 4, depthwise ? group_dims : dims, type,
                              depthwise ? grouped : dense);
}

static lightpose_status reorder(lp_dnn *dnn, const char *name, lp_dnn_desc_view from, const void *src,
                                lp_dnn_desc_view to, void *dst, lightpose_error *error) {
    dnnl_primitive_desc_t desc = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_memory_t memory[2] = {NULL, NULL};

    dnnl_status_t status = dnnl_reorder_primitive_desc_create(&desc, from, dnn->engine, to, dnn->engine, NULL);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&primitive, desc);
    if (status == dnnl_success)
        status = dnnl_memory_create(&memory[0], from, dnn->engine, (void *)src);
    if (status == dnnl_success)
        status = dnnl_memory_create(&memory[1], to, dnn->engine, dst);
    if (status == dnnl_success) {
        const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, memory[0]}, {DNNL_ARG_TO, memory[1]}};
        status = dnnl_primitive_execute(primitive, dnn->stream, 2, args);
    }
    if (status == dnnl_success)
        status = dnnl_stream_wait(dnn->stream);
    for (int i = 0; i < 2; i++)
        if (memory[i])
            dnnl_memory_destroy(memory[i]);
    if (primitive)
        dnnl_primitive_destroy(primitive);
    if (desc)
        dnnl_primitive_desc_destroy(desc);
    return status == dnnl_success ? LIGHTPOSE_OK : lp_dnn_failed(error, status, name, "reorder the weights");
}

static lightpose_status fill_packed(lp_packed *packed, lp_dnn *dnn, const lp_conv *conv, lp_dnn_desc_view from,
                                    const void *weights, lightpose_error *error) {
    const char *const name = conv->name;

    DNN_TRY(lp_dnn_desc_copy(&packed->desc, conv->weights), "describe the weights");
    const size_t size = dnnl_memory_desc_get_size(packed->desc);
    packed->weights = lp_calloc(1, size);
    if (!packed->weights)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights of layer %s: %zu bytes", name, size);
    return reorder(dnn, name, from, weights, packed->desc, packed->weights, error);
}

/* Allocates weights in the order that `conv` needs, and fills them from `weights` in the order `from`. */
static lightpose_status pack(lp_packed **out, lp_dnn *dnn, const lp_conv *conv, lp_dnn_desc_view from,
                             const void *weights, lightpose_error *error) {
    lp_packed *const packed = lp_calloc(1, sizeof *packed);

    *out = packed;
    if (!packed)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights of layer %s", conv->name);
    const lightpose_status status = fill_packed(packed, dnn, conv, from, weights, error);
    if (status != LIGHTPOSE_OK)
        lp_packed_destroy(out);
    return status;
}

lightpose_status lp_pack(lp_packed **packed, lp_dnn *dnn, const lp_conv *conv, const void *weights,
                         lightpose_error *error) {
    const char *const name = conv->name;
    lp_dnn_desc plain;

    *packed = NULL;
    DNN_TRY(lp_dnn_weights_desc(&plain, conv->out, conv->in, conv->kernel, conv->depthwise,
                                conv->quantised ? dnnl_s8 : dnnl_f32, dnnl_oihw, dnnl_goihw),
            "describe the weights");
    const lightpose_status status = pack(packed, dnn, conv, plain, weights, error);
    lp_dnn_desc_destroy(&plain);
    return status;
}

lightpose_status lp_repack(lp_packed **packed, lp_dnn *dnn, const lp_conv *conv, const lp_packed *from,
                           lightpose_error *error) {
    return pack(packed, dnn, conv, from->desc, from->weights, error);
}

void lp_packed_destroy(lp_packed **packed) {
    if (!*packed)
        return;
    lp_dnn_desc_destroy(&(*packed)->desc);
    lp_free((*packed)->weights);
    lp_free(*packed);
    *packed = NULL;
}

int lp_packed_fits(const lp_packed *packed, const lp_conv *conv) {
    return dnnl_memory_desc_equal(packed->desc, conv->weights);
}
