/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "report.h"

#include <string.h>

static double number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static int same_text(const json_t *a, const json_t *b, const char *key) {
    const char *const x = json_string_value(json_object_get(a, key)), *const y =
                                                                          json_string_value(json_object_get(b, key));
    return x && y && strcmp(x, y) == 0;
}

static const json_t *same_run(const json_t *earlier, const json_t *run) {
    size_t i;
    json_t *other;

    json_array_foreach(json_object_get(earlier, "runs"), i, other) {
        if (same_text(other, run, "input") && same_text(other, run, "precision") &&
            number(other, "height") == number(run, "height"))
            return other;
    }
    return NULL;
}

static const json_t *same_crew(const json_t *crews, const json_t *crew) {
    size_t i;
    json_t *other;

    json_array_foreach(crews, i, other) {
        if (number(other, "contexts") == number(crew, "contexts") &&
            number(other, "threads") == number(crew, "threads"))
            return other;
    }
    return NULL;
}

/* Frames a second now over then; spans that overlap tell nothing apart. */
static void compare_crews(FILE *to, const json_t *now, const json_t *then) {
    size_t i;
    json_t *crew, *times;
    const char *name;

    json_array_foreach(now, i, crew) {
        const json_t *const other = same_crew(then, crew);
        fprintf(to, "    %d x %d threads:", (int)number(crew, "contexts"), (int)number(crew, "threads"));
        if (!other) {
            fprintf(to, " not in the earlier report\n");
            continue;
        }
        const int overlap = number(crew, "fps_least") <= number(other, "fps_most") &&
                            number(other, "fps_least") <= number(crew, "fps_most");
        fprintf(to, " fps %.3f%s", number(crew, "fps") / number(other, "fps"), overlap ? " (within the spread)" : "");
        json_object_foreach(json_object_get(crew, "stages"), name, times) {
            const json_t *const before = json_object_get(json_object_get(other, "stages"), name);
            fprintf(to, ", %s %.3f", name, number(times, "median_ms") / number(before, "median_ms"));
        }
        fprintf(to, "\n");
    }
}

static void compare_machines(FILE *to, const json_t *now, const json_t *then) {
    if (!same_text(now, then, "cpu") || !same_text(now, then, "features") || !same_text(now, then, "onednn") ||
        number(now, "cpus_usable") != number(then, "cpus_usable"))
        fprintf(to, "  another machine, another number of CPUs or another oneDNN: the ratios are between those\n");
}

void report_compare(FILE *to, const json_t *report, const json_t *earlier) {
    size_t i;
    json_t *run;

    fprintf(to, "\nnow over earlier (fps: above 1 is faster; stages: below 1):\n");
    compare_machines(to, json_object_get(report, "machine"), json_object_get(earlier, "machine"));
    json_array_foreach(json_object_get(report, "runs"), i, run) {
        const json_t *const other = same_run(earlier, run);
        fprintf(to, "  %s: %s, height %d%s\n", json_string_value(json_object_get(run, "input")),
                json_string_value(json_object_get(run, "precision")), (int)number(run, "height"),
                other ? "" : ": not in the earlier report");
        if (!other)
            continue;
        const json_t *const network = json_object_get(run, "network"), *const before =
                                                                           json_object_get(other, "network");
        compare_crews(to, json_object_get(run, "latency"), json_object_get(other, "latency"));
        compare_crews(to, json_object_get(run, "throughput"), json_object_get(other, "throughput"));
        fprintf(to, "    network alone %.3f; share of peak %.2f, then %.2f\n",
                number(json_object_get(network, "network"), "median_ms") /
                    number(json_object_get(before, "network"), "median_ms"),
                number(network, "share_of_peak"), number(before, "share_of_peak"));
    }
}
