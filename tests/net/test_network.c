/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The network against plain loops, layer by layer, on synthetic weights: every precision, both graphs. */

#include "check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "base/cpu.h"
#include "naive.h"
#include "net/plan.h"
#include "rounded.h"
#include "synthetic.h"
#include "teams.h"

static lp_weights *synthetic(lp_variant variant, unsigned seed) {
    size_t size;
    unsigned char *const bytes = synthetic_weights(variant, LP_DTYPE_F32, 1, seed, &size);
    lp_weights *weights = NULL;

    assert_non_null(bytes);
    assert_ok(lp_weights_load_memory(&weights, bytes, size, error));
    free(bytes);
    return weights;
}

/* A picture of chance, the same for the same seed, in whatever form the plan wants. */
static void fill_input(const lp_plan *plan, int width, int height, unsigned seed) {
    const lp_net_input input = lp_plan_input(plan);
    uint32_t state = seed * 2654435761u + 1;

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width * 3; x++) {
            char *const row = (char *)input.data + y * input.stride;
            state = state * 1664525u + 1013904223u;
            const int pixel = (int)(state >> 24);
            const float centred = (float)(pixel - 128);
            uint32_t bits;
            memcpy(&bits, &centred, sizeof bits);
            if (input.element == LP_F32)
                ((float *)row)[x] = centred;
            else if (input.element == LP_BF16)
                ((uint16_t *)row)[x] = (uint16_t)(bits >> 16); /* exact: 8 significant bits */
            else
                ((uint8_t *)row)[x] = (uint8_t)pixel;
        }
}

static naive_tensor values_of(const lp_plan *plan, const char *name) {
    lp_tensor_view tensor;

    if (!lp_plan_tensor(plan, name, &tensor))
        fail_msg("the plan has no tensor %s", name);
    naive_tensor values = naive_create(tensor.channels, tensor.height, tensor.width);
    for (int c = 0; c < tensor.channels; c++)
        for (int y = 0; y < tensor.height; y++)
            for (int x = 0; x < tensor.width; x++)
                *naive_at(&values, c, y, x) = lp_tensor_value(&tensor, c, y, x);
    return values;
}

/* How far a stored value may be from the exact one. u = 2^-24 is the rounding error of one operation in F32; a sum of n
 * terms is off by at most n u times the sum of magnitudes, in whatever order it is taken. Storing adds half a unit in
 * the last place: of bf16's 8 bits, or of the byte. Winograd's transforms add 3 + 3 times 4 terms to the source, as
 * many to the products, and one rounding of the kernel. oneDNN's exponential is good to about 2^-21 of 1. */
static double allowed(const lp_layer *layer, const lp_quantisation *quant, int channel, double exact, double magnitude,
                      int winograd) {
    const int ins = layer->kind == LP_DEPTHWISE ? 1 : layer->in;
    const double terms = winograd ? ins + 30 : ins * layer->kernel * layer->kernel + 4;
    const double sum =
        terms * 0x1p-24 * magnitude + (layer->activation == LP_ELU ? 0x1p-20 : 0) + 0x1p-23 * fabs(exact);

    if (quant->element == LP_F32)
        return sum;
    if (quant->element == LP_BF16)
        return sum + 0x1p-8 * (fabs(exact) + sum) + FLT_MIN;
    return sum + quant->scale[channel] * (0.5 + 255 * 4 * 0x1p-24);
}

/* Whether what runs the layer has a name that begins so. */
static int runs_by(const lp_plan *plan, const lp_layer *layer, const char *name) {
    for (int i = 0; i < lp_plan_steps(plan); i++) {
        lp_step_info info;
        lp_plan_step_info(plan, i, &info);
        if (strcmp(info.name, layer->name) == 0 && strncmp(info.implementation, name, strlen(name)) == 0)
            return 1;
    }
    return 0;
}

