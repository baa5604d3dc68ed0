/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "block/file.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "block/codes.h"
#include "fail.h"

#define STREAM_MAGIC "LPBS"

enum { STREAM_HEAD = 16, MAX_DESCRIPTION = 1 << 20 };

static const char *const kinds[] = {"images", "video", "camera"};

static void put_member(lp_text *to, const char *name, int64_t value) {
    lp_text_add(to, ",\"");
    lp_text_add(to, name);
    lp_text_add(to, "\":");
    lp_text_integer(to, value);
}

void lp_block_put_stream(lp_text *to, const lp_output_stream *stream, const char *about) {
    lp_text json = {0};

    lp_text_add(&json, "{\"kind\":");
    lp_text_json(&json, kinds[stream->kind]);
    lp_text_add(&json, ",\"name\":");
    lp_text_json(&json, stream->name);
    lp_text_add(&json, ",\"source\":");
    lp_text_json(&json, stream->source);
    put_member(&json, "width", stream->width);
    put_member(&json, "height", stream->height);
    if (stream->fps > 0 && isfinite(stream->fps)) {
        lp_text_add(&json, ",\"fps\":");
        lp_text_number(&json, stream->fps, 17);
    }
    put_member(&json, "rate_num", stream->rate_num);
    put_member(&json, "rate_den", stream->rate_den);
    if (about) {
        lp_text_add(&json, ",\"run\":{");
        lp_text_add(&json, about);
        lp_text_add(&json, "}");
    }
    lp_text_add(&json, "}");
    lp_text_add(to, STREAM_MAGIC);
    lp_put_fixed(to, LP_BLOCK_VERSION, 4);
    lp_put_fixed(to, json.size, 4);
    lp_put_fixed(to, json.failed ? 0 : crc32(0, (const Bytef *)json.data, (uInt)json.size), 4);
    lp_text_bytes(to, json.data, json.size);
    to->failed |= json.failed;
    lp_text_free(&json);
}

struct lp_block_file {
    FILE *file;
    char *path;
    int64_t at; /* bytes read */
    uint8_t *bytes;
    size_t capacity;
    json_t *description;
    char *about;
    lp_output_stream stream;
    int streams;
    lp_block_frames *frames;
};

lightpose_status lp_block_file_open(lp_block_file **out, const char *path, lightpose_error *error) {
    const int standard = !strcmp(path, "-");
    lp_block_file *const file = calloc(1, sizeof *file);

    *out = file;
    if (!file || !(file->path = strdup(standard ? "standard input" : path))) {
        free(file);
        *out = NULL;
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to read \"%s\"", path);
    }
    file->file = standard ? stdin : fopen(path, "rb");
    if (file->file)
        return LIGHTPOSE_OK;
    const int problem = errno;
    lp_block_file_close(out);
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "\"%s\": %s", path, strerror(problem));
}

void lp_block_file_close(lp_block_file **file) {
    if (!*file)
        return;
    if ((*file)->file && (*file)->file != stdin)
        fclose((*file)->file);
    lp_block_frames_destroy(&(*file)->frames);
    json_decref((*file)->description);
    free((*file)->about);
    free((*file)->bytes);
    free((*file)->path);
    free(*file);
    *file = NULL;
}

const lp_output_stream *lp_block_file_stream(const lp_block_file *file) {
    return &file->stream;
}

const char *lp_block_file_about(const lp_block_file *file) {
    return file->about;
}

lp_block_frames *lp_block_file_frames(const lp_block_file *file) {
    return file->frames;
}

/* ---- Records ----------------------------------------------------------------------------------------------------- */

static lightpose_status bad(const lp_block_file *file, int64_t at, const char *what, lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "\"%s\", byte %lld: %s", file->path, (long long)at, what);
}

/* Reads `count` bytes into the buffer after its first `have`. *got: the bytes read, fewer at the end of the file. */
static lightpose_status read_bytes(lp_block_file *file, size_t have, size_t count, size_t *got,
                                   lightpose_error *error) {
    *got = 0;
    if (have + count > file->capacity) {
        uint8_t *const bigger = realloc(file->bytes, have + count);
        if (!bigger)
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "\"%s\": no memory for %zu bytes", file->path, have + count);
        file->bytes = bigger;
        file->capacity = have + count;
    }
    *got = fread(file->bytes + have, 1, count, file->file);
    file->at += (int64_t)*got;
    return ferror(file->file) ? lp_fail(error, LIGHTPOSE_ERROR_FILE, "\"%s\": %s", file->path, strerror(errno))
                              : LIGHTPOSE_OK;
}

