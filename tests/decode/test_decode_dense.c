/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The decoder `reference` computes little of the upsampled maps; here it must equal, bit for bit, the plain decoder of
 * dense.c, which upsamples all of them as OpenCV does. */

#include "check.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>

#include "base/mem.h"
#include "decode/decode.h"
#include "dense.h"
#include "made_maps.h"
#include "oracle.h"
#include "teams.h"

/* Vectors of 4 and 8 floats, where the CPU has them. */
static const char *const isas[] = {"SSE41", "AVX2"};
enum { ISAS = 2 };

static lp_decoder *open_decoder(const lightpose_settings *settings, const char *isa) {
    lp_decoder *decoder;

    setenv("ONEDNN_MAX_CPU_ISA", isa, 1);
    assert_ok(lp_decoder_create(&decoder, settings, error));
    return decoder;
}

static lightpose_settings settings_with(int upsample) {
    lightpose_settings settings;

    lightpose_settings_init(&settings);
    settings.decoder = LIGHTPOSE_DECODER_REFERENCE;
    settings.upsample = upsample;
    settings.limb_threshold = 0.05f; /* the published ones, spelt out for the oracle */
    settings.min_keypoints = 3;
    settings.min_score = 0.2f;
    return settings;
}

/* ---- Upsampling itself */

/* On arm64 OpenCV fuses multiplications and additions, so its sums round less often; ours are the same on every CPU. */
static float difference_to_opencv(const float *map, size_t cells) {
#if defined(__aarch64__)
    float largest = 0;
    for (size_t i = 0; i < cells; i++)
        largest = fmaxf(largest, fabsf(map[i]));
    return 8 * FLT_EPSILON * largest;
#else
    (void)map;
    (void)cells;
    return 0;
#endif
}

/* OpenCV adds the last columns in another order where their number is no multiple of 4 (its loop over single pixels),
 * so widths are chosen that leave none. */
static void upsampling_is_opencvs(void **state) {
    made_random random = {1};

    (void)state;
    for (int round = 0; round < rounds_of(400); round++) {
        const int factor = 1 << made_below(&random, 4), even = factor == 2 ? 2 : 1;
        const int width = (1 + made_below(&random, 40)) * even, height = 1 + made_below(&random, 40);
        const size_t cells = (size_t)(width * height), area = cells * (size_t)(factor * factor);
        float *const map = malloc(cells * sizeof *map), *const ours = malloc(area * sizeof *ours),
                     *const theirs = malloc(area * sizeof *theirs);
        for (size_t i = 0; i < cells; i++)
            map[i] = made_uniform(&random, -1, 1) * (made_below(&random, 9) ? 1 : 1e6f);
        dense_upsample(map, width, height, factor, ours);
        assert_int_equal(oracle_cubic(map, width, height, factor, theirs), 0);
        const float allowed = difference_to_opencv(map, cells);
        for (size_t i = 0; i < area; i++)
            if (!(fabsf(ours[i] - theirs[i]) <= allowed))
                fail_msg("%d x %d by %d: pixel %zu is %.9g, OpenCV has %.9g", width, height, factor, i, (double)ours[i],
                         (double)theirs[i]);
        free(map);
        free(ours);
        free(theirs);
    }
}

/* ---- Sparse and dense */

static void compare(const char *what, const lp_people *people, const dense_people *wanted) {
    if (people->count != wanted->count)
        fail_msg("%s: %d persons, not %d", what, people->count, wanted->count);
    for (int i = 0; i < wanted->count; i++) {
        const lp_person *const p = &people->persons[i], *const w = &wanted->persons[i];
        if (memcmp(p->x, w->x, sizeof p->x) || memcmp(p->y, w->y, sizeof p->y) ||
            memcmp(p->keypoint_score, w->keypoint_score, sizeof p->keypoint_score) ||
            memcmp(p->state, w->state, sizeof p->state) || p->sum != w->sum || p->count != w->count ||
            p->score != w->score || p->rank != w->rank)
            fail_msg("%s: person %d of %d differs", what, i, wanted->count);
    }
}

