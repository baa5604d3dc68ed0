/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "settings.h"

#include <stddef.h>

#include "base/threads.h"

typedef enum setting_type { INT, INT64, FLOAT } setting_type;

typedef struct setting {
    const char *name;
    size_t offset;
    setting_type type;
    double initial, low, high;
} setting;

#define SETTING(name, type, initial, low, high)                                                                        \
    { #name, offsetof(lightpose_settings, name), type, initial, low, high }

/* Defaults of the network and decoder: SPEC 2.7 to 2.10. The upper ends keep every size and index in 32 bits. */
static const setting table[] = {
    SETTING(height, INT, 256, 1, 1 << 15),
    SETTING(threads, INT, 0, 0, LP_MAX_THREADS),
    SETTING(precision, INT, LIGHTPOSE_PRECISION_AUTO, LIGHTPOSE_PRECISION_AUTO, LIGHTPOSE_PRECISION_INT8),
    SETTING(stages, INT, 2, 1, 2),
    SETTING(flip, INT, 0, 0, 1),
    SETTING(extra_heights[0], INT, 0, 0, 1 << 15),
    SETTING(extra_heights[1], INT, 0, 0, 1 << 15),
    SETTING(extra_heights[2], INT, 0, 0, 1 << 15),
    SETTING(second_look, INT, 0, 0, 1000),
    SETTING(tiles, INT, 0, 0, 16),
    SETTING(follow, INT, 0, 0, 1000),
    SETTING(decoder, INT, LIGHTPOSE_DECODER_DEFAULT, LIGHTPOSE_DECODER_DEFAULT, LIGHTPOSE_DECODER_REFINED),
    SETTING(upsample, INT, 4, 1, 8),
    SETTING(peak_threshold, FLOAT, 0.1, 0, 1e6),
    SETTING(peak_radius, FLOAT, 6, 0, 1e4),
    SETTING(limb_samples, INT, 10, 2, 32),
    SETTING(limb_threshold, FLOAT, -1, -1, 1e6),
    SETTING(limb_ratio, FLOAT, 0.8, 0, 1),
    SETTING(min_keypoints, INT, 0, 0, LIGHTPOSE_KEYPOINTS),
    SETTING(min_score, FLOAT, -1, -1, 1e6),
    SETTING(complete, INT, 1, 0, 1),
    SETTING(max_people, INT, 0, 0, 1 << 20),
    SETTING(max_image_side, INT, 32768, 1, 32768),
    SETTING(max_image_pixels, INT64, 1 << 28, 1, 1 << 28),
    SETTING(max_net_height, INT, 2048, 8, 1 << 15),
    SETTING(max_net_width, INT, 4096, 8, 1 << 15),
};

static double get(const lightpose_settings *settings, const setting *row) {
    const void *const field = (const char *)settings + row->offset;
    return row->type == INT     ? *(const int *)field
           : row->type == INT64 ? (double)*(const int64_t *)field
                                : *(const float *)field;
}

static void set(lightpose_settings *settings, const setting *row) {
    void *const field = (char *)settings + row->offset;

    if (row->type == INT)
        *(int *)field = (int)row->initial;
    else if (row->type == INT64)
        *(int64_t *)field = (int64_t)row->initial;
    else
        *(float *)field = (float)row->initial;
}

void lightpose_settings_init(lightpose_settings *settings) {
    if (!settings)
        return;
    *settings = (lightpose_settings){0};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        set(settings, &table[i]);
}

static lightpose_status check_height(const char *name, int height, const lightpose_settings *settings,
                                     lightpose_error *error) {
    if (height > settings->max_net_height)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "setting %s is %d; the limit max_net_height is %d", name, height,
                       settings->max_net_height);
    return LIGHTPOSE_OK;
}

lightpose_status lp_settings_check(const lightpose_settings *settings, lightpose_error *error) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const double value = get(settings, &table[i]);
        if (!(value >= table[i].low && value <= table[i].high)) /* so that NaN fails too */
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "setting %s is %g; it must be %g to %g", table[i].name,
                           value, table[i].low, table[i].high);
    }
    if (settings->upsample & (settings->upsample - 1))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "setting upsample is %d; it must be 1, 2, 4 or 8",
                       settings->upsample);
    LP_TRY(check_height("height", settings->height, settings, error));
    for (size_t i = 0; i < sizeof settings->extra_heights / sizeof *settings->extra_heights; i++)
        LP_TRY(check_height("extra_heights", settings->extra_heights[i], settings, error));
    for (size_t i = 0; i < sizeof settings->reserved / sizeof *settings->reserved; i++)
        if (settings->reserved[i])
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                           "settings.reserved[%zu] is %d; it must be 0: start from lightpose_settings_init", i,
                           settings->reserved[i]);
    return LIGHTPOSE_OK;
}
