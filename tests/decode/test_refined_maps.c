/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The decoder `refined` on random maps: what holds for all of them, whatever is in them, and however they lie
 * in memory. */

#include "check.h"

#include <float.h>
#include <math.h>

#include "base/mem.h"
#include "decode/decoder.h"
#include "made_maps.h"
#include "near.h"
#include "teams.h"

enum { KEYS = LIGHTPOSE_KEYPOINTS };

static lightpose_settings refined(void) {
    lightpose_settings settings;

    lightpose_settings_init(&settings);
    settings.decoder = LIGHTPOSE_DECODER_REFINED;
    return settings;
}

static lp_decoder *open_decoder(const lightpose_settings *settings) {
    lp_decoder *decoder;

    assert_ok(lp_decoder_create(&decoder, settings, error));
    return decoder;
}

static lp_people run(lp_decoder *decoder, const lp_maps *maps, int threads) {
    lp_people people;

    assert_ok(threads > 1 ? run_decoder(decoder, maps, threads, &people, error)
                          : lp_decoder_run(decoder, maps, NULL, &people, error));
    return people;
}

static lp_maps random_people(made_random *random, int most) {
    const int width = 20 + made_below(random, 50), height = 16 + made_below(random, 30);
    lp_maps maps = made_maps(width, height, MADE_INTERLEAVED);

    made_people(&maps, 1 + made_below(random, most), random);
    return maps;
}

/* Keypoint by keypoint, bit for bit; `detected`: of those in that state alone. */
static void assert_same_person(const lp_person *a, const lp_person *b, int detected) {
    assert_int_equal(a->count, b->count);
    assert_memory_equal(&a->sum, &b->sum, sizeof a->sum);
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
    assert_memory_equal(&a->rank, &b->rank, sizeof a->rank);
    for (int k = 0; k < KEYS; k++) {
        const int compared = !detected || a->state[k] == LIGHTPOSE_DETECTED;
        assert_int_equal(a->state[k] == LIGHTPOSE_DETECTED, b->state[k] == LIGHTPOSE_DETECTED);
        if (!compared)
            continue;
        assert_int_equal(a->state[k], b->state[k]);
        assert_memory_equal(&a->x[k], &b->x[k], sizeof a->x[k]);
        assert_memory_equal(&a->y[k], &b->y[k], sizeof a->y[k]);
        assert_memory_equal(&a->keypoint_score[k], &b->keypoint_score[k], sizeof a->keypoint_score[k]);
    }
}

static void assert_same(const lp_people *a, const lp_people *b) {
    assert_int_equal(a->count, b->count);
    for (int p = 0; p < a->count; p++)
        assert_same_person(&a->persons[p], &b->persons[p], 0);
}

/* ---- What holds for all persons */

static int peak_at(const lp_peaks *peaks, float x, float y) {
    for (int i = 0; i < peaks->count; i++)
        if (peaks->x[i] == x && peaks->y[i] == y)
            return i;
    return -1;
}

/* No peak is in two persons, and a detected keypoint is nothing but a peak. */
static void every_peak_has_one_person_at_most(void **state) {
    const lightpose_settings settings = refined();
    lp_decoder *decoder = open_decoder(&settings);
    made_random random = {1};
    int total = 0;

    (void)state;
    for (int round = 0; round < rounds_of(100); round++) {
        lp_maps maps = random_people(&random, 12);
        const lp_people people = run(decoder, &maps, 1);
        for (int k = 0; k < KEYS; k++) {
            int *const taken = calloc((size_t)decoder->peaks[k].count + 1, sizeof *taken);
            for (int p = 0; p < people.count; p++) {
                const lp_person *const person = &people.persons[p];
                if (person->state[k] != LIGHTPOSE_DETECTED)
                    continue;
                const int peak = peak_at(&decoder->peaks[k], person->x[k], person->y[k]);
                assert_true(peak >= 0);
                assert_true(person->keypoint_score[k] == decoder->peaks[k].score[peak]);
                assert_int_equal(taken[peak]++, 0);
                total++;
            }
            free(taken);
        }
        made_free(&maps);
    }
    assert_true(total > rounds_of(2000));
    lp_decoder_destroy(&decoder);
}

