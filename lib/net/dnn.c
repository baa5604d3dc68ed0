/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/dnn.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <omp.h>
#include <oneapi/dnnl/dnnl_debug.h>

#include "base/mem.h"
#include "net/dnn_internal.h"

struct lp_conv_call {
    dnnl_stream_t stream;
    dnnl_memory_t memory[CALL_ARGS];
    dnnl_exec_arg_t args[CONV_ARGS + CALL_ARGS];
    int arg_count;
};

lightpose_status lp_dnn_failed(lightpose_error *error, dnnl_status_t status, const char *name, const char *what) {
    if (status == dnnl_out_of_memory)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for oneDNN to %s for layer %s", what, name);
    return lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "oneDNN cannot %s for layer %s: %s", what, name,
                   dnnl_status2str(status));
}

lightpose_status lp_dnn_create(lp_dnn **out, lightpose_error *error) {
    lp_dnn *dnn = lp_calloc(1, sizeof *dnn);

    *out = NULL;
    if (!dnn)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the engine");
    dnnl_status_t status = dnnl_engine_create(&dnn->engine, dnnl_cpu, 0);
    if (status == dnnl_success)
        status = dnnl_stream_create(&dnn->stream, dnn->engine, dnnl_stream_in_order);
    if (status != dnnl_success) {
        lp_dnn_destroy(&dnn);
        return lp_fail(error, status == dnnl_out_of_memory ? LIGHTPOSE_ERROR_MEMORY : LIGHTPOSE_ERROR_ENGINE,
                       "oneDNN cannot open the CPU: %s", dnnl_status2str(status));
    }
    *out = dnn;
    return LIGHTPOSE_OK;
}

void lp_dnn_destroy(lp_dnn **dnn) {
    if (!*dnn)
        return;
    if ((*dnn)->stream)
        dnnl_stream_destroy((*dnn)->stream);
    if ((*dnn)->engine)
        dnnl_engine_destroy((*dnn)->engine);
    lp_free(*dnn);
    *dnn = NULL;
}

/* oneDNN caches the code of up to 1024 destroyed primitives in the process: some 100 MB that closing contexts does not
 * free. We empty the cache when our last convolution is destroyed, and after every FORGET_AFTER destroyed ones. In
 * between it helps with sizes that return, and memory stays bounded while sizes change. */
enum { FORGET_AFTER = 512 };
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static int alive, gone; /* convolutions that exist; those destroyed since the cache was emptied */

/* Lowering the capacity empties the cache. The capacity belongs to the program, so it is restored. */
static void forget_primitives(void) {
    int capacity;

    if (dnnl_get_primitive_cache_capacity(&capacity) != dnnl_success || capacity == 0)
        return;
    dnnl_set_primitive_cache_capacity(0);
    dnnl_set_primitive_cache_capacity(capacity);
}

static void count_created(void) {
    pthread_mutex_lock(&cache_lock);
    alive++;
    pthread_mutex_unlock(&cache_lock);
}

static void count_destroyed(void) {
    pthread_mutex_lock(&cache_lock);
    gone++;
    if (--alive == 0 || gone >= FORGET_AFTER) {
        forget_primitives();
        gone = 0;
    }
    pthread_mutex_unlock(&cache_lock);
}

