/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What surrounds the network's arithmetic: choice of precision, limits, memory, sharing, failures. */

#include "check.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "net/arena.h"
#include "net/plan.h"
#include "synthetic.h"
#include "teams.h"

static lp_weights *synthetic(lp_variant variant, int with_ranges) {
    size_t size;
    unsigned char *const bytes = synthetic_weights(variant, LP_DTYPE_F16, with_ranges, 5, &size);
    lp_weights *weights = NULL;

    assert_non_null(bytes);
    assert_ok(lp_weights_load_memory(&weights, bytes, size, error));
    free(bytes);
    return weights;
}

static void fill_input(const lp_plan *plan, const lp_plan_options *options) {
    const lp_net_input input = lp_plan_input(plan);
    const int element = input.element == LP_F32 ? 4 : input.element == LP_BF16 ? 2 : 1;

    for (int y = 0; y < options->height; y++)
        for (int x = 0; x < options->width * 3; x++) {
            unsigned char *const at = (unsigned char *)input.data + y * input.stride + x * element;
            const float value = (float)((x * 37 + y * 101) % 256 - 128);
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            bits >>= element == 2 ? 16 : 0;
            if (element == 1)
                bits = (uint32_t)(value + 128);
            memcpy(at, &bits, (size_t)element);
        }
}

/* ---- Arena ------------------------------------------------------------------------------------------------------- */

static void buffers_never_share_what_they_hold(void **state) {
    enum { BUFFERS = 60, STEPS = 40 };
    uint32_t random = 9;
    (void)state;

    for (int round = 0; round < 200; round++) {
        lp_buffer buffers[BUFFERS];
        int order[BUFFERS];
        size_t held[STEPS] = {0}, most = 0;
        for (int i = 0; i < BUFFERS; i++) {
            random = random * 1664525u + 1013904223u;
            const int first = (int)(random >> 8) % STEPS, last = first + (int)(random >> 16) % 5;
            buffers[i] = (lp_buffer){.size = 1 + (random >> 12) % 5000, .first = first, .last = last};
            for (int step = first; step <= last && step < STEPS; step++)
                held[step] += lp_align(buffers[i].size);
        }
        const size_t total = lp_arena_layout(buffers, BUFFERS, order);
        for (int i = 0; i < BUFFERS; i++) {
            assert_int_equal(buffers[i].offset % LP_ALIGN, 0);
            assert_true(buffers[i].offset + buffers[i].size <= total);
            for (int j = 0; j < i; j++) {
                const lp_buffer *const a = &buffers[i], *const b = &buffers[j];
                const int together = a->first <= b->last && b->first <= a->last;
                assert_true(!together || a->offset + a->size <= b->offset || b->offset + b->size <= a->offset);
            }
        }
        for (int step = 0; step < STEPS; step++)
            most = held[step] > most ? held[step] : most;
        assert_true(total >= most);
        assert_true(total <= 2 * most); /* and is no plain sum: that would be about ten times as much */
    }
}

/* ---- Precision --------------------------------------------------------------------------------------------------- */

static lightpose_precision resolve(const lp_weights *weights, lightpose_precision wanted) {
    lightpose_precision resolved = LIGHTPOSE_PRECISION_AUTO;

    assert_ok(lp_net_resolve(weights, wanted, &resolved, error));
    return resolved;
}

static void auto_takes_the_fastest_there_is(void **state) {
    lp_weights *with = synthetic(LP_VARIANT_OMZ, 1), *without = synthetic(LP_VARIANT_OMZ, 0);
    const char *const limit = getenv("ONEDNN_MAX_CPU_ISA");
    char *const saved = limit ? strdup(limit) : NULL;
    (void)state;

    assert_int_equal(resolve(with, LIGHTPOSE_PRECISION_AUTO), LIGHTPOSE_PRECISION_INT8);
    assert_int_equal(resolve(without, LIGHTPOSE_PRECISION_AUTO),
                     lp_cpu_features() & LP_CPU_AVX512_BF16 ? LIGHTPOSE_PRECISION_BF16 : LIGHTPOSE_PRECISION_F32);
    setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1);
    assert_int_equal(resolve(with, LIGHTPOSE_PRECISION_AUTO), LIGHTPOSE_PRECISION_INT8);
    assert_int_equal(resolve(without, LIGHTPOSE_PRECISION_AUTO), LIGHTPOSE_PRECISION_F32);
    if (saved)
        setenv("ONEDNN_MAX_CPU_ISA", saved, 1);
    else
        unsetenv("ONEDNN_MAX_CPU_ISA");
    free(saved);
    lp_weights_destroy(&with);
    lp_weights_destroy(&without);
}