static void persons_are_what_they_say(void **state) {
    const lightpose_settings settings = refined();
    lp_decoder *decoder = open_decoder(&settings);
    made_random random = {2};
    int completed = 0;

    (void)state;
    for (int round = 0; round < rounds_of(100); round++) {
        lp_maps maps = random_people(&random, 12);
        const lp_people people = run(decoder, &maps, 1);
        assert_int_equal(people.half_pixel, 1);
        for (int p = 0; p < people.count; p++) {
            const lp_person *const person = &people.persons[p];
            int detected = 0;
            assert_true(p == 0 || person->rank <= people.persons[p - 1].rank);
            assert_true(person->rank > 0 && person->score >= 0 && person->score <= 1);
            for (int k = 0; k < KEYS; k++) {
                detected += person->state[k] == LIGHTPOSE_DETECTED;
                completed += person->state[k] == LIGHTPOSE_COMPLETED;
                if (person->state[k] == LIGHTPOSE_DETECTED)
                    assert_true(person->keypoint_score[k] >= settings.peak_threshold);
                if (person->state[k] == LIGHTPOSE_COMPLETED)
                    assert_true(person->keypoint_score[k] >= 0 && person->keypoint_score[k] <= settings.peak_threshold);
                if (person->state[k] == LIGHTPOSE_MISSING)
                    assert_true(person->x[k] == 0 && person->y[k] == 0 && person->keypoint_score[k] == 0);
            }
            assert_int_equal(detected, person->count);
            assert_true(detected >= 2);
        }
        made_free(&maps);
    }
    assert_true(completed > 1000);
    lp_decoder_destroy(&decoder);
}

static void guesses_change_nothing_else(void **state) {
    lightpose_settings settings = refined();
    lp_decoder *with = open_decoder(&settings), *without;
    made_random random = {3};

    (void)state;
    settings.complete = 0;
    without = open_decoder(&settings);
    for (int round = 0; round < rounds_of(100); round++) {
        lp_maps maps = random_people(&random, 12);
        const lp_people a = run(with, &maps, 1), b = run(without, &maps, 1);
        assert_int_equal(a.count, b.count);
        for (int p = 0; p < a.count; p++) {
            assert_same_person(&a.persons[p], &b.persons[p], 1);
            for (int k = 0; k < KEYS; k++)
                assert_int_not_equal(b.persons[p].state[k], LIGHTPOSE_COMPLETED);
        }
        made_free(&maps);
    }
    lp_decoder_destroy(&with);
    lp_decoder_destroy(&without);
}

/* ---- However they lie, and whoever reads them */

static void threads_layouts_and_cpus_change_no_bit(void **state) {
    const lightpose_settings settings = refined();
    lp_decoder *alone = open_decoder(&settings);
    made_random random = {4};
    int crowds = 0;

    (void)state;
    for (int isa = 0; isa < 2; isa++) {
        setenv("ONEDNN_MAX_CPU_ISA", isa ? "AVX2" : "SSE41", 1);
        lp_decoder *decoder = open_decoder(&settings);
        unsetenv("ONEDNN_MAX_CPU_ISA");
        for (int round = 0; round < rounds_of(25); round++) {
            lp_maps maps = random_people(&random, 12);
            const lp_people wanted = run(alone, &maps, 1);
            crowds += wanted.count > 3; /* fewer are made by one thread */
            for (int layout = 0; layout < MADE_LAYOUTS; layout++) {
                lp_maps copy = made_copy(&maps, (made_layout)layout);
                for (int threads = 1; threads <= 3; threads++) {
                    const lp_people people = run(decoder, &copy, threads);
                    assert_same(&people, &wanted);
                }
                made_free(&copy);
            }
            made_free(&maps);
        }
        lp_decoder_destroy(&decoder);
    }
    assert_true(crowds > rounds_of(25) / 2);
    lp_decoder_destroy(&alone);
}

