/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "compare.h"

#include <string.h>

#include "json_read.h"
#include "samples.h"
#include "table.h"

const char *compare_check(const json_t *report) {
    if (!json_is_object(json_object_get(report, "machine")) || !json_is_array(json_object_get(report, "runs")))
        return "not a report of lightpose-bench: \"machine\" or \"runs\" is missing";
    return NULL;
}

/* ---- Figures ----------------------------------------------------------------------------------------------------- */

typedef struct interval {
    double low, high;
} interval;

static int overlap(interval a, interval b) {
    return a.low <= b.high && b.low <= a.high;
}

/* The middle half of the values. Reports of earlier versions have only the extremes. */
static interval spread(const json_t *object, const char *low, const char *high, const char *least, const char *most) {
    return json_object_get(object, low) ? (interval){json_number(object, low), json_number(object, high)}
                                        : (interval){json_number(object, least), json_number(object, most)};
}

static interval fps_spread(const json_t *pool) {
    return spread(pool, "fps_q1", "fps_q3", "fps_least", "fps_most");
}

static interval ms_spread(const json_t *times) {
    return spread(times, "q1_ms", "q3_ms", "min_ms", "p95_ms");
}

static void add_figure(json_t *comparison, const json_t *run, const char *kind, const char *name, double old,
                       double new_, int within_spread) {
    const int is_rate = strcmp(kind, "fps") == 0;

    if (old <= 0 || new_ <= 0)
        return;
    json_array_append_new(json_object_get(comparison, "figures"),
                          json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:f, s:f, s:f, s:b}", "input",
                                    json_text(run, "input"), "precision", json_text(run, "precision"), "height",
                                    json_whole(run, "height"), "kind", kind, "figure", name, "unit",
                                    is_rate ? "fps" : "ms", "old", old, "new", new_, "change",
                                    (is_rate ? new_ / old : old / new_) - 1, "within_spread", within_spread));
}

static void add_times(json_t *comparison, const json_t *run, const char *kind, const char *name, const json_t *old,
                      const json_t *new_) {
    add_figure(comparison, run, kind, name, json_number(old, "median_ms"), json_number(new_, "median_ms"),
               overlap(ms_spread(old), ms_spread(new_)));
}

static void add_unmatched(json_t *comparison, const json_t *run, const char *name, const char *where) {
    json_array_append_new(json_object_get(comparison, "unmatched"),
                          json_sprintf("%s, %s, height %d%s%s: only in the %s report", json_text(run, "input"),
                                       json_text(run, "precision"), json_whole(run, "height"), *name ? ", " : "", name,
                                       where));
}

/* ---- Matching ---------------------------------------------------------------------------------------------------- */

static const json_t *same_run(const json_t *report, const json_t *run) {
    size_t i;
    json_t *other;

    json_array_foreach(json_object_get(report, "runs"), i, other) {
        if (strcmp(json_text(other, "input"), json_text(run, "input")) == 0 &&
            strcmp(json_text(other, "precision"), json_text(run, "precision")) == 0 &&
            json_whole(other, "height") == json_whole(run, "height"))
            return other;
    }
    return NULL;
}

static const json_t *same_pool(const json_t *pools, const json_t *pool) {
    size_t i;
    json_t *other;

    json_array_foreach(pools, i, other) {
        if (json_whole(other, "contexts") == json_whole(pool, "contexts") &&
            json_whole(other, "threads") == json_whole(pool, "threads"))
            return other;
    }
    return NULL;
}

static const char *pool_name(const json_t *pool, char *name, size_t size) {
    const int contexts = json_whole(pool, "contexts"), threads = json_whole(pool, "threads");

    snprintf(name, size, "%d context%s x %d thread%s", contexts, plural(contexts), threads, plural(threads));
    return name;
}

