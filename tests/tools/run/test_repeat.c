/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Messages at a bounded rate. */

#include "check.h"

#include <stdio.h>

#include "run/repeat.h"

#define SECOND INT64_C(1000000000)

static lp_repeat repeat;
static char more[LP_REPEAT_MORE];

static int begin(void **state) {
    (void)state;
    repeat = (lp_repeat){0};
    return 0;
}

static int lets(const char *text, int64_t second) {
    return lp_repeat_lets(&repeat, text, second * SECOND, more);
}

static void one_a_minute(void **state) {
    (void)state;
    assert_true(lets("camera: frame 1: damaged", 5));
    assert_string_equal(more, "");
    for (int i = 6; i < 65; i++) {
        char text[64];
        snprintf(text, sizeof text, "camera: frame %d: damaged", i);
        assert_false(lets(text, i));
    }
    assert_true(lets("camera: frame 65: damaged", 65));
    assert_string_equal(more, " (and 59 more like it)");
    assert_true(lets("camera: frame 9000: damaged", 9000));
    assert_string_equal(more, "");
}

/* Another kind is not held up, nor the first after a long pause. */
static void kinds_are_apart(void **state) {
    (void)state;
    assert_true(lets("door: lost", 1));
    assert_true(lets("yard: lost", 1));
    assert_false(lets("door: lost", 2));
    assert_true(lets("yard: lost", 61));
    assert_string_equal(more, "");
    assert_true(lets("door: lost", 62));
    assert_string_equal(more, " (and 1 more like it)");
}

/* A flood of ever new kinds, 100 a second for an hour, is bounded too, and every message is counted. */
static void a_flood_is_bounded(void **state) {
    (void)state;
    int told = 0, in_minute = 0, most = 0;
    long counted = 0;
    for (int i = 0; i < 3600 * 100; i++) {
        char text[64] = "server said ";
        for (int k = i, at = 12; k; k /= 20)
            text[at++] = (char)('a' + k % 20);
        in_minute = i % 6000 ? in_minute : 0;
        if (!lp_repeat_lets(&repeat, text, (i + 1) * (SECOND / 100), more))
            continue;
        long others = 0;
        told++;
        in_minute++;
        most = in_minute > most ? in_minute : most;
        (void)sscanf(more, " (and %ld other", &others);
        counted += others;
    }
    assert_int_equal(most, LP_REPEAT_KINDS);
    assert_int_equal(told, 60 * LP_REPEAT_KINDS);
    assert_int_equal(counted + told + repeat.others, 3600 * 100);
}

/* A kind that gives its place up to another has its messages counted. */
static void nothing_is_forgotten(void **state) {
    (void)state;
    assert_true(lets("old", 1));
    assert_false(lets("old", 2));
    for (int i = 1; i < LP_REPEAT_KINDS; i++) {
        char text[] = {'k', (char)('A' + i % 26), (char)('A' + i / 26), '\0'};
        assert_true(lets(text, 2));
    }
    assert_true(lets("new", 70));
    assert_string_equal(more, " (and 1 other)");
}

#define anew(test) cmocka_unit_test_setup(test, begin)

int main(void) {
    const struct CMUnitTest tests[] = {anew(one_a_minute), anew(kinds_are_apart), anew(a_flood_is_bounded),
                                       anew(nothing_is_forgotten)};
    return cmocka_run_group_tests_name("repeat", tests, NULL, NULL);
}