/* Winograd's filtering runs on what is stored, zero points and all, and takes them out in the bias. */
static void winograd_magnitudes(const lp_layer *layer, const rounded *weights, const double *bias,
                                const lp_tensor_view *from, naive_tensor *magnitudes) {
    naive_tensor stored = naive_create(from->channels, from->height, from->width);
    double zeros[LP_MAX_CHANNELS], biases[LP_MAX_CHANNELS];

    for (int c = 0; c < from->channels; c++) {
        zeros[c] = (double)from->quant.zero[c] * from->quant.scale[c];
        for (int i = 0; i < from->height * from->width; i++)
            naive_at(&stored, c, 0, 0)[i] = lp_tensor_value(from, c, i / from->width, i % from->width) + zeros[c];
    }
    for (int o = 0; o < layer->out; o++) {
        biases[o] = fabs(bias[o]);
        for (int i = 0; i < layer->in * 9; i++)
            biases[o] += fabs(weights->values[o * layer->in * 9 + i]) * zeros[i / 9];
    }
    naive_winograd_magnitudes(layer, weights->values, biases, &stored, zeros, magnitudes);
    naive_free(&stored);
}

/* One layer, on the source that the plan itself left, so that errors do not add up from layer to layer. */
static void check_layer(const lp_plan *plan, const lp_weights *weights, lightpose_precision of_plan,
                        const lp_layer *layer) {
    const int ins = layer->kind == LP_DEPTHWISE ? 1 : layer->in;
    const size_t count = (size_t)layer->out * (size_t)ins * (size_t)(layer->kernel * layer->kernel);
    float *const stored = calloc(count, sizeof *stored), bias[LP_MAX_CHANNELS];
    double exact_bias[LP_MAX_CHANNELS];
    naive_tensor source = values_of(plan, layer->from), target, magnitudes, added = {0};
    lp_tensor_view from, result;

    assert_true(lp_plan_tensor(plan, layer->from, &from));
    assert_true(lp_plan_tensor(plan, layer->sum ? layer->sum : layer->name, &result));
    assert_non_null(stored);
    const lightpose_precision precision = from.quant.element == LP_F32 ? LIGHTPOSE_PRECISION_F32 : of_plan;
    lp_weights_read_weight(weights, layer, stored);
    lp_weights_read_bias(weights, layer, bias);
    for (int o = 0; o < layer->out; o++)
        exact_bias[o] = bias[o];
    rounded weights_used = rounded_weights(layer, precision, &from.quant, stored);
    naive_convolve(layer, weights_used.values, exact_bias, &source, &target, &magnitudes);
    const int winograd = runs_by(plan, layer, "lightpose:winograd");
    if (winograd)
        winograd_magnitudes(layer, &weights_used, exact_bias, &from, &magnitudes);
    else if (precision == LIGHTPOSE_PRECISION_INT8 && layer->kind == LP_CONV && !runs_by(plan, layer, "lightpose:") &&
             !(lp_cpu_features() & LP_CPU_AVX512_VNNI))
        rounded_pairs(layer, &weights_used, &from, &target);
    if (layer->add)
        added = values_of(plan, layer->add);
    assert_int_equal(result.height, target.height);
    assert_int_equal(result.width, target.width);
    for (int c = 0; c < layer->out; c++)
        for (int i = 0; i < target.height * target.width; i++) {
            const double addend = layer->add ? naive_at(&added, c, 0, 0)[i] : 0;
            double exact = naive_activate(layer->activation, naive_at(&target, c, 0, 0)[i]) + addend;
            const double magnitude = naive_at(&magnitudes, c, 0, 0)[i] + fabs(addend);
            const double got = lp_tensor_value(&result, c, i / target.width, i % target.width);
            const double margin = allowed(layer, &result.quant, c, exact, magnitude, winograd);
            if (result.quant.element == LP_U8) { /* saturates */
                const double scale = result.quant.scale[c], zero = result.quant.zero[c];
                exact = fmin(fmax(exact, -zero * scale), (255 - zero) * scale);
            }
            if (!(fabs(got - exact) <= margin))
                fail_msg("layer %s, channel %d, cell %d: %.9g instead of %.9g +- %.3g", layer->name, c, i, got, exact,
                         margin);
        }
    free(stored);
    free(weights_used.values);
    free(weights_used.steps);
    naive_free(&source);
    naive_free(&target);
    naive_free(&magnitudes);
    naive_free(&added);
}

