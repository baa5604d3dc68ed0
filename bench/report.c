/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "report.h"

#include <string.h>

#include "json_read.h"
#include "table.h"

static void print_machine(FILE *to, const json_t *machine) {
    const int usable = json_whole(machine, "cpus_usable"), online = json_whole(machine, "cpus_online");

    fprintf(to, "lightpose %s, %s, %s (%s), %d of %d CPU%s usable\n", json_text(machine, "lightpose"),
            json_text(machine, "onednn"), json_text(machine, "cpu"), json_text(machine, "features"), usable, online,
            plural(online));
}

/* ---- Frames a second of each configuration ------------------------------------------------------------------------
 */

static void head(table *t, int busy, int slowed) {
    table_row(t);
    table_cell(t, "precision");
    table_cell(t, "input");
    table_cell(t, "contexts x threads");
    table_cell(t, "fps");
    table_cell(t, "least to most");
    table_cell(t, "ms");
    table_cell(t, "p95");
    if (busy)
        table_cell(t, "fps, %d core%s busy", busy, plural(busy));
    if (slowed)
        table_cell(t, "slow thread: time / ideal");
    table_cell(t, "network ms");
    table_cell(t, "share of peak");
}

/* `network` is NULL for all but a run's first row, and so are its name and size. */
static void row(table *t, const json_t *run, const json_t *pool, const json_t *network, int busy, int slowed) {
    const json_t *const total = json_object_get(json_object_get(pool, "stages"), "total");

    table_row(t);
    table_cell(t, "%s", network ? json_text(run, "precision") : "");
    if (network)
        table_cell(t, "%d x %d", json_whole(pool, "net_height"), json_whole(pool, "net_width"));
    else
        table_cell(t, "%s", "");
    table_cell(t, "%d x %d", json_whole(pool, "contexts"), json_whole(pool, "threads"));
    table_cell(t, "%.1f", json_number(pool, "fps"));
    table_cell(t, "%.1f to %.1f", json_number(pool, "fps_least"), json_number(pool, "fps_most"));
    for (int i = 0; i < 2; i++)
        if (total)
            table_cell(t, "%.2f", json_number(total, i ? "p95_ms" : "median_ms"));
        else
            table_cell(t, "%s", "");
    if (busy)
        table_cell(t, "%.1f (%.2f)", json_number(pool, "busy_fps"), json_number(pool, "busy_over_quiet"));
    if (slowed && json_object_get(pool, "slowed_fps"))
        table_cell(t, "%.2f", json_number(pool, "slowed_time_over_ideal"));
    else if (slowed)
        table_cell(t, "%s", "");
    if (!network)
        return;
    table_cell(t, "%.2f", json_number(json_object_get(network, "network"), "median_ms"));
    if (json_number(network, "peak_gmac_per_s") > 0)
        table_cell(t, "%.0f %%", 100 * json_number(network, "share_of_peak"));
}

static int any_slowed(const json_t *run) {
    size_t i;
    json_t *pool;

    json_array_foreach(json_object_get(run, "latency"), i, pool) {
        if (json_object_get(pool, "slowed_fps"))
            return 1;
    }
    return 0;
}

static void rows_of_run(table *t, const json_t *run, int busy, int slowed) {
    size_t i;
    json_t *pool;

    json_array_foreach(json_object_get(run, "latency"), i, pool) {
        row(t, run, pool, i ? NULL : json_object_get(run, "network"), busy, slowed);
    }
    json_array_foreach(json_object_get(run, "throughput"), i, pool) {
        row(t, run, pool, NULL, busy, slowed);
    }
}

/* ---- The paper's figures ----------------------------------------------------------------------------------------- */

/* Osokin 2018, tables 6 and 3, input 256 x 456, a video with more than 20 people. NUC6i7KYB runs the network on its GPU
 * in FP16, i7-6850K on 6 cores in FP32. Resize and peaks are one stage here: 10.5 and 1.81 there. */
static const struct {
    const char *name;
    double total, network, post, peaks, grouping; /* frames a second; 0: not given */
} published[] = {
    {"paper: NUC6i7KYB, network in FP16 on its GPU", 28, 33, 160, 0, 0},
    {"paper: i7-6850K, FP32", 26, 33, 125, 0, 0},
    {"paper: i7-6850K, before its optimisations", 0.95, 2.47, 1.54, 1 / (1 / 10.5 + 1 / 1.81), 454},
};

/* Three significant digits; all digits of larger numbers. */
static void paper_row(table *t, double total, double network, double post, double peaks, double grouping) {
    const double columns[] = {total, network, post, peaks, grouping};

    for (int i = 0; i < 5; i++)
        if (columns[i] > 0)
            table_cell(t, columns[i] < 1000 ? "%.3g" : "%.0f", columns[i]);
        else
            table_cell(t, "%s", "");
}