const char *lp_dnn_version(char *text, size_t size) {
    const dnnl_version_t *const version = dnnl_version();

    snprintf(text, size, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
    return text;
}

static dnnl_data_type_t data_type(lp_element element) {
    switch (element) {
    case LP_U8:
        return dnnl_u8;
    case LP_S8:
        return dnnl_s8;
    case LP_BF16:
        return dnnl_bf16;
    case LP_F32:
        break;
    }
    return dnnl_f32;
}

static dnnl_data_type_t weights_type(lp_element src) {
    return src == LP_F32 ? dnnl_f32 : src == LP_BF16 ? dnnl_bf16 : dnnl_s8;
}

static void destroy_tensors(lp_dnn_tensors *tensors) {
    lp_dnn_desc_destroy(&tensors->src);
    lp_dnn_desc_destroy(&tensors->weights);
    lp_dnn_desc_destroy(&tensors->bias);
    lp_dnn_desc_destroy(&tensors->dst);
}

/* On failure `tensors` keeps what was created so far. */
static lightpose_status describe_tensors(lp_dnn_tensors *tensors, const lp_conv_spec *spec, lightpose_error *error) {
    const char *const name = spec->name;
    const dnnl_dims_t src_dims = {1, spec->in, spec->height, spec->width}, bias_dims = {spec->out};
    const dnnl_dims_t dst_dims = {1, spec->out, lp_conv_out_height(spec), lp_conv_out_width(spec)};

    DNN_TRY(lp_dnn_desc_create(&tensors->src, 4, src_dims, data_type(spec->src), dnnl_nhwc), "describe the source");
    DNN_TRY(lp_dnn_weights_desc(&tensors->weights, spec->out, spec->in, spec->kernel, spec->depthwise,
                                weights_type(spec->src), dnnl_format_tag_any, dnnl_format_tag_any),
            "describe the weights");
    DNN_TRY(lp_dnn_desc_create(&tensors->bias, 1, bias_dims, dnnl_f32, dnnl_x), "describe the bias");
    DNN_TRY(lp_dnn_desc_create(&tensors->dst, 4, dst_dims, data_type(spec->dst), dnnl_nhwc), "describe the output");
    return LIGHTPOSE_OK;
}

static lightpose_status post_ops(dnnl_post_ops_t ops, lp_conv *conv, const lp_conv_spec *spec, lightpose_error *error) {
    const char *const name = spec->name, *const what = "fuse what follows the convolution";

    if (spec->activation == LP_RELU)
        DNN_TRY(lp_dnn_append_eltwise(ops, dnnl_eltwise_relu, 0, 0), what);
    if (spec->activation == LP_ELU)
        DNN_TRY(lp_dnn_append_eltwise(ops, dnnl_eltwise_elu, 1, 0), what);
    if (spec->gains) {
        const dnnl_dims_t dims = {1, spec->out, 1, 1};
        DNN_TRY(lp_dnn_desc_create(&conv->gains_desc, 4, dims, dnnl_f32, dnnl_nhwc), what);
        conv->gains_at = dnnl_post_ops_len(ops);
        DNN_TRY(dnnl_post_ops_append_binary(ops, dnnl_binary_mul, conv->gains_desc), what);
    }
    const float gain = spec->gains ? 1 : spec->gain;
    if (gain != 1 || spec->shift != 0)
        DNN_TRY(lp_dnn_append_eltwise(ops, dnnl_eltwise_linear, gain, spec->shift), what);
    if (spec->sum != 0)
        DNN_TRY(lp_dnn_append_sum(ops, spec->sum), what);
    return LIGHTPOSE_OK;
}

static lightpose_status attributes(dnnl_primitive_attr_t attr, dnnl_post_ops_t ops, lp_conv *conv,
                                   const lp_conv_spec *spec, lightpose_error *error) {
    const char *const name = spec->name;

    DNN_TRY(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user), "set attributes");
    if (spec->scales)
        DNN_TRY(lp_dnn_set_scales(attr, spec), "set scales");
    LP_TRY(post_ops(ops, conv, spec, error));
    DNN_TRY(dnnl_primitive_attr_set_post_ops(attr, ops), "set attributes");
    return LIGHTPOSE_OK;
}

static lightpose_status make_primitive(lp_conv *conv, lp_dnn *dnn, const lp_conv_spec *spec, dnnl_primitive_attr_t attr,
                                       lightpose_error *error) {
    const char *const name = spec->name;
    lp_dnn_tensors tensors = {0};

    const lightpose_status described = describe_tensors(&tensors, spec, error);
    if (described != LIGHTPOSE_OK) {
        destroy_tensors(&tensors);
        return described;
    }
    const int saved = omp_get_max_threads(); /* the number of threads for which oneDNN divides the work */
    omp_set_num_threads(1);
    dnnl_status_t status = lp_dnn_convolution(&conv->desc, dnn->engine, spec, &tensors, attr);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&conv->primitive, conv->desc);
    omp_set_num_threads(saved);
    destroy_tensors(&tensors);
    DNN_TRY(status, "create a convolution");
    conv->src = dnnl_primitive_desc_query_md(conv->desc, dnnl_query_src_md, 0);
    conv->weights = dnnl_primitive_desc_query_md(conv->desc, dnnl_query_weights_md, 0);
    conv->bias = dnnl_primitive_desc_query_md(conv->desc, dnnl_query_weights_md, 1);
    conv->dst = dnnl_primitive_desc_query_md(conv->desc, dnnl_query_dst_md, 0);
    conv->scratch = dnnl_primitive_desc_query_md(conv->desc, dnnl_query_scratchpad_md, 0);
    DNN_TRY(dnnl_primitive_desc_query(conv->desc, dnnl_query_impl_info_str, 0, (void *)&conv->implementation),
            "name the code of a convolution");
    const int told = conv->implementation && conv->src && conv->weights && conv->bias && conv->dst && conv->scratch;
    DNN_TRY(told ? dnnl_success : dnnl_runtime_error, "tell the tensors of a convolution");
    return LIGHTPOSE_OK;
}