static void check_concat(const lp_plan *plan, const lp_layer *layer) {
    naive_tensor all = values_of(plan, layer->name);
    int at = 0;

    for (int i = 0; i < LP_CONCAT_INPUTS; i++) {
        naive_tensor part = values_of(plan, lp_arch_concat_inputs[i]);
        for (int c = 0; c < part.channels; c++, at++)
            for (int cell = 0; cell < part.height * part.width; cell++)
                assert_true(naive_at(&part, c, 0, 0)[cell] == naive_at(&all, at, 0, 0)[cell]);
        naive_free(&part);
    }
    assert_int_equal(at, layer->out);
    naive_free(&all);
}

typedef struct run_case {
    lightpose_precision precision;
    int width, height, stages, threads;
} run_case;

static lp_plan *plan_for(lp_net *net, const run_case *with, int keep) {
    const lp_plan_options options = {.width = with->width,
                                     .height = with->height,
                                     .threads = with->threads,
                                     .stages = with->stages,
                                     .keep_tensors = keep};
    lp_plan *plan = NULL;

    assert_ok(lp_plan_create(&plan, net, &options, error));
    fill_input(plan, with->width, with->height, 7);
    return plan;
}

static int supported(lightpose_precision precision, const lp_weights *weights) {
    lightpose_precision resolved;

    return lp_net_resolve(weights, precision, &resolved, NULL) == LIGHTPOSE_OK;
}

static void check_every_layer(lp_net *net, const lp_weights *weights, const run_case *with) {
    lp_layer rows[LP_MAX_LAYERS];
    const int count = lp_arch_layers(lp_weights_variant(weights), rows);
    lp_plan *plan = plan_for(net, with, 1);
    lp_maps maps;

    assert_ok(run_plan(plan, with->threads, &maps, error));
    assert_int_equal(maps.width, with->width / 8);
    assert_int_equal(maps.height, with->height / 8);
    for (int i = 0; i < count && (with->stages == 2 || rows[i].kind != LP_CONCAT); i++) {
        if (rows[i].kind == LP_CONCAT)
            check_concat(plan, &rows[i]);
        else
            check_layer(plan, weights, with->precision, &rows[i]);
    }
    lp_plan_destroy(&plan);
}

static float *copy_maps(const lp_maps *maps) {
    const int cells = maps->width * maps->height;
    float *const values = calloc((size_t)cells * (LIGHTPOSE_HEATMAPS + LIGHTPOSE_PAFS), sizeof *values);

    assert_non_null(values);
    for (int c = 0; c < LIGHTPOSE_HEATMAPS + LIGHTPOSE_PAFS; c++)
        for (int i = 0; i < cells; i++) {
            const lp_map_view *const view = c < LIGHTPOSE_HEATMAPS ? &maps->heatmaps : &maps->pafs;
            const int channel = c < LIGHTPOSE_HEATMAPS ? c : c - LIGHTPOSE_HEATMAPS;
            values[c * cells + i] = view->data[channel * view->channel_stride + i * view->cell_stride];
        }
    return values;
}

static float *run_maps(lp_net *net, const run_case *with, int keep, int runs) {
    lp_plan *plan = plan_for(net, with, keep);
    lp_maps maps;

    for (int i = 0; i < runs; i++) {
        fill_input(plan, with->width, with->height, 7);
        assert_ok(run_plan(plan, with->threads, &maps, error));
    }
    float *const values = copy_maps(&maps);
    lp_plan_destroy(&plan);
    return values;
}

/* The plan as it is used - buffers shared by lifetime, sums in place, run more than once - gives the very bits of the
 * plan whose every layer was checked. */
static void check_same_maps(lp_net *net, const run_case *with) {
    const size_t bytes = (size_t)(with->width / 8 * with->height / 8) * (LIGHTPOSE_HEATMAPS + LIGHTPOSE_PAFS) * 4;
    float *const kept = run_maps(net, with, 1, 1), *const used = run_maps(net, with, 0, 3);

    assert_memory_equal(kept, used, bytes);
    free(kept);
    free(used);
}

static void check_case(lp_variant variant, const run_case *with) {
    lp_weights *weights = synthetic(variant, 3);
    lp_net *net = NULL;

    if (!supported(with->precision, weights)) {
        lp_weights_destroy(&weights);
        print_message("# not on this CPU, which has %s\n", lp_cpu_describe());
        skip();
    }
    assert_ok(lp_net_create(&net, weights, with->precision, error));
    check_every_layer(net, weights, with);
    check_same_maps(net, with);
    lp_net_destroy(&net);
    lp_weights_destroy(&weights);
}