static void what_cannot_be_had_is_named(void **state) {
    lp_weights *weights = synthetic(LP_VARIANT_OMZ, 0);
    const char *const limit = getenv("ONEDNN_MAX_CPU_ISA");
    char *const saved = limit ? strdup(limit) : NULL;
    lightpose_precision resolved;
    (void)state;

    assert_fails(lp_net_resolve(weights, LIGHTPOSE_PRECISION_INT8, &resolved, error), LIGHTPOSE_ERROR_UNSUPPORTED,
                 "activation_ranges");
    setenv("ONEDNN_MAX_CPU_ISA", "SSE41", 1);
    assert_fails(lp_net_resolve(weights, LIGHTPOSE_PRECISION_BF16, &resolved, error), LIGHTPOSE_ERROR_UNSUPPORTED,
                 "AVX-512 BF16");
    if (saved)
        setenv("ONEDNN_MAX_CPU_ISA", saved, 1);
    else
        unsetenv("ONEDNN_MAX_CPU_ISA");
    assert_fails(lp_net_resolve(weights, (lightpose_precision)4, &resolved, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "precision is 4");
    free(saved);
    lp_weights_destroy(&weights);
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static void impossible_options_are_refused(void **state) {
    static const struct {
        lp_plan_options options;
        const char *words;
    } cases[] = {{{.width = 12, .height = 8, .threads = 1, .stages = 2}, "12 x 8"},
                 {{.width = 8, .height = 0, .threads = 1, .stages = 2}, "8 x 0"},
                 {{.width = -8, .height = 8, .threads = 1, .stages = 2}, "-8 x 8"},
                 {{.width = 8, .height = 8, .threads = 0, .stages = 2}, "threads is 0"},
                 {{.width = 8, .height = 8, .threads = 1, .stages = 0}, "stages is 0"},
                 {{.width = 8, .height = 8, .threads = 1, .stages = 3}, "stages is 3"}};
    lp_weights *weights = synthetic(LP_VARIANT_PYTORCH, 0);
    lp_net *net = NULL;
    lp_plan *plan = NULL;
    (void)state;

    assert_ok(lp_net_create(&net, weights, LIGHTPOSE_PRECISION_F32, error));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_fails(lp_plan_create(&plan, net, &cases[i].options, error), LIGHTPOSE_ERROR_ARGUMENT, cases[i].words);
        assert_null(plan);
    }
    lp_net_destroy(&net);
    lp_weights_destroy(&weights);
}

static void a_run_allocates_nothing(void **state) {
    const lp_plan_options options = {.width = 48, .height = 32, .threads = 2, .stages = 2};
    lp_weights *weights = synthetic(LP_VARIANT_OMZ, 1);
    lp_net *net = NULL;
    lp_plan *plan = NULL;
    lp_maps maps;
    (void)state;

    assert_ok(lp_net_create(&net, weights, LIGHTPOSE_PRECISION_INT8, error));
    assert_ok(lp_plan_create(&plan, net, &options, error));
    fill_input(plan, &options);
    const int64_t before = lp_mem_count();
    for (int i = 0; i < 3; i++)
        assert_ok(lp_plan_run(plan, NULL, &maps, error));
    assert_int_equal(lp_mem_count(), before);
    lp_plan_destroy(&plan);
    lp_net_destroy(&net);
    lp_weights_destroy(&weights);
}

/* ---- Sharing ----------------------------------------------------------------------------------------------------- */

enum { WORKERS = 4, ROUNDS = 3 };

typedef struct worker {
    lp_net *net;
    lp_plan_options options;
    float *maps[ROUNDS]; /* heatmaps of each round */
    lightpose_status status;
} worker;

static float *run_once(const worker *w, lightpose_status *status) {
    const size_t cells = (size_t)(w->options.width / 8 * w->options.height / 8);
    float *const values = malloc(cells * LIGHTPOSE_HEATMAPS * sizeof *values);
    lp_plan *plan = NULL;
    lp_maps maps;

    *status = values ? lp_plan_create(&plan, w->net, &w->options, NULL) : LIGHTPOSE_ERROR_MEMORY;
    if (*status == LIGHTPOSE_OK) {
        fill_input(plan, &w->options);
        *status = run_plan(plan, w->options.threads, &maps, NULL);
    }
    for (size_t i = 0; *status == LIGHTPOSE_OK && i < cells * LIGHTPOSE_HEATMAPS; i++)
        values[i] = maps.heatmaps.data[(ptrdiff_t)(i / cells) * maps.heatmaps.channel_stride +
                                       (ptrdiff_t)(i % cells) * maps.heatmaps.cell_stride];
    lp_plan_destroy(&plan);
    return values;
}

static void *work(void *argument) {
    worker *const w = argument;

    w->status = LIGHTPOSE_OK;
    for (int i = 0; i < ROUNDS && w->status == LIGHTPOSE_OK; i++)
        w->maps[i] = run_once(w, &w->status);
    return NULL;
}

/* Workers make plans of two sizes, one of them of one stage, from one net that starts empty, at once, and run them;
 * then each result is made again, alone. */
static void check_sharing(lightpose_precision precision) {
    lp_weights *weights = synthetic(LP_VARIANT_OMZ, 1);
    worker workers[WORKERS] = {{0}};
    pthread_t threads[WORKERS];
    lp_net *net = NULL;

    assert_ok(lp_net_create(&net, weights, precision, error));
    for (int i = 0; i < WORKERS; i++) {
        workers[i].net = net;
        workers[i].options =
            (lp_plan_options){.width = 40 + i % 2 * 24, .height = 24, .threads = 1 + i / 2, .stages = 1 + (i > 0)};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    lp_net_destroy(&net);
    assert_ok(lp_net_create(&net, weights, precision, error));
    for (int i = 0; i < WORKERS; i++) {
        const size_t bytes = (size_t)(workers[i].options.width / 8 * 3) * LIGHTPOSE_HEATMAPS * sizeof(float);
        lightpose_status status;
        assert_int_equal(workers[i].status, LIGHTPOSE_OK);
        workers[i].net = net;
        float *const alone = run_once(&workers[i], &status);
        assert_int_equal(status, LIGHTPOSE_OK);
        for (int j = 0; j < ROUNDS; j++) {
            assert_memory_equal(workers[i].maps[j], alone, bytes);
            free(workers[i].maps[j]);
        }
        free(alone);
    }
    lp_net_destroy(&net);
    lp_weights_destroy(&weights);
}

static void plans_share_a_net_between_threads(void **state) {
    (void)state;
    check_sharing(LIGHTPOSE_PRECISION_F32);
    check_sharing(LIGHTPOSE_PRECISION_INT8);
}

/* ---- Failing ----------------------------------------------------------------------------------------------------- */

/* Fails the nth allocation of building net and plan; returns whether there was one. */
static int fail_at(const lp_weights *weights, int64_t nth) {
    const lp_plan_options options = {.width = 8, .height = 8, .threads = 1, .stages = 2};
    lightpose_error error = {0};
    lp_net *net = NULL;
    lp_plan *plan = NULL;

    lp_mem_fail_at(nth);
    lightpose_status status = lp_net_create(&net, weights, LIGHTPOSE_PRECISION_INT8, &error);
    if (status == LIGHTPOSE_OK)
        status = lp_plan_create(&plan, net, &options, &error);
    lp_mem_fail_at(0);
    if (status != LIGHTPOSE_OK) {
        assert_int_equal(status, LIGHTPOSE_ERROR_MEMORY);
        assert_int_equal(error.status, LIGHTPOSE_ERROR_MEMORY);
        assert_true(strstr(error.text, "no memory for ") == error.text);
        assert_null(plan);
    } else {
        assert_non_null(plan);
    }
    lp_plan_destroy(&plan);
    lp_net_destroy(&net);
    return status != LIGHTPOSE_OK;
}

/* The first layers' every allocation, then of those that repeat every seventh. */
static void every_failing_allocation_is_reported(void **state) {
    lp_weights *weights = synthetic(LP_VARIANT_OMZ, 1);
    int64_t nth = 1;
    (void)state;

    while (fail_at(weights, nth))
        nth += nth < 60 ? 1 : 7;
    assert_true(nth > 400); /* so many there are at least */
    lp_weights_destroy(&weights);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(buffers_never_share_what_they_hold),
    cmocka_unit_test(auto_takes_the_fastest_there_is),
    cmocka_unit_test(what_cannot_be_had_is_named),
    cmocka_unit_test(impossible_options_are_refused),
    cmocka_unit_test(a_run_allocates_nothing),
    cmocka_unit_test(plans_share_a_net_between_threads),
    cmocka_unit_test(every_failing_allocation_is_reported),
};

int main(void) {
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
