/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/output.h"

#include "output/meta.h"
#include "output/writers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

const lp_output_writer *const lp_output_writers[] = {
    &lp_writer_openpose,
    &lp_writer_jsonl,
    &lp_writer_coco,
    &lp_writer_dgs,
    &lp_writer_ids,
    &lp_writer_csv,
    &lp_writer_checksum,
    &lp_writer_lpb,
    &lp_writer_null,
    &lp_writer_draw,
    &lp_writer_picture,
    &lp_writer_video,
    NULL,
};

const char *lp_output_names(void) {
    return "openpose, jsonl, coco, dgs, ids, csv, checksum, lpb, null, draw, picture, video";
}

const lp_output_writer *lp_output_find(const char *name) {
    for (size_t i = 0; lp_output_writers[i]; i++)
        if (!strcmp(lp_output_writers[i]->name, name))
            return lp_output_writers[i];
    return NULL;
}

static int ends_in(const char *path, const char *suffix) {
    const size_t size = strlen(path), tail = strlen(suffix);
    return size > tail && !strcasecmp(path + size - tail, suffix);
}

static int is_file_of(const lp_output_writer *writer, const char *path) {
    for (size_t i = 0; writer->endings && writer->endings[i]; i++)
        if (ends_in(path, writer->endings[i]))
            return 1;
    if (!writer->suffix || ends_in(path, writer->suffix))
        return writer->suffix != NULL;
    /* Text formats are accepted with and without .gz, whatever their own suffix. */
    char other[64];
    if (ends_in(writer->suffix, ".gz"))
        snprintf(other, sizeof other, "%.*s", (int)strlen(writer->suffix) - 3, writer->suffix);
    else
        snprintf(other, sizeof other, "%s.gz", writer->suffix);
    return !writer->needs_picture && ends_in(path, other);
}

const lp_output_writer *lp_output_by_path(const char *path) {
    for (size_t i = 0; lp_output_writers[i]; i++)
        if (is_file_of(lp_output_writers[i], path))
            return lp_output_writers[i];
    return NULL;
}

char *lp_output_place(const lp_output_writer *writer, const char *directory, const char *stream_name) {
    const char *const slash = *directory && directory[strlen(directory) - 1] != '/' ? "/" : "";
    char *path = NULL;
    int size = -1;

    if (writer->folder)
        size = asprintf(&path, "%s%s%s", directory, *writer->folder ? slash : "", writer->folder);
    else if (writer->suffix)
        size = asprintf(&path, "%s%s%s%s", directory, slash, stream_name, writer->suffix);
    return size < 0 ? NULL : path;
}

const char *lp_base_name(const char *path, int *size) {
    const char *const slash = strrchr(path, '/');
    const char *const name = slash ? slash + 1 : path;
    const char *const dot = strrchr(name, '.');
    *size = (int)(dot && dot != name ? (size_t)(dot - name) : strlen(name));
    return name;
}

const char *lp_frame_stem(const lp_output_frame *frame, int *size) {
    if (!frame->stem)
        return lp_base_name(frame->name, size);
    *size = (int)strlen(frame->stem);
    return frame->stem;
}

const char *lp_frame_state_name(lp_frame_state state) {
    return state == LP_FRAME_OK ? "ok" : state == LP_FRAME_UNDECODABLE ? "undecodable" : "missing";
}

lightpose_status lp_fail_restore(lightpose_error *error, const char *name) {
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                   "the saved state of a partial %s result is not what this version writes", name);
}

struct lp_output {
    const lp_output_writer *writer;
    void *state;
    lp_output_options options;
    const lp_output_stream *stream; /* the current one, NULL before the first */
    int streams;                    /* begun so far */
    int64_t next;                   /* the lowest index that the next frame may have */
    int64_t frames, people;
    char *partial_meta, *whole_meta; /* NULL: there is no side file */
    int failed;
};

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static void release(lp_output **out) {
    free((*out)->partial_meta);
    free((*out)->whole_meta);
    free(*out);
    *out = NULL;
}

