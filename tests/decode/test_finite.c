/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Maps that are not finite are refused, and the value that is not is named. */

#include "check.h"

#include <math.h>

#include "decode/maps.h"
#include "made_maps.h"

static void maps_must_be_finite(void **state) {
    (void)state;
    for (int layout = 0; layout < MADE_LAYOUTS; layout++) {
        lp_maps all = made_maps(7, 5, (made_layout)layout);
        assert_ok(lp_maps_check_finite(&all, error));
        *made_paf(&all, 37, 6, 4) = -INFINITY;
        assert_fails(lp_maps_check_finite(&all, error), LIGHTPOSE_ERROR_NOT_FINITE,
                     "part affinity map 37 is infinite at cell (6, 4)");
        *made_heat(&all, 18, 0, 3) = NAN;
        assert_fails(lp_maps_check_finite(&all, error), LIGHTPOSE_ERROR_NOT_FINITE, "heatmap 18 is NaN at cell (0, 3)");
        made_free(&all);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_must_be_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
