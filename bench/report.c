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

static const json_t *in(const json_t *object, const char *key) {
    return json_object_get(object, key);
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
}

static void print_openings(FILE *to, const json_t *openings) {
    const char *name;
    json_t *opening;

    fprintf(to, "\nfrom the start of a program, 1280 x 720, milliseconds and MiB of anonymous memory:\n");
    json_object_foreach((json_t *)openings, name, opening) {
        fprintf(to,
                "  %-4s  load %.1f, first frame of the first context %.1f, of a second %.1f, of another size %.1f; ",
                name, number(opening, "load_ms"), number(opening, "first_context_ms"),
                number(opening, "second_context_ms"), number(opening, "other_size_ms"));
        fprintf(to, "later frames %.1f and %.1f\n        model and context %.1f MiB, a second context %.1f, ",
                number(opening, "frame_ms"), number(opening, "other_size_frame_ms"), number(opening, "anonymous_mib"),
                number(opening, "second_context_mib"));
        fprintf(to, "another size %.1f; the whole process %.1f\n", number(opening, "other_size_mib"),
                number(opening, "process_mib"));
    }
}

/* The medians of frames with the same number of people; nothing where all have as many. */
static void print_people(FILE *to, const json_t *frames) {
    static const char *const stages[] = {"preprocess", "network", "peaks", "grouping", "total"};
    size_t i;
    json_t *frame;
    int least = -1, rows = 0;

    for (;; rows++) {
        int people = -1, count = 0;
        double sum[5] = {0};
        json_array_foreach(frames, i, frame) {
            const int here = (int)number(frame, "people");
            if (here > least && (people < 0 || here < people))
                people = here;
        }
        if (people < 0 ||
            (rows == 0 && people == (int)number(json_array_get(frames, 0), "people") && json_array_size(frames) == 1))
            return;
        json_array_foreach(frames, i, frame) {
            if ((int)number(frame, "people") != people)
                continue;
            count++;
            for (int s = 0; s < 5; s++)
                sum[s] += number(frame, stages[s]);
        }
        fprintf(to, "    %3d people (%d frame%s):", people, count, count > 1 ? "s" : "");
        for (int s = 0; s < 5; s++)
            fprintf(to, " %s %.3f%s", stages[s], sum[s] / count, s < 4 ? "," : " ms\n");
        least = people;
    }
}

static void print_held(FILE *to, const json_t *crew, int held) {
    if (in(crew, "fps_held"))
        fprintf(to, "    with %d core%s held by other programs: %.1f fps, %.2f of quiet\n", held, held > 1 ? "s" : "",
                number(crew, "fps_held"), number(crew, "held_over_quiet"));
}

static void print_latency(FILE *to, const json_t *latency, int held) {
    const char *name;
    json_t *times;
    const json_t *const paper = in(latency, "paper"), *const table_6 = in(paper, "table_6_fps"),
                        *const table_3 = in(paper, "table_3_fps");

    fprintf(to, "  one context, %d thread%s, network input %d x %d, %.1f people a frame: %.1f fps (%.1f to %.1f)\n",
            (int)number(latency, "threads"), number(latency, "threads") > 1 ? "s" : "",
            (int)number(latency, "net_height"), (int)number(latency, "net_width"), number(latency, "people_per_frame"),
            number(latency, "fps"), number(latency, "fps_least"), number(latency, "fps_most"));
    fprintf(to, "    %-12s %9s %9s %9s %9s  ms\n", "", "median", "p95", "p99", "min");
    json_object_foreach((json_t *)in(latency, "stages"), name, times)
        fprintf(to, "    %-12s %9.3f %9.3f %9.3f %9.3f\n", name, number(times, "median_ms"), number(times, "p95_ms"),
                number(times, "p99_ms"), number(times, "min_ms"));
    fprintf(to, "    paper's Table 6, fps: total %.1f, network %.1f, post-processing %.0f\n", number(table_6, "total"),
            number(table_6, "network"), number(table_6, "post_processing"));
    fprintf(to, "    paper's Table 3, fps: resize and peaks %.0f, grouping %.0f\n", number(table_3, "resize_and_peaks"),
            number(table_3, "grouping"));
    print_people(to, in(latency, "frames"));
    print_held(to, latency, held);
    print_causes(to, latency);
}

