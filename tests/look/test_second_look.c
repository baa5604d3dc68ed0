/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The second look through the public functions, on people that noise makes. */

#include "check.h"

#include "base/mem.h"
#include "made_model.h"

static lightpose_settings looking(int crops) {
    lightpose_settings settings = made_settings();
    settings.second_look = crops;
    return settings;
}

static int crops_of(const lightpose_context *context) {
    lightpose_stats stats;
    lightpose_context_get_stats(context, &stats);
    return stats.crops;
}

static void the_budget_holds(void **state) {
    const lightpose_image image = made_picture();
    lightpose_result *result = made_result(), *plain = made_result();

    (void)state;
    for (int budget = 0; budget <= 4; budget += 2) {
        const lightpose_settings settings = looking(budget);
        lightpose_context *context = made_context(&settings);
        assert_ok(lightpose_context_infer(context, &image, budget ? result : plain, error));
        assert_in_range(crops_of(context), budget > 0, budget);
        lightpose_context_destroy(&context);
    }
    assert_true(lightpose_result_get_count(result) > 1);
    for (int i = 1; i < lightpose_result_get_count(result); i++)
        assert_true(lightpose_result_get_pose(result, i - 1)->rank >= lightpose_result_get_pose(result, i)->rank);
    lightpose_result_destroy(&result);
    lightpose_result_destroy(&plain);
}

static void the_number_of_threads_does_not_matter(void **state) {
    const lightpose_image image = made_picture();
    lightpose_result *one = made_result(), *three = made_result();

    (void)state;
    for (int flip = 0; flip <= 1; flip++) {
        lightpose_settings settings = looking(3);
        settings.flip = flip;
        lightpose_context *context = made_context(&settings);
        assert_ok(lightpose_context_infer(context, &image, one, error));
        lightpose_context_destroy(&context);
        settings.threads = 3;
        context = made_context(&settings);
        assert_ok(lightpose_context_infer(context, &image, three, error));
        assert_same_people(one, three);
        lightpose_context_destroy(&context);
    }
    lightpose_result_destroy(&one);
    lightpose_result_destroy(&three);
}

static void maps_are_those_of_the_whole_picture(void **state) {
    const lightpose_image image = made_picture();
    const lightpose_settings settings = looking(4), without = looking(0);
    lightpose_context *context = made_context(&settings), *plain = made_context(&without);
    lightpose_result *result = made_result();
    lightpose_maps maps, wanted;

    (void)state;
    assert_ok(lightpose_context_infer(context, &image, result, error));
    assert_ok(lightpose_context_infer(plain, &image, result, error));
    assert_ok(lightpose_context_get_maps(context, &maps, error));
    assert_ok(lightpose_context_get_maps(plain, &wanted, error));
    assert_int_equal(maps.width, wanted.width);
    assert_int_equal(maps.height, wanted.height);
    assert_memory_equal(maps.heatmaps, wanted.heatmaps,
                        sizeof(float) * (size_t)(maps.width * maps.height) * LIGHTPOSE_HEATMAPS);
    lightpose_context_destroy(&context);
    lightpose_context_destroy(&plain);
    lightpose_result_destroy(&result);
}

static void every_format_is_looked_at(void **state) {
    static uint8_t planes[3][MADE_WIDTH * MADE_HEIGHT * 4];
    const lightpose_settings settings = looking(2);
    lightpose_context *context = made_context(&settings);
    lightpose_result *result = made_result();

    (void)state;
    for (int p = 0; p < 3; p++)
        for (size_t i = 0; i < sizeof planes[p]; i++)
            planes[p][i] = ((const uint8_t *)made_pixels)[(i * 7 + (size_t)p) % sizeof made_pixels];
    for (int format = LIGHTPOSE_BGR24; format <= LIGHTPOSE_I420; format++) {
        const lightpose_image image = {.planes = {planes[0], planes[1], planes[2]},
                                       .strides = {MADE_WIDTH * 4, MADE_WIDTH * 2, MADE_WIDTH * 2},
                                       .width = MADE_WIDTH - 1, /* odd: chroma is rounded up */
                                       .height = MADE_HEIGHT / 2 - 1,
                                       .format = (lightpose_format)format};
        assert_ok(lightpose_context_infer(context, &image, result, error));
    }
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
}

