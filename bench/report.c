/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "report.h"

#include <string.h>

static double number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key) {
    const char *const value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static void print_causes(FILE *to, const json_t *measurement) {
    size_t i;
    json_t *cause;

    json_array_foreach(json_object_get(measurement, "slower_because"), i, cause)
        fprintf(to, "    slower because: %s\n", json_string_value(cause));
}

static void print_machine(FILE *to, const json_t *machine) {
    fprintf(to, "%s (%s), %d of %d CPUs usable, %s, lightpose %s\n", text(machine, "cpu"), text(machine, "features"),
            (int)number(machine, "cpus_usable"), (int)number(machine, "cpus_online"), text(machine, "onednn"),
            text(machine, "lightpose"));
    const json_t *const peak = json_object_get(machine, "peak_gmac_per_s");
    fprintf(to, "measured peak, 1e9 multiply-accumulates a second: f32 %.0f, bf16 %.0f, int8 %.0f\n",
            number(peak, "f32"), number(peak, "bf16"), number(peak, "int8"));
}

static void print_stages(FILE *to, const json_t *latency) {
    const char *name;
    json_t *times;
    const json_t *const paper = json_object_get(latency, "paper");
    const json_t *const table_6 = json_object_get(paper, "table_6_fps"), *const table_3 =
                                                                             json_object_get(paper, "table_3_fps");

    fprintf(to, "  one context, %d threads, network input %d x %d, %.1f people a frame: %.1f fps\n",
            (int)number(latency, "threads"), (int)number(latency, "net_height"), (int)number(latency, "net_width"),
            number(latency, "people_per_frame"), number(latency, "fps"));
    fprintf(to, "    %-12s %9s %9s %9s %9s  ms\n", "", "median", "p95", "p99", "min");
    json_object_foreach(json_object_get(latency, "stages"), name, times)
        fprintf(to, "    %-12s %9.3f %9.3f %9.3f %9.3f\n", name, number(times, "median_ms"), number(times, "p95_ms"),
                number(times, "p99_ms"), number(times, "min_ms"));
    fprintf(to, "    paper's Table 6, fps: total %.1f, network %.1f, post-processing %.0f\n", number(table_6, "total"),
            number(table_6, "network"), number(table_6, "post_processing"));
    fprintf(to, "    paper's Table 3, fps: resize and peaks %.0f, grouping %.0f\n", number(table_3, "resize_and_peaks"),
            number(table_3, "grouping"));
    print_causes(to, latency);
}

static void print_layers(FILE *to, const json_t *network, int each) {
    size_t i;
    json_t *layer;

    fprintf(to,
            "  network alone: %.3f ms, sum of its primitives run bare %.3f ms, ratio %.3f; %.2f GMAC, %.0f a second, "
            "%.0f %% of peak; %d on reference code\n",
            number(json_object_get(network, "network"), "median_ms"), number(network, "sum_of_primitives_ms"),
            number(network, "network_over_sum"), number(network, "gmac"), number(network, "gmac_per_s"),
            100 * number(network, "share_of_peak"), (int)number(network, "reference_layers"));
    if (!each)
        return;
    json_array_foreach(json_object_get(network, "layers"), i, layer) fprintf(
        to, "    %-28s %-28s %8.4f ms %7.4f GMAC %4.0f %%\n", text(layer, "name"), text(layer, "implementation"),
        number(layer, "ms"), number(layer, "gmac"), 100 * number(layer, "share_of_peak"));
}

static void print_decoder(FILE *to, const json_t *frames) {
    size_t i;
    json_t *frame;

    json_array_foreach(frames, i, frame)
        fprintf(to, "    frame %2zu: %3d people, ours %.3f ms, dense %.3f ms, %.1f times faster\n", i,
                (int)number(frame, "people"), number(json_object_get(frame, "decoder"), "median_ms"),
                number(json_object_get(frame, "dense"), "median_ms"), number(frame, "dense_over_ours"));
}

void report_print(FILE *to, const json_t *report, int layers) {
    size_t i;
    json_t *run;

    print_machine(to, json_object_get(report, "machine"));
    json_array_foreach(json_object_get(report, "runs"), i, run) {
        fprintf(to, "\n%s, height %d, decoder %s\n", text(run, "precision"), (int)number(run, "height"),
                text(run, "decoder"));
        print_stages(to, json_object_get(run, "latency"));
        const json_t *const throughput = json_object_get(run, "throughput");
        if (throughput) {
            fprintf(to, "  %d contexts x %d threads: %.1f fps, %.2f times one context\n",
                    (int)number(throughput, "contexts"), (int)number(throughput, "threads"), number(throughput, "fps"),
                    number(run, "throughput_over_latency"));
            print_causes(to, throughput);
        }
        print_layers(to, json_object_get(run, "network"), layers);
        if (json_object_get(run, "decode"))
            fprintf(to, "  decoder, one thread, against the plain dense one:\n");
        print_decoder(to, json_object_get(run, "decode"));
    }
}

static const json_t *same_run(const json_t *earlier, const json_t *run) {
    size_t i;
    json_t *other;

    json_array_foreach(json_object_get(earlier, "runs"), i,
                       other) if (strcmp(text(other, "precision"), text(run, "precision")) == 0 &&
                                  number(other, "height") == number(run, "height")) return other;
    return NULL;
}

void report_compare(FILE *to, const json_t *report, const json_t *earlier) {
    size_t i;
    json_t *run, *times;
    const char *name;

    fprintf(to, "\nmedian now over earlier (below 1 is faster):\n");
    json_array_foreach(json_object_get(report, "runs"), i, run) {
        const json_t *const other = same_run(earlier, run);
        if (!other) {
            fprintf(to, "  %s, height %d: not in the earlier report\n", text(run, "precision"),
                    (int)number(run, "height"));
            continue;
        }
        const json_t *const then = json_object_get(json_object_get(other, "latency"), "stages");
        fprintf(to, "  %s, height %d:", text(run, "precision"), (int)number(run, "height"));
        json_object_foreach(json_object_get(json_object_get(run, "latency"), "stages"), name, times) fprintf(
            to, " %s %.3f", name, number(times, "median_ms") / number(json_object_get(then, name), "median_ms"));
        fprintf(to, "\n");
    }
}