static int read_int(json_t *object, const char *name) {
    const json_int_t value = json_integer_value(json_object_get(object, name));
    return value < 0 || value > 1 << 30 ? 0 : (int)value;
}

/* Reads the description of a stream; the strings belong to `json`. Returns 0 if it is incomplete. */
static int read_stream(json_t *json, lp_output_stream *stream) {
    const char *const kind = json_string_value(json_object_get(json, "kind"));
    *stream = (lp_output_stream){.name = json_string_value(json_object_get(json, "name")),
                                 .source = json_string_value(json_object_get(json, "source")),
                                 .width = read_int(json, "width"),
                                 .height = read_int(json, "height"),
                                 .fps = json_number_value(json_object_get(json, "fps")),
                                 .rate_num = read_int(json, "rate_num"),
                                 .rate_den = read_int(json, "rate_den")};
    for (int i = 0; kind && i < 3; i++)
        if (!strcmp(kind, kinds[i])) {
            stream->kind = (lp_stream_kind)i;
            return stream->name && *stream->name && stream->source;
        }
    return 0;
}

/* The members of the object that describes the run; NULL if there is none. */
static char *read_about(json_t *json) {
    char *const text = json_dumps(json_object_get(json, "run"), JSON_COMPACT);
    const size_t size = text ? strlen(text) : 0;
    if (size < 3 || text[0] != '{') {
        free(text);
        return NULL;
    }
    memmove(text, text + 1, size - 2);
    text[size - 2] = 0;
    return text;
}

static lightpose_status next_stream(lp_block_file *file, int64_t at, lightpose_error *error) {
    const size_t size = lp_get_fixed(file->bytes + 8, 4);
    size_t got;
    if (lp_get_fixed(file->bytes + 4, 4) != LP_BLOCK_VERSION)
        return bad(file, at, "the stream was written by another version", error);
    if (size > MAX_DESCRIPTION)
        return bad(file, at, "the description of a stream is too long: the file is damaged", error);
    LP_TRY(read_bytes(file, STREAM_HEAD, size, &got, error));
    if (got < size)
        return bad(file, at, "the description of a stream is cut short", error);
    if (crc32(0, file->bytes + STREAM_HEAD, (uInt)size) != lp_get_fixed(file->bytes + 12, 4))
        return bad(file, at, "the description of a stream is damaged: its checksum differs", error);
    json_t *const json = json_loadb((const char *)file->bytes + STREAM_HEAD, size, JSON_REJECT_DUPLICATES, NULL);
    lp_output_stream stream;
    if (!json || !read_stream(json, &stream)) {
        json_decref(json);
        return bad(file, at, "the description of a stream lacks its kind, name or source", error);
    }
    json_decref(file->description);
    file->description = json;
    file->stream = stream;
    free(file->about);
    file->about = read_about(json);
    file->stream.number = file->streams++;
    return LIGHTPOSE_OK;
}

static lightpose_status next_block(lp_block_file *file, int64_t at, lightpose_error *error) {
    char name[4400];
    lp_block_head head;
    size_t got;

    snprintf(name, sizeof name, "\"%s\", byte %lld", file->path, (long long)at);
    if (file->streams == 0)
        return bad(file, at, "a block comes before its stream", error);
    LP_TRY(read_bytes(file, STREAM_HEAD, LP_BLOCK_HEAD - STREAM_HEAD, &got, error));
    LP_TRY(lp_block_read_head(&head, file->bytes, STREAM_HEAD + got, name, error));
    LP_TRY(read_bytes(file, LP_BLOCK_HEAD, head.size - LP_BLOCK_HEAD, &got, error));
    lp_block_frames_destroy(&file->frames);
    return lp_block_unpack(&file->frames, file->bytes, LP_BLOCK_HEAD + got, name, error);
}

lightpose_status lp_block_file_next(lp_block_file *file, lp_block_record *record, lightpose_error *error) {
    const int64_t at = file->at;
    size_t got;

    *record = LP_RECORD_END;
    LP_TRY(read_bytes(file, 0, STREAM_HEAD, &got, error));
    if (got == 0)
        return at ? LIGHTPOSE_OK : bad(file, 0, "the file is empty", error);
    if (got < STREAM_HEAD)
        return bad(file, at, "the file is cut short", error);
    *record = LP_RECORD_STREAM;
    if (!memcmp(file->bytes, STREAM_MAGIC, 4))
        return next_stream(file, at, error);
    *record = LP_RECORD_BLOCK;
    if (!memcmp(file->bytes, LP_BLOCK_MAGIC, 4))
        return next_block(file, at, error);
    return bad(file, at,
               at ? "the file is damaged: neither a stream nor a block begins here" : "this is not an .lpb file",
               error);
}
