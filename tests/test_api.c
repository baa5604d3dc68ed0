/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The contract of the public API: what is accepted, what is refused and how, and what is left behind. Runs on made-up
 * weights, so it needs no data. */

#include "check.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "base/mem.h"
#include "synthetic.h"

enum { WIDTH = 96, HEIGHT = 64 };

static uint8_t pixels[HEIGHT][WIDTH][3];

static lightpose_image picture(void) {
    return (lightpose_image){.planes = {pixels[0][0]},
                             .strides = {sizeof pixels[0]},
                             .width = WIDTH,
                             .height = HEIGHT,
                             .format = LIGHTPOSE_BGR24};
}

static lightpose_settings small_settings(void) {
    lightpose_settings settings;
    lightpose_settings_default(&settings);
    settings.height = 64;
    settings.threads = 1;
    settings.precision = LIGHTPOSE_PRECISION_F32;
    /* made-up weights give weak maps: let noise through, so that there is something to compare */
    settings.peak_threshold = 0.001f;
    settings.limb_threshold = 0;
    settings.limb_ratio = 0;
    settings.min_score = 0;
    settings.min_keypoints = 1;
    return settings;
}

static lightpose_model *model;

static int load_model(void **state) {
    size_t size;
    lightpose_error error = {0};
    unsigned state_random = 1;

    (void)state;
    for (size_t i = 0; i < sizeof pixels; i++)
        ((uint8_t *)pixels)[i] = (uint8_t)((state_random = state_random * 1664525 + 1013904223) >> 24);
    void *const bytes = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 0, 7, &size);
    if (!bytes || lightpose_model_load_memory(&model, bytes, size, &error) != LIGHTPOSE_OK) {
        print_error("%s\n", error.text);
        return -1;
    }
    free(bytes); /* the bytes were copied */
    return 0;
}

static int release_model(void **state) {
    (void)state;
    lightpose_model_release(&model);
    assert_null(model);
    return 0;
}

static lightpose_context *open_context(const lightpose_settings *settings) {
    lightpose_context *context = NULL;
    assert_ok(lightpose_context_open(&context, model, settings, error));
    return context;
}

static lightpose_result *new_result(void) {
    lightpose_result *result = NULL;
    assert_ok(lightpose_result_create(&result, error));
    return result;
}

/* ---- Versions, names */

static void version_says_what_the_header_says(void **state) {
    int major = -1, minor = -1, patch = -1;

    (void)state;
    assert_int_equal(sscanf(lightpose_version(), "%d.%d.%d", &major, &minor, &patch), 3);
    assert_int_equal(major * 10000 + minor * 100 + patch, lightpose_version_number());
    assert_int_equal(lightpose_version_number(), LIGHTPOSE_VERSION_NUMBER);
}

static void keypoints_and_limbs_have_names_and_ends(void **state) {
    int from = -1, to = -1;

    (void)state;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        assert_non_null(lightpose_keypoint_name(k));
    assert_string_equal(lightpose_keypoint_name(4), "right_wrist");
    assert_string_equal(lightpose_keypoint_name(17), "left_ear");
    assert_null(lightpose_keypoint_name(-1));
    assert_null(lightpose_keypoint_name(18));
    for (int limb = 0; limb < LIGHTPOSE_LIMBS; limb++)
        assert_int_equal(lightpose_limb(limb, &from, &to), LIGHTPOSE_OK);
    assert_int_equal(from, 5); /* limb 18: left shoulder to left ear */
    assert_int_equal(to, 17);
    assert_int_equal(lightpose_limb(19, &from, &to), LIGHTPOSE_ERROR_ARGUMENT);
    assert_int_equal(lightpose_limb(-1, &from, &to), LIGHTPOSE_ERROR_ARGUMENT);
    assert_int_equal(lightpose_limb(0, NULL, &to), LIGHTPOSE_ERROR_ARGUMENT);
}

/* ---- NULL and closing */