static lightpose_status build(lp_conv *conv, lp_dnn *dnn, const lp_conv_spec *spec, lightpose_error *error) {
    dnnl_primitive_attr_t attr = NULL;
    dnnl_post_ops_t ops = NULL;
    lightpose_status status;

    const dnnl_status_t attr_status = dnnl_primitive_attr_create(&attr);
    const dnnl_status_t ops_status = dnnl_post_ops_create(&ops);
    if (attr_status != dnnl_success || ops_status != dnnl_success)
        status = lp_dnn_failed(error, attr_status != dnnl_success ? attr_status : ops_status, spec->name,
                               "create attributes");
    else
        status = attributes(attr, ops, conv, spec, error);
    if (status == LIGHTPOSE_OK)
        status = make_primitive(conv, dnn, spec, attr, error);
    if (ops)
        dnnl_post_ops_destroy(ops);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    return status;
}

/* A copy of `count` floats; NULL for NULL. */
static lightpose_status copy_floats(float **copy, const float *from, int count, const char *name,
                                    lightpose_error *error) {
    *copy = NULL;
    if (!from)
        return LIGHTPOSE_OK;
    *copy = lp_calloc((size_t)count, sizeof **copy);
    if (!*copy)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the scales of layer %s", name);
    memcpy(*copy, from, (size_t)count * sizeof **copy);
    return LIGHTPOSE_OK;
}

lightpose_status lp_conv_create(lp_conv **out, lp_dnn *dnn, const lp_conv_spec *spec, lightpose_error *error) {
    lp_conv *const conv = lp_calloc(1, sizeof *conv);

    *out = conv;
    if (!conv)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for layer %s", spec->name);
    count_created();
    snprintf(conv->name, sizeof conv->name, "%s", spec->name);
    conv->in = spec->in;
    conv->out = spec->out;
    conv->kernel = spec->kernel;
    conv->depthwise = spec->depthwise;
    conv->quantised = weights_type(spec->src) == dnnl_s8;
    lightpose_status status = copy_floats(&conv->scales, spec->scales, spec->out, spec->name, error);
    if (status == LIGHTPOSE_OK)
        status = copy_floats(&conv->gains, spec->gains, spec->out, spec->name, error);
    if (status == LIGHTPOSE_OK && !(conv->bias_values = lp_calloc((size_t)spec->out, sizeof(float))))
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the bias of layer %s", spec->name);
    if (status == LIGHTPOSE_OK)
        status = build(conv, dnn, spec, error);
    if (status != LIGHTPOSE_OK)
        lp_conv_destroy(out);
    return status;
}

void lp_conv_destroy(lp_conv **conv) {
    if (!*conv)
        return;
    for (int i = 0; i < CONV_ARGS; i++)
        if ((*conv)->memory[i])
            dnnl_memory_destroy((*conv)->memory[i]);
    if ((*conv)->primitive)
        dnnl_primitive_destroy((*conv)->primitive);
    if ((*conv)->desc)
        dnnl_primitive_desc_destroy((*conv)->desc);
    lp_dnn_desc_destroy(&(*conv)->scales_desc);
    lp_dnn_desc_destroy(&(*conv)->gains_desc);
    lp_free((*conv)->scales);
    lp_free((*conv)->gains);
    lp_free((*conv)->bias_values);
    lp_free(*conv);
    *conv = NULL;
    count_destroyed();
}

const char *lp_conv_implementation(const lp_conv *conv) {
    return conv->implementation;
}

int lp_conv_is_reference(const lp_conv *conv) {
    return strncmp(lp_conv_implementation(conv), "ref", 3) == 0;
}

int lp_conv_sum_is_slow(const lp_conv *conv) {
    return lp_conv_is_reference(conv) || lp_dnn_faster_than(conv->implementation, conv->out);
}

size_t lp_conv_scratch_size(const lp_conv *conv) {
    return dnnl_memory_desc_get_size(conv->scratch);
}