/* A bell's centre, in cells, lands on the image where the network saw it. */
static void cell_centres_are_where_they_are(void **state) {
    static float heatmaps[LIGHTPOSE_HEATMAPS][16][24], pafs[LIGHTPOSE_PAFS][16][24];
    static const double places[2][2] = {{6, 5}, {15, 9}}; /* neck, right shoulder */
    const lightpose_settings settings = refined();
    lightpose_maps maps = {.width = 24, .height = 16, .heatmaps = heatmaps[0][0], .pafs = pafs[0][0]};
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;

    (void)state;
    for (int y = 0; y < 16; y++) {
        for (int x = 0; x < 24; x++) {
            for (int k = 0; k < 2; k++)
                heatmaps[1 + k][y][x] = (float)(0.8 * exp(-(pow(x - places[k][0], 2) + pow(y - places[k][1], 2)) / 3));
            pafs[12][y][x] = 0.9f * 9 / hypotf(9, 4);
            pafs[13][y][x] = 0.9f * 4 / hypotf(9, 4);
        }
    }
    assert_ok(lightpose_context_create(&context, NULL, &settings, error));
    assert_ok(lightpose_result_create(&result, error));
    for (int upsample = 0; upsample < 3; upsample++) {
        maps.scale = upsample ? 0.37f * (float)upsample : 0; /* 0 means 1 */
        maps.pad_x = (float)(13 * upsample);
        maps.pad_y = (float)(3 * upsample);
        assert_ok(lightpose_context_decode(context, &maps, result, error));
        assert_int_equal(lightpose_result_get_count(result), 1);
        const lightpose_pose *const pose = lightpose_result_get_pose(result, 0);
        const double scale = upsample ? (double)maps.scale : 1;
        for (int k = 0; k < 2; k++) {
            assert_near(pose->keypoints[1 + k].x, ((places[k][0] + 0.5) * 8 - (double)maps.pad_x) / scale,
                        0.02 / scale);
            assert_near(pose->keypoints[1 + k].y, ((places[k][1] + 0.5) * 8 - (double)maps.pad_y) / scale,
                        0.02 / scale);
        }
    }
    lightpose_result_destroy(&result);
    lightpose_context_destroy(&context);
}

/* ---- Memory */

/* Whichever allocation fails, the decoder says so, finds nobody, and works the next time. */
static void a_failing_allocation_is_reported(void **state) {
    const lightpose_settings settings = refined();
    made_random random = {5};
    lp_maps maps = made_maps(60, 40, MADE_INTERLEAVED);
    lp_decoder *whole = open_decoder(&settings);
    int failures = 0;

    (void)state;
    made_people(&maps, 8, &random);
    const lp_people wanted = run(whole, &maps, 1);
    assert_true(wanted.count > 3);
    for (int nth = 1;; nth++) {
        lightpose_error failure = {0};
        lp_decoder *decoder = NULL;
        lp_people people = {.count = 77};
        lp_mem_fail_at(nth);
        lightpose_status status = lp_decoder_create(&decoder, &settings, &failure);
        if (status == LIGHTPOSE_OK)
            status = lp_decoder_run(decoder, &maps, NULL, &people, &failure);
        lp_mem_fail_at(0);
        if (status != LIGHTPOSE_OK) {
            failures++;
            assert_int_equal(status, LIGHTPOSE_ERROR_MEMORY);
            assert_int_equal(failure.status, LIGHTPOSE_ERROR_MEMORY);
            assert_true(failure.text[0]);
            if (decoder) {
                assert_int_equal(people.count, 0);
                people = run(decoder, &maps, 1);
            }
        }
        if (decoder)
            assert_same(&people, &wanted);
        lp_decoder_destroy(&decoder);
        if (status == LIGHTPOSE_OK)
            break;
    }
    assert_true(failures > 50);
    lp_decoder_destroy(&whole);
    made_free(&maps);
}

/* Sever and gather find what they need in the second frame too: no more is asked for once a frame has been seen. */
static void nothing_is_allocated_after_warm_up(void **state) {
    enum { SETS = 6, ROUNDS = 5 };
    const lightpose_settings settings = refined();
    lp_decoder *decoder = open_decoder(&settings);
    made_random random = {6};
    lp_maps maps[SETS];
    int64_t before = 0;

    (void)state;
    for (int i = 0; i < SETS; i++)
        maps[i] = random_people(&random, 12);
    for (int round = 0; round <= ROUNDS; round++) {
        for (int i = 0; i < SETS; i++)
            run(decoder, &maps[i], 1);
        if (round == 0)
            before = lp_mem_count();
    }
    assert_true(before > 0);
    assert_int_equal(lp_mem_count(), before);
    for (int i = 0; i < SETS; i++)
        made_free(&maps[i]);
    lp_decoder_destroy(&decoder);
}

