/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "serve/figures.h"

#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { HISTORY_SECONDS = LP_GAUGE_SECONDS - 2 };

/* ---- Prometheus -------------------------------------------------------------------------------------------------- */

/* A label's value, quoted. */
static void add_label(lp_text *text, const char *value) {
    lp_text_add(text, "\"");
    for (; *value; value++) {
        if (*value == '\n')
            lp_text_add(text, "\\n");
        else if (*value == '"' || *value == '\\')
            lp_text_bytes(text, (const char[]){'\\', *value}, 2);
        else
            lp_text_bytes(text, value, 1);
    }
    lp_text_add(text, "\"");
}

static void add_head(lp_text *text, const char *name, const char *type, const char *help) {
    const char *const parts[] = {"# HELP lightpose_", name, " ", help, "\n# TYPE lightpose_", name, " ", type, "\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        lp_text_add(text, parts[i]);
}

/* A sample of a family without labels. */
static void add_single(lp_text *text, const char *name, const char *type, const char *help, double value) {
    add_head(text, name, type, help);
    lp_text_add(text, "lightpose_");
    lp_text_add(text, name);
    lp_text_add(text, " ");
    lp_text_number(text, value, 15);
    lp_text_add(text, "\n");
}

/* A sample of a source; `label` and `value` are a second label, or NULL. */
static void add_sample(lp_text *text, const char *name, const char *source, const char *label, const char *value,
                       double sample) {
    lp_text_add(text, "lightpose_");
    lp_text_add(text, name);
    lp_text_add(text, "{source=");
    add_label(text, source);
    if (label) {
        lp_text_add(text, ",");
        lp_text_add(text, label);
        lp_text_add(text, "=");
        add_label(text, value);
    }
    lp_text_add(text, "} ");
    lp_text_number(text, sample, 15);
    lp_text_add(text, "\n");
}

/* Seconds since the last frame, or since the run began. */
static double age_of(const lp_figures *f, const lp_source_gauges *s) {
    const int64_t last = lp_gauge_get(&s->last_ns), since = last ? last : f->gauges->started_ns;
    return f->now_ns > since ? (double)(f->now_ns - since) * 1e-9 : 0;
}

/* Numbers of a source that are reported as they are, but for a unit. */
static const struct {
    const char *name, *type, *help;
    size_t offset;
    double unit;
} numbers[] = {
#define GAUGE(field) offsetof(lp_source_gauges, field)
    {"frames_total", "counter", "Frames done, including those that failed.", GAUGE(frames), 1},
    {"frames_failed_total", "counter", "Frames that could not be decoded or searched.", GAUGE(failed), 1},
    {"frames_dropped_total", "counter", "Frames of a live source that a newer one replaced before they were searched.",
     GAUGE(dropped), 1},
    {"frames_spared_total", "counter", "Frames left out to hold the target rate.", GAUGE(spared), 1},
    {"reconnections_total", "counter", "How often a live source was lost and found again.", GAUGE(reconnections), 1},
    {"people", "gauge", "People in the last frame.", GAUGE(people), 1},
    {"people_seen_total", "counter", "Sum of people over all frames.", GAUGE(people_seen), 1},
    {"latency_seconds", "gauge", "Time of the last frame from the end of its decoding to its result.",
     GAUGE(latency_ns), 1e-9},
    {"picture_width_pixels", "gauge", "Width of the last picture.", GAUGE(width), 1},
    {"picture_height_pixels", "gauge", "Height of the last picture.", GAUGE(height), 1},
};

static const struct {
    const char *name;
    size_t offset;
} stages[] = {{"read", GAUGE(read_ns)},
              {"preprocess", GAUGE(preprocess_ns)},
              {"network", GAUGE(network_ns)},
              {"decode", GAUGE(decode_ns)},
              {"output", GAUGE(output_ns)}};

enum { NUMBERS = sizeof numbers / sizeof *numbers, STAGES = sizeof stages / sizeof *stages };

static int64_t field_of(const lp_source_gauges *s, size_t offset) {
    return lp_gauge_get((const _Atomic int64_t *)((const char *)s + offset));
}

static void add_sources(const lp_figures *f, lp_text *text) {
    const lp_gauges *const g = f->gauges;
    for (int n = 0; n < NUMBERS; n++) {
        add_head(text, numbers[n].name, numbers[n].type, numbers[n].help);
        for (int i = 0; i < g->count; i++)
            add_sample(text, numbers[n].name, g->sources[i].name, NULL, NULL,
                       (double)field_of(&g->sources[i], numbers[n].offset) * numbers[n].unit);
    }
    add_head(text, "frames_per_second", "gauge", "Frames done per second, over the last five full seconds.");
    for (int i = 0; i < g->count; i++)
        add_sample(text, "frames_per_second", g->sources[i].name, NULL, NULL, lp_gauges_rate(g, i, f->now_ns));
    add_head(text, "frame_age_seconds", "gauge", "Time since the last frame was done.");
    for (int i = 0; i < g->count; i++)
        add_sample(text, "frame_age_seconds", g->sources[i].name, NULL, NULL, age_of(f, &g->sources[i]));
    add_head(text, "source_running", "gauge", "1 from the opening of the source to its end, else 0.");
    for (int i = 0; i < g->count; i++)
        add_sample(text, "source_running", g->sources[i].name, NULL, NULL,
                   lp_gauge_get(&g->sources[i].phase) == LP_PHASE_RUNNING);
    add_head(text, "stage_seconds_total", "counter", "Time spent in each stage, over all frames.");
    for (int i = 0; i < g->count; i++)
        for (int n = 0; n < STAGES; n++)
            add_sample(text, "stage_seconds_total", g->sources[i].name, "stage", stages[n].name,
                       (double)field_of(&g->sources[i], stages[n].offset) * 1e-9);
}

static void add_governor(const lp_governor_gauges *g, lp_text *text) {
    add_single(text, "governor_target_frames_per_second", "gauge", "Target rate; 0: none.",
               (double)lp_gauge_get(&g->target_mfps) * 1e-3);
    add_single(text, "governor_target_latency_seconds", "gauge", "Target latency; 0: none.",
               (double)lp_gauge_get(&g->target_latency_ns) * 1e-9);
    add_single(text, "governor_level", "gauge", "Level of the settings in force; 0: full quality.",
               (double)lp_gauge_get(&g->level));
    add_single(text, "governor_levels", "gauge", "Number of levels; 0: no governor.", (double)lp_gauge_get(&g->levels));
    add_single(text, "governor_steps_down_total", "counter", "Steps to a faster level.",
               (double)lp_gauge_get(&g->steps_down));
    add_single(text, "governor_steps_up_total", "counter", "Steps to a better level.",
               (double)lp_gauge_get(&g->steps_up));
    add_single(text, "governor_height_pixels", "gauge", "Network height in force; 0: no governor.",
               (double)lp_gauge_get(&g->height));
}

/* Of the process, from the kernel. */
static double memory_bytes(void) {
    long long pages = 0, resident = 0;
    FILE *const file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    const int got = fscanf(file, "%lld %lld", &pages, &resident);
    fclose(file);
    return got == 2 ? (double)resident * (double)sysconf(_SC_PAGESIZE) : 0;
}

static double open_files(void) {
    DIR *const folder = opendir("/proc/self/fd");
    int count = 0;
    for (const struct dirent *entry; folder && (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return count > 0 ? count - 1 : 0; /* without that of the folder itself */
}

static void add_process(const lp_figures *f, lp_text *text) {
    static const char *const views[] = {"drawn", "plain", "lines"};
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    add_single(text, "uptime_seconds", "gauge", "Time since the run began.",
               (double)(f->now_ns - f->gauges->started_ns) * 1e-9);
    add_single(text, "processor_seconds_total", "counter", "Processor time of the process.",
               (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6);
    add_single(text, "resident_memory_bytes", "gauge", "Memory of the process.", memory_bytes());
    add_single(text, "open_files", "gauge", "Open file descriptors of the process.", open_files());
    add_single(text, "connections", "gauge", "Open connections to this server.", (double)f->connections);
    add_single(text, "connections_refused_total", "counter", "Connections turned away, or ended for being slow.",
               (double)f->refused);
    add_single(text, "pictures_encoded_total", "counter", "JPEG pictures made, each once for all viewers.",
               (double)f->counts.encoded);
    add_single(text, "picture_seconds_total", "counter", "Time spent on drawing and encoding them.",
               (double)f->counts.encode_ns * 1e-9);
    add_single(text, "lines_missed_total", "counter", "Lines of /poses that slow viewers missed.",
               (double)(f->counts.missed + f->counts.lines_dropped));
    add_head(text, "viewers", "gauge", "Viewers of pictures, drawn and plain, and of lines.");
    for (int i = 0; i < LP_VIEWS; i++) {
        lp_text_add(text, "lightpose_viewers{view=");
        add_label(text, views[i]);
        lp_text_add(text, "} ");
        lp_text_integer(text, f->counts.viewers[i]);
        lp_text_add(text, "\n");
    }
    add_head(text, "build_info", "gauge", "The version, as a label.");
    lp_text_add(text, "lightpose_build_info{version=");
    add_label(text, lightpose_version());
    lp_text_add(text, "} 1\n");
}

void lp_figures_metrics(const lp_figures *f, lp_text *text) {
    add_sources(f, text);
    add_governor(&f->gauges->governor, text);
    add_process(f, text);
}

/* ---- The page ---------------------------------------------------------------------------------------------------- */

static void add_member(lp_text *text, const char *name, double value) {
    lp_text_add(text, ",");
    lp_text_json(text, name);
    lp_text_add(text, ":");
    lp_text_number(text, value, 15);
}

static void add_list(lp_text *text, const char *name, const double *values, int count, int decimals) {
    lp_text_add(text, ",");
    lp_text_json(text, name);
    for (int i = 0; i < count; i++) {
        lp_text_add(text, i ? "," : ":[");
        lp_text_decimals(text, values[i], decimals);
    }
    lp_text_add(text, count ? "]" : ":[]");
}

static void add_source(const lp_figures *f, int index, lp_text *text) {
    static const char *const phases[] = {"waiting", "running", "ended"};
    const lp_source_gauges *const s = &f->gauges->sources[index];
    double fps[HISTORY_SECONDS], people[HISTORY_SECONDS], ids[LP_GAUGE_IDS];
    const int64_t seen = lp_gauge_get(&s->people);
    const int told = seen < LP_GAUGE_IDS ? (int)seen : LP_GAUGE_IDS;
    lp_text_add(text, index ? ",{\"name\":" : "{\"name\":");
    lp_text_json(text, s->name);
    lp_text_add(text, ",\"phase\":");
    lp_text_json(text, phases[lp_gauge_get(&s->phase)]);
    for (int n = 0; n < NUMBERS; n++)
        add_member(text, numbers[n].name, (double)field_of(s, numbers[n].offset) * numbers[n].unit);
    add_member(text, "frames_per_second", lp_gauges_rate(f->gauges, index, f->now_ns));
    add_member(text, "frame_age_seconds", age_of(f, s));
    lp_text_add(text, ",\"stage_seconds_total\":{");
    for (int n = 0; n < STAGES; n++) {
        lp_text_add(text, n ? "," : "");
        lp_text_json(text, stages[n].name);
        lp_text_add(text, ":");
        lp_text_number(text, (double)field_of(s, stages[n].offset) * 1e-9, 15);
    }
    lp_text_add(text, "}");
    for (int i = 0; i < told; i++)
        ids[i] = (double)lp_gauge_get(&s->ids[i]);
    add_list(text, "ids", ids, told, 0);
    const int filled = lp_gauges_history(f->gauges, index, f->now_ns, HISTORY_SECONDS, fps, people);
    add_list(text, "history_frames_per_second", fps, filled, 0);
    add_list(text, "history_people", people, filled, 2);
    lp_text_add(text, "}");
}

void lp_figures_status(const lp_figures *f, lp_text *text) {
    const lp_governor_gauges *const g = &f->gauges->governor;
    lp_text_add(text, "{\"version\":");
    lp_text_json(text, lightpose_version());
    add_member(text, "uptime_seconds", (double)(f->now_ns - f->gauges->started_ns) * 1e-9);
    add_member(text, "viewers", (double)(f->counts.viewers[0] + f->counts.viewers[1] + f->counts.viewers[2]));
    lp_text_add(text, ",\"governor\":{\"level\":");
    lp_text_integer(text, lp_gauge_get(&g->level));
    add_member(text, "levels", (double)lp_gauge_get(&g->levels));
    add_member(text, "target_frames_per_second", (double)lp_gauge_get(&g->target_mfps) * 1e-3);
    add_member(text, "target_latency_seconds", (double)lp_gauge_get(&g->target_latency_ns) * 1e-9);
    add_member(text, "height_pixels", (double)lp_gauge_get(&g->height));
    lp_text_add(text, "},\"sources\":[");
    for (int i = 0; i < f->gauges->count; i++)
        add_source(f, i, text);
    lp_text_add(text, "]}\n");
}

/* ---- Health ------------------------------------------------------------------------------------------------------ */

int lp_figures_health(const lp_figures *f, int tell, lp_text *text) {
    int well = 1, open = 0;
    for (int i = 0; i < f->gauges->count; i++) {
        const lp_source_gauges *const s = &f->gauges->sources[i];
        const int ended = lp_gauge_get(&s->phase) == LP_PHASE_ENDED;
        const double age = age_of(f, s);
        open |= !ended;
        well &= ended || age < f->healthy_seconds;
        if (!tell)
            continue;
        lp_text_add(text, s->name);
        if (ended) {
            lp_text_add(text, ": ended\n");
        } else {
            lp_text_add(text, lp_gauge_get(&s->last_ns) ? ": last frame " : ": no frame yet after ");
            lp_text_decimals(text, age, 1);
            lp_text_add(text, lp_gauge_get(&s->last_ns) ? " s ago\n" : " s\n");
        }
    }
    if (!tell)
        lp_text_add(text, well && open ? "ok\n" : "no recent frame\n");
    return well && open;
}
