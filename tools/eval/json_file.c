/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/json_file.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

lightpose_status lp_json_load(const char *path, json_t **root, lightpose_error *error) {
    *root = NULL;
    FILE *const file = fopen(path, "rb");
    if (!file)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    json_error_t detail;
    errno = 0;
    *root = json_loadf(file, 0, &detail);
    const int read_error = ferror(file) ? errno : 0;
    fclose(file);
    if (*root)
        return LIGHTPOSE_OK;
    if (read_error) /* such as of a folder, which opens but cannot be read */
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(read_error));
    const int not_finite = strstr(detail.text, "NaN") || strstr(detail.text, "Infinity");
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s:%d:%d: %s%s", path, detail.line, detail.column, detail.text,
                   not_finite ? " (JSON has no such number)" : "");
}

/* "annotations[12]", "[12]" */
static lightpose_status complain(lp_json_place place, const char *key, lightpose_error *error, const char *format,
                                 ...) {
    char detail[256];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s[%zu].%s %s", place.path, place.list, place.index, key, detail);
}

static const char *type_name(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a real number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    default:
        return "null";
    }
}

static lightpose_status member(const json_t *object, const char *key, lp_json_place place, const json_t **value,
                               lightpose_error *error) {
    *value = NULL;
    if (!json_is_object(object))
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s[%zu] is %s; wanted an object", place.path, place.list,
                       place.index, type_name(object));
    *value = json_object_get(object, key);
    return *value ? LIGHTPOSE_OK : complain(place, key, error, "is missing");
}

lightpose_status lp_json_integer(const json_t *object, const char *key, lp_json_place place, int64_t *value,
                                 lightpose_error *error) {
    const json_t *found;
    LP_TRY(member(object, key, place, &found, error));
    if (!json_is_integer(found))
        return complain(place, key, error, "is %s; wanted an integer", type_name(found));
    *value = json_integer_value(found);
    return LIGHTPOSE_OK;
}

lightpose_status lp_json_number(const json_t *object, const char *key, lp_json_place place, double *value,
                                lightpose_error *error) {
    const json_t *found;
    LP_TRY(member(object, key, place, &found, error));
    if (!json_is_number(found))
        return complain(place, key, error, "is %s; wanted a number", type_name(found));
    *value = json_number_value(found);
    if (!isfinite(*value))
        return complain(place, key, error, "is not finite");
    return LIGHTPOSE_OK;
}

lightpose_status lp_json_text(const json_t *object, const char *key, lp_json_place place, const char **value,
                              lightpose_error *error) {
    const json_t *found;
    LP_TRY(member(object, key, place, &found, error));
    if (!json_is_string(found))
        return complain(place, key, error, "is %s; wanted a string", type_name(found));
    *value = json_string_value(found);
    return LIGHTPOSE_OK;
}

lightpose_status lp_json_numbers(const json_t *object, const char *key, lp_json_place place, double *values,
                                 size_t count, lightpose_error *error) {
    const json_t *found;
    LP_TRY(member(object, key, place, &found, error));
    if (!json_is_array(found))
        return complain(place, key, error, "is %s; wanted an array of %zu numbers", type_name(found), count);
    if (json_array_size(found) != count)
        return complain(place, key, error, "has %zu numbers; wanted %zu", json_array_size(found), count);
    for (size_t i = 0; i < count; i++) {
        const json_t *const number = json_array_get(found, i);
        if (!json_is_number(number))
            return complain(place, key, error, "[%zu] is %s; wanted a number", i, type_name(number));
        values[i] = json_number_value(number);
        if (!isfinite(values[i]))
            return complain(place, key, error, "[%zu] is not finite", i);
    }
    return LIGHTPOSE_OK;
}

lightpose_status lp_json_list(const json_t *root, const char *key, const char *path, const json_t **list,
                              lightpose_error *error) {
    *list = json_object_get(root, key);
    if (!json_is_array(*list))
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: no array \"%s\" at the top; is it a COCO label file?", path,
                       key);
    return LIGHTPOSE_OK;
}