/* Sizes: the smallest, one with odd maps, one with several vectors to a row. */
static void check_precision(lightpose_precision precision) {
    check_case(LP_VARIANT_OMZ, &(run_case){precision, 8, 8, 2, 1});
    check_case(LP_VARIANT_PYTORCH, &(run_case){precision, 24, 16, 1, 2});
    check_case(LP_VARIANT_PYTORCH, &(run_case){precision, 40, 24, 2, 1});
    check_case(LP_VARIANT_OMZ, &(run_case){precision, 96, 64, 2, 2});
}

/* The last is large enough for Winograd's filtering (in int8 without VNNI). */
static void layers_in_f32_equal_plain_loops(void **state) {
    (void)state;
    check_precision(LIGHTPOSE_PRECISION_F32);
    check_case(LP_VARIANT_OMZ, &(run_case){LIGHTPOSE_PRECISION_F32, 152, 88, 2, 2});
}

static void layers_in_bf16_equal_plain_loops(void **state) {
    (void)state;
    check_precision(LIGHTPOSE_PRECISION_BF16);
}

static void layers_in_int8_equal_plain_loops(void **state) {
    (void)state;
    check_precision(LIGHTPOSE_PRECISION_INT8);
    check_case(LP_VARIANT_OMZ, &(run_case){LIGHTPOSE_PRECISION_INT8, 152, 88, 2, 2});
}

static void no_layer_runs_slow_code(void **state) {
    lp_weights *weights = synthetic(LP_VARIANT_OMZ, 3);
    (void)state;

    for (int precision = LIGHTPOSE_PRECISION_F32; precision <= LIGHTPOSE_PRECISION_INT8; precision++) {
        const lp_plan_options options = {.width = 456, .height = 256, .threads = 1, .stages = 2};
        lightpose_precision resolved;
        lp_net *net = NULL;
        lp_plan *plan = NULL;
        if (lp_net_resolve(weights, (lightpose_precision)precision, &resolved, NULL) != LIGHTPOSE_OK)
            continue;
        assert_ok(lp_net_create(&net, weights, resolved, error));
        assert_ok(lp_plan_create(&plan, net, &options, error));
        int64_t macs = 0;
        for (int i = 0; i < lp_plan_steps(plan); i++) {
            lp_step_info info;
            lp_plan_step_info(plan, i, &info);
            macs += info.macs;
            if (info.reference || strcmp(info.implementation, "brgconv_1x1:avx2") == 0) /* dnn_v3.c */
                fail_msg("precision %d: layer %s runs %s", precision, info.name, info.implementation);
        }
        assert_true(macs > 7680000000 && macs < 7690000000); /* docs/algorithm.md 2: 7.686 GMAC */
        lp_plan_destroy(&plan);
        lp_net_destroy(&net);
    }
    lp_weights_destroy(&weights);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(layers_in_f32_equal_plain_loops),
    cmocka_unit_test(layers_in_bf16_equal_plain_loops),
    cmocka_unit_test(layers_in_int8_equal_plain_loops),
    cmocka_unit_test(no_layer_runs_slow_code),
};

/* Whether ONEDNN_MAX_CPU_ISA takes away nothing that this CPU has: then `network` is the same test. */
static int is_no_limit(void) {
    const char *const limit = getenv("ONEDNN_MAX_CPU_ISA");
    if (!limit)
        return 0;
    const unsigned limited = lp_cpu_features();
    char *const kept = strdup(limit);
    unsetenv("ONEDNN_MAX_CPU_ISA");
    const int same = lp_cpu_features() == limited;
    setenv("ONEDNN_MAX_CPU_ISA", kept, 1);
    free(kept);
    return same;
}

int main(void) {
    if (is_no_limit()) {
        printf("1..0 # SKIP the limit %s takes nothing from this CPU, which has %s\n", getenv("ONEDNN_MAX_CPU_ISA"),
               lp_cpu_describe());
        return 0;
    }
    return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
