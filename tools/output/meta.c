/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/meta.h"

#include "output/file.h"
#include "output/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/base64.h>

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static void add_number(lp_text *text, const char *name, int64_t value) {
    lp_text_add(text, ",\"");
    lp_text_add(text, name);
    lp_text_add(text, "\":");
    lp_text_integer(text, value);
}

static void add_string(lp_text *text, const char *name, const char *value) {
    lp_text_add(text, ",\"");
    lp_text_add(text, name);
    lp_text_add(text, "\":");
    lp_text_json(text, value);
}

static void add_bytes(lp_text *text, const char *name, const char *bytes, size_t size) {
    const size_t capacity = AV_BASE64_SIZE(size);
    char *const encoded = bytes && size < INT32_MAX / 2 ? malloc(capacity) : NULL;
    if (encoded && av_base64_encode(encoded, (int)capacity, (const uint8_t *)bytes, (int)size))
        add_string(text, name, encoded);
    else if (bytes)
        text->failed = 1;
    free(encoded);
}

static void add_resume(lp_text *text, const lp_meta *meta) {
    char lineage[24];
    snprintf(lineage, sizeof lineage, "%016" PRIx64, meta->lineage);
    lp_text_add(text, ",\n\"resume\":{\"bytes\":");
    lp_text_integer(text, meta->bytes);
    add_number(text, "input", meta->number);
    add_string(text, "inputs_hash", lineage);
    add_number(text, "next", meta->next);
    if (meta->ended)
        lp_text_add(text, ",\"ended\":true");
    add_bytes(text, "writer", meta->writer, meta->writer_size);
    add_bytes(text, "tracker", meta->tracker, meta->tracker_size);
    lp_text_add(text, "}");
}

lightpose_status lp_meta_write(const lp_meta *meta, const char *path, lightpose_error *error) {
    lp_output_file *file = NULL;
    lp_text text = {0};

    lp_text_add(&text, meta->complete ? "{\"state\":\"complete\"" : "{\"state\":\"partial\"");
    add_string(&text, "format", meta->format);
    if (meta->input)
        add_string(&text, "input", meta->input);
    add_number(&text, "frames", meta->frames);
    add_number(&text, "people", meta->people);
    lp_text_add(&text, ",\n\"run\":{");
    lp_text_add(&text, meta->about ? meta->about : "");
    lp_text_add(&text, "}");
    if (!meta->complete)
        add_resume(&text, meta);
    lp_text_add(&text, "}\n");
    lightpose_status status = lp_text_check(&text, error);
    if (status == LIGHTPOSE_OK)
        status = lp_output_file_open(&file, path, NULL, error);
    if (status == LIGHTPOSE_OK)
        status = lp_output_file_write(file, text.data, text.size, error);
    lp_text_free(&text);
    if (status == LIGHTPOSE_OK)
        return lp_output_file_commit(&file, error);
    lp_output_file_abort(&file);
    return status;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* Decodes a base64 string, terminated by an additional 0; NULL and size 0 if it is absent. Returns 0 if it is malformed
 * or out of memory. */
static int take_bytes(const json_t *object, const char *name, void **memory, const char **bytes, size_t *size) {
    const json_t *const value = json_object_get(object, name);
    *bytes = NULL;
    *size = 0;
    if (!value)
        return 1;
    const char *const text = json_string_value(value);
    const size_t capacity = text ? AV_BASE64_DECODE_SIZE(strlen(text)) + 1 : 0;
    if (!text || strlen(text) > INT32_MAX / 2 || !(*memory = malloc(capacity)))
        return 0;
    const int got = av_base64_decode(*memory, text, (int)capacity);
    if (got < 0)
        return 0;
    ((char *)*memory)[got] = '\0';
    *bytes = *memory;
    *size = (size_t)got;
    return 1;
}

static int take_resume(lp_meta *meta, const json_t *resume) {
    const char *const lineage = json_string_value(json_object_get(resume, "inputs_hash"));
    char *end = NULL;
    if (!lineage || !json_is_integer(json_object_get(resume, "next")) ||
        !json_is_integer(json_object_get(resume, "bytes")) || !json_is_integer(json_object_get(resume, "input")))
        return 0;
    meta->bytes = json_integer_value(json_object_get(resume, "bytes"));
    meta->number = (int)json_integer_value(json_object_get(resume, "input"));
    meta->lineage = strtoull(lineage, &end, 16);
    meta->next = json_integer_value(json_object_get(resume, "next"));
    meta->ended = json_is_true(json_object_get(resume, "ended"));
    return *end == '\0' && meta->bytes >= 0 && meta->number >= 0 && meta->next >= 0 &&
           take_bytes(resume, "writer", &meta->memory[1], &meta->writer, &meta->writer_size) &&
           take_bytes(resume, "tracker", &meta->memory[2], &meta->tracker, &meta->tracker_size);
}

int lp_meta_read(lp_meta *meta, const char *path) {
    *meta = (lp_meta){0};
    json_t *const root = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    if (!root)
        return 0;
    meta->memory[0] = root;
    const char *const state = json_string_value(json_object_get(root, "state"));
    const json_t *const run = json_object_get(root, "run");
    meta->format = json_string_value(json_object_get(root, "format"));
    meta->input = json_string_value(json_object_get(root, "input"));
    meta->frames = json_integer_value(json_object_get(root, "frames"));
    meta->people = json_integer_value(json_object_get(root, "people"));
    meta->memory[3] = json_dumps(run, JSON_COMPACT);
    meta->about = meta->memory[3];
    meta->complete = state && !strcmp(state, "complete");
    return state && meta->format && meta->about && json_is_object(run) &&
           (meta->complete || take_resume(meta, json_object_get(root, "resume")));
}

void lp_meta_free(lp_meta *meta) {
    json_decref(meta->memory[0]);
    for (int i = 1; i < 4; i++)
        free(meta->memory[i]);
    *meta = (lp_meta){0};
}
