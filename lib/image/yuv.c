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

/* More than the samples: a single sample is read as a pair, whose second value has weight 0. */
static size_t luma_room(int width) {
    return lp_columns_room(width) + LP_TAPS_PAD;
}

size_t lp_yuv_scratch(int width) {
    return luma_room(width) + 2 * luma_room(width / 2 + width % 2);
}

lp_yuv_scratch_rows lp_yuv_scratch_at(int16_t *scratch, int width) {
    return (lp_yuv_scratch_rows){scratch, scratch + luma_room(width)};
}

void lp_yuv_columns_fill(lp_yuv_columns *columns, int source, double scale, lightpose_range range) {
    columns->luma.pixel = (lp_pixel){.bytes = 1};
    columns->luma.pairs = LP_LUMA_PAIRS;
    lp_columns_fill(&columns->luma, source, scale, 0);
    columns->chroma.pixel = (lp_pixel){.bytes = 2};
    columns->chroma.pairs = LP_CHROMA_PAIRS;
    lp_columns_fill(&columns->chroma, source / 2 + source % 2, 2 * scale, range == LIGHTPOSE_RANGE_FULL ? 0 : 0.25);
}

static inline int16_t down(int upper, int lower, int lower_weight) {
    return (int16_t)(128 * upper + (((lower - upper) * lower_weight + 8) >> 4));
}

void lp_yuv_down(const lp_yuv_rows *rows, const lp_yuv_scratch_rows *out) {
    const lp_yuv_row *const upper = &rows->upper, *const lower = &rows->lower;
    const int half = rows->width / 2 + rows->width % 2;

    for (int i = 0; i < rows->width; i++)
        out->luma[i] = down(upper->y[i], lower->y[i], rows->luma_weight);
    for (int i = 0; i < half; i++) {
        const ptrdiff_t at = (ptrdiff_t)i * rows->step;
        out->chroma[2 * i] = down(upper->u[at], lower->u[at], rows->chroma_weight);
        out->chroma[2 * i + 1] = down(upper->v[at], lower->v[at], rows->chroma_weight);
    }
    out->luma[rows->width] = out->chroma[2 * half] = out->chroma[2 * half + 1] = 0;
}

/* From 6 fractional bits to a level. */
static inline uint8_t level(int value) {
    const int whole = value >> 6;

    return (uint8_t)(whole < 0 ? 0 : whole > 255 ? 255 : whole);
}

static inline unsigned across(const int16_t *left, int next, const int16_t *weights) {
    return (unsigned)(left[0] * weights[0] + left[next] * weights[1]) >> 10;
}

static inline int times(unsigned value, uint16_t coefficient) {
    return (int)(value * coefficient >> 16);
}

void lp_yuv_resample_row_c(const lp_yuv_columns *columns, const lp_yuv_rows *rows, const lp_yuv *yuv, int16_t *scratch,
                           uint8_t *bgr) {
    const lp_columns *const luma = &columns->luma, *const chroma = &columns->chroma;
    const lp_yuv_scratch_rows row = lp_yuv_scratch_at(scratch, rows->width);

    lp_yuv_down(rows, &row);
    for (int i = 0; i < luma->count; i++) {
        const int16_t *const weights = chroma->weights + 2 * LP_CHROMA_PAIRS * i;
        const int16_t *const uv = row.chroma + chroma->offsets[i];
        const int y = times(across(row.luma + luma->offsets[i], 1, luma->weights + 2 * i), yuv->scale);
        const unsigned u = across(uv, 2, weights), v = across(uv + 1, 2, weights);
        bgr[3 * i] = level(y + times(u, yuv->blue_u) - yuv->blue_bias);
        bgr[3 * i + 1] = level(y - times(u, yuv->green_u) - times(v, yuv->green_v) + yuv->green_bias);
        bgr[3 * i + 2] = level(y + times(v, yuv->red_v) - yuv->red_bias);
    }
}
