/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A program's life in which each call of oneDNN fails in turn, with each of two reasons. The linker puts the functions
 * below between the library and oneDNN (--wrap); engine_calls checks that none is forgotten. What fails is told as
 * MEMORY or ENGINE in a text that names the layer, the result is empty, every object that oneDNN made is given back,
 * and the same call on the same context works afterwards.
 *
 * LIGHTPOSE_FAULTS=all (scripts/deep-check) tries every call, else a part spread evenly. */

#include "check.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdatomic.h>
#include <stdio.h>

#include "made_model.h"
#include "synthetic.h"

/* ---- Between the library and oneDNN ------------------------------------------------------------------------------ */

static atomic_int calls, due; /* due: the call that fails; 0: none */
static atomic_int alive;      /* objects of oneDNN */
static _Atomic(const char *) failed_at;
static dnnl_status_t reason;

static dnnl_status_t fault(const char *name) {
    if (atomic_fetch_add(&calls, 1) + 1 != atomic_load(&due))
        return dnnl_success;
    atomic_store(&failed_at, name);
    return reason;
}

static dnnl_status_t born(dnnl_status_t status, int count) {
    if (status == dnnl_success)
        atomic_fetch_add(&alive, count);
    return status;
}

/* A call, which makes or ends `count` objects of which the library is the owner. One that ends an object ends it also
 * where it fails. */
