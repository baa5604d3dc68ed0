/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/targets.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "run/lineage.h"
#include "run/report.h"
#include "run/targets_inside.h"
#include "run/work.h"

/* At most this many frames that fail before the first good one are kept until the outputs are open. */
enum { MAX_FAILED = 4096 };

/* After a failure, such as a full disk, the next segment is begun this much later. */
#define RETRY_NS INT64_C(10000000000)

/* ---- Failures ---------------------------------------------------------------------------------------------------- */

void lp_target_fail(lp_targets *t, lp_target_stream *s, int index, lp_target *which, const lightpose_error *error) {
    lp_output_abort(&which->out);
    if (which->lasts) {
        lp_output_guard_release(t->options.output->guard, which->slot.path);
        lp_segments_finish(&t->segments, which->whole);
        which->retry_ns = lp_work_now() + RETRY_NS;
        if (s)
            s->begun[index] = 0;
    } else {
        which->dead = 1;
    }
    t->failed = 1;
    if (s)
        s->failed++;
    if (!strcmp(lp_place_at(t, index)->path, "-") && lp_report_reader_is_gone())
        t->closed = 1;
    if ((!t->closed || strcmp(lp_place_at(t, index)->path, "-")) && t->options.tell)
        t->options.tell(t->options.tell_opaque, error->text);
}

int lp_targets_failed(const lp_targets *targets) {
    return targets->failed;
}

int lp_targets_closed(const lp_targets *targets) {
    return targets->closed;
}

int lp_targets_live(const lp_targets *targets) {
    for (int i = 0; i < targets->places.count; i++)
        if (!targets->shared[i].dead)
            return 1;
    return targets->places.count == 0;
}

/* ---- The plan ---------------------------------------------------------------------------------------------------- */

static lightpose_status plan_shared(lp_targets *t, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;
    t->shared = calloc((size_t)t->places.count + 1, sizeof *t->shared);
    if (!t->shared)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    for (int i = 0; i < t->places.count && status == LIGHTPOSE_OK; i++) {
        if (lp_place_at(t, i)->folder)
            continue;
        status = lp_slot_make(&t->shared[i].slot, lp_place_at(t, i), NULL, error);
        if (status == LIGHTPOSE_OK && (t->options.resume || t->options.no_clobber))
            lp_left_look(&t->shared[i].left, lp_place_at(t, i), &t->shared[i].slot, t->options.resume);
    }
    return status;
}

lightpose_status lp_targets_plan(lp_targets **targets, const lp_targets_options *options, lightpose_error *error) {
    lp_targets *const t = calloc(1, sizeof *t);
    *targets = t;
    if (!t)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    t->options = *options;
    t->segments.options = options->segments;
    lightpose_status status =
        lp_places_plan(&t->places, options->places, options->formats, options->draw, options->sources, error);
    if (status == LIGHTPOSE_OK)
        status = plan_shared(t, error);
    if (status != LIGHTPOSE_OK)
        lp_targets_free(targets);
    return status;
}

int lp_targets_use_names(const lp_targets *targets, int pictures) {
    int used = 0;
    for (int i = 0; i < targets->places.count; i++) {
        const lp_place *const p = lp_place_at(targets, i);
        used |= p->folder &&
                (pictures ? p->pictures && p->writer->folder : p->writer->suffix || (p->videos && p->writer->folder));
    }
    return used;
}

int lp_targets_have(const lp_targets *targets, const char *writer) {
    for (int i = 0; i < targets->places.count; i++)
        if (writer ? !strcmp(lp_place_at(targets, i)->writer->name, writer)
                   : lp_place_at(targets, i)->writer->needs_picture)
            return 1;
    return 0;
}

void lp_target_free(lp_target *which) {
    lp_output_abort(&which->out);
    lp_slot_free(&which->slot);
    lp_left_free(&which->left);
    free(which->whole);
}

void lp_targets_free(lp_targets **targets) {
    lp_targets *const t = *targets;
    if (!t)
        return;
    for (int i = 0; t->shared && i < t->places.count; i++)
        lp_target_free(&t->shared[i]);
    for (int i = 0; i < t->stream_count; i++)
        free(t->streams[i]);
    free(t->streams);
    free(t->shared);
    lp_places_free(&t->places);
    lp_segments_free(&t->segments);
    free(t);
    *targets = NULL;
}

/* ---- Streams ----------------------------------------------------------------------------------------------------- */

lp_output_stream *lp_targets_keep_stream(lp_targets *t, const lp_output_stream *about) {
    lp_output_stream *const copy = malloc(sizeof *copy);
    lp_output_stream **const streams = realloc(t->streams, ((size_t)t->stream_count + 1) * sizeof(lp_output_stream *));
    if (streams)
        t->streams = streams;
    if (!copy || !streams) {
        free(copy);
        return NULL;
    }
    *copy = *about;
    t->streams[t->stream_count++] = copy;
    return copy;
}

