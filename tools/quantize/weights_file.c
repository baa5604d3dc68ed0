/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "quantize/weights_file.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "../lib/net/checksum.h"
#include "fail.h"

/* The header is preceded by its length in eight bytes, little-endian. Data begin at a multiple of 64. */
enum { LENGTH_BYTES = 8, ALIGNMENT = 64 };

void lp_weights_file_free(lp_weights_file *file) {
    free(file->bytes);
    *file = (lp_weights_file){0};
}

/* Reads the rest of `from`. Returns 0 if out of memory. */
static int read_all(lp_weights_file *file, FILE *from) {
    size_t capacity = 0;

    for (size_t got = 1; got > 0; file->size += got) {
        if (capacity - file->size < 1 << 16) {
            capacity = capacity ? 2 * capacity : (size_t)32 << 20;
            char *const bigger = realloc(file->bytes, capacity);
            if (!bigger)
                return 0;
            file->bytes = bigger;
        }
        got = fread(file->bytes + file->size, 1, capacity - file->size, from);
    }
    return 1;
}

lightpose_status lp_weights_file_read(lp_weights_file *file, const char *path, lightpose_error *error) {
    FILE *const from = fopen(path, "rb");
    lightpose_status status = LIGHTPOSE_OK;

    *file = (lp_weights_file){0};
    if (!from)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    if (!read_all(file, from))
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for it", path);
    else if (ferror(from))
        status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    fclose(from);
    if (status != LIGHTPOSE_OK)
        lp_weights_file_free(file);
    return status;
}

static uint64_t header_length(const lp_weights_file *file) {
    uint64_t length = 0;

    for (int i = LENGTH_BYTES - 1; file->size >= LENGTH_BYTES && i >= 0; i--)
        length = length << 8 | (unsigned char)file->bytes[i];
    return length;
}

/* Replaces the header with `text`. Returns 0 if out of memory. */
static int replace_header(lp_weights_file *file, uint64_t old, const char *text) {
    const size_t length = strlen(text);
    const size_t padded = (LENGTH_BYTES + length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - LENGTH_BYTES;
    const size_t data = file->size - LENGTH_BYTES - (size_t)old;
    char *const bytes = malloc(LENGTH_BYTES + padded + data);

    if (!bytes)
        return 0;
    for (int i = 0; i < LENGTH_BYTES; i++)
        bytes[i] = (char)(padded >> (8 * i) & 0xff);
    memcpy(bytes + LENGTH_BYTES, text, length); /* NOLINT(bugprone-not-null-terminated-result): not a string */
    memset(bytes + LENGTH_BYTES + length, ' ', padded - length);
    memcpy(bytes + LENGTH_BYTES + padded, file->bytes + LENGTH_BYTES + old, data);
    free(file->bytes);
    *file = (lp_weights_file){bytes, LENGTH_BYTES + padded + data};
    return 1;
}

/* Replaces the checksum with that of the new metadata. Returns 0 if out of memory. */
static int set_checksum(json_t *metadata, const char *data, size_t size) {
    lp_metadata *const entries = calloc(json_object_size(metadata) + 1, sizeof *entries);
    char text[LP_CHECKSUM_ROOM];
    const char *key;
    json_t *value;
    int count = 0;

    if (!entries)
        return 0;
    json_object_foreach(metadata, key, value) if (json_is_string(value)) entries[count++] =
        (lp_metadata){key, json_string_value(value)};
    lp_checksum(text, data, size, entries, count);
    free(entries);
    return json_object_set_new(metadata, LP_CHECKSUM_KEY, json_string(text)) == 0;
}

lightpose_status lp_weights_file_set_ranges(lp_weights_file *file, const char *ranges, const char *origin,
                                            lightpose_error *error) {
    const uint64_t length = header_length(file);
    json_t *const header = file->size >= LENGTH_BYTES && length <= file->size - LENGTH_BYTES
                               ? json_loadb(file->bytes + LENGTH_BYTES, (size_t)length, JSON_REJECT_DUPLICATES, NULL)
                               : NULL;
    json_t *const metadata = json_object_get(header, "__metadata__");
    lightpose_status status = LIGHTPOSE_OK;

    if (!json_is_object(metadata)) {
        json_decref(header);
        return lp_fail(error, LIGHTPOSE_ERROR_WEIGHTS, "not a weights file");
    }
    const char *const data = file->bytes + LENGTH_BYTES + length;
    int ok = json_object_set_new(metadata, "activation_ranges", json_string(ranges)) == 0 &&
             json_object_set_new(metadata, "ranges_source", json_string(origin)) == 0 &&
             set_checksum(metadata, data, file->size - (size_t)(data - file->bytes));
    char *const text = ok ? json_dumps(header, JSON_COMPACT) : NULL;
    ok = text && replace_header(file, length, text);
    if (!ok)
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights");
    free(text);
    json_decref(header);
    return status;
}
