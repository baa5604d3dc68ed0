/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "diff/readers.h"

#include "output/keypoints.h"
#include "output/writers.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { COCO_NUMBERS = 3 * LP_COCO17_KEYPOINTS, NECK = 1 };

/* Reads an array of `count` numbers, each in the range of a float. Returns 0 for anything else. */
static int numbers(json_t *array, double *out, size_t count) {
    if (!json_is_array(array) || json_array_size(array) != count)
        return 0;
    for (size_t i = 0; i < count; i++) {
        json_t *const number = json_array_get(array, i);
        if (!json_is_number(number))
            return 0;
        out[i] = json_number_value(number);
        if (fabs(out[i]) > FLT_MAX)
            return 0;
    }
    return 1;
}

static void set_point(lp_diff_person *person, int k, double x, double y, double score) {
    person->x[k] = (float)x;
    person->y[k] = (float)y;
    person->score[k] = (float)score;
    person->present |= 1u << k;
}

/* ---- JSON Lines -------------------------------------------------------------------------------------------------- */

static lightpose_status jsonl_person(lp_diff_results *results, json_t *object, const char *where,
                                     lightpose_error *error) {
    json_t *const points = json_object_get(object, "keypoints");
    const size_t count = json_array_size(points);
    lp_diff_person *const person = lp_diff_add_person(results, error);

    if (!person)
        return LIGHTPOSE_ERROR_MEMORY;
    if (count != LIGHTPOSE_KEYPOINTS && count != LP_BODY25_KEYPOINTS)
        return lp_diff_bad(results, error, where, "a person has %zu keypoints instead of %d or %d", count,
                           LIGHTPOSE_KEYPOINTS, LP_BODY25_KEYPOINTS);
    json_t *const id = json_object_get(object, "id");
    if (json_is_integer(id))
        person->id = json_integer_value(id);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const int index = count == LP_BODY25_KEYPOINTS ? lp_diff_body25(k) : k;
        double point[4];
        if (!numbers(json_array_get(points, (size_t)index), point, 4))
            return lp_diff_bad(results, error, where, "keypoint %d is not [x, y, score, state]", index);
        if (point[3] != LIGHTPOSE_MISSING)
            set_point(person, k, point[0], point[1], point[2]);
    }
    return LIGHTPOSE_OK;
}

/* Adds a frame under the name that its OpenPose file would have. */
static lightpose_status jsonl_frame(lp_diff_results *results, json_t *object, const char *where,
                                    lightpose_error *error) {
    json_t *const image = json_object_get(object, "image"), *const video = json_object_get(object, "video");
    json_t *const camera = json_object_get(object, "camera"), *const index = json_object_get(object, "frame");
    const char *const state = json_string_value(json_object_get(object, "state"));
    const int ok = !state || !strcmp(state, "ok");
    char name[4200];
    int size;

    if (json_is_string(image)) {
        const char *const base = lp_base_name(json_string_value(image), &size);
        snprintf(name, sizeof name, "%.*s", size, base);
        return lp_diff_add_frame(results, name, lp_diff_number(name), ok, error);
    }
    if ((!json_is_string(video) && !json_is_string(camera)) || !json_is_integer(index) || json_integer_value(index) < 0)
        return lp_diff_bad(results, error, where, "no \"image\", nor \"video\" or \"camera\" with a \"frame\"");
    const int64_t number = json_integer_value(index);
    if (json_is_string(video)) {
        const char *const base = lp_base_name(json_string_value(video), &size);
        snprintf(name, sizeof name, "%.*s_%012" PRId64, size, base, number);
    } else {
        snprintf(name, sizeof name, "%012" PRId64, number);
    }
    return lp_diff_add_frame(results, name, number, ok, error);
}

lightpose_status lp_diff_jsonl_line(lp_diff_results *results, const char *text, size_t size, int64_t line,
                                    lightpose_error *error) {
    char where[40];
    json_error_t trouble;
    size_t i;
    json_t *person;

    snprintf(where, sizeof where, "line %" PRId64, line);
    json_t *const object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &trouble);
    if (!object)
        return lp_diff_bad(results, error, where, "column %d: %s", trouble.column, trouble.text);
    json_t *const people = json_object_get(object, "people");
    lightpose_status status = LIGHTPOSE_OK;
    if (!json_is_array(people))
        status = lp_diff_bad(results, error, where, "no array \"people\"");
    else
        status = jsonl_frame(results, object, where, error);
    json_array_foreach(people, i, person) {
        if (status == LIGHTPOSE_OK)
            status = jsonl_person(results, person, where, error);
    }
    json_decref(object);
    return status;
}

/* ---- OpenPose ---------------------------------------------------------------------------------------------------- */

