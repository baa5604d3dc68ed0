/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* lightpose_context_infer: which images it takes, what it gives for them, and what it allocates. */

#include "check.h"

#include "base/mem.h"
#include "made_model.h"

static void bad_images_are_refused_and_the_result_is_empty(void **state) {
    lightpose_settings settings = made_settings();
    lightpose_context *context = made_context(&settings);
    lightpose_result *result = made_result();
    lightpose_image image = made_picture();

    (void)state;
#define BAD(status, words)                                                                                             \
    do {                                                                                                               \
        const lightpose_image good = made_picture();                                                                   \
        assert_ok(lightpose_context_infer(context, &good, result, error));                                             \
        assert_true(lightpose_result_get_count(result) > 0);                                                           \
        assert_fails(lightpose_context_infer(context, &image, result, error), status, words);                          \
        assert_int_equal(lightpose_result_get_count(result), 0);                                                       \
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
    image.strides[0] = MADE_WIDTH * 3 - 1;
    BAD(LIGHTPOSE_ERROR_IMAGE, "287");
    image.format = (lightpose_format)99;
    BAD(LIGHTPOSE_ERROR_IMAGE, "99");
    image.planes[0] = NULL;
    BAD(LIGHTPOSE_ERROR_IMAGE, "NULL");
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
}

static void a_single_pixel_is_an_image_without_people(void **state) {
    lightpose_context *context = NULL;
    lightpose_result *result = made_result();
    const uint8_t pixel[3] = {10, 20, 30};
    const lightpose_image image = {
        .planes = {pixel}, .strides = {3}, .width = 1, .height = 1, .format = LIGHTPOSE_RGB24};
    lightpose_settings settings;

    (void)state;
    lightpose_settings_init(&settings);
    settings.height = 8;
    settings.precision = LIGHTPOSE_PRECISION_F32;
    assert_ok(lightpose_context_create(&context, made_model, &settings, error));
    assert_ok(lightpose_context_infer(context, &image, result, error));
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
}

static void frames_are_repeatable_and_ordered_by_rank(void **state) {
    lightpose_settings settings = made_settings();
    lightpose_context *context = made_context(&settings);
    lightpose_result *first = made_result(), *second = made_result();
    const lightpose_image image = made_picture();
    lightpose_image turned = made_picture();

    (void)state;
    turned.width = MADE_HEIGHT; /* another size in between: another plan */
    assert_ok(lightpose_context_infer(context, &image, first, error));
    assert_true(lightpose_result_get_count(first) > 1);
    for (int i = 1; i < lightpose_result_get_count(first); i++)
        assert_true(lightpose_result_get_pose(first, i - 1)->rank >= lightpose_result_get_pose(first, i)->rank);
    assert_null(lightpose_result_get_pose(first, lightpose_result_get_count(first)));
    assert_null(lightpose_result_get_pose(first, -1));
    assert_ok(lightpose_context_infer(context, &turned, second, error));
    assert_ok(lightpose_context_infer(context, &image, second, error));
    assert_same_people(first, second);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&first);
    lightpose_result_destroy(&second);
}

static void more_sizes_than_plans_are_kept_still_work(void **state) {
    lightpose_settings settings = made_settings();
    lightpose_context *context = made_context(&settings);
    lightpose_result *first = made_result(), *again = made_result();
    lightpose_image image = made_picture();
    lightpose_maps maps;

    (void)state;
    settings.height = 16;
    assert_ok(lightpose_context_infer(context, &image, first, error));
    for (int height = 20; height <= MADE_HEIGHT; height += 4) {
        image.height = height;
        assert_ok(lightpose_context_infer(context, &image, again, error));
        assert_ok(lightpose_context_get_maps(context, &maps, error));
    }
    image.height = MADE_HEIGHT;
    assert_ok(lightpose_context_infer(context, &image, again, error));
    assert_same_people(first, again);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&first);
    lightpose_result_destroy(&again);
}

static void stats_tell_what_the_frame_took(void **state) {
    lightpose_settings settings = made_settings();
    lightpose_context *context = made_context(&settings);
    lightpose_result *result = made_result();
    const lightpose_image image = made_picture();
    lightpose_stats stats;

    (void)state;
    lightpose_context_get_stats(context, &stats);
    assert_int_equal(stats.frames, 0);
    assert_int_equal(stats.threads, 1);
    assert_int_equal(stats.precision, LIGHTPOSE_PRECISION_F32);
    assert_int_not_equal(stats.decoder, LIGHTPOSE_DECODER_DEFAULT);
    assert_ok(lightpose_context_infer(context, &image, result, error));
    lightpose_context_get_stats(context, &stats);
    assert_int_equal(stats.frames, 1);
    assert_int_equal(stats.net_width, 96);
    assert_int_equal(stats.net_height, 64);
    assert_true(stats.preprocess_ns > 0 && stats.network_ns > 0 && stats.total_ns > 0);
    assert_true(stats.preprocess_ns + stats.network_ns + stats.peaks_ns + stats.group_ns <= stats.total_ns);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
}

static void a_frame_after_warm_up_allocates_nothing_of_ours(void **state) {
    lightpose_settings settings = made_settings();
    lightpose_context *context = made_context(&settings);
    lightpose_result *result = made_result();
    const lightpose_image image = made_picture();

    (void)state;
    assert_ok(lightpose_context_infer(context, &image, result, error));
    const int64_t before = lp_mem_count();
    for (int i = 0; i < 5; i++)
        assert_ok(lightpose_context_infer(context, &image, result, error));
    assert_int_equal(lp_mem_count() - before, 0);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_images_are_refused_and_the_result_is_empty),
        cmocka_unit_test(a_single_pixel_is_an_image_without_people),
        cmocka_unit_test(frames_are_repeatable_and_ordered_by_rank),
        cmocka_unit_test(more_sizes_than_plans_are_kept_still_work),
        cmocka_unit_test(stats_tell_what_the_frame_took),
        cmocka_unit_test(a_frame_after_warm_up_allocates_nothing_of_ours),
    };
    return cmocka_run_group_tests(tests, made_model_load, made_model_release);
}