/* A file that is skipped, or has this stream already, takes no frames of it. */
static lightpose_status plan_stream(lp_target_stream *s, lightpose_error *error) {
    lp_targets *const t = s->targets;
    for (int i = 0; i < t->places.count; i++) {
        const lp_place *const place = lp_place_at(t, i);
        lp_target *const which = lp_target_of(s, i);
        s->takes[i] = lp_place_is_for(place, s->about->kind);
        if (s->takes[i] && place->folder) {
            const lightpose_status status =
                lp_slot_make(&which->slot, place, &t->options.sources->items[s->about->number], error);
            if (status != LIGHTPOSE_OK)
                return status;
            if (t->options.resume || t->options.no_clobber)
                lp_left_look(&which->left, place, &which->slot, t->options.resume);
        }
        s->takes[i] = s->takes[i] && !lp_left_has_all(&which->left, s->about->number, !place->folder);
    }
    return LIGHTPOSE_OK;
}

static void free_stream(lp_target_stream **stream) {
    lp_target_stream *const s = *stream;
    for (int i = 0; s->own && i < s->targets->places.count; i++)
        lp_target_free(&s->own[i]);
    free(s->own);
    free(s->takes);
    free(s->begun);
    free(s->waiting);
    free(s);
    *stream = NULL;
}

lightpose_status lp_targets_begin(lp_target_stream **stream, lp_targets *targets, const lp_output_stream *about,
                                  lightpose_error *error) {
    const size_t places = (size_t)targets->places.count + 1;
    lp_target_stream *s = calloc(1, sizeof *s);
    *stream = NULL;
    if (!s)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    s->targets = targets;
    s->own = calloc(places, sizeof *s->own);
    s->takes = calloc(places, sizeof *s->takes);
    s->begun = calloc(places, sizeof *s->begun);
    s->about = lp_targets_keep_stream(targets, about);
    s->about_shared = lp_targets_keep_stream(targets, about);
    lightpose_status status = s->own && s->takes && s->begun && s->about && s->about_shared
                                  ? LIGHTPOSE_OK
                                  : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    if (status == LIGHTPOSE_OK) {
        s->about->lineage = lp_lineage(targets->options.sources, about->number, about->number);
        s->about_shared->lineage = lp_lineage(targets->options.sources, 0, about->number);
        status = plan_stream(s, error);
    }
    if (status != LIGHTPOSE_OK) {
        free_stream(&s);
        return status;
    }
    lp_targets_resume(s);
    *stream = s;
    return LIGHTPOSE_OK;
}

/* ---- Opening an output ------------------------------------------------------------------------------------------- */

