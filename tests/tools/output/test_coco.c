/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* COCO keypoint results (docs/algorithm.md 10). */

#include "formats.h"

#include <math.h>

static void coco_maps_18_to_17(void **state) {
    /* docs/algorithm.md 1, read the other way round than the writer's table: where each of the 18 goes. */
    static const int target[LIGHTPOSE_KEYPOINTS] = {0, -1, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3};
    lightpose_result *const people = people_make(2), *const nobody = people_make(0);
    const lp_output_options options = {0};
    const lp_output_frame frames[] = {formats_image(people, 0, "val/000000000139.jpg"),
                                      formats_image(nobody, 1, "17.png"),
                                      formats_image(people, 2, "COCO_val2014_000000000042.jpg")};

    (void)state;
    people_lose(people, 0, 4);
    people_complete(people, 1, 9); /* carried without being asked for */
    char *const text = formats_write("coco", &options, &formats_images, frames, 3);
    json_t *const json = formats_parse(text);
    assert_true(json_is_array(json));
    assert_int_equal(json_array_size(json), 4);
    static const int ids[] = {139, 139, 42, 42};
    for (size_t i = 0; i < 4; i++) {
        json_t *const entry = json_array_get(json, i), *const points = json_object_get(entry, "keypoints");
        const lightpose_pose *const pose = &people->poses[i % 2];
        assert_string_equal(formats_keys(entry), "image_id category_id keypoints score");
        assert_true(json_is_integer(json_object_get(entry, "image_id")));
        assert_int_equal(json_integer_value(json_object_get(entry, "image_id")), ids[i]);
        assert_int_equal(json_integer_value(json_object_get(entry, "category_id")), 1);
        assert_true((float)json_number_value(json_object_get(entry, "score")) == pose->rank);
        assert_int_equal(json_array_size(points), 51);
        int seen = 0;
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            if (target[k] < 0)
                continue;
            const size_t first = (size_t)target[k] * 3;
            const int there = !(i % 2 == 0 && k == 4);
            assert_true(fabs(formats_at(points, first) - (double)pose->keypoints[k].x * there) <= FORMATS_PIXEL);
            assert_true(fabs(formats_at(points, first + 1) - (double)pose->keypoints[k].y * there) <= FORMATS_PIXEL);
            assert_true(json_is_integer(json_array_get(points, first + 2)));
            assert_int_equal(json_integer_value(json_array_get(points, first + 2)), there);
            seen |= 1 << target[k];
        }
        assert_int_equal(seen, (1 << 17) - 1);
    }
    json_decref(json);
    free(text);
    people_free(people);
    people_free(nobody);
}

static void coco_is_an_array_without_people_too(void **state) {
    lightpose_result *const nobody = people_make(0), *const neck = people_make(1);
    const lp_output_options options = {0};
    const lp_output_frame frames[] = {formats_frame(nobody, 0), formats_frame(neck, 1)};

    (void)state;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        if (k != 1)
            people_lose(neck, 0, k);
    char *const text = formats_write("coco", &options, &formats_video, frames, 2);
    assert_string_equal(text, "[\n]\n");
    free(text);
    people_free(nobody);
    people_free(neck);
}

static void coco_numbers(void **state) {
    lightpose_result *const people = people_make(1);
    const lp_output_options options = {0};
    const char *const folder = scratch_folder();
    static const struct {
        const char *first, *second, *words;
    } cases[] = {
        {"a/1.jpg", "b/0001.jpg", "b/0001.jpg"}, /* the same number: two pictures' people would become one's */
        {"1.jpg", "holiday.jpg", "holiday.jpg"},
        {"1.jpg", "9007199254740992.jpg", "9007199254740992"},
        {"1.jpg", "99999999999999999999999999.jpg", "9999999999"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lp_output *output;
        assert_ok(lp_output_open(&output, lp_output_find("coco"), scratch_path(folder, "out"), NULL, &options, error));
        assert_ok(lp_output_begin(output, &formats_images, error));
        lp_output_frame frame = formats_image(people, 0, cases[i].first);
        assert_ok(lp_output_frame_write(output, &frame, error));
        frame = formats_image(people, 1, cases[i].second);
        assert_fails(lp_output_frame_write(output, &frame, error), LIGHTPOSE_ERROR_ARGUMENT, cases[i].words);
        lp_output_abort(&output);
        assert_int_equal(scratch_entries(folder), 1);
        char *const partial = scratch_read(scratch_path(folder, "out.partial"), NULL);
        json_t *const array = formats_parse(partial); /* what was before it stays */
        assert_true(json_array_size(array) > 0);
        json_decref(array);
        free(partial);
    }

    lp_output *output; /* frame numbers of two videos are the same numbers */
    assert_ok(lp_output_open(&output, lp_output_find("coco"), scratch_path(folder, "out"), NULL, &options, error));
    assert_ok(lp_output_begin(output, &formats_video, error));
    const lp_output_frame frame = formats_frame(people, 77);
    assert_ok(lp_output_frame_write(output, &frame, error));
    assert_fails(lp_output_begin(output, &formats_video, error), LIGHTPOSE_ERROR_ARGUMENT, "in/clip.mp4");
    lp_output_abort(&output);

    char *const text = formats_write("coco", &options, &formats_video, &frame, 1);
    json_t *const json = formats_parse(text);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(json, 0), "image_id")), 77);
    json_decref(json);
    free(text);
    people_free(people);
    scratch_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coco_maps_18_to_17),
        cmocka_unit_test(coco_is_an_array_without_people_too),
        cmocka_unit_test(coco_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
