/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "check.h"

#include <math.h>

#include "settings.h"

static lightpose_settings defaults(void) {
    lightpose_settings settings;
    memset(&settings, 0xff, sizeof settings); /* the default sets every field */
    lightpose_settings_init(&settings);
    return settings;
}

static void the_defaults_are_those_of_the_manual(void **state) {
    const lightpose_settings settings = defaults();

    (void)state;
    assert_int_equal(settings.height, 256);
    assert_int_equal(settings.threads, 0);
    assert_int_equal(settings.precision, LIGHTPOSE_PRECISION_AUTO);
    assert_int_equal(settings.stages, 2);
    assert_int_equal(settings.decoder, LIGHTPOSE_DECODER_DEFAULT);
    assert_int_equal(settings.upsample, 4);
    assert_float_equal(settings.peak_threshold, 0.1f, 0);
    assert_float_equal(settings.peak_radius, 6, 0);
    assert_int_equal(settings.limb_samples, 10);
    assert_float_equal(settings.limb_threshold, -1, 0);
    assert_float_equal(settings.limb_ratio, 0.8f, 0);
    assert_int_equal(settings.min_keypoints, 0);
    assert_float_equal(settings.min_score, -1, 0);
    assert_int_equal(settings.complete, 1);
    assert_int_equal(settings.max_people, 0);
    assert_int_equal(settings.max_image_side, 32768);
    assert_int_equal(settings.max_image_pixels, 1 << 28);
    assert_int_equal(settings.max_net_height, 2048);
    assert_int_equal(settings.max_net_width, 4096);
    assert_ok(lp_settings_check(&settings, error));
}

/* One field at a time set to a value that must be refused by its name. */
#define REFUSED(field, value)                                                                                          \
    do {                                                                                                               \
        lightpose_settings settings = defaults();                                                                      \
        settings.field = (value);                                                                                      \
        assert_fails(lp_settings_check(&settings, error), LIGHTPOSE_ERROR_ARGUMENT, #field);                           \
    } while (0)

static void values_out_of_range_are_refused_by_name(void **state) {
    (void)state;
    REFUSED(height, 0);
    REFUSED(height, -256);
    REFUSED(threads, -1);
    REFUSED(threads, 1025);
    REFUSED(precision, (lightpose_precision)9);
    REFUSED(stages, 0);
    REFUSED(stages, 3);
    REFUSED(decoder, (lightpose_decoder)77);
    REFUSED(upsample, 0);
    REFUSED(upsample, 3);
    REFUSED(upsample, 16);
    REFUSED(peak_threshold, NAN);
    REFUSED(peak_threshold, -0.1f);
    REFUSED(peak_radius, INFINITY);
    REFUSED(limb_samples, 1);
    REFUSED(limb_samples, 33);
    REFUSED(limb_threshold, NAN);
    REFUSED(limb_threshold, -2);
    REFUSED(limb_ratio, 1.5f);
    REFUSED(min_keypoints, -1);
    REFUSED(min_keypoints, 19);
    REFUSED(min_score, NAN);
    REFUSED(min_score, -1.5f);
    REFUSED(complete, 2);
    REFUSED(decoder, (lightpose_decoder)3);
    REFUSED(max_people, -1);
    REFUSED(max_image_side, 0);
    REFUSED(max_image_side, 40000);
    REFUSED(max_image_pixels, 0);
    REFUSED(max_net_height, 0);
    REFUSED(max_net_width, 1 << 20);
    REFUSED(reserved[3], 1);
}

static void a_height_above_its_limit_is_refused(void **state) {
    lightpose_settings settings = defaults();

    (void)state;
    settings.height = 2056;
    assert_fails(lp_settings_check(&settings, error), LIGHTPOSE_ERROR_LIMIT, "2048");
    settings.max_net_height = 4096;
    assert_ok(lp_settings_check(&settings, error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_those_of_the_manual),
        cmocka_unit_test(values_out_of_range_are_refused_by_name),
        cmocka_unit_test(a_height_above_its_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
