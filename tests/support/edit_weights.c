/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "edit_weights.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

parts take_apart(const unsigned char *bytes, size_t size) {
    uint64_t length;
    memcpy(&length, bytes, sizeof length);
    const size_t begin = sizeof length + length;
    parts made = {json_loadb((const char *)bytes + sizeof length, length, 0, NULL), malloc(size - begin), size - begin};
    memcpy(made.data, bytes + begin, made.size);
    return made;
}

void free_parts(parts *made) {
    json_decref(made->header);
    free(made->data);
    *made = (parts){0};
}

unsigned char *with_header(const char *text, size_t length, const unsigned char *data, size_t data_size, size_t *size) {
    const uint64_t length64 = length;
    *size = sizeof length64 + length + data_size;
    unsigned char *const bytes = malloc(*size);
    memcpy(bytes, &length64, sizeof length64);
    memcpy(bytes + sizeof length64, text, length);
    if (data_size)
        memcpy(bytes + sizeof length64 + length, data, data_size);
    return bytes;
}

unsigned char *put_together(const parts *made, size_t *size) {
    char *const text = json_dumps(made->header, JSON_COMPACT);
    unsigned char *const bytes = with_header(text, strlen(text), made->data, made->size, size);
    free(text);
    return bytes;
}

unsigned char *data_of(const parts *made, const char *tensor) {
    const json_t *const offsets = json_object_get(json_object_get(made->header, tensor), "data_offsets");
    return made->data + json_integer_value(json_array_get(offsets, 0));
}
