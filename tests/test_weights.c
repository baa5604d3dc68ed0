/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/weights.h"
#include "synthetic.h"

static void loads_every_variant_and_dtype(void **state) {
    (void)state;
    for (int variant = 0; variant < 2; variant++)
        for (int dtype = LP_DTYPE_F32; dtype <= LP_DTYPE_I8; dtype++)
            for (int ranges = 0; ranges < 2; ranges++) {
                size_t size;
                unsigned char *const bytes = synthetic_weights(variant, dtype, ranges, 7, &size);
                lightpose_error error = {0};
                lp_weights *weights;
                if (lp_weights_load_memory(&weights, bytes, size, &error) != LIGHTPOSE_OK)
                    fail_msg("%s", error.text);
                assert_int_equal(lp_weights_variant(weights), variant);
                assert_string_equal(lp_weights_dtype(weights), lp_dtype_name(dtype));
                assert_int_equal(lp_weights_has_ranges(weights), ranges);
                assert_int_equal(lp_weights_parameters(weights), variant == LP_VARIANT_OMZ ? 4099058 : 4082546);
                lp_weights_destroy(&weights);
                assert_null(weights);
                free(bytes);
            }
}

static void loads_the_converted_file(void **state) {
    (void)state;
    const char *const path = getenv("LIGHTPOSE_WEIGHTS");
    lightpose_error error = {0};
    lp_weights *weights;
    if (!path)
        skip();
    if (lp_weights_load(&weights, path, &error) != LIGHTPOSE_OK)
        fail_msg("%s", error.text);
    assert_int_equal(lp_weights_has_ranges(weights), 1);
    lp_weights_destroy(&weights);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_every_variant_and_dtype),
        cmocka_unit_test(loads_the_converted_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