static void print_throughput(FILE *to, const json_t *throughput, int held) {
    fprintf(to, "  %d contexts of one thread: %.1f fps (%.1f to %.1f), %.3f times one context of %d threads\n",
            (int)number(throughput, "contexts"), number(throughput, "fps"), number(throughput, "fps_least"),
            number(throughput, "fps_most"), number(throughput, "over_one_context"),
            (int)number(throughput, "over_threads"));
    print_held(to, throughput, held);
    print_causes(to, throughput);
}

static void print_network(FILE *to, const json_t *run, int each) {
    const json_t *const network = in(run, "network"), *const product = in(run, "fps_times_primitives_ms");
    size_t i;
    json_t *layer;

    fprintf(to, "  network alone, %d threads: %.3f ms, sum of its primitives run bare %.3f ms, ratio %.3f\n",
            (int)number(network, "threads"), number(in(network, "network"), "median_ms"),
            number(network, "sum_of_primitives_ms"), number(network, "network_over_sum"));
    fprintf(to, "    %.2f GMAC, %.0f a second, ", number(network, "gmac"), number(network, "gmac_per_s"));
    if (number(network, "peak_gmac_per_s") > 0)
        fprintf(to, "%.0f %% of the %.0f that these threads reach on registers", 100 * number(network, "share_of_peak"),
                number(network, "peak_gmac_per_s"));
    else
        fprintf(to, "peak unknown");
    fprintf(to, "; %d layers on reference code\n", (int)number(network, "reference_layers"));
    fprintf(to, "    fps x ms of the bare primitives: %.0f of one context, %.0f at best\n", number(product, "latency"),
            number(product, "best"));
    if (!each)
        return;
    json_array_foreach(in(network, "layers"), i, layer) {
        fprintf(to, "    %-28s %-28s %8.4f ms %7.4f GMAC %4.0f %%\n", text(layer, "name"),
                text(layer, "implementation"), number(layer, "ms"), number(layer, "gmac"),
                100 * number(layer, "share_of_peak"));
    }
}

static void print_decoder(FILE *to, const json_t *frames, const json_t *of_path) {
    size_t i;
    json_t *frame;

    if (frames)
        fprintf(to, "  decoder, one thread, against the plain dense one:\n");
    json_array_foreach(frames, i, frame) {
        const double ours = number(in(frame, "decoder"), "median_ms");
        const double network = number(json_array_get(of_path, i), "network");
        fprintf(to, "    frame %2zu: %3d people, ours %.3f ms, dense %.3f ms, %.1f times faster; %.3f of the network\n",
                i, (int)number(frame, "people"), ours, number(in(frame, "dense"), "median_ms"),
                number(frame, "dense_over_ours"), network > 0 ? ours / network : 0);
    }
}

void report_print(FILE *to, const json_t *report, int layers) {
    const int held = (int)number(report, "busy_cores");
    size_t i, j;
    json_t *run, *crew;

    print_machine(to, in(report, "machine"));
    print_openings(to, in(report, "opening"));
    json_array_foreach(in(report, "runs"), i, run) {
        const json_t *const latency = in(run, "latency");
        fprintf(to, "\n%s: %s, height %d, decoder %s\n", text(run, "input"), text(run, "precision"),
                (int)number(run, "height"), text(run, "decoder"));
        json_array_foreach(latency, j, crew) print_latency(to, crew, held);
        json_array_foreach(in(run, "throughput"), j, crew) print_throughput(to, crew, held);
        print_network(to, run, layers);
        print_decoder(to, in(run, "decode"), in(json_array_get(latency, 0), "frames"));
    }
}
