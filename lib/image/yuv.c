/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/yuv.h"

/* From Kr, Kb (BT.601: 0.299, 0.114; BT.709: 0.2126, 0.0722), Kg = 1 - Kr - Kb; limited range stretches luma by
 * 255/219 and chroma by 255/224. scale; 2 (1 - Kb), 2 Kb (1 - Kb) / Kg, 2 Kr (1 - Kr) / Kg, 2 (1 - Kr): x 2^14. With
 * b = 32 - round(black * scale / 2^8) the biases are blue_u / 2 - b, green_u / 2 + green_v / 2 + b and red_v / 2 - b,
 * the halves rounded down, so that chroma of 128 cancels exactly. */
static const lp_yuv coefficients[2][2] = {
    [LIGHTPOSE_BT601] = {[LIGHTPOSE_RANGE_LIMITED] = {19077, 33050, 6419, 13320, 26149, 17685, 8709, 14234},
                         [LIGHTPOSE_RANGE_FULL] = {16384, 29032, 5638, 11700, 22970, 14484, 8701, 11453}},
    [LIGHTPOSE_BT709] = {[LIGHTPOSE_RANGE_LIMITED] = {19077, 34610, 3494, 8731, 29372, 18465, 4952, 15846},
                         [LIGHTPOSE_RANGE_FULL] = {16384, 30402, 3069, 7670, 25802, 15169, 5401, 12869}},
};

const lp_yuv *lp_yuv_coefficients(lightpose_matrix matrix, lightpose_range range) {
    return &coefficients[matrix][range];
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* The pixel of a column: 0 left, 1 right. */
static int pixel_at(const lp_columns *columns, int column, int right) {
    return columns->offsets[column] + right * columns->next;
}

/* `luma` bytes and `pairs` of chroma are read from each start, for `share` columns. Returns whether they hold all
 * pixels of the octet. */
static int fill_octet(const lp_columns *columns, int first, int source, int luma, int pairs, int share,
                      lp_yuv_octet *octet) {
    int fits = 1;

    for (int i = 0; i < LP_OCTET; i++) {
        const int start = columns->offsets[first + i / share * share], within = i % 4 / share;
        octet->luma[i] = smaller(start, source - luma);
        octet->chroma[i] = smaller(start / 2, (source + 1) / 2 - pairs);
        for (int right = 0; right < 2; right++) {
            const int x = pixel_at(columns, first + i, right), at = 4 * i + 2 * right;
            const int y = x - octet->luma[i], chroma = x / 2 - octet->chroma[i];
            fits &= chroma < pairs; /* and so does luma, with two pixels to a pair */
            octet->y[at] = octet->u[at] = octet->v[at] = 0x80;
            octet->y[at + 1] = (uint8_t)(within * luma + y);
            octet->u[at + 1] = (uint8_t)(2 * (within * pairs + chroma));
            octet->v[at + 1] = (uint8_t)(2 * (within * pairs + chroma) + 1);
        }
    }
    return fits;
}

static int fill_octets(lp_yuv_columns *columns, int source, int luma, int share) {
    const int room = (int)lp_columns_room(columns->columns.count);
    int fits = source >= luma;

    for (int i = 0; i < room && fits; i += LP_OCTET)
        fits = fill_octet(&columns->columns, i, source, luma, luma / 2, share, &columns->octets[i / LP_OCTET]);
    return fits;
}

void lp_yuv_columns_fill(lp_yuv_columns *columns, int source, double scale) {
    columns->columns.pixel = (lp_pixel){.bytes = 1};
    columns->columns.pairs = 1;
    lp_columns_fill(&columns->columns, source, scale);
    if (fill_octets(columns, source, 16, 4))
        columns->reading = LP_YUV_WINDOW;
    else if (fill_octets(columns, source, 4, 1))
        columns->reading = LP_YUV_APART;
    else
        columns->reading = LP_YUV_SCALAR;
}

/* Columns at a time, and their pixels: left and right. */
enum { BLOCK = 64, PIXELS = 2 * BLOCK };

typedef struct levels {
    int16_t channel[3][PIXELS];
} levels;

/* 6 bits of fraction to a level. */
static inline int16_t level(int value) {
    const int whole = value >> 6;

    return (int16_t)(whole < 0 ? 0 : whole > 255 ? 255 : whole);
}

/* The pixels of `count` columns, converted. Gathered first, so that the arithmetic runs over arrays. */
static void convert(const lp_columns *columns, int first, int count, const lp_yuv *yuv, const lp_yuv_source *source,
                    levels *out) {
    uint8_t y[PIXELS], u[PIXELS], v[PIXELS];

    for (int i = 0; i < 2 * count; i++) {
        const int x = pixel_at(columns, first + i / 2, i % 2), chroma = x / 2 * source->step;
        y[i] = source->y[x];
        u[i] = source->u[chroma];
        v[i] = source->v[chroma];
    }
    for (int i = 0; i < 2 * count; i++) {
        const int luma = y[i] * yuv->scale >> 8;
        out->channel[0][i] = level(luma + (u[i] * yuv->blue_u >> 8) - yuv->blue_bias);
        out->channel[1][i] = level(luma - (u[i] * yuv->green_u >> 8) - (v[i] * yuv->green_v >> 8) + yuv->green_bias);
        out->channel[2][i] = level(luma + (v[i] * yuv->red_v >> 8) - yuv->red_bias);
    }
}

static inline int across(const int16_t *pair, const int16_t *weights) {
    return (pair[0] * weights[0] + pair[1] * weights[1]) >> 4;
}

void lp_yuv_resample_rest(const lp_yuv_columns *columns, const lp_row_tap *tap, const lp_yuv *yuv,
                          const lp_yuv_source *upper, const lp_yuv_source *lower, int first, uint8_t *bgr) {
    const lp_columns *const c = &columns->columns;
    levels above, below;

    for (int start = first; start < c->count; start += BLOCK) {
        const int count = c->count - start < BLOCK ? c->count - start : BLOCK;
        convert(c, start, count, yuv, upper, &above);
        convert(c, start, count, yuv, lower, &below);
        for (int channel = 0; channel < 3; channel++)
            for (int i = 0; i < count; i++) {
                const int16_t *const weights = c->weights + 2 * (start + i);
                const int down = (across(&above.channel[channel][2 * i], weights) * tap->upper_weight >> 16) +
                                 (across(&below.channel[channel][2 * i], weights) * tap->lower_weight >> 16);
                bgr[3 * (start + i) + channel] = (uint8_t)((down + 2) >> 2);
            }
    }
    if (c->mean_last) {
        convert(c, c->count - 1, 1, yuv, upper, &above);
        convert(c, c->count - 1, 1, yuv, lower, &below);
        for (int channel = 0; channel < 3; channel++)
            bgr[3 * (c->count - 1) + channel] =
                lp_mean_even((unsigned)above.channel[channel][1], (unsigned)below.channel[channel][1]);
    }
}

void lp_yuv_resample_row_c(const lp_yuv_columns *columns, const lp_row_tap *tap, const lp_yuv *yuv,
                           const lp_yuv_source *upper, const lp_yuv_source *lower, uint8_t *bgr) {
    lp_yuv_resample_rest(columns, tap, yuv, upper, lower, 0, bgr);
}