#define CALL(name, count, parameters, arguments)                                                                       \
    dnnl_status_t __real_##name parameters;                                                                            \
    dnnl_status_t __wrap_##name parameters;                                                                            \
    dnnl_status_t __wrap_##name parameters {                                                                           \
        const dnnl_status_t status = fault(#name);                                                                     \
        if (status != dnnl_success && (count) >= 0)                                                                    \
            return status;                                                                                             \
        const dnnl_status_t real = born(__real_##name arguments, count);                                               \
        return status == dnnl_success ? real : status;                                                                 \
    }

CALL(dnnl_engine_create, 1, (dnnl_engine_t * engine, dnnl_engine_kind_t kind, size_t index), (engine, kind, index))
CALL(dnnl_engine_destroy, -1, (dnnl_engine_t engine), (engine))
CALL(dnnl_stream_create, 1, (dnnl_stream_t * stream, dnnl_engine_t engine, unsigned flags), (stream, engine, flags))
CALL(dnnl_stream_wait, 0, (dnnl_stream_t stream), (stream))
CALL(dnnl_stream_destroy, -1, (dnnl_stream_t stream), (stream))
CALL(dnnl_memory_set_data_handle, 0, (dnnl_memory_t memory, void *handle), (memory, handle))
CALL(dnnl_memory_destroy, -1, (dnnl_memory_t memory), (memory))
CALL(dnnl_post_ops_create, 1, (dnnl_post_ops_t * ops), (ops))
CALL(dnnl_post_ops_destroy, -1, (dnnl_post_ops_t ops), (ops))
CALL(dnnl_primitive_attr_create, 1, (dnnl_primitive_attr_t * attr), (attr))
CALL(dnnl_primitive_attr_destroy, -1, (dnnl_primitive_attr_t attr), (attr))
CALL(dnnl_primitive_attr_set_post_ops, 0, (dnnl_primitive_attr_t attr, const_dnnl_post_ops_t ops), (attr, ops))
CALL(dnnl_primitive_attr_set_scratchpad_mode, 0, (dnnl_primitive_attr_t attr, dnnl_scratchpad_mode_t mode),
     (attr, mode))
CALL(dnnl_primitive_create, 1, (dnnl_primitive_t * primitive, const_dnnl_primitive_desc_t desc), (primitive, desc))
CALL(dnnl_primitive_execute, 0,
     (const_dnnl_primitive_t primitive, dnnl_stream_t stream, int count, const dnnl_exec_arg_t *args),
     (primitive, stream, count, args))
CALL(dnnl_primitive_destroy, -1, (dnnl_primitive_t primitive), (primitive))
CALL(dnnl_primitive_desc_query, 0, (const_dnnl_primitive_desc_t desc, dnnl_query_t what, int index, void *result),
     (desc, what, index, result))
CALL(dnnl_primitive_desc_destroy, -1, (dnnl_primitive_desc_t desc), (desc))
#if DNNL_VERSION_MAJOR == 2
typedef const dnnl_memory_desc_t *desc_view;
CALL(dnnl_memory_desc_init_by_tag, 0,
     (dnnl_memory_desc_t * desc, int ndims, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag),
     (desc, ndims, dims, type, tag))
CALL(dnnl_dilated_convolution_forward_desc_init, 0,
     (dnnl_convolution_desc_t * desc, dnnl_prop_kind_t prop, dnnl_alg_kind_t kind, desc_view src, desc_view weights,
      desc_view bias, desc_view dst, const dnnl_dims_t strides, const dnnl_dims_t dilates, const dnnl_dims_t before,
      const dnnl_dims_t after),
     (desc, prop, kind, src, weights, bias, dst, strides, dilates, before, after))
CALL(dnnl_primitive_desc_create, 1,
     (dnnl_primitive_desc_t * desc, const_dnnl_op_desc_t op, const_dnnl_primitive_attr_t attr, dnnl_engine_t engine,
      const_dnnl_primitive_desc_t hint),
     (desc, op, attr, engine, hint))
CALL(dnnl_post_ops_append_eltwise, 0, (dnnl_post_ops_t ops, float scale, dnnl_alg_kind_t kind, float alpha, float beta),
     (ops, scale, kind, alpha, beta))
CALL(dnnl_post_ops_append_sum, 0, (dnnl_post_ops_t ops, float scale), (ops, scale))
CALL(dnnl_primitive_attr_set_output_scales, 0,
     (dnnl_primitive_attr_t attr, dnnl_dim_t count, int mask, const float *scales), (attr, count, mask, scales))
#else
typedef const_dnnl_memory_desc_t desc_view;
CALL(dnnl_memory_desc_create_with_tag, 1,
     (dnnl_memory_desc_t * desc, int ndims, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag),
     (desc, ndims, dims, type, tag))
CALL(dnnl_memory_desc_clone, 1, (dnnl_memory_desc_t * desc, desc_view from), (desc, from))
CALL(dnnl_memory_desc_destroy, -1, (dnnl_memory_desc_t desc), (desc))
CALL(dnnl_convolution_forward_primitive_desc_create, 1,
     (dnnl_primitive_desc_t * desc, dnnl_engine_t engine, dnnl_prop_kind_t prop, dnnl_alg_kind_t kind, desc_view src,
      desc_view weights, desc_view bias, desc_view dst, const dnnl_dims_t strides, const dnnl_dims_t dilates,
      const dnnl_dims_t before, const dnnl_dims_t after, const_dnnl_primitive_attr_t attr),
     (desc, engine, prop, kind, src, weights, bias, dst, strides, dilates, before, after, attr))
CALL(dnnl_primitive_desc_next_impl, 0, (dnnl_primitive_desc_t desc), (desc))
CALL(dnnl_post_ops_append_eltwise, 0, (dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta),
     (ops, kind, alpha, beta))
CALL(dnnl_post_ops_append_sum, 0, (dnnl_post_ops_t ops, float scale, int32_t zero_point, dnnl_data_type_t type),
     (ops, scale, zero_point, type))
CALL(dnnl_primitive_attr_set_scales_mask, 0, (dnnl_primitive_attr_t attr, int argument, int mask),
     (attr, argument, mask))
#endif
CALL(dnnl_memory_create, 1, (dnnl_memory_t * memory, desc_view desc, dnnl_engine_t engine, void *handle),
     (memory, desc, engine, handle))
CALL(dnnl_post_ops_append_binary, 0, (dnnl_post_ops_t ops, dnnl_alg_kind_t kind, desc_view desc), (ops, kind, desc))
CALL(dnnl_reorder_primitive_desc_create, 1,
     (dnnl_primitive_desc_t * desc, desc_view src, dnnl_engine_t from, desc_view dst, dnnl_engine_t to,
      const_dnnl_primitive_attr_t attr),
     (desc, src, from, dst, to, attr))

/* Fails by giving no description. */
desc_view __real_dnnl_primitive_desc_query_md(const_dnnl_primitive_desc_t desc, dnnl_query_t what, int index);
desc_view __wrap_dnnl_primitive_desc_query_md(const_dnnl_primitive_desc_t desc, dnnl_query_t what, int index);
desc_view __wrap_dnnl_primitive_desc_query_md(const_dnnl_primitive_desc_t desc, dnnl_query_t what, int index) {
    return fault("dnnl_primitive_desc_query_md") == dnnl_success
               ? __real_dnnl_primitive_desc_query_md(desc, what, index)
               : NULL;
}

/* ---- A life ------------------------------------------------------------------------------------------------------ */

static void *weights;
static size_t weights_size;
static char spoken[512]; /* what the failure said */

/* Runs the call, and, where it failed, again. */
#define STEP(call, is_empty)                                                                                           \
    for (int step_tries = 0;; step_tries++) {                                                                          \
        lightpose_error step_error = {0}, *const error = &step_error;                                                  \
        if (is_done(#call, (call), error, step_tries))                                                                 \
            break;                                                                                                     \
        assert_true(is_empty);                                                                                         \
    }

static int is_done(const char *call, lightpose_status status, const lightpose_error *error, int tries) {
    const lightpose_status wanted = reason == dnnl_out_of_memory ? LIGHTPOSE_ERROR_MEMORY : LIGHTPOSE_ERROR_ENGINE;

    if (status == LIGHTPOSE_OK)
        return 1;
    const char *const at = atomic_load(&failed_at);
    const int is_query = at && !strcmp(at, "dnnl_primitive_desc_query_md"); /* which knows no reason */
    if (!at || tries > 0 || error->status != status || (status != wanted && !is_query) || !*error->text)
        fail_msg("call %d, %s: %s gives %s: \"%s\"", atomic_load(&due), at ? at : "which did not fail", call,
                 lightpose_status_get_name(status), error->text);
    snprintf(spoken, sizeof spoken, "%s", error->text);
    return 0;
}

/* People found, in numbers, in two pictures. */
static double live(const lightpose_settings *settings, int nth, dnnl_status_t with) {
    lightpose_model *model = NULL;
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    lightpose_image image = made_picture();
    double sum = 0;

    *spoken = '\0';
    reason = with;
    atomic_store(&failed_at, NULL);
    atomic_store(&calls, 0);
    atomic_store(&due, nth);
    STEP(lightpose_model_create_from_memory(&model, weights, weights_size, error), model == NULL);
    STEP(lightpose_result_create(&result, error), result == NULL);
    STEP(lightpose_context_create(&context, model, settings, error), context == NULL);
    for (int i = 0; i < 2; i++, image.width -= 40) {
        STEP(lightpose_context_infer(context, &image, result, error), lightpose_result_get_count(result) == 0);
        for (int p = 0; p < lightpose_result_get_count(result); p++) {
            const lightpose_pose *const pose = lightpose_result_get_pose(result, p);
            sum += 1000 + (double)pose->score;
            for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
                sum += (double)pose->keypoints[k].x + (double)pose->keypoints[k].y;
        }
    }
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
    lightpose_model_destroy(&model);
    if (atomic_load(&alive) != 0)
        fail_msg("call %d, %s: %d objects of oneDNN are left", nth, atomic_load(&failed_at), atomic_load(&alive));
    atomic_store(&due, 0);
    return sum;
}

/* What ends an object ends it also where it says that it failed. */
static int is_harmless(const char *name) {
    return strstr(name, "_destroy") != NULL;
}

static int names_a_layer(const char *text) {
    return strstr(text, "layer ") || strstr(text, "cannot open the CPU");
}

static void fail_everywhere(lightpose_precision precision, int threads) {
    static const dnnl_status_t reasons[] = {dnnl_out_of_memory, dnnl_runtime_error};
    enum { FIRST = SANITIZED ? 8 : 16, FEW = SANITIZED ? 14 : 28 };
    const char *const wish = getenv("LIGHTPOSE_FAULTS");
    lightpose_settings settings = made_settings();
    int harmless = 0, tried = 0;

    settings.precision = precision;
    settings.threads = threads;
    const double whole = live(&settings, 0, dnnl_success);
    const int points = atomic_load(&calls), step = wish && !strcmp(wish, "all") ? 1 : points / FEW + 1;
    assert_true(points > 0);
    for (int r = 0; r < 2; r++)
        for (int nth = 1; nth <= points; nth += nth < FIRST ? 1 : step) {
            const double sum = live(&settings, nth, reasons[r]);
            const char *const at = atomic_load(&failed_at);
            tried++;
            if (!at)
                fail_msg("call %d of %d was not made", nth, points);
            if (*spoken ? !names_a_layer(spoken) : !is_harmless(at))
                fail_msg("call %d, %s: \"%s\"", nth, at, spoken);
            if (sum < whole || sum > whole)
                fail_msg("call %d, %s: another result", nth, at);
            harmless += !*spoken;
        }
    print_message("# %s, %d thread%s: %d calls of oneDNN, %d failures, of which %d are without harm\n",
                  lightpose_precision_get_name(precision), threads, threads == 1 ? "" : "s", points, tried, harmless);
}

static void in_f32(void **state) {
    (void)state;
    fail_everywhere(LIGHTPOSE_PRECISION_F32, 1);
}

static void in_int8(void **state) {
    (void)state;
    fail_everywhere(LIGHTPOSE_PRECISION_INT8, 1);
}

static void in_int8_on_two_threads(void **state) {
    (void)state;
    fail_everywhere(LIGHTPOSE_PRECISION_INT8, 2);
}

static int make(void **state) {
    weights = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 1, 7, &weights_size);
    return weights && made_model_load(state) == 0 && made_model_release(state) == 0 ? 0 : -1;
}

static int unmake(void **state) {
    (void)state;
    free(weights);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_f32),
        cmocka_unit_test(in_int8),
        cmocka_unit_test(in_int8_on_two_threads),
    };
    return cmocka_run_group_tests_name("engine_faults", tests, make, unmake);
}
