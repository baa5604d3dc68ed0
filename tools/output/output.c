/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/output.h"

#include "output/writers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const lp_output_writer *const lp_output_writers[] = {
    &lp_writer_openpose, &lp_writer_jsonl, &lp_writer_coco,    &lp_writer_dgs,   &lp_writer_csv, &lp_writer_checksum,
    &lp_writer_null,     &lp_writer_draw,  &lp_writer_picture, &lp_writer_video, NULL,
};

const char *lp_output_names(void) {
    return "openpose, jsonl, coco, dgs, csv, checksum, null, draw, picture, video";
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
    /* Text with and without .gz, whichever of the two the writer itself would take. */
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

struct lp_output {
    const lp_output_writer *writer;
    void *state;
    lp_output_options options;
    const lp_output_stream *stream; /* the current one, NULL before the first */
    int64_t next;                   /* the least index it may still have */
    int failed;
};

lightpose_status lp_output_open(lp_output **out, const lp_output_writer *writer, const char *path,
                                const lp_output_options *options, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;

    *out = NULL;
    if (!path && (writer->suffix || writer->folder))
        return lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "the %s output needs a name", writer->name);
    lp_output *output = calloc(1, sizeof *output);
    if (!output)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the %s output", writer->name);
    output->writer = writer;
    output->options = *options;
    if (writer->folder)
        status = lp_output_make_folder(path, error);
    else if (writer->suffix)
        status = lp_output_guard_claim(options->guard, path, error);
    if (status == LIGHTPOSE_OK)
        status = writer->open(&output->state, path, &output->options, error);
    if (status != LIGHTPOSE_OK) {
        free(output);
        return status;
    }
    *out = output;
    return LIGHTPOSE_OK;
}

lightpose_status lp_output_begin(lp_output *out, const lp_output_stream *stream, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;

    if (out->stream && !out->writer->many_streams)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                            "a %s file holds one input: \"%s\" cannot follow \"%s\" in it", out->writer->name,
                            stream->source, out->stream->source);
    if (out->writer->begin)
        status = out->writer->begin(out->state, stream, error);
    out->failed |= status != LIGHTPOSE_OK;
    out->stream = stream;
    out->next = 0;
    return status;
}

lightpose_status lp_output_frame_write(lp_output *out, const lp_output_frame *frame, lightpose_error *error) {
    if (out->failed || !out->stream)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_STATE, "the %s output %s", out->writer->name,
                            out->failed ? "failed before" : "has no stream yet");
    if (frame->index < out->next)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                            "frame %" PRId64 " of \"%s\" comes late: at least %" PRId64 " is due", frame->index,
                            out->stream->source, out->next);
    if ((frame->state == LP_FRAME_OK && !frame->result) || (out->stream->kind == LP_STREAM_IMAGES && !frame->name))
        return lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "frame %" PRId64 " of \"%s\" has no %s", frame->index,
                            out->stream->source, frame->name ? "result" : "name or result");
    out->next = frame->index + 1;
    const lightpose_status status = out->writer->frame(out->state, frame, error);
    out->failed |= status != LIGHTPOSE_OK;
    return status;
}

lightpose_status lp_output_close(lp_output **out, lightpose_error *error) {
    lp_output *const output = *out;

    if (output->failed) {
        const char *const name = output->writer->name;
        lp_output_abort(out);
        return lp_tool_fail(error, LIGHTPOSE_ERROR_STATE, "the %s output failed before", name);
    }
    const lightpose_status status = output->writer->close(&output->state, error);
    free(output);
    *out = NULL;
    return status;
}

void lp_output_abort(lp_output **out) {
    if (!*out)
        return;
    (*out)->writer->abort(&(*out)->state);
    free(*out);
    *out = NULL;
}