static void compare_pools(json_t *comparison, const json_t *run, const json_t *old, const json_t *new_) {
    size_t i;
    json_t *pool, *times;
    const char *stage;
    char name[64];

    json_array_foreach(new_, i, pool) {
        const json_t *const other = same_pool(old, pool);
        pool_name(pool, name, sizeof name);
        if (!other) {
            add_unmatched(comparison, run, name, "new");
            continue;
        }
        add_figure(comparison, run, "fps", name, json_number(other, "fps"), json_number(pool, "fps"),
                   overlap(fps_spread(other), fps_spread(pool)));
        json_object_foreach(json_object_get(pool, "stages"), stage, times) {
            char words[128];
            snprintf(words, sizeof words, "%s, %s", name, stage);
            add_times(comparison, run, "stage", words, json_object_get(json_object_get(other, "stages"), stage), times);
        }
    }
    json_array_foreach(old, i, pool) {
        if (!same_pool(new_, pool))
            add_unmatched(comparison, run, pool_name(pool, name, sizeof name), "old");
    }
}

static void compare_networks(json_t *comparison, const json_t *run, const json_t *old, const json_t *new_) {
    const int threads = json_whole(new_, "threads");
    char name[64];

    snprintf(name, sizeof name, "network alone, %d thread%s", threads, plural(threads));
    if (json_whole(old, "threads") == threads)
        add_times(comparison, run, "network", name, json_object_get(old, "network"), json_object_get(new_, "network"));
    else
        add_unmatched(comparison, run, name, "new");
}

static json_t *machine_difference(const json_t *old, const json_t *new_) {
    static const struct { const char *key, *words; } parts[] = {{"cpu", "CPU"}, {"features", "instruction set"}};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(json_text(old, parts[i].key), json_text(new_, parts[i].key)) != 0)
            return json_sprintf("%s: %s, then %s", parts[i].words, json_text(old, parts[i].key),
                                json_text(new_, parts[i].key));
    if (json_whole(old, "cpus_usable") != json_whole(new_, "cpus_usable"))
        return json_sprintf("usable CPUs: %d, then %d", json_whole(old, "cpus_usable"),
                            json_whole(new_, "cpus_usable"));
    return json_null();
}

static json_t *empty_comparison(json_t *difference) {
    return json_pack("{s:o, s:[], s:[]}", "machine_differs", difference, "figures", "unmatched");
}

json_t *compare_reports(const json_t *old, const json_t *new_) {
    json_t *const comparison =
        empty_comparison(machine_difference(json_object_get(old, "machine"), json_object_get(new_, "machine")));
    size_t i;
    json_t *run;

    json_array_foreach(json_object_get(new_, "runs"), i, run) {
        const json_t *const other = same_run(old, run);
        if (!other) {
            add_unmatched(comparison, run, "", "new");
            continue;
        }
        compare_pools(comparison, run, json_object_get(other, "latency"), json_object_get(run, "latency"));
        compare_pools(comparison, run, json_object_get(other, "throughput"), json_object_get(run, "throughput"));
        compare_networks(comparison, run, json_object_get(other, "network"), json_object_get(run, "network"));
    }
    json_array_foreach(json_object_get(old, "runs"), i, run) {
        if (!same_run(new_, run))
            add_unmatched(comparison, run, "", "old");
    }
    return comparison;
}

/* ---- Rounds ------------------------------------------------------------------------------------------------------ */

static int same_figure(const json_t *a, const json_t *b) {
    return strcmp(json_text(a, "input"), json_text(b, "input")) == 0 &&
           strcmp(json_text(a, "precision"), json_text(b, "precision")) == 0 &&
           json_whole(a, "height") == json_whole(b, "height") &&
           strcmp(json_text(a, "figure"), json_text(b, "figure")) == 0;
}

static void collect(const json_t *comparisons, const json_t *like, const char *key, samples *values) {
    size_t i, j;
    json_t *comparison, *figure;

    json_array_foreach(comparisons, i, comparison) {
        json_array_foreach(json_object_get(comparison, "figures"), j, figure) {
            if (same_figure(figure, like))
                (void)samples_add(values, json_number(figure, key));
        }
    }
}

