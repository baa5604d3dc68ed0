/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What `lightpose corpus verify` lets differ between instruction sets. */

#include "check.h"

#include "corpus/compare.h"

enum { PEOPLE = 10 };

static void count(void *opaque, const char *text) {
    (void)text;
    ++*(int *)opaque;
}

/* PEOPLE people with 10 keypoints each, 100 pixels apart; of `moved` keypoints x is `by` pixels further. */
static void make(lightpose_result **result, int moved, float by) {
    lightpose_pose poses[PEOPLE] = {0};
    for (int p = 0; p < PEOPLE; p++) {
        poses[p].score = 1;
        poses[p].id = -1;
        for (int k = 0; k < 10; k++) {
            const float more = 10 * p + k < moved ? by : 0;
            poses[p].keypoints[k] = (lightpose_keypoint){
                .x = (float)(100 * p + 5 * k) + more, .y = (float)(7 * k), .score = 0.5f, .state = LIGHTPOSE_DETECTED};
        }
    }
    assert_ok(lightpose_result_create(result, error));
    assert_ok(lightpose_result_assign(*result, poses, PEOPLE, error));
}

/* The picture is twice as large as the network's input: 2 pixels of that are 4. */
static lp_corpus_comparison compare(const char *precision, int moved, float by, int *within) {
    const lp_corpus_tolerance tolerance = lp_corpus_tolerance_of(precision);
    lp_corpus_comparison sum = {0};
    lightpose_result *a, *b;
    int told = 0, states;
    make(&a, 0, 0);
    make(&b, moved, by);
    const lp_output_frame stored = {.width = 1200, .height = 400, .result = a, .net_scale = 0.5f};
    lp_output_frame again = stored;
    again.result = b;
    assert_ok(lp_corpus_compare(&stored, &again, &tolerance, &sum, &states, count, &told, error));
    assert_int_equal(states, 0);
    assert_int_equal(told > 0, sum.beyond > 0);
    *within = lp_corpus_within(&tolerance, &sum);
    lightpose_result_destroy(&a);
    lightpose_result_destroy(&b);
    return sum;
}

static void int8_may_differ_in_15_of_100_keypoints(void **state) {
    static const struct {
        int moved;
        float by;
        int beyond, within;
    } cases[] = {{0, 0, 0, 1}, {100, 3.9f, 0, 1}, {15, 4.5f, 15, 1}, {16, 4.5f, 16, 0}, {100, 4.5f, 100, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int bf16 = 0; bf16 < 2; bf16++) {
            int within;
            const lp_corpus_comparison sum = compare(bf16 ? "bf16" : "int8", cases[i].moved, cases[i].by, &within);
            assert_int_equal(sum.keypoints, 10 * PEOPLE);
            assert_int_equal(sum.beyond, cases[i].beyond);
            assert_int_equal(within, cases[i].within);
        }
}

static void f32_may_differ_by_an_eighth_of_a_pixel(void **state) {
    int within;
    (void)state;
    assert_int_equal(compare("f32", 100, 0.12f, &within).beyond, 0);
    assert_true(within);
    assert_int_equal(compare("f32", 1, 0.13f, &within).beyond, 1);
    assert_false(within); /* 1 % */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(int8_may_differ_in_15_of_100_keypoints),
                                       cmocka_unit_test(f32_may_differ_by_an_eighth_of_a_pixel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
