/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/targets.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "run/places.h"

/* Frames that failed before the first good one, kept until there is something to write them to. */
enum { MAX_FAILED = 4096 };

struct lp_targets {
    lp_places places;
    lp_output **shared; /* for each place that is a file: it holds all streams of the run */
    const lp_output_options *options;
    lp_output_stream **streams; /* all that have begun: outputs point at them */
    int stream_count;
};

typedef struct failed_frame {
    int64_t index;
    double time;
    const char *name;
    lp_frame_state state;
    char reason[200];
} failed_frame;

struct lp_target_stream {
    lp_targets *targets;
    lp_output_stream *about;
    lp_output **own; /* for each folder; NULL where it is not for this stream */
    int open;
    failed_frame *failed;
    int failed_count, failed_capacity;
};

/* ---- The plan ---------------------------------------------------------------------------------------------------- */

static int is_for(const lp_place *t, const lp_output_stream *stream) {
    return stream->kind == LP_STREAM_IMAGES ? t->pictures : t->videos;
}

lightpose_status lp_targets_plan(lp_targets **targets, const lp_cli_operands *places, const lp_cli_operands *formats,
                                 int draw, const lp_sources *sources, const lp_output_options *options,
                                 lightpose_error *error) {
    lp_targets *const t = calloc(1, sizeof *t);
    *targets = t;
    if (!t)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    t->options = options;
    lightpose_status status = lp_places_plan(&t->places, places, formats, draw, sources, error);
    t->shared = status == LIGHTPOSE_OK ? calloc((size_t)t->places.count + 1, sizeof(lp_output *)) : NULL;
    if (status == LIGHTPOSE_OK && !t->shared)
        status = lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    if (status != LIGHTPOSE_OK)
        lp_targets_abort(targets);
    return status;
}

int lp_targets_use_names(const lp_targets *targets, int pictures) {
    int used = 0;
    for (int i = 0; i < targets->places.count; i++) {
        const lp_place *const p = &targets->places.items[i];
        used |= p->folder &&
                (pictures ? p->pictures && p->writer->folder : p->writer->suffix || (p->videos && p->writer->folder));
    }
    return used;
}

lightpose_status lp_targets_finish(lp_targets **targets, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;
    for (int i = 0; i < (*targets)->places.count && status == LIGHTPOSE_OK; i++)
        if ((*targets)->shared[i])
            status = lp_output_close(&(*targets)->shared[i], error);
    lp_targets_abort(targets);
    return status;
}

void lp_targets_abort(lp_targets **targets) {
    if (!*targets)
        return;
    for (int i = 0; (*targets)->shared && i < (*targets)->places.count; i++)
        lp_output_abort(&(*targets)->shared[i]);
    for (int i = 0; i < (*targets)->stream_count; i++)
        free((*targets)->streams[i]);
    free((*targets)->streams);
    free((*targets)->shared);
    lp_places_free(&(*targets)->places);
    free(*targets);
    *targets = NULL;
}

/* ---- One stream -------------------------------------------------------------------------------------------------- */

lightpose_status lp_targets_begin(lp_target_stream **stream, lp_targets *targets, const lp_output_stream *about,
                                  lightpose_error *error) {
    lp_target_stream *const s = calloc(1, sizeof *s);
    lp_output **const own = calloc((size_t)targets->places.count + 1, sizeof(lp_output *));
    lp_output_stream *const copy = malloc(sizeof *copy);
    lp_output_stream **const streams =
        realloc(targets->streams, ((size_t)targets->stream_count + 1) * sizeof(lp_output_stream *));
    if (streams)
        targets->streams = streams;
    *stream = NULL;
    if (!s || !own || !copy || !streams) {
        free(s);
        free(own);
        free(copy);
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    }
    *copy = *about;
    streams[targets->stream_count++] = copy;
    *s = (lp_target_stream){.targets = targets, .about = copy, .own = own};
    *stream = s;
    return LIGHTPOSE_OK;
}