static lightpose_status name_metas(lp_output *out, const char *base, lightpose_error *error) {
    if (!base)
        return LIGHTPOSE_OK;
    out->partial_meta = lp_output_file_beside(base, ".partial.meta");
    out->whole_meta = lp_output_file_beside(base, ".meta");
    if (!out->partial_meta || !out->whole_meta)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the %s output", out->writer->name);
    return LIGHTPOSE_OK;
}

static lightpose_status open_at(lp_output **out, const lp_output_writer *writer, const char *path, const char *base,
                                const lp_output_options *options, int64_t keep, lightpose_error *error) {
    *out = NULL;
    if (!path && (writer->suffix || writer->folder))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "the %s output needs a name", writer->name);
    lp_output *output = calloc(1, sizeof *output);
    if (!output)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the %s output", writer->name);
    output->writer = writer;
    output->options = *options;
    output->options.keep = keep;
    lightpose_status status = name_metas(output, base, error);
    if (status == LIGHTPOSE_OK && writer->folder)
        status = lp_output_make_folder(path, error);
    else if (status == LIGHTPOSE_OK && writer->suffix)
        status = lp_output_guard_claim(options->guard, path, error);
    if (status == LIGHTPOSE_OK)
        status = writer->open(&output->state, path, &output->options, error);
    if (status != LIGHTPOSE_OK)
        release(&output);
    *out = output;
    return status;
}

lightpose_status lp_output_open(lp_output **out, const lp_output_writer *writer, const char *path, const char *base,
                                const lp_output_options *options, lightpose_error *error) {
    const lightpose_status status = open_at(out, writer, path, base, options, 0, error);
    /* Files of a folder are replaced one by one: meanwhile, old and new ones together are not a complete result. */
    if (status == LIGHTPOSE_OK && writer->folder && (*out)->whole_meta)
        unlink((*out)->whole_meta);
    return status;
}

lightpose_status lp_output_resume(lp_output **out, const lp_output_writer *writer, const char *path, const char *base,
                                  const lp_output_options *options, const lp_meta *left, const lp_output_stream *stream,
                                  lightpose_error *error) {
    lightpose_status status = open_at(out, writer, path, base, options, left->bytes, error);
    if (status != LIGHTPOSE_OK)
        return status;
    status = writer->restore((*out)->state, stream, left->writer, left->writer_size, error);
    if (status != LIGHTPOSE_OK) {
        lp_output_abort(out);
        return status;
    }
    (*out)->stream = stream;
    (*out)->streams = 1;
    (*out)->next = left->next;
    (*out)->frames = left->frames;
    (*out)->people = left->people;
    return LIGHTPOSE_OK;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

lightpose_status lp_output_begin(lp_output *out, const lp_output_stream *stream, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;

    if (out->stream && !out->writer->many_streams)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "a %s file holds one input: \"%s\" cannot follow \"%s\" in it",
                       out->writer->name, stream->source, out->stream->source);
    if (out->writer->begin)
        status = out->writer->begin(out->state, stream, error);
    out->failed |= status != LIGHTPOSE_OK;
    out->stream = stream;
    out->streams++;
    out->next = 0;
    return status;
}

int64_t lp_output_next(const lp_output *out) {
    return out->next;
}

lightpose_status lp_output_frame_write(lp_output *out, const lp_output_frame *frame, lightpose_error *error) {
    if (out->failed || !out->stream)
        return lp_fail(error, LIGHTPOSE_ERROR_STATE, "the %s output %s", out->writer->name,
                       out->failed ? "failed before" : "has no stream yet");
    if (frame->index < out->next)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "frame %" PRId64 " of \"%s\" comes late: %" PRId64 " or later is expected", frame->index,
                       out->stream->source, out->next);
    if ((frame->state == LP_FRAME_OK && !frame->result) || (out->stream->kind == LP_STREAM_IMAGES && !frame->name))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "frame %" PRId64 " of \"%s\" has no %s", frame->index,
                       out->stream->source, frame->name ? "result" : "name or result");
    out->next = frame->index + 1;
    const lightpose_status status = out->writer->frame(out->state, frame, error);
    out->failed |= status != LIGHTPOSE_OK;
    if (status == LIGHTPOSE_OK) {
        out->frames++;
        out->people += lightpose_result_get_count(frame->result);
    }
    return status;
}

