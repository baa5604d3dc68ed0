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

/* Frames that failed before the first good one, kept until there is something to write them to. */
enum { MAX_FAILED = 4096 };

/* A segment that failed, as on a full disk, is followed by another after so long; and so often old ones go. */
#define RETRY_NS INT64_C(10000000000)
#define SWEEP_NS INT64_C(10000000000)

typedef struct failed_frame {
    int64_t index;
    double time;
    const char *name;
    lp_frame_state state;
    double utc;
    char reason[200];
} failed_frame;

struct lp_target_stream {
    lp_targets *targets;
    lp_output_stream *about, *about_shared; /* by whether the output has this stream alone */
    lp_target *own;                         /* for each folder; unused where the place is a file */
    int *takes;                             /* for each place: it takes frames of this stream */
    int *begun;                             /* for each place: its output has begun this stream */
    int open;
    int failed;
    failed_frame *waiting;
    int waiting_count, waiting_capacity;
};

/* ---- Failures ---------------------------------------------------------------------------------------------------- */

/* Ends an output that failed; what it has stays. */
static void fail_target(lp_targets *t, lp_target_stream *s, int index, lp_target *which, const lightpose_error *error) {
    lp_output_abort(&which->out);
    if (which->whole) {
        lp_output_guard_release(t->options.output->guard, which->slot.path);
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

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

/* The outputs point at streams for as long as they live. */
static lp_output_stream *keep_stream(lp_targets *t, const lp_output_stream *about) {
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

static lightpose_status resume_target(lp_targets *t, int index, lp_target *which, const lp_output_stream *stream,
                                      lightpose_error *error) {
    const lightpose_status status =
        lp_output_resume(&which->out, lp_place_at(t, index)->writer, which->slot.path, which->slot.base,
                         t->options.output, &which->left.meta, stream, error);
    if (status == LIGHTPOSE_OK)
        lp_left_free(&which->left);
    return status;
}

/* Opens a file of several streams that an earlier run left at one of them. */
static lightpose_status resume_shared(lp_targets *t, int index, const lp_output_stream *current,
                                      lightpose_error *error) {
    lp_target *const which = &t->shared[index];
    const int number = which->left.meta.number;
    const lp_output_stream *stream = current;
    if (!current || current->number != number) {
        const lp_source *const source = &t->options.sources->items[number];
        const lp_output_stream about = {.kind = lp_stream_kind_of(source),
                                        .name = source->name,
                                        .source = source->text,
                                        .number = number,
                                        .lineage = lp_lineage(t->options.sources, 0, number)};
        stream = keep_stream(t, &about);
    }
    return stream ? resume_target(t, index, which, stream, error)
                  : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
}

static lp_target *target_of(lp_target_stream *s, int index) {
    return lp_place_at(s->targets, index)->folder ? &s->own[index] : &s->targets->shared[index];
}

/* Goes on with what an earlier run left. */
static void resume_all(lp_target_stream *s) {
    lp_targets *const t = s->targets;
    for (int i = 0; i < t->places.count; i++) {
        lp_target *const which = target_of(s, i);
        lightpose_error error = {0};
        if (!s->takes[i] || which->left.state != LP_LEFT_PARTIAL)
            continue;
        const int folder = lp_place_at(t, i)->folder, at_this = folder || which->left.meta.number == s->about->number;
        const lightpose_status status =
            folder ? resume_target(t, i, which, s->about, &error) : resume_shared(t, i, s->about_shared, &error);
        s->begun[i] = at_this;
        if (status != LIGHTPOSE_OK)
            fail_target(t, s, i, which, &error);
    }
}

/* A file that the run leaves as it is takes nothing, nor does one that has this stream already. */
static lightpose_status plan_stream(lp_target_stream *s, lightpose_error *error) {
    lp_targets *const t = s->targets;
    for (int i = 0; i < t->places.count; i++) {
        const lp_place *const place = lp_place_at(t, i);
        lp_target *const which = target_of(s, i);
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
    s->about = keep_stream(targets, about);
    s->about_shared = keep_stream(targets, about);
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
    resume_all(s);
    *stream = s;
    return LIGHTPOSE_OK;
}

/* ---- Segments ---------------------------------------------------------------------------------------------------- */

static int cuts_of(const lp_targets *t) {
    return t->options.segments.cuts ? atomic_load(t->options.segments.cuts) : 0;
}

/* Names the next segment, of a file that has its own name: not of standard output, a device, or files for each frame.
 */
static lightpose_status begin_segment(lp_targets *t, int index, lp_target *which, lightpose_error *error) {
    const lp_output_writer *const writer = lp_place_at(t, index)->writer;
    lightpose_status status = LIGHTPOSE_OK;
    if (t->options.segments.seconds <= 0 || !writer->suffix || !which->slot.base)
        return status;
    if (!which->whole) {
        const int video = !strcmp(writer->name, "video");
        const int lines = !strcmp(writer->name, "jsonl") || !strcmp(writer->name, "csv");
        which->whole = strdup(which->slot.path);
        which->suffix = which->whole ? lp_segment_suffix(which->whole, writer->suffix) : NULL;
        status = which->whole ? lp_segments_add(&t->segments, which->whole, which->suffix, lines,
                                                video || (lines && !strstr(which->suffix, ".gz")), error)
                              : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    }
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

static void sweep(lp_targets *t) {
    const int64_t now = lp_work_now();
    if (t->segments.count && now - t->last_sweep >= SWEEP_NS) {
        t->last_sweep = now;
        (void)lp_segments_sweep(&t->segments);
    }
}

/* Ends the segments whose time is over. */
static void end_segments(lp_target_stream *s) {
    lp_targets *const t = s->targets;
    if (t->options.segments.seconds <= 0)
        return;
    const int64_t number = lp_segment_number(&t->options.segments, lp_segment_utc(&t->options.segments));
    for (int i = 0; i < t->places.count; i++) {
        lp_target *const which = target_of(s, i);
        lightpose_error error = {0};
        if (!which->whole || !which->out || !s->begun[i] || (which->number == number && which->cuts == cuts_of(t)))
            continue;
        s->begun[i] = 0;
        t->last_sweep = 0;
        lp_output_guard_release(t->options.output->guard, which->slot.path);
        if (lp_output_close(&which->out, &error) != LIGHTPOSE_OK)
            fail_target(t, s, i, which, &error);
    }
    sweep(t);
}

static lightpose_status open_target(lp_target_stream *s, int index, lightpose_error *error) {
    lp_targets *const t = s->targets;
    const lp_place *const place = lp_place_at(t, index);
    lp_target *const which = target_of(s, index);
    lightpose_status status = LIGHTPOSE_OK;
    if (!which->out) {
        /* A file in the folder needs the folder; a folder makes itself. */
        if (place->folder && place->writer->suffix)
            status = lp_output_make_folder(which->slot.folder, error);
        if (s->about->kind == LP_STREAM_CAMERA && which->slot.base)
            lp_left_set_aside(which->slot.base);
        if (status == LIGHTPOSE_OK)
            status = begin_segment(t, index, which, error);
        if (status == LIGHTPOSE_OK)
            status = lp_output_open(&which->out, place->writer, which->slot.path, which->slot.base, t->options.output,
                                    error);
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
        lp_target *const which = target_of(s, i);
        lightpose_error error = {0};
        if (!s->takes[i] || which->dead || !which->out || frame->index < lp_output_next(which->out))
            continue;
        /* A picture that cannot be read gets no file of its own. */
        if (frame->state != LP_FRAME_OK && s->about->kind == LP_STREAM_IMAGES && place->writer->folder)
            continue;
        if (lp_output_frame_write(which->out, frame, &error) != LIGHTPOSE_OK)
            fail_target(t, s, i, which, &error);
    }
}

/* Keeps a frame that failed. Returns 0 where there are too many. */
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

/* Opens what is not open, but for what failed a moment ago. */
static void open_rest(lp_target_stream *s) {
    lp_targets *const t = s->targets;
    for (int i = 0; i < t->places.count; i++) {
        lp_target *const which = target_of(s, i);
        lightpose_error error = {0};
        if (s->takes[i] && !s->begun[i] && !which->dead && (!which->retry_ns || lp_work_now() >= which->retry_ns) &&
            open_target(s, i, &error) != LIGHTPOSE_OK)
            fail_target(t, s, i, which, &error);
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

/* An output that goes on has begun: a frame that fails needs not wait. */
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
        /* Where the source did not tell, the first picture does. */
        if (!s->about->width && s->about->kind != LP_STREAM_IMAGES) {
            s->about->width = s->about_shared->width = frame->width;
            s->about->height = s->about_shared->height = frame->height;
        }
        open_all(s);
    } else if (s->targets->options.segments.seconds > 0) {
        end_segments(s);
        open_rest(s);
    }
    write_one(s, frame);
}

int lp_targets_stream_live(const lp_target_stream *s) {
    for (int i = 0; i < s->targets->places.count; i++) {
        const lp_target *const which = lp_place_at(s->targets, i)->folder ? &s->own[i] : &s->targets->shared[i];
        if (s->takes[i] && !which->dead)
            return 1;
    }
    return 0;
}

/* ---- Ends -------------------------------------------------------------------------------------------------------- */

static void checkpoint(lp_target_stream *s, const void *tracker, size_t size, int ended) {
    lp_targets *const t = s->targets;
    for (int i = 0; i < t->places.count; i++) {
        lp_target *const which = target_of(s, i);
        lightpose_error error = {0};
        if (s->takes[i] && s->begun[i] && which->out &&
            lp_output_checkpoint(which->out, tracker, size, ended, &error) != LIGHTPOSE_OK)
            fail_target(t, s, i, which, &error);
    }
}

void lp_targets_checkpoint(lp_target_stream *s, const void *tracker, size_t size) {
    end_segments(s);
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
            fail_target(t, s, i, &s->own[i], &error);
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
        /* All inputs were in it, and only its name was to come. */
        if (!interrupted && !which->out && !which->dead && which->left.state == LP_LEFT_PARTIAL)
            status = resume_shared(t, i, NULL, &error);
        if (status == LIGHTPOSE_OK && which->out)
            status = interrupted ? lp_output_leave(&which->out, &error) : lp_output_close(&which->out, &error);
        if (status != LIGHTPOSE_OK)
            fail_target(t, NULL, i, which, &error);
    }
}
