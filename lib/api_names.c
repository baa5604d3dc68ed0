/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The exported functions that turn values into names and back, and the sizes of structures. */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api.h"
#include "image/view.h"

/* Programs and the library are compiled separately. Sizes of structures may change only with the API version. */
#if UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(lightpose_error) == 512, "part of the ABI");
_Static_assert(sizeof(lightpose_system) == 80, "part of the ABI");
_Static_assert(sizeof(lightpose_settings) == 168, "part of the ABI");
_Static_assert(sizeof(lightpose_setting) == 64, "part of the ABI");
_Static_assert(sizeof(lightpose_image) == 80, "part of the ABI");
_Static_assert(sizeof(lightpose_model_info) == 88, "part of the ABI");
_Static_assert(sizeof(lightpose_keypoint) == 16, "part of the ABI");
_Static_assert(sizeof(lightpose_box) == 16, "part of the ABI");
_Static_assert(sizeof(lightpose_pose) == 360, "part of the ABI");
_Static_assert(sizeof(lightpose_maps) == 56, "part of the ABI");
_Static_assert(sizeof(lightpose_stats) == 112, "part of the ABI");
_Static_assert(sizeof(lightpose_tracker_settings) == 104, "part of the ABI");
_Static_assert(sizeof(lightpose_canvas) == 48, "part of the ABI");
_Static_assert(sizeof(lightpose_draw_settings) == 48, "part of the ABI");
#endif

size_t lightpose_type_get_size(const char *name) {
#define TYPE(type)                                                                                                     \
    { #type, sizeof(type) }
    static const struct {
        const char *name;
        size_t size;
    } types[] = {
        TYPE(lightpose_error),    TYPE(lightpose_system),        TYPE(lightpose_settings),
        TYPE(lightpose_setting),  TYPE(lightpose_image),         TYPE(lightpose_model_info),
        TYPE(lightpose_keypoint), TYPE(lightpose_box),           TYPE(lightpose_pose),
        TYPE(lightpose_maps),     TYPE(lightpose_stats),         TYPE(lightpose_tracker_settings),
        TYPE(lightpose_canvas),   TYPE(lightpose_draw_settings),
    };
#undef TYPE

    for (size_t i = 0; name && i < sizeof types / sizeof *types; i++)
        if (strcmp(name, types[i].name) == 0)
            return types[i].size;
    return 0;
}

/* ---- Enumerations: names[value]; NULL for gaps in the values */

enum { PRECISIONS = LIGHTPOSE_PRECISION_INT8 + 1, DECODERS = LIGHTPOSE_DECODER_REFINED + 1 };

static const char *const precisions[PRECISIONS] = {"auto", "f32", "bf16", "int8"};
static const char *const decoders[DECODERS] = {"default", "reference", "refined"};

static const char *const statuses[] = {
    [LIGHTPOSE_OK] = "ok",
    [LIGHTPOSE_ERROR_ARGUMENT] = "argument",
    [LIGHTPOSE_ERROR_MEMORY] = "memory",
    [LIGHTPOSE_ERROR_FILE] = "file",
    [LIGHTPOSE_ERROR_WEIGHTS] = "weights",
    [LIGHTPOSE_ERROR_IMAGE] = "image",
    [LIGHTPOSE_ERROR_LIMIT] = "limit",
    [LIGHTPOSE_ERROR_UNSUPPORTED] = "unsupported",
    [LIGHTPOSE_ERROR_NOT_FINITE] = "not finite",
    [LIGHTPOSE_ERROR_STATE] = "state",
    [LIGHTPOSE_ERROR_ENGINE] = "engine",
};

static const char *get(const char *const *names, int count, int value) {
    return value >= 0 && value < count && names[value] ? names[value] : "unknown";
}

/* The value of `name`, or -1 and an error that lists the names. */
static int find(const char *kind, const char *const *names, int count, const char *name, lightpose_error *error) {
    char known[256] = "";
    size_t used = 0;

    for (int i = 0; i < count; i++) {
        if (!names[i])
            continue;
        if (strcasecmp(names[i], name) == 0)
            return i;
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", names[i]);
    }
    lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "unknown %s \"%s\"; it must be one of %s", kind, name, known);
    return -1;
}