static json_t *merge_figure(const json_t *comparisons, const json_t *like) {
    samples old = {0}, new_ = {0}, change = {0};
    json_t *const merged = json_copy((json_t *)like);

    collect(comparisons, like, "old", &old);
    collect(comparisons, like, "new", &new_);
    collect(comparisons, like, "change", &change);
    const double q1 = samples_quantile(&change, 0.25), q3 = samples_quantile(&change, 0.75);
    json_object_update_new(merged, json_pack("{s:f, s:f, s:f, s:f, s:f, s:b}", "old", samples_median(&old), "new",
                                             samples_median(&new_), "change", samples_median(&change), "change_q1", q1,
                                             "change_q3", q3, "within_spread", q1 <= 0 && q3 >= 0));
    samples_free(&old);
    samples_free(&new_);
    samples_free(&change);
    return merged;
}

json_t *compare_rounds(const json_t *comparisons) {
    const json_t *const first = json_array_get(comparisons, 0);
    json_t *const merged = empty_comparison(json_copy(json_object_get(first, "machine_differs")));
    size_t i;
    json_t *figure;

    json_array_foreach(json_object_get(first, "figures"), i, figure) {
        json_array_append_new(json_object_get(merged, "figures"), merge_figure(comparisons, figure));
    }
    json_array_extend(json_object_get(merged, "unmatched"), json_object_get(first, "unmatched"));
    return merged;
}

/* ---- Printing ---------------------------------------------------------------------------------------------------- */

static int is_slower(const json_t *figure, double percent) {
    return strcmp(json_text(figure, "kind"), "stage") != 0 && json_number(figure, "change") < -percent / 100 &&
           !json_is_true(json_object_get(figure, "within_spread"));
}

int compare_slower(const json_t *comparison, double percent) {
    size_t i;
    json_t *figure;
    int count = 0;

    json_array_foreach(json_object_get(comparison, "figures"), i, figure) {
        count += is_slower(figure, percent);
    }
    return count;
}

static void print_figure(table *t, const json_t *figure, double percent) {
    const char *const unit = json_text(figure, "unit");

    table_row(t);
    table_cell(t, "%s", json_text(figure, "figure"));
    table_cell(t, "%.2f", json_number(figure, "old"));
    table_cell(t, "%.2f %s", json_number(figure, "new"), unit);
    table_cell(t, "%+.1f %%", 100 * json_number(figure, "change"));
    if (json_object_get(figure, "change_q1"))
        table_cell(t, "(%+.1f to %+.1f)", 100 * json_number(figure, "change_q1"),
                   100 * json_number(figure, "change_q3"));
    table_cell(t, "%s",
               percent >= 0 && is_slower(figure, percent)               ? "SLOWER"
               : json_is_true(json_object_get(figure, "within_spread")) ? "within the spread"
                                                                        : "");
}

void compare_print(FILE *to, const json_t *comparison, double percent, int stages) {
    const json_t *const figures = json_object_get(comparison, "figures");
    const char *const difference = json_text(comparison, "machine_differs");
    table t = {0};
    size_t i;
    json_t *figure, *text;

    fprintf(to, "\ncompared: old, new, change in speed (+ is faster)\n");
    if (*difference)
        fprintf(to, "  the machines differ, so the changes are not due to the code alone: %s\n", difference);
    json_array_foreach(figures, i, figure) {
        const json_t *const next = json_array_get(figures, i + 1);
        if (!t.rows) {
            fprintf(to, "  %s: %s, height %d\n", json_text(figure, "input"), json_text(figure, "precision"),
                    json_whole(figure, "height"));
            t.left = 1;
        }
        if (stages || strcmp(json_text(figure, "kind"), "stage") != 0)
            print_figure(&t, figure, percent);
        if (!next || strcmp(json_text(next, "input"), json_text(figure, "input")) != 0 ||
            strcmp(json_text(next, "precision"), json_text(figure, "precision")) != 0 ||
            json_whole(next, "height") != json_whole(figure, "height"))
            table_print(to, &t);
    }
    json_array_foreach(json_object_get(comparison, "unmatched"), i, text)
        fprintf(to, "  %s\n", json_string_value(text));
}
