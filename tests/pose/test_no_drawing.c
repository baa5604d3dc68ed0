/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A library that is built without drawing says so, and touches no pixel. */

#include "check.h"

static void drawing_is_unsupported(void **state) {
    static uint8_t pixels[16][16][3];
    static const uint8_t untouched[16][16][3];
    const lightpose_canvas canvas = {
        .pixels = pixels[0][0], .stride = sizeof pixels[0], .width = 16, .height = 16, .format = LIGHTPOSE_BGR24};
    lightpose_result *result = NULL;
    lightpose_system system;

    (void)state;
    assert_ok(lightpose_result_create(&result, error));
    assert_fails(lightpose_canvas_draw(&canvas, result, NULL, error), LIGHTPOSE_ERROR_UNSUPPORTED, "-Ddrawing");
    assert_memory_equal(pixels, untouched, sizeof pixels);
    lightpose_system_get(&system);
    assert_string_equal(system.drawing, "none");
    lightpose_result_destroy(&result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawing_is_unsupported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
