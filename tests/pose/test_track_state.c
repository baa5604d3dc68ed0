/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A tracker that was saved and restored goes on, bit for bit, as the one that was not. */

#include "check.h"

#include "scene.h"

static void feed(lightpose_tracker *tracker, const scene_frame *frame, lightpose_result *result) {
    assert_ok(lightpose_result_assign(result, frame->poses, frame->count, error));
    assert_ok(lightpose_tracker_update(tracker, frame->time, result, error));
}

static void expect_equal(const lightpose_result *a, const lightpose_result *b) {
    assert_int_equal(lightpose_result_get_count(a), lightpose_result_get_count(b));
    for (int i = 0; i < lightpose_result_get_count(a); i++)
        assert_memory_equal(lightpose_result_get_pose(a, i), lightpose_result_get_pose(b, i), sizeof(lightpose_pose));
}

static void *saved(const lightpose_tracker *tracker, size_t *size) {
    *size = lightpose_tracker_save(tracker, NULL, 0);
    unsigned char *const bytes = malloc(*size + 1);
    assert_non_null(bytes);
    bytes[*size - 1] = bytes[*size] = 0x5a;
    assert_int_equal(lightpose_tracker_save(tracker, bytes, *size - 1), *size); /* no room: nothing is written */
    assert_int_equal(bytes[*size - 1], 0x5a);
    assert_int_equal(lightpose_tracker_save(tracker, bytes, *size), *size);
    assert_int_equal(bytes[*size], 0x5a);
    return bytes;
}

/* Saves before each of the frames `at`, and goes on with what was restored. */
static void goes_on(const lightpose_tracker_settings *settings, uint64_t seed) {
    static const int at[] = {0, 1, 2, 37, 38, 120, 199};
    scene_options options;
    lightpose_tracker *whole = NULL, *broken = NULL;
    lightpose_result *a = NULL, *b = NULL;
    size_t size, next = 0;

    scene_options_default(&options, seed);
    options.people = 12;
    options.frames = 240;
    options.dropout = 0.2;
    options.gaps_per_s = 0.5;
    options.gap_least = 1;
    options.gap_most = 12;
    options.false_detections = 0.2;
    scene *const street = scene_make(&options);
    assert_ok(lightpose_tracker_create(&whole, settings, error));
    assert_ok(lightpose_tracker_create(&broken, settings, error));
    assert_ok(lightpose_result_create(&a, error));
    assert_ok(lightpose_result_create(&b, error));
    for (int f = 0; f < options.frames; f++) {
        if (next < sizeof at / sizeof *at && f == at[next]) {
            void *const bytes = saved(broken, &size);
            lightpose_tracker_destroy(&broken);
            assert_ok(lightpose_tracker_restore(&broken, bytes, size, error));
            free(bytes);
            next++;
        }
        feed(whole, &street->frames[f], a);
        feed(broken, &street->frames[f], b);
        expect_equal(a, b);
    }
    assert_int_equal(next, sizeof at / sizeof *at);
    lightpose_result_destroy(&a);
    lightpose_result_destroy(&b);
    lightpose_tracker_destroy(&whole);
    lightpose_tracker_destroy(&broken);
    scene_destroy(street);
}

static void a_restored_tracker_goes_on(void **state) {
    lightpose_tracker_settings settings;
    (void)state;
    lightpose_tracker_settings_init(&settings);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        lightpose_tracker_settings seats = settings, reference = settings, bare = settings;
        seats.expect_people = 4;
        seats.order = LIGHTPOSE_ORDER_X;
        reference.assignment = LIGHTPOSE_ASSIGNMENT_REFERENCE;
        bare.smooth = 0;
        bare.keep_seconds = 0.2f;
        goes_on(&settings, seed);
        goes_on(&seats, seed);
        goes_on(&reference, seed);
        goes_on(&bare, seed);
    }
}

static void what_no_tracker_saved_is_refused(void **state) {
    scene_options options;
    lightpose_tracker *tracker = NULL, *other = NULL;
    lightpose_result *result = NULL;
    size_t size;
    (void)state;

    scene_options_default(&options, 7);
    options.frames = 20;
    scene *const street = scene_make(&options);
    assert_ok(lightpose_tracker_create(&tracker, NULL, error));
    assert_ok(lightpose_result_create(&result, error));
    for (int f = 0; f < options.frames; f++)
        feed(tracker, &street->frames[f], result);
    unsigned char *const bytes = saved(tracker, &size);
    for (size_t i = 0; i < size; i += i < 400 ? 1 : 97) {
        bytes[i] ^= 0x10;
        assert_fails(lightpose_tracker_restore(&other, bytes, size, error), LIGHTPOSE_ERROR_ARGUMENT, "saved");
        assert_null(other);
        bytes[i] ^= 0x10;
    }
    for (size_t cut = 0; cut < size; cut += cut < 400 ? 1 : 97)
        assert_fails(lightpose_tracker_restore(&other, bytes, cut, error), LIGHTPOSE_ERROR_ARGUMENT, "saved");
    assert_fails(lightpose_tracker_restore(&other, NULL, size, error), LIGHTPOSE_ERROR_ARGUMENT, "NULL");
    assert_fails(lightpose_tracker_restore(NULL, bytes, size, error), LIGHTPOSE_ERROR_ARGUMENT, "NULL");
    assert_int_equal(lightpose_tracker_save(NULL, bytes, size), 0);
    assert_ok(lightpose_tracker_restore(&other, bytes, size, error)); /* all flips were undone */
    lightpose_tracker_destroy(&other);
    lightpose_tracker_destroy(&tracker);
    lightpose_result_destroy(&result);
    scene_destroy(street);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restored_tracker_goes_on),
        cmocka_unit_test(what_no_tracker_saved_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
