/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/gauges.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "output/text.h"
#include "run/work.h"

#define SECOND_NS INT64_C(1000000000)

static int is_taken(const lp_gauges *g, int before, const char *name) {
    for (int i = 0; i < before; i++)
        if (!strcmp(g->sources[i].name, name))
            return 1;
    return 0;
}

/* Names of sources are unique (input/source.c), but two may become equal when bytes that are not UTF-8 are removed. */
static char *create_name(const lp_gauges *g, int source, const char *name) {
    lp_text text = {0};
    const int others = lp_text_utf8(&text, name);
    const size_t size = text.size;
    lp_text_bytes(&text, "", 1);
    for (int i = 2; others && !text.failed && is_taken(g, source, text.data); i++) {
        text.size = size;
        lp_text_add(&text, "_");
        lp_text_integer(&text, i);
        lp_text_bytes(&text, "", 1);
    }
    if (text.failed)
        lp_text_free(&text);
    return text.data;
}

lightpose_status lp_gauges_create(lp_gauges **gauges, const lp_sources *sources, lightpose_error *error) {
    lp_gauges *g = calloc(1, sizeof *g);
    *gauges = NULL;
    if (g)
        g->sources = calloc((size_t)sources->count + 1, sizeof *g->sources);
    int named = 0;
    while (g && g->sources && named < sources->count &&
           (g->sources[named].name = create_name(g, named, sources->items[named].name)))
        g->count = ++named;
    if (!g || !g->sources || named < sources->count) {
        lp_gauges_destroy(&g);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the counts of %d inputs", sources->count);
    }
    g->started_ns = lp_work_now();
    *gauges = g;
    return LIGHTPOSE_OK;
}

void lp_gauges_destroy(lp_gauges **gauges) {
    for (int i = 0; *gauges && i < (*gauges)->count; i++)
        free((*gauges)->sources[i].name);
    if (*gauges)
        free((*gauges)->sources);
    free(*gauges);
    *gauges = NULL;
}

/* The number of the second of `now_ns`, from 1. */
static int64_t second_of(const lp_gauges *g, int64_t now_ns) {
    return (now_ns - g->started_ns) / SECOND_NS + 1;
}

static void count_second(lp_source_gauges *s, int64_t second, int people) {
    lp_gauge_second *const slot = &s->seconds[second % LP_GAUGE_SECONDS];
    if (lp_gauge_get(&slot->second) != second) {
        /* Ordered stores: a reader that sees the new second sees no count of the old one. */
        atomic_store(&slot->second, 0);
        atomic_store(&slot->frames, 0);
        atomic_store(&slot->people, 0);
        atomic_store(&slot->second, second);
    }
    lp_gauge_add(&slot->frames, 1);
    lp_gauge_add(&slot->people, people);
}

void lp_gauges_frame(lp_gauges *g, const lp_job *job, int people, int64_t output_ns) {
    lp_source_gauges *const s = &g->sources[job->source];
    const int64_t now = lp_work_now();
    if (job->error.status != LIGHTPOSE_OK) {
        lp_gauge_add(&s->failed, 1);
    } else {
        lp_gauge_set(&s->width, job->image.width);
        lp_gauge_set(&s->height, job->image.height);
        lp_gauge_add(&s->read_ns, job->read_ns);
        lp_gauge_add(&s->preprocess_ns, job->stats.preprocess_ns);
        lp_gauge_add(&s->network_ns, job->stats.network_ns + job->stats.average_ns);
        lp_gauge_add(&s->decode_ns, job->stats.peaks_ns + job->stats.group_ns);
        lp_gauge_add(&s->output_ns, output_ns);
        lp_gauge_set(&s->latency_ns, job->total_ns + output_ns);
    }
    for (int i = 0; i < people && i < LP_GAUGE_IDS; i++)
        lp_gauge_set(&s->ids[i], lightpose_result_get_pose(job->result, i)->id);
    lp_gauge_set(&s->people, people);
    lp_gauge_add(&s->people_seen, people);
    lp_gauge_set(&s->last_index, job->frame.index);
    lp_gauge_add(&s->reconnections, job->frame.reconnected);
    lp_gauge_add(&s->frames, 1);
    lp_gauge_set(&s->last_ns, now);
    count_second(s, second_of(g, now), people);
}

/* The frames of a second; 0 if it had none. */
static int64_t read_second(const lp_source_gauges *s, int64_t second, int64_t *people) {
    const lp_gauge_second *const slot = &s->seconds[second % LP_GAUGE_SECONDS];
    *people = 0;
    if (atomic_load(&slot->second) != second)
        return 0;
    const int64_t frames = atomic_load(&slot->frames);
    *people = atomic_load(&slot->people);
    if (atomic_load(&slot->second) == second)
        return frames;
    *people = 0;
    return 0;
}

double lp_gauges_rate(const lp_gauges *g, int source, int64_t now_ns) {
    const int64_t now = second_of(g, now_ns);
    int64_t frames = 0, seconds = 0, people;
    for (; seconds < LP_GAUGE_RATE_SECONDS && now - 1 - seconds > 0; seconds++)
        frames += read_second(&g->sources[source], now - 1 - seconds, &people);
    return seconds ? (double)frames / (double)seconds : 0;
}

int lp_gauges_history(const lp_gauges *g, int source, int64_t now_ns, int count, double *fps, double *people) {
    const int64_t now = second_of(g, now_ns);
    const int filled = now - 1 < count ? (int)(now - 1) : count;
    for (int i = 0; i < filled; i++) {
        int64_t seen;
        const int64_t frames = read_second(&g->sources[source], now - filled + i, &seen);
        fps[i] = (double)frames;
        people[i] = frames ? (double)seen / (double)frames : 0;
    }
    return filled;
}
