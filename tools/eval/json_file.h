/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Reading JSON files so that every complaint names the file, the element and the value. */

#ifndef LP_TOOLS_EVAL_JSON_FILE_H
#define LP_TOOLS_EVAL_JSON_FILE_H

#include "output/file.h"

#include <jansson.h>

/* The whole file, the caller's to json_decref. FILE: missing, unreadable, or not JSON (names line and column). */
lightpose_status lp_json_load(const char *path, json_t **root, lightpose_error *error);

/* Where a value stands, for messages: `path`, annotations[12]. `list` may be "" for an array at the top. */
typedef struct lp_json_place {
    const char *path, *list;
    size_t index;
} lp_json_place;

/* Members of an object. A missing one or one of another type is an error; so is a number that is not finite. */
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
