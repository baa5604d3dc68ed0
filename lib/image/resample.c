/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/resample.h"

#include <math.h>

enum { ONE = 2048 };

typedef struct position {
    int index;
    float fraction;
} position;

/* As in OpenCV, the position is rounded to float before the fraction is taken. */
static position position_at(int index, double scale, double shift) {
    const float at = (float)((index + 0.5) * (1.0 / scale) - 0.5 + shift);
    const float below = floorf(at);

    return (position){(int)below, at - below};
}

/* Half to even in the default rounding mode; a weight of 0 to 1 times a power of 2 is exact in float. */
static int16_t weight(float part) {
    return (int16_t)lrintf(part * ONE);
}

size_t lp_columns_room(int count) {
    return ((size_t)count + LP_TAPS_PAD - 1) / LP_TAPS_PAD * LP_TAPS_PAD;
}

void lp_columns_fill(lp_columns *columns, int source, double scale, double shift) {
    const int count = columns->count, room = (int)lp_columns_room(count);

    for (int i = 0; i < room; i++) {
        position p = position_at(i < count ? i : count - 1, scale, shift);
        int16_t left, right;

        if (p.index < 0)
            p = (position){0, 0};
        left = weight(1.0f - p.fraction);
        right = weight(p.fraction);
        if (p.index >= source - 1) {
            /* The pair must end at the last sample, so that both reads stay in the row. */
            p.index = source > 1 ? source - 2 : 0;
            left = source > 1 ? 0 : ONE;
            right = source > 1 ? ONE : 0;
        }
        columns->offsets[i] = p.index * columns->pixel.bytes;
        for (int pair = columns->pairs * i; pair < columns->pairs * (i + 1); pair++) {
            columns->weights[2 * pair] = left;
            columns->weights[2 * pair + 1] = right;
        }
    }
    columns->next = source > 1 ? columns->pixel.bytes : 0;
    columns->wide = 0;
    while (columns->wide < count &&
           columns->offsets[columns->wide] <= (int64_t)source * columns->pixel.bytes - LP_WIDE_READ)
        columns->wide++;
    columns->mean_last = scale == 0.5 && 2 * (int64_t)count > source;
}

static int clamp_row(int row, int rows) {
    return row < 0 ? 0 : row >= rows ? rows - 1 : row;
}

lp_row_tap lp_row_tap_at(int row, int source, double scale) {
    const position p = position_at(row, scale, 0);

    return (lp_row_tap){.upper = clamp_row(p.index, source),
                        .lower = clamp_row(p.index + 1, source),
                        .upper_weight = weight(1.0f - p.fraction),
                        .lower_weight = weight(p.fraction)};
}

/* One row's part of a channel's value. It fits 16 bits: 255 * 2048 >> 4 is 32640. */
static int across(const uint8_t *sample, int next, const int16_t *weights) {
    return (sample[0] * weights[0] + sample[next] * weights[1]) >> 4;
}

void lp_resample_rest(const lp_columns *columns, const lp_row_tap *tap, const uint8_t *upper, const uint8_t *lower,
                      int first, uint8_t *bgr) {
    const int channel[3] = {columns->pixel.blue, columns->pixel.green, columns->pixel.red};
    const int next = columns->next;

    for (int i = first; i < columns->count; i++) {
        const int16_t *const weights = columns->weights + 2 * columns->pairs * i;
        for (int c = 0; c < 3; c++) {
            const int offset = columns->offsets[i] + channel[c];
            const int down = (across(upper + offset, next, weights) * tap->upper_weight >> 16) +
                             (across(lower + offset, next, weights) * tap->lower_weight >> 16);
            bgr[3 * i + c] = (uint8_t)((down + 2) >> 2);
        }
    }
    if (columns->mean_last) {
        const int last = columns->count - 1, offset = columns->offsets[last] + next;
        for (int c = 0; c < 3; c++)
            bgr[3 * last + c] = lp_mean_even(upper[offset + channel[c]], lower[offset + channel[c]]);
    }
}

void lp_resample_row_c(const lp_columns *columns, const lp_row_tap *tap, const uint8_t *upper, const uint8_t *lower,
                       uint8_t *bgr) {
    lp_resample_rest(columns, tap, upper, lower, 0, bgr);
}
