/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/targets.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fail.h"

/* Frames that failed before the first good one, kept until there is something to write them to. */
enum { MAX_FAILED = 4096 };

typedef struct target {
    const lp_output_writer *writer;
    const char *place;
    int folder;        /* `place` is a folder, in which the stream's name decides */
    int pictures;      /* for streams of pictures */
    int videos;        /* for others */
    lp_output *shared; /* of a file: it holds all streams of the run */
} target;

struct lp_targets {
    target *items;
    int count;
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

static int is_for(const target *t, const lp_output_stream *stream) {
    return stream->kind == LP_STREAM_IMAGES ? t->pictures : t->videos;
}

static lightpose_status add(lp_targets *targets, const lp_output_writer *writer, const char *place, int folder,
                            int pictures, int videos, lightpose_error *error) {
    target *const items = realloc(targets->items, ((size_t)targets->count + 1) * sizeof *items);
    if (!items)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    targets->items = items;
    items[targets->count++] =
        (target){.writer = writer, .place = place, .folder = folder, .pictures = pictures, .videos = videos};
    return LIGHTPOSE_OK;
}

static lightpose_status add_named(lp_targets *targets, const char *name, const char *place, int folder, int pictures,
                                  int videos, lightpose_error *error) {
    const lp_output_writer *const writer = lp_output_find(name);
    if (!writer)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "option --json: \"%s\" is not one of %s", name,
                            lp_output_names());
    return add(targets, writer, place, folder, pictures, videos, error);
}

static lightpose_status add_folder(lp_targets *targets, const char *place, const lp_cli_operands *formats, int draw,
                                   lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;
    for (int i = 0; i < formats->count && status == LIGHTPOSE_OK; i++)
        status = add_named(targets, formats->items[i], place, 1, 1, 1, error);
    const int all = !formats->count && !draw;
    if (status == LIGHTPOSE_OK && all)
        status = add_named(targets, "openpose", place, 1, 1, 0, error);
    if (status == LIGHTPOSE_OK && all)
        status = add_named(targets, "jsonl", place, 1, 0, 1, error);
    if (status == LIGHTPOSE_OK && (all || draw))
        status = add_named(targets, "draw", place, 1, 1, 0, error);
    if (status == LIGHTPOSE_OK && (all || draw))
        status = add_named(targets, "video", place, 1, 0, 1, error);
    return status;
}

static lightpose_status add_place(lp_targets *targets, const char *place, const lp_cli_operands *formats, int draw,
                                  lightpose_error *error) {
    if (!strcmp(place, "-"))
        return add_named(targets, formats->count ? formats->items[0] : "jsonl", place, 0, 1, 1, error);
    struct stat about;
    const int exists = stat(place, &about) == 0;
    const lp_output_writer *const writer = lp_output_by_path(place);
    if (exists && !S_ISDIR(about.st_mode) && !writer && formats->count == 1)
        return add_named(targets, formats->items[0], place, 0, 1, 1, error);
    if (writer && !(exists && S_ISDIR(about.st_mode)))
        return add(targets, writer, place, 0, 1, 1, error);
    return add_folder(targets, place, formats, draw, error);
}

/* A file, unlike a folder, has to hold the whole run. */
static lightpose_status check_files(const lp_targets *targets, const lp_sources *sources, lightpose_error *error) {
    int live = 0;
    for (int i = 0; i < sources->count; i++)
        live += lp_source_is_live(&sources->items[i]);
    for (int i = 0; i < targets->count; i++) {
        const target *const t = &targets->items[i];
        if (t->folder || sources->count < 2)
            continue;
        if (!t->writer->many_streams)
            return lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                                "option --output: a file of format %s holds one input, and %d are given; name a folder "
                                "instead of %s",
                                t->writer->name, sources->count, t->place);
        if (live)
            return lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                                "option --output: live inputs come at the same time and cannot share a file; name a "
                                "folder instead of %s",
                                t->place);
    }
    return LIGHTPOSE_OK;
}

