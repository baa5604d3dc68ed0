/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* oneDNN 3: primitive descriptors made directly, scales as arguments, opaque memory descriptors. */

#include "net/dnn_internal.h"

#include <string.h>

dnnl_status_t lp_dnn_desc_create(lp_dnn_desc *desc, int ndims, const dnnl_dims_t dims, dnnl_data_type_t type,
                                 dnnl_format_tag_t tag) {
    *desc = NULL;
    return dnnl_memory_desc_create_with_tag(desc, ndims, dims, type, tag);
}

dnnl_status_t lp_dnn_desc_copy(lp_dnn_desc *desc, lp_dnn_desc_view from) {
    *desc = NULL;
    return dnnl_memory_desc_clone(desc, from);
}

void lp_dnn_desc_destroy(lp_dnn_desc *desc) {
    if (*desc)
        dnnl_memory_desc_destroy(*desc);
    *desc = NULL;
}

static dnnl_status_t first_convolution(dnnl_primitive_desc_t *desc, dnnl_engine_t engine, const lp_conv_spec *spec,
                                       const lp_dnn_tensors *tensors, dnnl_primitive_attr_t attr) {
    const dnnl_dims_t strides = {spec->stride, spec->stride}, dilates = {spec->dilation - 1, spec->dilation - 1};
    const dnnl_dims_t before = {spec->pad[0], spec->pad[1]}, after = {spec->pad[2], spec->pad[3]};

    *desc = NULL;
    return dnnl_convolution_forward_primitive_desc_create(desc, engine, dnnl_forward_inference, dnnl_convolution_direct,
                                                          tensors->src, tensors->weights, tensors->bias, tensors->dst,
                                                          strides, dilates, before, after, attr);
}

/* On CPUs with AVX2 and no more, oneDNN 3 prefers new code to that of oneDNN 2, which it still has and which is faster
 * for these layers. Measured with oneDNN 3.7 on a Zen 3, two threads: pointwise layers take 1.1 times as long, those of
 * 19 and 38 channels 1.3 to 1.6 times; depthwise layers of 512 channels 1.6 times, but those of 64 and 128 0.6 to 0.8
 * times. */
const char *lp_dnn_faster_than(const char *implementation, int channels) {
    if (strcmp(implementation, "brgconv_1x1:avx2") == 0)
        return "jit_1x1:avx2";
    if (strcmp(implementation, "brdgmm_dw:avx2") == 0 && channels >= 512)
        return "jit_dw:avx2";
    return NULL;
}

static dnnl_status_t name_of(const char **name, const_dnnl_primitive_desc_t desc) {
    return dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, (void *)name);
}

dnnl_status_t lp_dnn_convolution(dnnl_primitive_desc_t *desc, dnnl_engine_t engine, const lp_conv_spec *spec,
                                 const lp_dnn_tensors *tensors, dnnl_primitive_attr_t attr) {
    const char *name = "";
    dnnl_status_t status = first_convolution(desc, engine, spec, tensors, attr);

    if (status == dnnl_success)
        status = name_of(&name, *desc);
    const char *const faster = status == dnnl_success ? lp_dnn_faster_than(name, spec->out) : NULL;
    while (faster && status == dnnl_success && strcmp(name, faster) != 0) {
        status = dnnl_primitive_desc_next_impl(*desc);
        if (status == dnnl_success)
            status = name_of(&name, *desc);
    }
    if (status != dnnl_last_impl_reached)
        return status;
    dnnl_primitive_desc_destroy(*desc);
    return first_convolution(desc, engine, spec, tensors, attr);
}

dnnl_status_t lp_dnn_append_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta) {
    return dnnl_post_ops_append_eltwise(ops, kind, alpha, beta);
}

dnnl_status_t lp_dnn_append_sum(dnnl_post_ops_t ops, float scale) {
    return dnnl_post_ops_append_sum(ops, scale, 0, dnnl_data_type_undef);
}

dnnl_status_t lp_dnn_set_scales(dnnl_primitive_attr_t attr, const lp_conv_spec *spec) {
    /* Scales of the weights, per output channel. Those of a depthwise layer have a dimension of groups before it. */
    return dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_WEIGHTS, spec->depthwise ? 1 << 0 | 1 << 1 : 1 << 0);
}
