/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "settings.h"

#include <locale.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "base/threads.h"

typedef enum setting_type { INT, INT64, FLOAT } setting_type;

typedef struct row {
    const char *name, *group;
    size_t offset;
    setting_type type;
    double initial, low, high;
} row;

#define SETTING(name, group, type, initial, low, high)                                                                 \
    { #name, group, offsetof(lightpose_settings, name), type, initial, low, high }

/* The upper ends keep every size and index in 32 bits. */
static const row table[] = {
    SETTING(height, "network", INT, 256, 1, 1 << 15),
    SETTING(threads, "network", INT, 0, 0, LP_MAX_THREADS),
    SETTING(precision, "network", INT, LIGHTPOSE_PRECISION_AUTO, LIGHTPOSE_PRECISION_AUTO, LIGHTPOSE_PRECISION_INT8),
    SETTING(stages, "network", INT, 2, 1, 2),
    SETTING(flip, "network", INT, 0, 0, 1),
    SETTING(extra_heights[0], "network", INT, 0, 0, 1 << 15),
    SETTING(extra_heights[1], "network", INT, 0, 0, 1 << 15),
    SETTING(extra_heights[2], "network", INT, 0, 0, 1 << 15),
    SETTING(second_look, "network", INT, 0, 0, 1000),
    SETTING(tiles, "network", INT, 0, 0, 16),
    SETTING(follow, "network", INT, 0, 0, 1000),
    SETTING(decoder, "decoder", INT, LIGHTPOSE_DECODER_DEFAULT, LIGHTPOSE_DECODER_DEFAULT, LIGHTPOSE_DECODER_REFINED),
    SETTING(upsample, "decoder", INT, 4, 1, 8),
    SETTING(peak_threshold, "decoder", FLOAT, 0.1, 0, 1e6),
    SETTING(peak_radius, "decoder", FLOAT, 6, 0, 1e4),
    SETTING(limb_samples, "decoder", INT, 10, 2, 32),
    SETTING(limb_threshold, "decoder", FLOAT, -1, -1, 1e6),
    SETTING(limb_ratio, "decoder", FLOAT, 0.8, 0, 1),
    SETTING(min_keypoints, "decoder", INT, 0, 0, LIGHTPOSE_KEYPOINTS),
    SETTING(min_score, "decoder", FLOAT, -1, -1, 1e6),
    SETTING(complete, "decoder", INT, 1, 0, 1),
    SETTING(max_people, "decoder", INT, 0, 0, 1 << 20),
    SETTING(max_image_side, "limits", INT, 32768, 1, 32768),
    SETTING(max_image_pixels, "limits", INT64, 1 << 28, 1, 1 << 28),
    SETTING(max_net_height, "limits", INT, 2048, 8, 1 << 15),
    SETTING(max_net_width, "limits", INT, 4096, 8, 1 << 15),
};

enum { SETTINGS = sizeof table / sizeof *table };

static double get(const lightpose_settings *settings, const row *r) {
    const void *const field = (const char *)settings + r->offset;
    return r->type == INT     ? *(const int *)field
           : r->type == INT64 ? (double)*(const int64_t *)field
                              : *(const float *)field;
}

static void set(lightpose_settings *settings, const row *r, double value) {
    void *const field = (char *)settings + r->offset;

    if (r->type == INT)
        *(int *)field = (int)value;
    else if (r->type == INT64)
        *(int64_t *)field = (int64_t)value;
    else
        *(float *)field = (float)value;
}

void lightpose_settings_init(lightpose_settings *settings) {
    if (!settings)
        return;
    *settings = (lightpose_settings){0};
    for (int i = 0; i < SETTINGS; i++)
        set(settings, &table[i], table[i].initial);
}

/* ---- By name ----------------------------------------------------------------------------------------------------- */

int lightpose_setting_get_count(void) {
    return SETTINGS;
}

lightpose_status lightpose_setting_get_info(int index, lightpose_setting *setting) {
    if (index < 0 || index >= SETTINGS || !setting)
        return LIGHTPOSE_ERROR_ARGUMENT;
    *setting = (lightpose_setting){.name = table[index].name,
                                   .group = table[index].group,
                                   .initial = table[index].initial,
                                   .low = table[index].low,
                                   .high = table[index].high,
                                   .is_integer = table[index].type != FLOAT};
    return LIGHTPOSE_OK;
}

/* Checks the arguments of a public call, and finds the setting `name`. */
static lightpose_status find(const void *settings, const char *name, const void *value, const row **found,
                             lightpose_error *error) {
    ENTER(error);
    NEED(settings, error);
    NEED(name, error);
    NEED(value, error);
    for (int i = 0; i < SETTINGS; i++)
        if (strcmp(table[i].name, name) == 0) {
            *found = &table[i];
            return LIGHTPOSE_OK;
        }
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "unknown setting \"%s\"; see lightpose_settings for the names",
                   name);
}

