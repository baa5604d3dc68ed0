/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Reads JSON files, with errors that name the file, the element and the value. */

#ifndef LP_TOOLS_EVAL_JSON_FILE_H
#define LP_TOOLS_EVAL_JSON_FILE_H

#include "output/file.h"

#include <jansson.h>

/* Reads a file; the caller calls json_decref on *root. Errors: FILE if it is missing, unreadable, or not JSON (with
 * line and column). */
lightpose_status lp_json_load(const char *path, json_t **root, lightpose_error *error);

/* The location of a value for messages: `path`, annotations[12]. `list` is "" for an array at the top. */
typedef struct lp_json_place {
    const char *path, *list;
    size_t index;
} lp_json_place;

/* Read members of an object. A missing member, another type and a number that is not finite are errors. */
lightpose_status lp_json_integer(const json_t *object, const char *key, lp_json_place place, int64_t *value,
                                 lightpose_error *error);
lightpose_status lp_json_number(const json_t *object, const char *key, lp_json_place place, double *value,
                                lightpose_error *error);
lightpose_status lp_json_text(const json_t *object, const char *key, lp_json_place place, const char **value,
                              lightpose_error *error);

/* Exactly `count` numbers. */
lightpose_status lp_json_numbers(const json_t *object, const char *key, lp_json_place place, double *values,
                                 size_t count, lightpose_error *error);

/* The array `key` of the top object. */
lightpose_status lp_json_list(const json_t *root, const char *key, const char *path, const json_t **list,
                              lightpose_error *error);

#endif