lightpose_status lp_conv_bind(lp_conv *conv, lp_dnn *dnn, const lp_packed *packed, const float *bias,
                              lightpose_error *error) {
    const char *const name = conv->name, *const what = "bind the weights";

    for (int i = 0; i < conv->out; i++)
        conv->bias_values[i] = conv->scales && LP_DNN_SCALES_BIAS ? bias[i] / conv->scales[i] : bias[i];
    DNN_TRY(dnnl_memory_create(&conv->memory[WEIGHTS], conv->weights, dnn->engine, packed->weights), what);
    DNN_TRY(dnnl_memory_create(&conv->memory[BIAS], conv->bias, dnn->engine, conv->bias_values), what);
    if (conv->scales && LP_DNN_SCALES_ARGUMENT) {
        const dnnl_dims_t dims = {conv->out};
        DNN_TRY(lp_dnn_desc_create(&conv->scales_desc, 1, dims, dnnl_f32, dnnl_x), what);
        DNN_TRY(dnnl_memory_create(&conv->memory[SCALES], conv->scales_desc, dnn->engine, conv->scales), what);
    }
    if (conv->gains)
        DNN_TRY(dnnl_memory_create(&conv->memory[GAINS], conv->gains_desc, dnn->engine, conv->gains), what);
    return LIGHTPOSE_OK;
}

static void add_argument(lp_conv_call *call, int argument, dnnl_memory_t memory) {
    if (memory)
        call->args[call->arg_count++] = (dnnl_exec_arg_t){argument, memory};
}

static lightpose_status make_call(lp_conv_call *call, lp_dnn *dnn, const lp_conv *conv, lightpose_error *error) {
    const char *const name = conv->name, *const what = "prepare the convolution";

    DNN_TRY(dnnl_stream_create(&call->stream, dnn->engine, dnnl_stream_in_order), what);
    DNN_TRY(dnnl_memory_create(&call->memory[SRC], conv->src, dnn->engine, DNNL_MEMORY_NONE), what);
    DNN_TRY(dnnl_memory_create(&call->memory[DST], conv->dst, dnn->engine, DNNL_MEMORY_NONE), what);
    if (lp_conv_scratch_size(conv) > 0)
        DNN_TRY(dnnl_memory_create(&call->memory[SCRATCH], conv->scratch, dnn->engine, DNNL_MEMORY_NONE), what);
    add_argument(call, DNNL_ARG_SRC, call->memory[SRC]);
    add_argument(call, DNNL_ARG_WEIGHTS, conv->memory[WEIGHTS]);
    add_argument(call, DNNL_ARG_BIAS, conv->memory[BIAS]);
    add_argument(call, DNNL_ARG_DST, call->memory[DST]);
    add_argument(call, LP_DNN_SCALES_ARGUMENT, conv->memory[SCALES]);
    add_argument(call, DNNL_ARG_SCRATCHPAD, call->memory[SCRATCH]);
    add_argument(call, DNNL_ARG_ATTR_MULTIPLE_POST_OP(conv->gains_at) | DNNL_ARG_SRC_1, conv->memory[GAINS]);
    return LIGHTPOSE_OK;
}

lightpose_status lp_conv_call_create(lp_conv_call **out, lp_dnn *dnn, const lp_conv *conv, lightpose_error *error) {
    lp_conv_call *const call = lp_calloc(1, sizeof *call);

    *out = call;
    if (!call)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for layer %s", conv->name);
    const lightpose_status status = make_call(call, dnn, conv, error);
    if (status != LIGHTPOSE_OK)
        lp_conv_call_destroy(out);
    return status;
}

void lp_conv_call_destroy(lp_conv_call **call) {
    if (!*call)
        return;
    for (int i = 0; i < CALL_ARGS; i++)
        if ((*call)->memory[i])
            dnnl_memory_destroy((*call)->memory[i]);
    if ((*call)->stream)
        dnnl_stream_destroy((*call)->stream);
    lp_free(*call);
    *call = NULL;
}

lightpose_status lp_conv_call_run(lp_conv_call *call, const lp_conv *conv, const void *src, void *dst, void *scratch) {
    dnnl_status_t status = dnnl_memory_set_data_handle(call->memory[SRC], (void *)src);

    if (status == dnnl_success)
        status = dnnl_memory_set_data_handle(call->memory[DST], dst);
    if (status == dnnl_success && call->memory[SCRATCH])
        status = dnnl_memory_set_data_handle(call->memory[SCRATCH], scratch);
    if (status == dnnl_success)
        status = dnnl_primitive_execute(conv->primitive, call->stream, call->arg_count, call->args);
    if (status == dnnl_success)
        status = dnnl_stream_wait(call->stream);
    return status == dnnl_success         ? LIGHTPOSE_OK
           : status == dnnl_out_of_memory ? LIGHTPOSE_ERROR_MEMORY
                                          : LIGHTPOSE_ERROR_ENGINE;
}