/* The same maps in one layout, by every width of vector, on 1 and 2 threads. */
static int check_all(const char *what, const lp_maps *planar, const lightpose_settings *settings, int layout) {
    const dense_people wanted = dense_decode(planar, settings);
    lp_maps maps = made_copy(planar, (made_layout)layout);
    char name[200];

    for (int isa = 0; isa < ISAS; isa++) {
        lp_decoder *decoder = open_decoder(settings, isas[isa]);
        for (int threads = 1; threads <= 2; threads++) {
            lp_people people;
            assert_ok(run_decoder(decoder, &maps, threads, &people, error));
            snprintf(name, sizeof name, "%s, %d x %d by %d, layout %d, %s, %d threads", what, maps.width, maps.height,
                     settings->upsample, layout, isas[isa], threads);
            compare(name, &people, &wanted);
        }
        lp_decoder_destroy(&decoder);
    }
    made_free(&maps);
    free(wanted.persons);
    return wanted.count;
}

/* Odd sizes, single rows and columns, and around the 64 bits of a word. */
static void random_size(made_random *random, int largest, int *width, int *height) {
    static const int special[] = {1, 2, 3, 61, 62, 63, 64, 65};

    *width = made_below(random, 4) ? 1 + made_below(random, largest) : special[made_below(random, 8)];
    *height = made_below(random, 4) ? 1 + made_below(random, largest) : special[made_below(random, 3)];
}

typedef float value_maker(made_random *random);

static float noise(made_random *random) {
    return made_uniform(random, -.2f, 1);
}

/* Mostly below the threshold, so that blocks are left out. */
static float sparse(made_random *random) {
    return made_below(random, 12) ? made_uniform(random, -.05f, .05f) : made_uniform(random, -1, 1);
}

/* Around what decides whether a block is computed: 0.1 / 1.38 to 0.1. */
static float near_bound(made_random *random) {
    return made_below(random, 3) ? made_uniform(random, .068f, .1001f) : made_uniform(random, -.1f, 0);
}

/* A few values, so that plateaus, equal scores and exact thresholds are common. */
static float steps(made_random *random) {
    static const float values[] = {0, 0, .1f, .05f, .2f, .5f, 1, -1, -.1f, -0.f};
    return values[made_below(random, 10)];
}

static float extremes(made_random *random) {
    static const float values[] = {0, 1e30f, -1e30f, 1e-40f, -1e-40f, .1f, 3e38f, -3e38f, 1, 1e9f, 0, 0, 0, 0, 0, 0};
    return values[made_below(random, 16)];
}

static void fill(const lp_maps *maps, value_maker *heat, value_maker *paf, made_random *random) {
    for (int y = 0; y < maps->height; y++)
        for (int x = 0; x < maps->width; x++) {
            for (int map = 0; map < LIGHTPOSE_HEATMAPS; map++)
                *made_heat(maps, map, x, y) = heat(random);
            for (int map = 0; map < LIGHTPOSE_PAFS; map++)
                *made_paf(maps, map, x, y) = paf(random);
        }
}

static void sparse_is_dense(const char *what, value_maker *heat, value_maker *paf, int rounds, int largest) {
    made_random random = {99};

    for (int round = 0; round < rounds_of(rounds); round++) {
        lightpose_settings settings = settings_with(1 << round % 4);
        int width, height;
        random_size(&random, largest, &width, &height);
        lp_maps maps = made_maps(width, height, MADE_PLANAR);
        fill(&maps, heat, paf, &random);
        settings.min_keypoints = 2; /* more persons to compare */
        settings.min_score = 0;
        if (made_below(&random, 2))
            settings.limb_ratio = 0.3f;
        check_all(what, &maps, &settings, made_below(&random, MADE_LAYOUTS));
        made_free(&maps);
    }
}

static float steep(made_random *random) {
    return made_uniform(random, -1, 1);
}

static void on_noise(void **state) {
    (void)state;
    sparse_is_dense("noise", noise, steep, 12, 12);
}

static void on_sparse_noise(void **state) {
    (void)state;
    sparse_is_dense("sparse noise", sparse, steep, 120, 30);
}

static void on_values_near_the_bound(void **state) {
    (void)state;
    sparse_is_dense("near the bound", near_bound, steep, 80, 20);
}

static void on_few_values(void **state) {
    (void)state;
    sparse_is_dense("few values", steps, steps, 80, 14);
}

static void on_extreme_values(void **state) {
    (void)state;
    sparse_is_dense("extreme values", extremes, extremes, 80, 14);
}

