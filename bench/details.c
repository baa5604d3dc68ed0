/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "report.h"

#include "json_read.h"
#include "table.h"

static const char *const stages[] = {"preprocess", "network", "peaks", "grouping", "total"};

enum { STAGES = sizeof stages / sizeof *stages };

/* ---- Start-up ---------------------------------------------------------------------------------------------------- */

static void print_startup(FILE *to, const json_t *startups) {
    static const struct {
        const char *words, *key;
    } lines[] = {{"load the model, ms", "load_ms"},
                 {"open a context and run its first frame, ms", "first_context_ms"},
                 {"the same for a second context, ms", "second_context_ms"},
                 {"first frame of another size, ms", "other_size_ms"},
                 {"a later frame, ms", "frame_ms"},
                 {"a later frame of the other size, ms", "other_size_frame_ms"},
                 {"anonymous memory of model and context, MiB", "anonymous_mib"},
                 {"of a second context, MiB", "second_context_mib"},
                 {"of another size, MiB", "other_size_mib"},
                 {"of the process, MiB", "process_mib"}};
    table t = {.left = 1};
    const char *name;
    json_t *startup;

    if (!json_object_size(startups))
        return;
    fprintf(to, "\nstart-up in a new process, images of 1280 x 720 and 720 x 1280:\n");
    table_row(&t);
    table_cell(&t, "%s", "");
    json_object_foreach((json_t *)startups, name, startup) table_cell(&t, "%s", name);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        table_row(&t);
        table_cell(&t, "%s", lines[i].words);
        json_object_foreach((json_t *)startups, name, startup)
            table_cell(&t, "%.1f", json_number(startup, lines[i].key));
    }
    table_print(to, &t);
}

/* ---- Stages ------------------------------------------------------------------------------------------------------ */

/* The smallest number of people above `above`; -1 if there is none. */
static int next_people(const json_t *frames, int above) {
    size_t i;
    json_t *frame;
    int next = -1;

    json_array_foreach(frames, i, frame) {
        const int people = json_whole(frame, "people");
        if (people > above && (next < 0 || people < next))
            next = people;
    }
    return next;
}

static void people_row(table *t, const json_t *frames, int people) {
    size_t i;
    json_t *frame;
    int count = 0;
    double sum[STAGES] = {0};

    json_array_foreach(frames, i, frame) {
        if (json_whole(frame, "people") != people)
            continue;
        count++;
        for (int s = 0; s < STAGES; s++)
            sum[s] += json_number(frame, stages[s]);
    }
    table_row(t);
    table_cell(t, "%d %s", people, people == 1 ? "person" : "people");
    table_cell(t, "%d", count);
    for (int s = 0; s < STAGES; s++)
        table_cell(t, "%.3f", sum[s] / count);
}

static void print_people(FILE *to, const json_t *frames) {
    table t = {.left = 1};

    if (json_array_size(frames) < 2)
        return;
    fprintf(to, "    by number of people, milliseconds (mean of the frames' medians):\n");
    table_row(&t);
    table_cell(&t, "%s", "");
    table_cell(&t, "frames");
    for (int s = 0; s < STAGES; s++)
        table_cell(&t, "%s", stages[s]);
    for (int people = next_people(frames, -1); people >= 0; people = next_people(frames, people))
        people_row(&t, frames, people);
    table_print(to, &t);
}

static void print_causes(FILE *to, const json_t *pool) {
    size_t i;
    json_t *cause;

    json_array_foreach(json_object_get(pool, "slower_because"), i, cause)
        fprintf(to, "    slower because: %s\n", json_string_value(cause));
}

static void print_latency(FILE *to, const json_t *pool) {
    table t = {.left = 1};

    fprintf(to, "  one context, %d thread%s, network input %d x %d, %.1f people per frame:\n",
            json_whole(pool, "threads"), plural(json_whole(pool, "threads")), json_whole(pool, "net_height"),
            json_whole(pool, "net_width"), json_number(pool, "people_per_frame"));
    table_row(&t);
    table_cell(&t, "milliseconds");
    table_cell(&t, "median");
    table_cell(&t, "p95");
    table_cell(&t, "p99");
    table_cell(&t, "min");
    for (int s = 0; s < STAGES; s++) {
        const json_t *const times = json_object_get(json_object_get(pool, "stages"), stages[s]);
        table_row(&t);
        table_cell(&t, "%s", stages[s]);
        table_cell(&t, "%.3f", json_number(times, "median_ms"));
        table_cell(&t, "%.3f", json_number(times, "p95_ms"));
        table_cell(&t, "%.3f", json_number(times, "p99_ms"));
        table_cell(&t, "%.3f", json_number(times, "min_ms"));
    }
    table_print(to, &t);
    print_people(to, json_object_get(pool, "frames"));
    print_causes(to, pool);
}