static lightpose_status open_target(lp_target_stream *s, int index, lightpose_error *error) {
    const lp_place *const t = &s->targets->places.items[index];
    lp_output **const out = t->folder ? &s->own[index] : &s->targets->shared[index];
    if (!*out) {
        char *const made = t->folder ? lp_output_place(t->writer, t->path, s->about->name) : NULL;
        /* A file in the folder needs the folder; a folder makes itself. */
        lightpose_status status = t->folder && t->writer->suffix ? lp_output_make_folder(t->path, error) : LIGHTPOSE_OK;
        if (status == LIGHTPOSE_OK)
            status = lp_output_open(out, t->writer, t->folder ? made : t->path, s->targets->options, error);
        free(made);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    return lp_output_begin(*out, s->about, error);
}

static lightpose_status write_one(lp_target_stream *s, const lp_output_frame *frame, lightpose_error *error) {
    for (int i = 0; i < s->targets->places.count; i++) {
        const lp_place *const t = &s->targets->places.items[i];
        lp_output *const out = s->own[i] ? s->own[i] : s->targets->shared[i];
        if (!is_for(t, s->about))
            continue;
        /* A picture that cannot be read gets no file of its own. */
        if (frame->state != LP_FRAME_OK && s->about->kind == LP_STREAM_IMAGES && t->writer->folder)
            continue;
        const lightpose_status status = lp_output_frame_write(out, frame, error);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    return LIGHTPOSE_OK;
}

/* Keeps a frame that failed. Returns 0 where there are too many. */
static int keep_failed(lp_target_stream *s, const lp_output_frame *frame) {
    if (s->failed_count == s->failed_capacity) {
        const int capacity = s->failed_capacity ? 2 * s->failed_capacity : 16;
        failed_frame *const grown =
            s->failed_count < MAX_FAILED ? realloc(s->failed, (size_t)capacity * sizeof *grown) : NULL;
        if (!grown)
            return 0;
        s->failed = grown;
        s->failed_capacity = capacity;
    }
    failed_frame *const kept = &s->failed[s->failed_count++];
    *kept = (failed_frame){.index = frame->index, .time = frame->time, .name = frame->name, .state = frame->state};
    snprintf(kept->reason, sizeof kept->reason, "%s", frame->reason ? frame->reason : "");
    return 1;
}

static lightpose_status open_all(lp_target_stream *s, lightpose_error *error) {
    s->open = 1;
    for (int i = 0; i < s->targets->places.count; i++)
        if (is_for(&s->targets->places.items[i], s->about)) {
            const lightpose_status status = open_target(s, i, error);
            if (status != LIGHTPOSE_OK)
                return status;
        }
    for (int i = 0; i < s->failed_count; i++) {
        const failed_frame *const f = &s->failed[i];
        const lp_output_frame frame = {
            .index = f->index, .time = f->time, .name = f->name, .state = f->state, .reason = f->reason};
        const lightpose_status status = write_one(s, &frame, error);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    return LIGHTPOSE_OK;
}

lightpose_status lp_targets_frame(lp_target_stream *s, const lp_output_frame *frame, lightpose_error *error) {
    if (!s->open) {
        if (frame->state != LP_FRAME_OK && keep_failed(s, frame))
            return LIGHTPOSE_OK;
        /* Where the source did not tell, the first picture does. */
        if (!s->about->width && s->about->kind != LP_STREAM_IMAGES) {
            s->about->width = frame->width;
            s->about->height = frame->height;
        }
        const lightpose_status status = open_all(s, error);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    return write_one(s, frame, error);
}

lightpose_status lp_targets_end(lp_target_stream **stream, lightpose_error *error) {
    lp_target_stream *const s = *stream;
    lightpose_status status = LIGHTPOSE_OK;
    for (int i = 0; i < s->targets->places.count && status == LIGHTPOSE_OK; i++)
        if (s->own[i])
            status = lp_output_close(&s->own[i], error);
    lp_targets_drop(stream);
    return status;
}

void lp_targets_drop(lp_target_stream **stream) {
    lp_target_stream *const s = *stream;
    if (!s)
        return;
    for (int i = 0; i < s->targets->places.count; i++)
        lp_output_abort(&s->own[i]);
    free(s->own);
    free(s->failed);
    free(s);
    *stream = NULL;
}