static lightpose_status check(const row *r, double value, lightpose_error *error) {
    if (!(value >= r->low && value <= r->high)) /* also refuses NaN */
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "setting %s is %g; it must be %g to %g", r->name, value, r->low,
                       r->high);
    if (r->offset == offsetof(lightpose_settings, upsample) && ((int)value & ((int)value - 1)))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "setting upsample is %g; it must be 1, 2, 4 or 8", value);
    return LIGHTPOSE_OK;
}

/* Reads a number with a decimal point in every locale. Returns whether all of `text` is a number. */
static int read_number(const char *text, double *number) {
    const locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    char *end;

    if (!c)
        return 0;
    *number = strtod_l(text, &end, c);
    freelocale(c);
    return end != text && !*end;
}

static lightpose_status read_value(const row *r, const char *text, double *number, lightpose_error *error) {
    lightpose_precision precision;
    lightpose_decoder decoder;

    if (r->offset == offsetof(lightpose_settings, precision)) {
        LP_TRY(lightpose_precision_parse(&precision, text, error));
        *number = precision;
        return LIGHTPOSE_OK;
    }
    if (r->offset == offsetof(lightpose_settings, decoder)) {
        LP_TRY(lightpose_decoder_parse(&decoder, text, error));
        *number = decoder;
        return LIGHTPOSE_OK;
    }
    if (!read_number(text, number) || (r->type != FLOAT && *number != floor(*number)))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "setting %s: \"%s\" is not a %s", r->name, text,
                       r->type == FLOAT ? "number" : "whole number");
    return LIGHTPOSE_OK;
}

lightpose_status lightpose_settings_set(lightpose_settings *settings, const char *name, const char *value,
                                        lightpose_error *error) {
    double number = 0;
    const row *r;

    LP_TRY(find(settings, name, value, &r, error));
    LP_TRY(read_value(r, value, &number, error));
    LP_TRY(check(r, number, error));
    set(settings, r, number);
    return LIGHTPOSE_OK;
}

lightpose_status lightpose_settings_get(const lightpose_settings *settings, const char *name, double *value,
                                        lightpose_error *error) {
    const row *r;

    LP_TRY(find(settings, name, value, &r, error));
    *value = get(settings, r);
    return LIGHTPOSE_OK;
}

/* ---- Checks ------------------------------------------------------------------------------------------------------ */

static int is_all_zero(const lightpose_settings *settings) {
    for (int i = 0; i < SETTINGS; i++)
        if (get(settings, &table[i]) != 0)
            return 0;
    return 1;
}

static lightpose_status check_height(const char *name, int height, const lightpose_settings *settings,
                                     lightpose_error *error) {
    if (height > settings->max_net_height)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "setting %s is %d; the limit max_net_height is %d", name, height,
                       settings->max_net_height);
    return LIGHTPOSE_OK;
}

lightpose_status lp_settings_check(const lightpose_settings *settings, lightpose_error *error) {
    if (is_all_zero(settings))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "the settings are all zero, height included; fill them with lightpose_settings_init first");
    for (int i = 0; i < SETTINGS; i++)
        LP_TRY(check(&table[i], get(settings, &table[i]), error));
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
