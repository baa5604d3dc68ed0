/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Reads members of a JSON object; an absent one reads as 0, "" or NULL. */

#ifndef BENCH_JSON_READ_H
#define BENCH_JSON_READ_H

#include <jansson.h>

static inline double json_number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static inline int json_whole(const json_t *object, const char *key) {
    return (int)json_number(object, key);
}

static inline const char *json_text(const json_t *object, const char *key) {
    const char *const value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static inline const char *plural(int count) {
    return count == 1 ? "" : "s";
}

#endif