/* Fills *value, an enumeration; leaves it unchanged on failure. */
#define PARSE(type, value, kind, names, count, name, error)                                                            \
    do {                                                                                                               \
        ENTER(error);                                                                                                  \
        NEED(value, error);                                                                                            \
        NEED(name, error);                                                                                             \
        const int found = find(kind, names, count, name, error);                                                       \
        if (found < 0)                                                                                                 \
            return LIGHTPOSE_ERROR_ARGUMENT;                                                                           \
        *(value) = (type)found;                                                                                        \
        return LIGHTPOSE_OK;                                                                                           \
    } while (0)

const char *lightpose_status_get_name(lightpose_status status) {
    return get(statuses, (int)(sizeof statuses / sizeof *statuses), (int)status);
}

const char *lightpose_precision_get_name(lightpose_precision precision) {
    return get(precisions, PRECISIONS, (int)precision);
}

lightpose_status lightpose_precision_parse(lightpose_precision *precision, const char *name, lightpose_error *error) {
    PARSE(lightpose_precision, precision, "precision", precisions, PRECISIONS, name, error);
}

const char *lightpose_decoder_get_name(lightpose_decoder decoder) {
    return get(decoders, DECODERS, (int)decoder);
}

lightpose_status lightpose_decoder_parse(lightpose_decoder *decoder, const char *name, lightpose_error *error) {
    PARSE(lightpose_decoder, decoder, "decoder", decoders, DECODERS, name, error);
}

const char *lightpose_format_get_name(lightpose_format format) {
    return lp_format_name(format);
}

lightpose_status lightpose_format_parse(lightpose_format *format, const char *name, lightpose_error *error) {
    const char *names[LP_FORMATS] = {NULL};

    for (int i = 1; i < LP_FORMATS; i++)
        names[i] = lp_format_name((lightpose_format)i);
    PARSE(lightpose_format, format, "format", names, LP_FORMATS, name, error);
}

const char *lightpose_keypoint_get_name(int keypoint) {
    static const char *const names[LIGHTPOSE_KEYPOINTS] = {
        [LIGHTPOSE_NOSE] = "nose",
        [LIGHTPOSE_NECK] = "neck",
        [LIGHTPOSE_RIGHT_SHOULDER] = "right_shoulder",
        [LIGHTPOSE_RIGHT_ELBOW] = "right_elbow",
        [LIGHTPOSE_RIGHT_WRIST] = "right_wrist",
        [LIGHTPOSE_LEFT_SHOULDER] = "left_shoulder",
        [LIGHTPOSE_LEFT_ELBOW] = "left_elbow",
        [LIGHTPOSE_LEFT_WRIST] = "left_wrist",
        [LIGHTPOSE_RIGHT_HIP] = "right_hip",
        [LIGHTPOSE_RIGHT_KNEE] = "right_knee",
        [LIGHTPOSE_RIGHT_ANKLE] = "right_ankle",
        [LIGHTPOSE_LEFT_HIP] = "left_hip",
        [LIGHTPOSE_LEFT_KNEE] = "left_knee",
        [LIGHTPOSE_LEFT_ANKLE] = "left_ankle",
        [LIGHTPOSE_RIGHT_EYE] = "right_eye",
        [LIGHTPOSE_LEFT_EYE] = "left_eye",
        [LIGHTPOSE_RIGHT_EAR] = "right_ear",
        [LIGHTPOSE_LEFT_EAR] = "left_ear",
    };
    return keypoint >= 0 && keypoint < LIGHTPOSE_KEYPOINTS ? names[keypoint] : NULL;
}