/* ---- Garbage */

static float noise(made_random *random) {
    return made_uniform(random, -1, 1);
}

static float peaks_everywhere(made_random *random) {
    return made_below(random, 4) ? 0 : made_uniform(random, 0, 1);
}

static float one_of_few(made_random *random) {
    static const float values[] = {0, 0.1f, 0.1f, 0.5f, 1, -1};
    return values[made_below(random, 6)];
}

static float huge(made_random *random) {
    static const float values[] = {1e30f, -1e30f, FLT_MAX, -FLT_MAX, 1e18f, 1e-40f, FLT_MIN, 0, 1};
    return values[made_below(random, 9)];
}

static float equal(made_random *random) {
    (void)random;
    return 0.5f;
}

static float zero(made_random *random) {
    (void)random;
    return 0;
}

/* Every keypoint is within a cell of the map, every number is one. */
static void garbage_gives_nothing_impossible(void **state) {
    static float (*const makers[])(made_random *) = {noise, peaks_everywhere, one_of_few, huge, equal, zero};
    enum { MAKERS = sizeof makers / sizeof *makers };
    const lightpose_settings settings = refined();
    lp_decoder *decoder = open_decoder(&settings);
    made_random random = {7};
    int total = 0;

    (void)state;
    for (int round = 0; round < rounds_of(100) * MAKERS; round++) {
        const int small = round / MAKERS % 4;
        lp_maps maps = made_maps(small == 0 ? 1 : 1 + made_below(&random, 24),
                                 small <= 1 ? 1 : 1 + made_below(&random, 24), MADE_PLANAR);
        for (int y = 0; y < maps.height; y++) {
            for (int x = 0; x < maps.width; x++) {
                for (int map = 0; map < LIGHTPOSE_HEATMAPS; map++)
                    *made_heat(&maps, map, x, y) = makers[round % MAKERS](&random);
                for (int map = 0; map < LIGHTPOSE_PAFS; map++)
                    *made_paf(&maps, map, x, y) = makers[made_below(&random, MAKERS)](&random);
            }
        }
        const lp_people people = run(decoder, &maps, 1 + round % 2);
        for (int p = 0; p < people.count; p++) {
            const lp_person *const person = &people.persons[p];
            if (isnan(person->rank) || !(person->score >= 0 && person->score <= 1))
                fail_msg("round %d, %d x %d: rank %g, score %g", round, maps.width, maps.height, person->rank,
                         person->score);
            for (int k = 0; k < KEYS; k++) {
                const double x = (person->x[k] + 0.5) / settings.upsample - 0.5,
                             y = (person->y[k] + 0.5) / settings.upsample - 0.5;
                if (person->state[k] != LIGHTPOSE_MISSING &&
                    !(x >= -1 && x <= maps.width && y >= -1 && y <= maps.height && person->keypoint_score[k] >= 0 &&
                      isfinite(person->keypoint_score[k])))
                    fail_msg("round %d, %d x %d: keypoint %d, state %d, at %g, %g scores %g", round, maps.width,
                             maps.height, k, person->state[k], x, y, person->keypoint_score[k]);
            }
        }
        total += people.count;
        made_free(&maps);
    }
    print_message("# %d people\n", total);
    assert_true(total > 300);
    lp_decoder_destroy(&decoder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_peak_has_one_person_at_most),  cmocka_unit_test(persons_are_what_they_say),
        cmocka_unit_test(guesses_change_nothing_else),        cmocka_unit_test(threads_layouts_and_cpus_change_no_bit),
        cmocka_unit_test(cell_centres_are_where_they_are),    cmocka_unit_test(a_failing_allocation_is_reported),
        cmocka_unit_test(nothing_is_allocated_after_warm_up), cmocka_unit_test(garbage_gives_nothing_impossible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