static void null_arguments_are_refused_by_name(void **state) {
    lightpose_settings settings = small_settings();
    lightpose_context *context = open_context(&settings), *other = NULL;
    lightpose_result *result = new_result();
    lightpose_image image = picture();
    lightpose_maps maps = {0};

    (void)state;
    assert_fails(lightpose_model_load(NULL, "x", error), LIGHTPOSE_ERROR_ARGUMENT, "model is NULL");
    assert_fails(lightpose_model_load_memory(NULL, "x", 1, error), LIGHTPOSE_ERROR_ARGUMENT, "model is NULL");
    assert_fails(lightpose_context_open(NULL, model, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "context is NULL");
    assert_fails(lightpose_result_create(NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "result is NULL");
    assert_fails(lightpose_infer(NULL, &image, result, error), LIGHTPOSE_ERROR_ARGUMENT, "context is NULL");
    assert_fails(lightpose_infer(context, NULL, result, error), LIGHTPOSE_ERROR_ARGUMENT, "image is NULL");
    assert_fails(lightpose_infer(context, &image, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "result is NULL");
    assert_fails(lightpose_decode(context, NULL, result, error), LIGHTPOSE_ERROR_ARGUMENT, "maps is NULL");
    assert_fails(lightpose_decode(context, &maps, result, error), LIGHTPOSE_ERROR_ARGUMENT, "heatmaps is NULL");
    assert_fails(lightpose_context_maps(context, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "maps is NULL");
    assert_fails(lightpose_context_prepare(NULL, 1, 1, error), LIGHTPOSE_ERROR_ARGUMENT, "context is NULL");
    assert_fails(lightpose_draw(NULL, result, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "canvas is NULL");
    assert_fails(lightpose_draw(&(lightpose_canvas){0}, NULL, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "result is NULL");
    assert_int_equal(lightpose_infer(context, NULL, result, NULL), LIGHTPOSE_ERROR_ARGUMENT); /* error may be NULL */
    lightpose_settings_default(NULL);
    lightpose_draw_settings_default(NULL);
    lightpose_model_get_info(model, NULL);
    lightpose_context_stats(context, NULL);
    assert_int_equal(lightpose_result_count(NULL), 0);
    assert_null(lightpose_result_pose(NULL, 0));
    assert_null(lightpose_model_retain(NULL));
    lightpose_context_close(&context);
    assert_null(context);
    lightpose_context_close(&context);
    lightpose_context_close(NULL);
    lightpose_context_close(&other);
    lightpose_result_destroy(&result);
    assert_null(result);
    lightpose_result_destroy(&result);
    lightpose_result_destroy(NULL);
    lightpose_model_release(NULL);
}

static void a_failed_load_leaves_no_model(void **state) {
    lightpose_model *failed = (lightpose_model *)1;

    (void)state;
    assert_fails(lightpose_model_load(&failed, "/nonexistent/weights", error), LIGHTPOSE_ERROR_FILE,
                 "/nonexistent/weights");
    assert_null(failed);
    failed = (lightpose_model *)1;
    assert_fails(lightpose_model_load_memory(&failed, "not weights", 11, error), LIGHTPOSE_ERROR_WEIGHTS, "");
    assert_null(failed);
}

static void the_weights_path_comes_from_the_environment(void **state) {
    lightpose_model *failed = NULL;
    const char *const kept = getenv("LIGHTPOSE_WEIGHTS");
    char *const saved = kept ? strdup(kept) : NULL;

    (void)state;
    setenv("LIGHTPOSE_WEIGHTS", "/nonexistent/from-environment", 1);
    assert_fails(lightpose_model_load(&failed, NULL, error), LIGHTPOSE_ERROR_FILE, "from-environment");
    unsetenv("LIGHTPOSE_WEIGHTS");
    if (saved)
        setenv("LIGHTPOSE_WEIGHTS", saved, 1);
    free(saved);
}

static void the_model_outlives_its_first_owner(void **state) {
    lightpose_settings settings = small_settings();
    lightpose_model *second = lightpose_model_retain(model);
    lightpose_context *context = open_context(&settings);
    lightpose_result *result = new_result();
    const lightpose_image image = picture();
    lightpose_model_info info;

    (void)state;
    lightpose_model_release(&second);
    assert_null(second);
    assert_ok(lightpose_infer(context, &image, result, error));
    lightpose_model_get_info(model, &info);
    assert_string_equal(info.variant, "human-pose-estimation-0001");
    assert_string_equal(info.dtype, "F32");
    assert_int_equal(info.has_int8_ranges, 0);
    assert_int_equal(info.parameters, 4098674 + 3 * 128); /* SPEC 2.6, folded, and three biases of zeros */
    lightpose_context_close(&context);
    lightpose_result_destroy(&result);
}

/* ---- Inference */

static void bad_images_are_refused_and_the_result_is_empty(void **state) {
    lightpose_settings settings = small_settings();
    lightpose_context *context = open_context(&settings);
    lightpose_result *result = new_result();
    lightpose_image image = picture();

    (void)state;
#define BAD(status, words)                                                                                             \
    do {                                                                                                               \
        const lightpose_image good = picture();                                                                        \
        assert_ok(lightpose_infer(context, &good, result, error));                                                     \
        assert_true(lightpose_result_count(result) > 0);                                                               \
        assert_fails(lightpose_infer(context, &image, result, error), status, words);                                  \
        assert_int_equal(lightpose_result_count(result), 0);                                                           \
        image = good;                                                                                                  \
    } while (0)
    image.width = 0;
    BAD(LIGHTPOSE_ERROR_IMAGE, "0");
    image.height = -5;
    BAD(LIGHTPOSE_ERROR_IMAGE, "-5");
    image.width = image.height = 40000;
    image.strides[0] = 120000;
    BAD(LIGHTPOSE_ERROR_LIMIT, "40000");
    image.width = 20000;
    image.height = 1;
    image.strides[0] = 60000;
    BAD(LIGHTPOSE_ERROR_LIMIT, "4096"); /* the network input it would need */
    image.strides[0] = WIDTH * 3 - 1;
    BAD(LIGHTPOSE_ERROR_IMAGE, "287");
    image.format = (lightpose_format)99;
    BAD(LIGHTPOSE_ERROR_IMAGE, "99");
    image.planes[0] = NULL;
    BAD(LIGHTPOSE_ERROR_IMAGE, "NULL");
    lightpose_context_close(&context);
    lightpose_result_destroy(&result);
}

static void a_single_pixel_is_an_image_without_people(void **state) {
    lightpose_context *context = NULL;
    lightpose_result *result = new_result();
    const uint8_t pixel[3] = {10, 20, 30};
    const lightpose_image image = {
        .planes = {pixel}, .strides = {3}, .width = 1, .height = 1, .format = LIGHTPOSE_RGB24};
    lightpose_settings settings;

    (void)state;
    lightpose_settings_default(&settings);
    settings.height = 8;
    settings.precision = LIGHTPOSE_PRECISION_F32;
    assert_ok(lightpose_context_open(&context, model, &settings, error));
    assert_ok(lightpose_infer(context, &image, result, error));
    lightpose_context_close(&context);
    lightpose_result_destroy(&result);
}

/* Padding bytes are not compared: both are zeroed by the same assignment, but that is not promised. */
static void assert_same(const lightpose_result *a, const lightpose_result *b) {
    assert_int_equal(lightpose_result_count(a), lightpose_result_count(b));
    for (int i = 0; i < lightpose_result_count(a); i++) {
        const lightpose_pose *const p = lightpose_result_pose(a, i), *const q = lightpose_result_pose(b, i);
        assert_float_equal(p->rank, q->rank, 0);
        assert_float_equal(p->score, q->score, 0);
        assert_memory_equal(p->keypoints, q->keypoints, sizeof p->keypoints);
    }
}

static void frames_are_repeatable_and_ordered_by_rank(void **state) {
    lightpose_settings settings = small_settings();
    lightpose_context *context = open_context(&settings);
    lightpose_result *first = new_result(), *second = new_result();
    const lightpose_image image = picture();
    lightpose_image turned = picture();

    (void)state;
    turned.width = HEIGHT; /* another size in between: another plan */
    assert_ok(lightpose_infer(context, &image, first, error));
    assert_true(lightpose_result_count(first) > 1);
    for (int i = 1; i < lightpose_result_count(first); i++)
        assert_true(lightpose_result_pose(first, i - 1)->rank >= lightpose_result_pose(first, i)->rank);
    assert_null(lightpose_result_pose(first, lightpose_result_count(first)));
    assert_null(lightpose_result_pose(first, -1));
    assert_ok(lightpose_infer(context, &turned, second, error));
    assert_ok(lightpose_infer(context, &image, second, error));
    assert_same(first, second);
    lightpose_context_close(&context);
    lightpose_result_destroy(&first);
    lightpose_result_destroy(&second);
}

static void the_threads_of_a_context_do_not_change_its_results(void **state) {
    lightpose_settings settings = small_settings();
    lightpose_result *one = new_result(), *two = new_result();
    const lightpose_image image = picture();

    (void)state;
    lightpose_context *context = open_context(&settings);
    assert_ok(lightpose_infer(context, &image, one, error));
    lightpose_context_close(&context);
    settings.threads = 2;
    context = open_context(&settings);
    assert_ok(lightpose_infer(context, &image, two, error));
    lightpose_context_close(&context);
    assert_same(one, two);
    lightpose_result_destroy(&one);
    lightpose_result_destroy(&two);
}

static void more_sizes_than_plans_are_kept_still_work(void **state) {
    lightpose_settings settings = small_settings();
    lightpose_context *context = open_context(&settings);
    lightpose_result *first = new_result(), *again = new_result();
    lightpose_image image = picture();
    lightpose_maps maps;

    (void)state;
    settings.height = 16;
    assert_ok(lightpose_infer(context, &image, first, error));
    for (int height = 20; height <= HEIGHT; height += 4) {
        image.height = height;
        assert_ok(lightpose_infer(context, &image, again, error));
        assert_ok(lightpose_context_maps(context, &maps, error));
    }
    image.height = HEIGHT;
    assert_ok(lightpose_infer(context, &image, again, error));
    assert_same(first, again);
    lightpose_context_close(&context);
    lightpose_result_destroy(&first);
    lightpose_result_destroy(&again);
}

static void stats_tell_what_the_frame_took(void **state) {
    lightpose_settings settings = small_settings();
    lightpose_context *context = open_context(&settings);
    lightpose_result *result = new_result();
    const lightpose_image image = picture();
    lightpose_stats stats;

    (void)state;
    lightpose_context_stats(context, &stats);
    assert_int_equal(stats.frames, 0);
    assert_int_equal(stats.threads, 1);
    assert_int_equal(stats.precision, LIGHTPOSE_PRECISION_F32);
    assert_int_not_equal(stats.decoder, LIGHTPOSE_DECODER_DEFAULT);
    assert_ok(lightpose_infer(context, &image, result, error));
    lightpose_context_stats(context, &stats);
    assert_int_equal(stats.frames, 1);
    assert_int_equal(stats.net_width, 96);
    assert_int_equal(stats.net_height, 64);
    assert_true(stats.preprocess_ns > 0 && stats.network_ns > 0 && stats.total_ns > 0);
    assert_true(stats.preprocess_ns + stats.network_ns + stats.peaks_ns + stats.group_ns <= stats.total_ns);
    lightpose_context_close(&context);
    lightpose_result_destroy(&result);
}

static void a_frame_after_warm_up_allocates_nothing_of_ours(void **state) {
    lightpose_settings settings = small_settings();
    lightpose_context *context = open_context(&settings);
    lightpose_result *result = new_result();
    const lightpose_image image = picture();

    (void)state;
    assert_ok(lightpose_infer(context, &image, result, error));
    const int64_t before = lp_mem_count();
    for (int i = 0; i < 5; i++)
        assert_ok(lightpose_infer(context, &image, result, error));
    assert_int_equal(lp_mem_count() - before, 0);
    lightpose_context_close(&context);
    lightpose_result_destroy(&result);
}

static void every_failing_allocation_is_reported_and_leaves_nothing(void **state) {
    const lightpose_settings settings = small_settings();
    const lightpose_image image = picture();
    int points = 0;

    (void)state;
    for (int nth = 1;; nth++) {
        lightpose_error failure = {0};
        lightpose_context *context = NULL;
        lightpose_result *result = NULL;
        lightpose_maps maps;

        lp_mem_fail_at(nth);
        lightpose_status status = lightpose_result_create(&result, &failure);
        if (status == LIGHTPOSE_OK)
            status = lightpose_context_open(&context, model, &settings, &failure);
        if (status == LIGHTPOSE_OK && (status = lightpose_infer(context, &image, result, &failure)) != LIGHTPOSE_OK)
            assert_int_equal(lightpose_result_count(result), 0);
        if (status == LIGHTPOSE_OK && (status = lightpose_context_maps(context, &maps, &failure)) != LIGHTPOSE_OK)
            assert_null(maps.heatmaps);
        lp_mem_fail_at(0);
        assert_int_equal(status, failure.status);
        if (status != LIGHTPOSE_OK) {
            assert_int_equal(status, LIGHTPOSE_ERROR_MEMORY);
            assert_true(strlen(failure.text) > 0);
            if (context) { /* the same context works once there is memory */
                assert_ok(lightpose_infer(context, &image, result, error));
                assert_true(lightpose_result_count(result) > 0);
            }
            points++;
        }
        lightpose_context_close(&context);
        lightpose_result_destroy(&result);
        if (status == LIGHTPOSE_OK)
            break;
    }
    assert_true(points > 5);
}

/* ---- Maps and the decoder alone */

static void maps_come_after_a_frame_and_decode_to_the_same_people(void **state) {
    lightpose_settings settings = small_settings();
    lightpose_context *context = open_context(&settings), *decoder = NULL;
    lightpose_result *whole = new_result(), *alone = new_result();
    const lightpose_image image = picture();
    lightpose_maps maps;

    (void)state;
    assert_fails(lightpose_context_maps(context, &maps, error), LIGHTPOSE_ERROR_STATE, "no maps");
    assert_ok(lightpose_infer(context, &image, whole, error));
    assert_ok(lightpose_context_maps(context, &maps, error));
    assert_int_equal(maps.width, 12);
    assert_int_equal(maps.height, 8);
    assert_float_equal(maps.scale, 1, 0);
    assert_ok(lightpose_context_open(&decoder, NULL, &settings, error));
    assert_ok(lightpose_decode(decoder, &maps, alone, error));
    assert_same(whole, alone);
    assert_fails(lightpose_infer(decoder, &image, alone, error), LIGHTPOSE_ERROR_STATE, "without a model");
    assert_fails(lightpose_context_prepare(decoder, 8, 8, error), LIGHTPOSE_ERROR_STATE, "without a model");
    assert_ok(lightpose_context_prepare(context, WIDTH, HEIGHT, error));
    assert_fails(lightpose_context_maps(context, &maps, error), LIGHTPOSE_ERROR_STATE, "no maps");
    lightpose_context_close(&context);
    lightpose_context_close(&decoder);
    lightpose_result_destroy(&whole);
    lightpose_result_destroy(&alone);
}

/* The image and its mirror image go through the same two runs, in turn: the averages are each other's mirror images. */
static void averaging_with_the_mirrored_image_is_even_handed(void **state) {
    static const int twins[LIGHTPOSE_HEATMAPS] = {0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 15, 14, 17, 16, 18};
    static uint8_t turned[HEIGHT][WIDTH][3];
    static float kept[LIGHTPOSE_HEATMAPS * (HEIGHT / 8) * (WIDTH / 8)];
    lightpose_settings settings = small_settings();
    lightpose_result *result = new_result();
    lightpose_image image = picture();
    lightpose_maps maps;

    (void)state;
    settings.flip = 1;
    lightpose_context *context = open_context(&settings);
    assert_ok(lightpose_infer(context, &image, result, error));
    assert_ok(lightpose_context_maps(context, &maps, error));
    memcpy(kept, maps.heatmaps, sizeof kept);

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            memcpy(turned[y][x], pixels[y][WIDTH - 1 - x], 3);
    image.planes[0] = turned[0][0];
    assert_ok(lightpose_infer(context, &image, result, error));
    assert_ok(lightpose_context_maps(context, &maps, error));
    assert_int_equal(maps.width, WIDTH / 8);
    assert_int_equal(maps.height, HEIGHT / 8);
    for (int k = 0; k < LIGHTPOSE_HEATMAPS; k++)
        for (int y = 0; y < maps.height; y++)
            for (int x = 0; x < maps.width; x++)
                assert_float_equal(maps.heatmaps[(k * maps.height + y) * maps.width + x],
                                   kept[(twins[k] * maps.height + y) * maps.width + maps.width - 1 - x], 0);
    lightpose_context_close(&context);
    lightpose_result_destroy(&result);
}

static void maps_that_are_not_finite_or_too_large_are_refused(void **state) {
    enum { CELLS = 6 };
    float heatmaps[LIGHTPOSE_HEATMAPS * CELLS] = {0}, pafs[LIGHTPOSE_PAFS * CELLS] = {0};
    lightpose_context *decoder = NULL;
    lightpose_result *result = new_result();
    lightpose_maps maps = {.width = 3, .height = 2, .heatmaps = heatmaps, .pafs = pafs};

    (void)state;
    assert_ok(lightpose_context_open(&decoder, NULL, NULL, error));
    assert_ok(lightpose_decode(decoder, &maps, result, error));
    assert_int_equal(lightpose_result_count(result), 0);
    heatmaps[18 * CELLS + 5] = NAN;
    assert_fails(lightpose_decode(decoder, &maps, result, error), LIGHTPOSE_ERROR_NOT_FINITE, "18");
    heatmaps[18 * CELLS + 5] = 0;
    pafs[37 * CELLS] = -INFINITY;
    assert_fails(lightpose_decode(decoder, &maps, result, error), LIGHTPOSE_ERROR_NOT_FINITE, "37");
    pafs[37 * CELLS] = 0;
    maps.width = 0;
    assert_fails(lightpose_decode(decoder, &maps, result, error), LIGHTPOSE_ERROR_ARGUMENT, "0");
    maps.width = 5000;
    assert_fails(lightpose_decode(decoder, &maps, result, error), LIGHTPOSE_ERROR_LIMIT, "5000");
    maps.width = 3;
    maps.scale = NAN;
    assert_fails(lightpose_decode(decoder, &maps, result, error), LIGHTPOSE_ERROR_NOT_FINITE, "scale");
    lightpose_context_close(&decoder);
    lightpose_result_destroy(&result);
}

/* ---- Precision */

static void a_precision_that_cannot_be_had_is_refused(void **state) {
    lightpose_settings settings = small_settings();
    lightpose_context *context = (lightpose_context *)1;

    (void)state;
    settings.precision = LIGHTPOSE_PRECISION_INT8; /* the weights carry no ranges */
    assert_fails(lightpose_context_open(&context, model, &settings, error), LIGHTPOSE_ERROR_UNSUPPORTED, "ranges");
    assert_null(context);
    setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1);
    settings.precision = LIGHTPOSE_PRECISION_BF16;
    assert_fails(lightpose_context_open(&context, model, &settings, error), LIGHTPOSE_ERROR_UNSUPPORTED, "bf16");
    unsetenv("ONEDNN_MAX_CPU_ISA");
}

/* ---- Threads */

typedef struct worker {
    lightpose_result *result;
    lightpose_error error;
} worker;

static void *infer_many(void *argument) {
    worker *const self = argument;
    const lightpose_settings settings = small_settings();
    const lightpose_image image = picture();
    lightpose_context *context = NULL;

    if (lightpose_context_open(&context, model, &settings, &self->error) == LIGHTPOSE_OK)
        for (int i = 0; i < 4 && self->error.status == LIGHTPOSE_OK; i++)
            (void)!lightpose_infer(context, &image, self->result, &self->error);
    lightpose_context_close(&context);
    return NULL;
}

static void contexts_of_one_model_run_at_the_same_time(void **state) {
    enum { WORKERS = 3 };
    pthread_t threads[WORKERS];
    worker workers[WORKERS] = {{0}};

    (void)state;
    for (int i = 0; i < WORKERS; i++) {
        workers[i].result = new_result();
        assert_int_equal(pthread_create(&threads[i], NULL, infer_many, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(workers[i].error.status, LIGHTPOSE_OK);
        assert_true(lightpose_result_count(workers[i].result) > 0);
        assert_same(workers[0].result, workers[i].result);
    }
    for (int i = 0; i < WORKERS; i++)
        lightpose_result_destroy(&workers[i].result);
}

static lightpose_context *moving;

static void *close_elsewhere(void *argument) {
    const lightpose_image image = picture();
    (void)!lightpose_infer(moving, &image, argument, NULL);
    lightpose_context_close(&moving);
    return NULL;
}

static void a_context_may_move_between_threads(void **state) {
    const lightpose_settings settings = small_settings();
    const lightpose_image image = picture();
    lightpose_result *here = new_result(), *there = new_result();
    pthread_t thread;

    (void)state;
    moving = open_context(&settings);
    assert_ok(lightpose_infer(moving, &image, here, error));
    assert_int_equal(pthread_create(&thread, NULL, close_elsewhere, there), 0);
    pthread_join(thread, NULL);
    assert_null(moving);
    assert_same(here, there);
    lightpose_result_destroy(&here);
    lightpose_result_destroy(&there);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_says_what_the_header_says),
        cmocka_unit_test(keypoints_and_limbs_have_names_and_ends),
        cmocka_unit_test(null_arguments_are_refused_by_name),
        cmocka_unit_test(a_failed_load_leaves_no_model),
        cmocka_unit_test(the_weights_path_comes_from_the_environment),
        cmocka_unit_test(the_model_outlives_its_first_owner),
        cmocka_unit_test(bad_images_are_refused_and_the_result_is_empty),
        cmocka_unit_test(a_single_pixel_is_an_image_without_people),
        cmocka_unit_test(frames_are_repeatable_and_ordered_by_rank),
        cmocka_unit_test(the_threads_of_a_context_do_not_change_its_results),
        cmocka_unit_test(more_sizes_than_plans_are_kept_still_work),
        cmocka_unit_test(stats_tell_what_the_frame_took),
        cmocka_unit_test(a_frame_after_warm_up_allocates_nothing_of_ours),
        cmocka_unit_test(every_failing_allocation_is_reported_and_leaves_nothing),
        cmocka_unit_test(maps_come_after_a_frame_and_decode_to_the_same_people),
        cmocka_unit_test(averaging_with_the_mirrored_image_is_even_handed),
        cmocka_unit_test(maps_that_are_not_finite_or_too_large_are_refused),
        cmocka_unit_test(a_precision_that_cannot_be_had_is_refused),
        cmocka_unit_test(contexts_of_one_model_run_at_the_same_time),
        cmocka_unit_test(a_context_may_move_between_threads),
    };
    return cmocka_run_group_tests(tests, load_model, release_model);
}