static lightpose_status open_target(lp_target_stream *s, int index, lightpose_error *error) {
    lp_targets *const t = s->targets;
    const lp_place *const place = lp_place_at(t, index);
    lp_target *const which = lp_target_of(s, index);
    lightpose_status status = LIGHTPOSE_OK;
    if (!which->out) {
        /* A format of single files needs the folder; a format of many files makes its own. */
        if (place->folder && place->writer->suffix)
            status = lp_output_make_folder(which->slot.folder, error);
        if (s->about->kind == LP_STREAM_CAMERA && which->slot.base)
            lp_left_set_aside(which->slot.base);
        if (status == LIGHTPOSE_OK)
            status = lp_targets_begin_segment(t, index, which, error);
        if (status == LIGHTPOSE_OK)
            status = lp_output_open(&which->out, place->writer, which->slot.path, which->slot.base, t->options.output,
                                    error);
        which->lasts |= status == LIGHTPOSE_OK && which->whole;
    }
    s->begun[index] = 1;
    if (status == LIGHTPOSE_OK)
        status = lp_output_begin(which->out, place->folder ? s->about : s->about_shared, error);
    return status == LIGHTPOSE_OK ? lp_output_checkpoint(which->out, NULL, 0, 0, error) : status;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

static void write_one(lp_target_stream *s, const lp_output_frame *frame) {
    lp_targets *const t = s->targets;
    for (int i = 0; i < t->places.count; i++) {
        const lp_place *const place = lp_place_at(t, i);
        lp_target *const which = lp_target_of(s, i);
        lightpose_error error = {0};
        if (!s->takes[i] || which->dead || !which->out || frame->index < lp_output_next(which->out))
            continue;
        /* No file of its own for a picture that failed. */
        if (frame->state != LP_FRAME_OK && s->about->kind == LP_STREAM_IMAGES && place->writer->folder)
            continue;
        if (lp_output_frame_write(which->out, frame, &error) != LIGHTPOSE_OK)
            lp_target_fail(t, s, i, which, &error);
    }
}

/* Keeps a failed frame for later. Returns 0 if there are too many, or no memory. */
static int keep_failed(lp_target_stream *s, const lp_output_frame *frame) {
    if (s->waiting_count == s->waiting_capacity) {
        const int capacity = s->waiting_capacity ? 2 * s->waiting_capacity : 16;
        failed_frame *const grown =
            s->waiting_count < MAX_FAILED ? realloc(s->waiting, (size_t)capacity * sizeof *grown) : NULL;
        if (!grown)
            return 0;
        s->waiting = grown;
        s->waiting_capacity = capacity;
    }
    failed_frame *const kept = &s->waiting[s->waiting_count++];
    *kept = (failed_frame){.index = frame->index, .time = frame->time, .name = frame->name, .state = frame->state};
    kept->utc = frame->utc;
    snprintf(kept->reason, sizeof kept->reason, "%s", frame->reason ? frame->reason : "");
    return 1;
}

/* Opens the outputs that are not open, except those that wait after a failure. */
static void open_rest(lp_target_stream *s) {
    lp_targets *const t = s->targets;
    for (int i = 0; i < t->places.count; i++) {
        lp_target *const which = lp_target_of(s, i);
        lightpose_error error = {0};
        if (s->takes[i] && !s->begun[i] && !which->dead && (!which->retry_ns || lp_work_now() >= which->retry_ns) &&
            open_target(s, i, &error) != LIGHTPOSE_OK)
            lp_target_fail(t, s, i, which, &error);
    }
}

static void open_all(lp_target_stream *s) {
    s->open = 1;
    open_rest(s);
    for (int i = 0; i < s->waiting_count; i++) {
        const failed_frame *const f = &s->waiting[i];
        const lp_output_frame frame = {
            .index = f->index, .time = f->time, .name = f->name, .state = f->state, .utc = f->utc, .reason = f->reason};
        write_one(s, &frame);
    }
}

/* Whether all outputs are continued ones, which are open: failed frames need not wait. */
static int has_begun(const lp_target_stream *s) {
    for (int i = 0; i < s->targets->places.count; i++)
        if (s->takes[i] && !s->begun[i])
            return 0;
    return 1;
}

void lp_targets_frame(lp_target_stream *s, const lp_output_frame *frame) {
    if (!s->open) {
        if (frame->state != LP_FRAME_OK && !has_begun(s) && keep_failed(s, frame))
            return;
        /* If the source did not say its size, take that of the first picture. */
        if (!s->about->width && s->about->kind != LP_STREAM_IMAGES) {
            s->about->width = s->about_shared->width = frame->width;
            s->about->height = s->about_shared->height = frame->height;
        }
        open_all(s);
    } else if (s->targets->options.segments.seconds > 0) {
        lp_targets_end_segments(s);
        open_rest(s);
    }
    write_one(s, frame);
}

int lp_targets_stream_live(const lp_target_stream *s) {
    for (int i = 0; i < s->targets->places.count; i++) {
        const lp_target *const which = lp_target_of(s, i);
        if (s->takes[i] && !which->dead)
            return 1;
    }
    return 0;
}

/* ---- Ends -------------------------------------------------------------------------------------------------------- */

static void checkpoint(lp_target_stream *s, const void *tracker, size_t size, int ended) {
    lp_targets *const t = s->targets;
    for (int i = 0; i < t->places.count; i++) {
        lp_target *const which = lp_target_of(s, i);
        lightpose_error error = {0};
        if (s->takes[i] && s->begun[i] && which->out &&
            lp_output_checkpoint(which->out, tracker, size, ended, &error) != LIGHTPOSE_OK)
            lp_target_fail(t, s, i, which, &error);
    }
}

void lp_targets_checkpoint(lp_target_stream *s, const void *tracker, size_t size) {
    lp_targets_end_segments(s);
    checkpoint(s, tracker, size, 0);
}

int lp_targets_end(lp_target_stream **stream, int interrupted, const void *tracker, size_t size) {
    lp_target_stream *const s = *stream;
    lp_targets *const t = s->targets;
    checkpoint(s, tracker, size, !interrupted);
    for (int i = 0; i < t->places.count; i++) {
        lightpose_error error = {0};
        if (!s->own[i].out)
            continue;
        const lightpose_status status =
            interrupted ? lp_output_leave(&s->own[i].out, &error) : lp_output_close(&s->own[i].out, &error);
        if (status != LIGHTPOSE_OK)
            lp_target_fail(t, s, i, &s->own[i], &error);
    }
    const int failed = s->failed;
    free_stream(stream);
    return failed;
}

void lp_targets_finish(lp_targets *t, int interrupted) {
    for (int i = 0; i < t->places.count; i++) {
        lp_target *const which = &t->shared[i];
        lightpose_error error = {0};
        lightpose_status status = LIGHTPOSE_OK;
        /* It has all inputs already, and only its final name is missing. */
        if (!interrupted && !which->out && !which->dead && which->left.state == LP_LEFT_PARTIAL)
            status = lp_targets_resume_shared(t, i, NULL, &error);
        if (status == LIGHTPOSE_OK && which->out)
            status = interrupted ? lp_output_leave(&which->out, &error) : lp_output_close(&which->out, &error);
        if (status != LIGHTPOSE_OK)
            lp_target_fail(t, NULL, i, which, &error);
    }
}
