/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Outputs that are cut into segments. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "output/file.h"
#include "run/targets_inside.h"
#include "run/work.h"

/* Times between removals of old segments, at which the current files are checked for too: every LOOK_NS, and after a
 * segment has ended, once SWEEP_NS have passed. */
#define LOOK_NS  INT64_C(10000000000)
#define SWEEP_NS INT64_C(1000000000)

static int cuts_of(const lp_targets *t) {
    return t->options.segments.cuts ? atomic_load(t->options.segments.cuts) : 0;
}

/* Call it before the first segment of an output: it finishes those of earlier runs. */
static lightpose_status begin_first(lp_targets *t, const lp_output_writer *writer, lp_target *which,
                                    lightpose_error *error) {
    which->whole = strdup(which->slot.path);
    if (!which->whole)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    which->suffix = lp_segment_suffix(which->whole, writer->suffix);
    const int lines = !strcmp(writer->name, "jsonl") || !strcmp(writer->name, "csv");
    const lp_segment_rest rest = !strcmp(writer->name, "video")           ? LP_SEGMENT_REST_ALL
                                 : lines && !strstr(which->suffix, ".gz") ? LP_SEGMENT_REST_LINES
                                                                          : LP_SEGMENT_REST_NONE;
    const lightpose_status status = lp_segments_add(&t->segments, which->whole, which->suffix, rest, error);
    if (status == LIGHTPOSE_OK)
        lp_segments_finish(&t->segments, which->whole);
    return status;
}

lightpose_status lp_targets_begin_segment(lp_targets *t, int index, lp_target *which, lightpose_error *error) {
    const lp_output_writer *const writer = lp_place_at(t, index)->writer;
    lightpose_status status = LIGHTPOSE_OK;
    if (t->options.segments.seconds <= 0 || !writer->suffix || !which->slot.base)
        return status;
    if (!which->whole)
        status = begin_first(t, writer, which, error);
    const double utc = lp_segment_utc(&t->options.segments);
    char *const name = status == LIGHTPOSE_OK ? lp_segment_name(which->whole, which->suffix, utc) : NULL;
    char *const base = name ? strdup(name) : NULL;
    if (!base) {
        free(name);
        return status != LIGHTPOSE_OK ? status : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    }
    free(which->slot.path);
    free(which->slot.base);
    which->slot.path = name;
    which->slot.base = base;
    which->number = lp_segment_number(&t->options.segments, utc);
    which->cuts = cuts_of(t);
    which->retry_ns = 0;
    return LIGHTPOSE_OK;
}

/* Whether the file being written, or its folder, was removed or renamed. */
static int is_gone(const lp_target *which) {
    char *const partial = lp_output_file_beside(which->slot.base, ".partial");
    const int gone = partial && access(partial, F_OK) != 0 && errno == ENOENT;
    free(partial);
    return gone;
}

/* Ends a segment whose time is over, or whose file is `gone`. The next frame begins another. */
static void end_segment(lp_target_stream *s, int index, int gone) {
    lp_targets *const t = s->targets;
    lp_target *const which = lp_target_of(s, index);
    lightpose_error error = {0};
    s->begun[index] = 0;
    if (gone) {
        (void)lp_fail(&error, LIGHTPOSE_ERROR_FILE,
                      "\"%s\": its file was removed or renamed while it was written; another is begun",
                      which->slot.path);
        lp_target_fail(t, s, index, which, &error);
        which->retry_ns = 0;
        return;
    }
    lp_output_guard_release(t->options.output->guard, which->slot.path);
    if (lp_output_close(&which->out, &error) != LIGHTPOSE_OK)
        lp_target_fail(t, s, index, which, &error);
}

void lp_targets_end_segments(lp_target_stream *s) {
    lp_targets *const t = s->targets;
    if (t->options.segments.seconds <= 0)
        return;
    const int64_t number = lp_segment_number(&t->options.segments, lp_segment_utc(&t->options.segments));
    const int64_t now = lp_work_now(), since = now - t->last_look;
    int ended = 0;
    for (int i = 0; i < t->places.count; i++) {
        lp_target *const which = lp_target_of(s, i);
        if (!which->whole || !which->out || !s->begun[i])
            continue;
        const int over = which->number != number || which->cuts != cuts_of(t);
        const int gone = !over && since >= LOOK_NS && is_gone(which);
        if (over || gone)
            end_segment(s, i, gone);
        ended |= over;
    }
    if (since < LOOK_NS && !(ended && since >= SWEEP_NS))
        return;
    t->last_look = now;
    (void)lp_segments_sweep(&t->segments);
}