static void on_people(void **state) {
    made_random random = {7};
    int persons = 0;

    (void)state;
    for (int round = 0; round < rounds_of(60); round++) {
        lightpose_settings settings = settings_with(round % 3 ? 4 : 1 << made_below(&random, 4));
        lp_maps maps = made_maps(16 + made_below(&random, 60), 16 + made_below(&random, 30), MADE_PLANAR);
        made_people(&maps, made_below(&random, 12), &random);
        if (round % 4 == 0) {
            settings.peak_threshold = made_uniform(&random, 0, .4f);
            settings.peak_radius = made_uniform(&random, 0, 12);
            settings.limb_samples = 2 + made_below(&random, 31);
            settings.limb_threshold = made_uniform(&random, 0, .2f);
            settings.limb_ratio = made_uniform(&random, 0, 1);
            settings.min_keypoints = 1 + made_below(&random, 8);
            settings.min_score = made_uniform(&random, 0, .6f);
            settings.max_people = made_below(&random, 5);
        }
        persons += check_all("people", &maps, &settings, round % MADE_LAYOUTS);
        made_free(&maps);
    }
    assert_true(persons > rounds_of(100));
}

/* ---- Memory */

static int64_t allocations(int threads) {
    int64_t total = 0;

#pragma omp parallel num_threads(threads) reduction(+ : total)
    total += lp_mem_count();
    return total;
}

/* After one round over a set of maps of different sizes, further rounds allocate nothing on any thread, and give what
 * they gave before. */
static void nothing_is_allocated_after_warm_up(void **state) {
    enum { SETS = 5, ROUNDS = 20 };
    const lightpose_settings settings = settings_with(4);
    made_random random = {5};
    lp_maps maps[SETS];
    dense_people wanted[SETS];
    lp_decoder *decoder = open_decoder(&settings, "AVX2");
    int64_t before = 0;

    (void)state;
    for (int i = 0; i < SETS; i++) {
        maps[i] = made_maps(20 + 7 * i, 30 - 3 * i, (made_layout)(i % MADE_LAYOUTS));
        made_people(&maps[i], 2 + 3 * i, &random);
        wanted[i] = dense_decode(&maps[i], &settings);
    }
    for (int round = 0; round <= ROUNDS; round++) {
        if (round == 1)
            before = allocations(2);
        for (int i = 0; i < SETS; i++) {
            lp_people people;
            assert_ok(lp_decoder_run(decoder, &maps[i], NULL, &people, error));
            compare("again", &people, &wanted[i]);
        }
    }
    assert_true(before > 0);
    assert_int_equal(allocations(2), before);
    for (int i = 0; i < SETS; i++) {
        made_free(&maps[i]);
        free(wanted[i].persons);
    }
    lp_decoder_destroy(&decoder);
}

/* Whichever allocation fails, the decoder says so, finds nobody, and works the next time. */
static void a_failing_allocation_is_reported(void **state) {
    const lightpose_settings settings = settings_with(4);
    made_random random = {3};
    lp_maps maps = made_maps(40, 24, MADE_INTERLEAVED);
    int failures = 0;

    (void)state;
    made_people(&maps, 6, &random);
    const dense_people wanted = dense_decode(&maps, &settings);
    for (int nth = 1;; nth++) {
        lightpose_error failure = {0};
        lp_decoder *decoder = NULL;
        lp_people people = {.count = 77};
        lp_mem_fail_at(nth);
        lightpose_status status = lp_decoder_create(&decoder, &settings, &failure);
        if (status == LIGHTPOSE_OK)
            status = lp_decoder_run(decoder, &maps, NULL, &people, &failure);
        lp_mem_fail_at(0);
        if (status == LIGHTPOSE_OK) {
            lp_decoder_destroy(&decoder);
            break;
        }
        failures++;
        assert_int_equal(status, LIGHTPOSE_ERROR_MEMORY);
        assert_int_equal(failure.status, LIGHTPOSE_ERROR_MEMORY);
        assert_true(failure.text[0]);
        if (decoder) {
            assert_int_equal(people.count, 0);
            assert_ok(lp_decoder_run(decoder, &maps, NULL, &people, error));
            compare("after a failure", &people, &wanted);
        }
        lp_decoder_destroy(&decoder);
    }
    assert_true(failures > 50);
    made_free(&maps);
    free(wanted.persons);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upsampling_is_opencvs),
        cmocka_unit_test(on_noise),
        cmocka_unit_test(on_sparse_noise),
        cmocka_unit_test(on_values_near_the_bound),
        cmocka_unit_test(on_few_values),
        cmocka_unit_test(on_extreme_values),
        cmocka_unit_test(on_people),
        cmocka_unit_test(nothing_is_allocated_after_warm_up),
        cmocka_unit_test(a_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