static void print_throughput(FILE *to, const json_t *pool) {
    fprintf(to, "  %d contexts of one thread: %.1f fps, %.3f times one context of %d thread%s\n",
            json_whole(pool, "contexts"), json_number(pool, "fps"), json_number(pool, "over_one_context"),
            json_whole(pool, "over_threads"), plural(json_whole(pool, "over_threads")));
    print_causes(to, pool);
}

/* ---- Network and decoder ----------------------------------------------------------------------------------------- */

static void print_network(FILE *to, const json_t *run) {
    const json_t *const network = json_object_get(run, "network");
    const json_t *const product = json_object_get(run, "fps_times_primitives_ms");
    const int threads = json_whole(network, "threads"), references = json_whole(network, "reference_layers");

    fprintf(to, "  network alone, %d thread%s: %.3f ms; sum of its layers run alone %.3f ms, ratio %.3f\n", threads,
            plural(threads), json_number(json_object_get(network, "network"), "median_ms"),
            json_number(network, "sum_of_primitives_ms"), json_number(network, "network_over_sum"));
    fprintf(to, "    %.2f GMAC, %.0f per second; ", json_number(network, "gmac"), json_number(network, "gmac_per_s"));
    if (json_number(network, "peak_gmac_per_s") > 0)
        fprintf(to, "%.0f %% of the %.0f that these threads reach with %s on registers",
                100 * json_number(network, "share_of_peak"), json_number(network, "peak_gmac_per_s"),
                json_text(network, "peak_instruction"));
    else
        fprintf(to, "the peak of this CPU is unknown");
    fprintf(to, "; %d layer%s on reference code\n", references, plural(references));
    fprintf(
        to,
        "    fps x ms of the layers run alone: %.0f for one context, %.0f at best (1000: nothing else costs time)\n",
        json_number(product, "latency"), json_number(product, "best"));
}

static void print_decoder(FILE *to, const json_t *run) {
    const json_t *const frames = json_object_get(run, "decode");
    const json_t *const path = json_object_get(json_array_get(json_object_get(run, "latency"), 0), "frames");
    size_t i;
    json_t *frame;

    if (frames)
        fprintf(to, "  decoder on one thread, against the plain dense one:\n");
    json_array_foreach(frames, i, frame) {
        const double ours = json_number(json_object_get(frame, "decoder"), "median_ms");
        const double network = json_number(json_array_get(path, i), "network");
        fprintf(to, "    frame %2zu: %3d people, ours %.3f ms, dense %.3f ms, %.1f times faster; %.3f of the network\n",
                i, json_whole(frame, "people"), ours, json_number(json_object_get(frame, "dense"), "median_ms"),
                json_number(frame, "dense_over_ours"), network > 0 ? ours / network : 0);
    }
}

static void print_run_name(FILE *to, const json_t *run) {
    fprintf(to, "\n%s: %s, height %d\n", json_text(run, "input"), json_text(run, "precision"),
            json_whole(run, "height"));
}

void report_details(FILE *to, const json_t *report) {
    size_t i, j;
    json_t *run, *pool;

    print_startup(to, json_object_get(report, "startup"));
    json_array_foreach(json_object_get(report, "runs"), i, run) {
        print_run_name(to, run);
        json_array_foreach(json_object_get(run, "latency"), j, pool) print_latency(to, pool);
        json_array_foreach(json_object_get(run, "throughput"), j, pool) print_throughput(to, pool);
        print_network(to, run);
        print_decoder(to, run);
    }
}

void report_layers(FILE *to, const json_t *report) {
    size_t i, j;
    json_t *run, *layer;

    json_array_foreach(json_object_get(report, "runs"), i, run) {
        const json_t *const network = json_object_get(run, "network");
        table t = {.left = 2};
        print_run_name(to, run);
        table_row(&t);
        table_cell(&t, "layer");
        table_cell(&t, "kernel");
        table_cell(&t, "ms");
        table_cell(&t, "of the sum");
        table_cell(&t, "GMAC");
        table_cell(&t, "share of peak");
        json_array_foreach(json_object_get(network, "layers"), j, layer) {
            table_row(&t);
            table_cell(&t, "%s", json_text(layer, "name"));
            table_cell(&t, "%s", json_text(layer, "implementation"));
            table_cell(&t, "%.4f", json_number(layer, "ms"));
            table_cell(&t, "%.1f %%", 100 * json_number(layer, "ms") / json_number(network, "sum_of_primitives_ms"));
            table_cell(&t, "%.4f", json_number(layer, "gmac"));
            if (json_number(layer, "gmac") > 0 && json_number(network, "peak_gmac_per_s") > 0)
                table_cell(&t, "%.0f %%", 100 * json_number(layer, "share_of_peak"));
        }
        table_print(to, &t);
    }
}