static void a_frame_after_warm_up_allocates_nothing(void **state) {
    const lightpose_settings settings = looking(4);
    lightpose_context *context = made_context(&settings);
    lightpose_result *result = made_result();
    const lightpose_image image = made_picture();

    (void)state;
    assert_ok(lightpose_context_infer(context, &image, result, error));
    const int64_t before = lp_mem_count();
    for (int i = 0; i < 3; i++)
        assert_ok(lightpose_context_infer(context, &image, result, error));
    assert_true(crops_of(context) > 0);
    assert_int_equal(lp_mem_count() - before, 0);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
}

static void a_picture_without_people_is_looked_at_once(void **state) {
    static const uint8_t grey[64][64];
    const lightpose_image image = {
        .planes = {grey[0]}, .strides = {64}, .width = 64, .height = 64, .format = LIGHTPOSE_GRAY8};
    lightpose_settings settings = looking(4);
    settings.peak_threshold = 1000;
    lightpose_context *context = made_context(&settings);
    lightpose_result *result = made_result();

    (void)state;
    assert_ok(lightpose_context_infer(context, &image, result, error));
    assert_int_equal(lightpose_result_get_count(result), 0);
    assert_int_equal(crops_of(context), 0);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
}

static void tiles_and_both_together_find_people_in_order(void **state) {
    const lightpose_image image = made_picture();
    lightpose_result *one = made_result(), *three = made_result();
    lightpose_settings settings = looking(2);

    (void)state;
    settings.tiles = 2;
    lightpose_context *context = made_context(&settings);
    assert_ok(lightpose_context_infer(context, &image, one, error));
    assert_in_range(crops_of(context), 4, 6);
    for (int i = 1; i < lightpose_result_get_count(one); i++)
        assert_true(lightpose_result_get_pose(one, i - 1)->rank >= lightpose_result_get_pose(one, i)->rank);
    lightpose_context_destroy(&context);
    settings.threads = 3;
    context = made_context(&settings);
    assert_ok(lightpose_context_infer(context, &image, three, error));
    assert_same_people(one, three);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&one);
    lightpose_result_destroy(&three);
}

static void a_followed_video_has_a_whole_frame_in_n(void **state) {
    static const uint8_t grey[64][96];
    lightpose_settings settings = made_settings();
    const lightpose_image image = made_picture();
    lightpose_image empty = {
        .planes = {grey[0]}, .strides = {96}, .width = 96, .height = 64, .format = LIGHTPOSE_GRAY8};
    lightpose_result *result = made_result(), *whole = made_result();
    lightpose_context *plain = made_context(&settings);
    lightpose_stats stats;

    (void)state;
    settings.follow = 3;
    lightpose_context *context = made_context(&settings);
    assert_ok(lightpose_context_infer(plain, &image, whole, error));
    for (int i = 0; i < 7; i++) {
        assert_ok(lightpose_context_infer(context, &image, result, error));
        if (i % 3 == 0)
            assert_same_people(result, whole);
        assert_true(lightpose_result_get_count(result) > 0);
    }
    assert_ok(lightpose_context_infer(context, &image, result, error));
    lightpose_context_restart(context);
    assert_ok(lightpose_context_infer(context, &image, result, error));
    assert_same_people(result, whole);
    /* Nobody: the network rests until the next whole frame. */
    lightpose_context_destroy(&context);
    settings.peak_threshold = 1000;
    context = made_context(&settings);
    for (int i = 0; i < 4; i++) {
        assert_ok(lightpose_context_infer(context, &empty, result, error));
        lightpose_context_get_stats(context, &stats);
        assert_int_equal(stats.network_ns > 0, i % 3 == 0);
        assert_int_equal(lightpose_result_get_count(result), 0);
    }
    lightpose_context_restart(NULL);
    lightpose_context_destroy(&context);
    lightpose_context_destroy(&plain);
    lightpose_result_destroy(&result);
    lightpose_result_destroy(&whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_budget_holds),
        cmocka_unit_test(the_number_of_threads_does_not_matter),
        cmocka_unit_test(maps_are_those_of_the_whole_picture),
        cmocka_unit_test(every_format_is_looked_at),
        cmocka_unit_test(a_frame_after_warm_up_allocates_nothing),
        cmocka_unit_test(a_picture_without_people_is_looked_at_once),
        cmocka_unit_test(tiles_and_both_together_find_people_in_order),
        cmocka_unit_test(a_followed_video_has_a_whole_frame_in_n),
    };
    return cmocka_run_group_tests(tests, made_model_load, made_model_release);
}
