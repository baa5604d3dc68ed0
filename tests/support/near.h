/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#ifndef TESTS_NEAR_H
#define TESTS_NEAR_H

#include <math.h>

/* Doubles within `epsilon`; include after cmocka.h. Fails on NaN. */
#define assert_near(value, expected, epsilon)                                                                          \
    do {                                                                                                               \
        const double near_value = (value), near_expected = (expected);                                                 \
        if (!(fabs(near_value - near_expected) <= (epsilon)))                                                          \
            fail_msg("%s is %.9g, expected %.9g", #value, near_value, near_expected);                                  \
    } while (0)

#endif
