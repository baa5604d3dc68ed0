/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Comparisons of reports with made-up figures, and the command line of one round against another build. */

#include "check.h"

#include "against.h"
#include "compare.h"
#include "near.h"

/* A report of one run with one context; fps from `fps` - `spread` to `fps` + `spread`, likewise the network's time. */
static json_t *report(double fps, double ms, double spread) {
    return json_pack(
        "{s:{s:s, s:s, s:i}, s:[{s:s, s:s, s:i, s:[{s:i, s:i, s:f, s:f, s:f, s:{s:{s:f, s:f, s:f}}}], s:[], "
        "s:{s:i, s:{s:f, s:f, s:f}}}]}",
        "machine", "cpu", "abacus", "features", "beads", "cpus_usable", 2, "runs", "input", "a.mp4", "precision", "f32",
        "height", 256, "latency", "contexts", 1, "threads", 2, "fps", fps, "fps_q1", fps - spread, "fps_q3",
        fps + spread, "stages", "peaks", "median_ms", 0.2, "q1_ms", 0.2, "q3_ms", 0.2, "throughput", "network",
        "threads", 2, "network", "median_ms", ms, "q1_ms", ms - spread, "q3_ms", ms + spread);
}

static json_t *compared(double old_fps, double old_ms, double new_fps, double new_ms, double spread) {
    json_t *const old = report(old_fps, old_ms, spread), *const new_ = report(new_fps, new_ms, spread);
    json_t *const comparison = compare_reports(old, new_);

    json_decref(old);
    json_decref(new_);
    return comparison;
}

static const json_t *figure(const json_t *comparison, const char *name) {
    size_t i;
    json_t *found;

    json_array_foreach(json_object_get(comparison, "figures"), i, found) {
        if (strcmp(json_string_value(json_object_get(found, "figure")), name) == 0)
            return found;
    }
    fail_msg("no figure \"%s\"", name);
    return NULL;
}

static double change(const json_t *comparison, const char *name) {
    return json_real_value(json_object_get(figure(comparison, name), "change"));
}

static const char context[] = "1 context x 2 threads", network[] = "network alone, 2 threads";

static void change_is_in_speed_whatever_the_unit(void **state) {
    json_t *const faster = compared(10, 100, 20, 50, 0), *const slower = compared(10, 100, 8, 125, 0);

    (void)state;
    assert_near(change(faster, context), 1, 1e-9);
    assert_near(change(faster, network), 1, 1e-9);
    assert_near(change(slower, context), -0.2, 1e-9);
    assert_near(change(slower, network), -0.2, 1e-9);
    json_decref(faster);
    json_decref(slower);
}

static void the_threshold_counts_what_is_slower_by_more(void **state) {
    json_t *const comparison = compared(100, 10, 96, 10 / 0.94, 0); /* 4 % and 6 % slower */

    (void)state;
    assert_int_equal(compare_slower(comparison, 0), 2);
    assert_int_equal(compare_slower(comparison, 3.9), 2);
    assert_int_equal(compare_slower(comparison, 5), 1);
    assert_int_equal(compare_slower(comparison, 6.1), 0);
    json_decref(comparison);
}

static void overlapping_spreads_are_no_difference(void **state) {
    json_t *const apart = compared(100, 100, 90, 110, 4.9), *const overlap = compared(100, 100, 90, 110, 5.1);

    (void)state;
    assert_int_equal(compare_slower(apart, 5), 2);
    assert_int_equal(compare_slower(overlap, 5), 0);
    assert_true(json_is_true(json_object_get(figure(overlap, context), "within_spread")));
    json_decref(apart);
    json_decref(overlap);
}

static void stages_are_compared_but_do_not_count(void **state) {
    json_t *const old = report(10, 100, 0), *const new_ = report(10, 100, 0);
    json_t *const pool =
        json_array_get(json_object_get(json_array_get(json_object_get(new_, "runs"), 0), "latency"), 0);
    json_t *const peaks = json_object_get(json_object_get(pool, "stages"), "peaks");

    (void)state;
    json_object_set_new(peaks, "median_ms", json_real(0.8));
    json_object_set_new(peaks, "q1_ms", json_real(0.8));
    json_object_set_new(peaks, "q3_ms", json_real(0.8));
    json_t *const comparison = compare_reports(old, new_);
    assert_near(change(comparison, "1 context x 2 threads, peaks"), -0.75, 1e-9);
    assert_int_equal(compare_slower(comparison, 5), 0);
    json_decref(comparison);
    json_decref(old);
    json_decref(new_);
}