lightpose_status lp_diff_openpose(lp_diff_results *results, json_t *object, const char *name, lightpose_error *error) {
    json_t *const people = json_object_get(object, "people");
    const size_t ending = strlen("_keypoints.json"), size = strlen(name);
    const int is_file = size > ending && !strcmp(name + size - ending, "_keypoints.json");
    char base[4200];
    json_t *entry;
    size_t i;

    if (!json_is_array(people))
        return lp_diff_bad(results, error, name, "no array \"people\"");
    snprintf(base, sizeof base, "%.*s", (int)(is_file ? size - ending : size), name);
    const lightpose_status status = lp_diff_add_frame(results, base, lp_diff_number(base), 1, error);
    if (status != LIGHTPOSE_OK)
        return status;
    json_array_foreach(people, i, entry) {
        json_t *const points = json_object_get(entry, "pose_keypoints_2d");
        double values[3 * LP_BODY25_KEYPOINTS], id;
        const size_t count = json_array_size(points);
        if ((count != 3 * LIGHTPOSE_KEYPOINTS && count != 3 * LP_BODY25_KEYPOINTS) || !numbers(points, values, count))
            return lp_diff_bad(results, error, name, "\"pose_keypoints_2d\" does not have %d or %d numbers",
                               3 * LIGHTPOSE_KEYPOINTS, 3 * LP_BODY25_KEYPOINTS);
        lp_diff_person *const person = lp_diff_add_person(results, error);
        if (!person)
            return LIGHTPOSE_ERROR_MEMORY;
        if (numbers(json_object_get(entry, "person_id"), &id, 1) && fabs(id) < 0x1p53)
            person->id = (int64_t)id;
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            const double *const point = values + 3 * (count == 3 * LIGHTPOSE_KEYPOINTS ? k : lp_diff_body25(k));
            if (point[2] > 0)
                set_point(person, k, point[0], point[1], point[2]);
        }
    }
    return LIGHTPOSE_OK;
}

static lightpose_status dgs_camera(lp_diff_results *results, json_t *camera, json_t *frames, lightpose_error *error) {
    const char *const id = json_string_value(json_object_get(camera, "id"));
    const char *const name = json_string_value(json_object_get(camera, "camera"));
    lightpose_status status = LIGHTPOSE_OK;
    const char *key;
    json_t *frame;

    json_object_foreach(frames, key, frame) {
        char where[4200];
        const int64_t number = lp_diff_number(key);
        snprintf(where, sizeof where, "%s_%s_%012" PRId64, id ? id : "", name ? name : "", number);
        if (status == LIGHTPOSE_OK)
            status = lp_diff_openpose(results, frame, where, error);
    }
    return status;
}

/* ---- COCO -------------------------------------------------------------------------------------------------------- */

static lightpose_status coco_person(lp_diff_results *results, json_t *object, const char *where,
                                    lightpose_error *error) {
    json_t *const id = json_object_get(object, "image_id");
    double values[COCO_NUMBERS];

    if (!json_is_integer(id) || json_integer_value(id) < 0 ||
        !numbers(json_object_get(object, "keypoints"), values, COCO_NUMBERS))
        return lp_diff_bad(results, error, where, "needs an integer \"image_id\" and %d numbers in \"keypoints\"",
                           COCO_NUMBERS);
    const int64_t number = json_integer_value(id);
    results->carried &= ~(1u << NECK);
    results->silent = 1;
    /* The people of a picture mostly follow each other; lp_diff_group gathers the others. */
    if (results->frame_count == 0 || results->frames[results->frame_count - 1].number != number) {
        const lightpose_status status = lp_diff_add_frame(results, NULL, number, 1, error);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    lp_diff_person *const person = lp_diff_add_person(results, error);
    if (!person)
        return LIGHTPOSE_ERROR_MEMORY;
    for (int i = 0; i < LP_COCO17_KEYPOINTS; i++) /* CMU writes -1, -1, 0 for a missing one, others 0, 0, 0 */
        if (values[3 * i + 2] > 0)
            set_point(person, lp_coco17_source[i], values[3 * i], values[3 * i + 1], NAN);
    return LIGHTPOSE_OK;
}

lightpose_status lp_diff_array(lp_diff_results *results, const char *text, size_t size, lightpose_error *error) {
    const char *const blank = " \t\r\n";
    const char *at = text + strspn(text, blank) + 1, *const end = text + size;
    lightpose_status status = LIGHTPOSE_OK;

    at += strspn(at, blank);
    if (*at == ']') {
        results->carried &= ~(1u << NECK);
        results->silent = 1;
    }
    for (int64_t element = 0; status == LIGHTPOSE_OK && (element > 0 || *at != ']'); element++) {
        char where[40];
        json_error_t trouble;
        snprintf(where, sizeof where, "element %" PRId64, element);
        json_t *const object =
            json_loadb(at, (size_t)(end - at), JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &trouble);
        if (!object)
            return lp_diff_bad(results, error, where, "%s", trouble.text);
        at += trouble.position;
        at += strspn(at, blank);
        json_t *const frames = json_object_get(object, "frames");
        if (json_is_object(frames))
            status = dgs_camera(results, object, frames, error);
        else
            status = coco_person(results, object, where, error);
        json_decref(object);
        if (*at == ']')
            break;
        if (status == LIGHTPOSE_OK && *at != ',')
            return lp_diff_bad(results, error, where, "not followed by a comma or the end of the array");
        at += *at == ',';
    }
    if (status == LIGHTPOSE_OK && at[1 + strspn(at + 1, blank)] != '\0')
        return lp_diff_bad(results, error, "after the array", "more text");
    return status == LIGHTPOSE_OK && results->silent ? lp_diff_group(results, error) : status;
}