/* ---- Checkpoints ------------------------------------------------------------------------------------------------- */

static lp_meta describe(const lp_output *out) {
    return (lp_meta){.format = out->writer->name,
                     .about = out->streams == 1 && out->stream->about ? out->stream->about : out->options.about,
                     .input = out->streams == 1 ? out->stream->source : NULL,
                     .frames = out->frames,
                     .people = out->people};
}

lightpose_status lp_output_checkpoint(lp_output *out, const void *tracker, size_t size, int ended,
                                      lightpose_error *error) {
    lp_text remembered = {0};
    if (!out->failed && out->writer->flush && out->stream) {
        const lightpose_status status = out->writer->flush(out->state, error);
        out->failed |= status != LIGHTPOSE_OK;
        return status;
    }
    if (out->failed || !out->partial_meta || !out->writer->resumes || !out->stream)
        return LIGHTPOSE_OK;
    int64_t bytes = 0;
    if (out->writer->sync) {
        const lightpose_status synced = out->writer->sync(out->state, &bytes, error);
        if (synced != LIGHTPOSE_OK)
            return synced;
    }
    if (out->options.growing)
        return LIGHTPOSE_OK;
    if (out->writer->save)
        out->writer->save(out->state, &remembered);
    lp_meta meta = describe(out);
    meta.number = out->stream->number;
    meta.lineage = out->stream->lineage;
    meta.next = out->next;
    meta.ended = ended;
    meta.bytes = bytes;
    meta.writer = remembered.data;
    meta.writer_size = remembered.size;
    meta.tracker = tracker;
    meta.tracker_size = size;
    lightpose_status status = lp_text_check(&remembered, error);
    if (status == LIGHTPOSE_OK)
        status = lp_meta_write(&meta, out->partial_meta, error);
    lp_text_free(&remembered);
    return status;
}

/* ---- Ending ------------------------------------------------------------------------------------------------------ */

/* Updates the side files of a result that is now complete. */
static lightpose_status finish_metas(const lp_output *out, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;
    if (!out->whole_meta)
        return status;
    if (out->options.no_meta || !out->stream) {
        unlink(out->whole_meta);
    } else {
        lp_meta meta = describe(out);
        meta.complete = 1;
        status = lp_meta_write(&meta, out->whole_meta, error);
    }
    unlink(out->partial_meta);
    return status;
}

static lightpose_status end(lp_output **out, int interrupted, lightpose_error *error) {
    lp_output *const output = *out;

    if (output->failed) {
        const char *const name = output->writer->name;
        lp_output_abort(out);
        return lp_fail(error, LIGHTPOSE_ERROR_STATE, "the %s output failed before", name);
    }
    output->options.interrupted = interrupted;
    lightpose_status status = output->writer->close(&output->state, error);
    if (status == LIGHTPOSE_OK && !interrupted)
        status = finish_metas(output, error);
    release(out);
    return status;
}

lightpose_status lp_output_close(lp_output **out, lightpose_error *error) {
    return end(out, 0, error);
}

lightpose_status lp_output_leave(lp_output **out, lightpose_error *error) {
    return end(out, 1, error);
}

void lp_output_abort(lp_output **out) {
    lp_output *const output = *out;
    lightpose_error ignored = {0};
    if (!output)
        return;
    /* Text is ended as well as possible, so that the partial file can be read. */
    output->options.interrupted = 1;
    if (output->writer->sync && output->stream)
        (void)output->writer->close(&output->state, &ignored);
    else
        output->writer->abort(&output->state);
    release(out);
}