static void print_paper(FILE *to, const json_t *runs, const char *input) {
    table t = {.left = 1};
    size_t i;
    json_t *run;

    fprintf(to, "\n  frames per second beside tables 6 and 3 of the paper (more than 20 people, 256 x 456):\n");
    table_row(&t);
    table_cell(&t, "%s", "");
    table_cell(&t, "total");
    table_cell(&t, "network");
    table_cell(&t, "post-processing");
    table_cell(&t, "resize + peaks");
    table_cell(&t, "grouping");
    for (size_t p = 0; p < sizeof published / sizeof *published; p++) {
        table_row(&t);
        table_cell(&t, "%s", published[p].name);
        paper_row(&t, published[p].total, published[p].network, published[p].post, published[p].peaks,
                  published[p].grouping);
    }
    json_array_foreach(runs, i, run) {
        const json_t *const pool = json_array_get(json_object_get(run, "latency"), 0);
        const json_t *const six = json_object_get(json_object_get(pool, "paper"), "table_6_fps");
        const json_t *const three = json_object_get(json_object_get(pool, "paper"), "table_3_fps");
        if (strcmp(json_text(run, "input"), input) != 0)
            continue;
        table_row(&t);
        table_cell(&t, "here: %s, %d x %d, %d thread%s, %.1f people", json_text(run, "precision"),
                   json_whole(pool, "net_height"), json_whole(pool, "net_width"), json_whole(pool, "threads"),
                   plural(json_whole(pool, "threads")), json_number(pool, "people_per_frame"));
        paper_row(&t, json_number(six, "total"), json_number(six, "network"), json_number(six, "post_processing"),
                  json_number(three, "resize_and_peaks"), json_number(three, "grouping"));
    }
    table_print(to, &t);
}

/* ---- Causes of slow runs ----------------------------------------------------------------------------------------- */

/* One line for each cause, which is the text before the colon; the figures are those of its first occurrence. */
static void add_causes(json_t *found, const json_t *pools) {
    size_t i, j;
    json_t *pool, *cause;

    json_array_foreach(pools, i, pool) {
        json_array_foreach(json_object_get(pool, "slower_because"), j, cause) {
            char name[64];
            const char *const text = json_string_value(cause);
            snprintf(name, sizeof name, "%.*s", (int)strcspn(text, ":"), text);
            if (!json_object_get(found, name))
                json_object_set(found, name, cause);
        }
    }
}

static void print_causes(FILE *to, const json_t *runs) {
    json_t *const found = json_object(), *run, *cause;
    const char *name;
    size_t i;

    json_array_foreach(runs, i, run) {
        add_causes(found, json_object_get(run, "latency"));
        add_causes(found, json_object_get(run, "throughput"));
    }
    if (json_object_size(found))
        fprintf(to, "\nslower because:\n");
    json_object_foreach(found, name, cause) fprintf(to, "  %s\n", json_string_value(cause));
    json_decref(found);
}

void report_summary(FILE *to, const json_t *report) {
    const json_t *const runs = json_object_get(report, "runs");
    const int busy = json_whole(report, "busy_cores");
    const char *input = NULL;
    table t = {.left = 3};
    size_t i;
    json_t *run;

    print_machine(to, json_object_get(report, "machine"));
    json_array_foreach(runs, i, run) {
        const json_t *const latency = json_array_get(json_object_get(run, "latency"), 0);
        const int slowed = any_slowed(run);
        const json_t *const next = json_array_get(runs, i + 1);
        if (!input || strcmp(input, json_text(run, "input")) != 0) {
            const int count = (int)json_array_size(json_object_get(latency, "frames"));
            input = json_text(run, "input");
            fprintf(to, "\n%s: %d frame%s, %.1f people per frame, decoder %s\n", input, count, plural(count),
                    json_number(latency, "people_per_frame"), json_text(run, "decoder"));
            t.left = 3;
            head(&t, busy, slowed);
        }
        rows_of_run(&t, run, busy, slowed);
        if (!next || strcmp(input, json_text(next, "input")) != 0) {
            table_print(to, &t);
            print_paper(to, runs, input);
        }
    }
    print_causes(to, runs);
}

void report_peaks(FILE *to, const json_t *peaks) {
    table t = {.left = 2};
    size_t i;
    json_t *peak;

    table_row(&t);
    table_cell(&t, "precision");
    table_cell(&t, "instruction");
    table_cell(&t, "threads");
    table_cell(&t, "10^9 multiply-accumulates per second");
    json_array_foreach(peaks, i, peak) {
        table_row(&t);
        table_cell(&t, "%s", json_text(peak, "precision"));
        table_cell(&t, "%s", json_text(peak, "instruction"));
        table_cell(&t, "%d", json_whole(peak, "threads"));
        table_cell(&t, "%.0f", json_number(peak, "gmac_per_s"));
    }
    table_print(to, &t);
}