lightpose_status lp_targets_plan(lp_targets **targets, const lp_cli_operands *places, const lp_cli_operands *formats,
                                 int draw, const lp_sources *sources, const lp_output_options *options,
                                 lightpose_error *error) {
    lp_targets *const t = calloc(1, sizeof *t);
    *targets = t;
    if (!t)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the outputs");
    t->options = options;
    lightpose_status status = LIGHTPOSE_OK;
    for (int i = 0; i < formats->count && status == LIGHTPOSE_OK; i++)
        if (!lp_output_find(formats->items[i]))
            status = lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "option --json: \"%s\" is not one of %s",
                                  formats->items[i], lp_output_names());
    for (int i = 0; i < places->count && status == LIGHTPOSE_OK; i++)
        status = add_place(t, places->items[i], formats, draw, error);
    if (status == LIGHTPOSE_OK)
        status = check_files(t, sources, error);
    if (status != LIGHTPOSE_OK)
        lp_targets_abort(targets);
    return status;
}

int lp_targets_need_pictures(const lp_targets *targets) {
    int needed = 0;
    for (int i = 0; i < targets->count; i++)
        needed |= targets->items[i].writer->needs_picture;
    return needed;
}

lightpose_status lp_targets_finish(lp_targets **targets, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;
    for (int i = 0; i < (*targets)->count && status == LIGHTPOSE_OK; i++)
        if ((*targets)->items[i].shared)
            status = lp_output_close(&(*targets)->items[i].shared, error);
    lp_targets_abort(targets);
    return status;
}

void lp_targets_abort(lp_targets **targets) {
    if (!*targets)
        return;
    for (int i = 0; i < (*targets)->count; i++)
        lp_output_abort(&(*targets)->items[i].shared);
    for (int i = 0; i < (*targets)->stream_count; i++)
        free((*targets)->streams[i]);
    free((*targets)->streams);
    free((*targets)->items);
    free(*targets);
    *targets = NULL;
}

/* ---- One stream -------------------------------------------------------------------------------------------------- */

lightpose_status lp_targets_begin(lp_target_stream **stream, lp_targets *targets, const lp_output_stream *about,
                                  lightpose_error *error) {
    lp_target_stream *const s = calloc(1, sizeof *s);
    lp_output **const own = calloc((size_t)targets->count + 1, sizeof(lp_output *));
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
    target *const t = &s->targets->items[index];
    lp_output **const out = t->folder ? &s->own[index] : &t->shared;
    if (!*out) {
        char *const made = t->folder ? lp_output_place(t->writer, t->place, s->about->name) : NULL;
        /* A file in the folder needs the folder; a folder makes itself. */
        lightpose_status status =
            t->folder && t->writer->suffix ? lp_output_make_folder(t->place, error) : LIGHTPOSE_OK;
        if (status == LIGHTPOSE_OK)
            status = lp_output_open(out, t->writer, t->folder ? made : t->place, s->targets->options, error);
        free(made);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    return lp_output_begin(*out, s->about, error);
}

static lightpose_status write_one(lp_target_stream *s, const lp_output_frame *frame, lightpose_error *error) {
    for (int i = 0; i < s->targets->count; i++) {
        const target *const t = &s->targets->items[i];
        lp_output *const out = s->own[i] ? s->own[i] : t->shared;
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
    for (int i = 0; i < s->targets->count; i++)
        if (is_for(&s->targets->items[i], s->about)) {
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
    for (int i = 0; i < s->targets->count && status == LIGHTPOSE_OK; i++)
        if (s->own[i])
            status = lp_output_close(&s->own[i], error);
    lp_targets_drop(stream);
    return status;
}

void lp_targets_drop(lp_target_stream **stream) {
    lp_target_stream *const s = *stream;
    if (!s)
        return;
    for (int i = 0; i < s->targets->count; i++)
        lp_output_abort(&s->own[i]);
    free(s->own);
    free(s->failed);
    free(s);
    *stream = NULL;
}