/* One slow round of five moves neither median nor verdict; five that lean one way do. */
static void rounds_are_judged_by_their_middle_half(void **state) {
    static const struct {
        double fps[5];
        int slower;
    } cases[] = {{{99, 101, 100, 50, 102}, 0}, {{94, 93, 92, 94, 101}, 1}, {{93, 110, 92, 120, 91}, 0}};

    (void)state;
    for (int c = 0; c < 3; c++) {
        json_t *const rounds = json_array();
        for (int i = 0; i < 5; i++)
            json_array_append_new(rounds, compared(100, 10, cases[c].fps[i], 10, 0));
        json_t *const merged = compare_rounds(rounds);
        assert_int_equal(json_array_size(json_object_get(merged, "figures")), 3);
        assert_int_equal(compare_slower(merged, 5), cases[c].slower);
        json_decref(merged);
        json_decref(rounds);
    }
    json_t *const rounds = json_array();
    for (int i = 0; i < 5; i++)
        json_array_append_new(rounds, compared(100, 10, 80 + 10 * ((i * 2) % 5), 10, 0)); /* 80, 100, 120, 90, 110 */
    json_t *const merged = compare_rounds(rounds);
    const json_t *const found = figure(merged, context);
    assert_near(json_real_value(json_object_get(found, "change")), 0, 1e-9);
    assert_near(json_real_value(json_object_get(found, "change_q1")), -0.1, 1e-9);
    assert_near(json_real_value(json_object_get(found, "change_q3")), 0.1, 1e-9);
    assert_near(json_real_value(json_object_get(found, "new")), 100, 1e-9);
    json_decref(merged);
    json_decref(rounds);
}

static void what_has_no_counterpart_is_named(void **state) {
    json_t *const old = report(10, 100, 0), *const new_ = report(10, 100, 0);
    json_t *const run = json_array_get(json_object_get(new_, "runs"), 0);

    (void)state;
    json_object_set_new(json_array_get(json_object_get(run, "latency"), 0), "threads", json_integer(4));
    json_object_set_new(json_object_get(old, "machine"), "cpus_usable", json_integer(8));
    json_t *const comparison = compare_reports(old, new_);
    const json_t *const unmatched = json_object_get(comparison, "unmatched");
    assert_int_equal(json_array_size(unmatched), 2);
    assert_string_equal(json_string_value(json_array_get(unmatched, 0)),
                        "a.mp4, f32, height 256, 1 context x 4 threads: only in the new report");
    assert_string_equal(json_string_value(json_array_get(unmatched, 1)),
                        "a.mp4, f32, height 256, 1 context x 2 threads: only in the old report");
    assert_string_equal(json_string_value(json_object_get(comparison, "machine_differs")), "usable CPUs: 8, then 2");
    json_decref(comparison);
    json_decref(old);
    json_decref(new_);
}

/* Any JSON may be given as a report: nothing in it is taken for granted. */
static void strange_reports_are_survived(void **state) {
    static const char *const texts[] = {"{\"machine\": {}, \"runs\": []}", "{\"machine\": {}, \"runs\": [1, null, {}]}",
                                        "{\"machine\": {\"cpu\": 7}, \"runs\": [{\"latency\": {}, \"network\": 3}]}",
                                        "{\"machine\": {}, \"runs\": [{\"latency\": [{\"stages\": {\"a\": 1}}]}]}"};
    json_t *const sound = report(10, 100, 0);

    (void)state;
    assert_null(compare_check(sound));
    assert_non_null(compare_check(NULL));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *const odd = json_loads(texts[i], 0, NULL);
        assert_non_null(odd);
        assert_null(compare_check(odd));
        json_t *const there = compare_reports(sound, odd), *const back = compare_reports(odd, sound);
        json_t *const same = compare_reports(odd, odd);
        assert_int_equal(compare_slower(there, 0) + compare_slower(back, 0) + compare_slower(same, 0), 0);
        json_decref(there);
        json_decref(back);
        json_decref(same);
        json_decref(odd);
    }
    json_decref(sound);
}

static void assert_arguments(const char *const *given, const char *const *expected) {
    static const char *const added[] = {"--json", "-", NULL};
    char **const made = against_arguments((char *const *)(uintptr_t)given, added);
    int i = 0;

    assert_non_null(made);
    for (; expected[i]; i++) {
        assert_non_null(made[i]);
        assert_string_equal(made[i], expected[i]);
    }
    assert_null(made[i]);
    free(made);
}

static void a_round_has_the_same_arguments_but_those_of_rounds(void **state) {
    (void)state;
    assert_arguments((const char *[]){"bench", "--against", "old", "clip.mp4", NULL},
                     (const char *[]){"bench", "--json", "-", "clip.mp4", NULL});
    assert_arguments((const char *[]){"bench", "--height", "64", "--against=old", "--threshold", "5", "-s", "3", "-r9",
                                      "-l", "-v", "--verbose", "--no-startup", "--startup", "-t2", "x", NULL},
                     (const char *[]){"bench", "--json", "-", "--height", "64", "-t2", "x", NULL});
    assert_arguments((const char *[]){"bench", "--seconds=3", "--", "--against", "-s", NULL},
                     (const char *[]){"bench", "--json", "-", "--", "--against", "-s", NULL});
    assert_arguments((const char *[]){"bench", "a", "--against", NULL},
                     (const char *[]){"bench", "--json", "-", "a", NULL});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(change_is_in_speed_whatever_the_unit),
        cmocka_unit_test(the_threshold_counts_what_is_slower_by_more),
        cmocka_unit_test(overlapping_spreads_are_no_difference),
        cmocka_unit_test(stages_are_compared_but_do_not_count),
        cmocka_unit_test(rounds_are_judged_by_their_middle_half),
        cmocka_unit_test(what_has_no_counterpart_is_named),
        cmocka_unit_test(strange_reports_are_survived),
        cmocka_unit_test(a_round_has_the_same_arguments_but_those_of_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
