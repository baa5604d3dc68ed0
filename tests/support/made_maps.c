/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "made_maps.h"

#include <math.h>
#include <stdlib.h>

#include "decode/skeleton.h"

uint32_t made_next(made_random *random) {
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (uint32_t)(random->state * 0x2545f4914f6cdd1dull >> 32);
}

float made_uniform(made_random *random, float low, float high) {
    return low + (high - low) * (float)(made_next(random) >> 8) * 0x1p-24f;
}

int made_below(made_random *random, int limit) {
    return (int)((uint64_t)made_next(random) * (uint64_t)limit >> 32);
}

static lp_map_view make_view(int width, int height, int channels, made_layout layout) {
    const ptrdiff_t cells = (ptrdiff_t)width * height;
    lp_map_view view = {.channel_stride = cells + (layout == MADE_PLANAR_GAPS ? 13 : 0), .cell_stride = 1};

    if (layout >= MADE_INTERLEAVED)
        view = (lp_map_view){.channel_stride = 1, .cell_stride = channels + (layout == MADE_INTERLEAVED_GAPS ? 7 : 0)};
    const ptrdiff_t last = (channels - 1) * view.channel_stride + (cells - 1) * view.cell_stride;
    float *const data = malloc((size_t)(last + 1) * sizeof *data);
    for (ptrdiff_t i = 0; i <= last; i++)
        data[i] = NAN;
    for (int c = 0; c < channels; c++)
        for (ptrdiff_t i = 0; i < cells; i++)
            data[c * view.channel_stride + i * view.cell_stride] = 0;
    view.data = data;
    return view;
}

lp_maps made_maps(int width, int height, made_layout layout) {
    return (lp_maps){.width = width,
                     .height = height,
                     .heatmaps = make_view(width, height, LIGHTPOSE_HEATMAPS, layout),
                     .pafs = make_view(width, height, LIGHTPOSE_PAFS, layout)};
}

void made_free(lp_maps *maps) {
    free((void *)maps->heatmaps.data);
    free((void *)maps->pafs.data);
    *maps = (lp_maps){0};
}

float *made_heat(const lp_maps *maps, int map, int x, int y) {
    return (float *)maps->heatmaps.data + map * maps->heatmaps.channel_stride +
           ((ptrdiff_t)y * maps->width + x) * maps->heatmaps.cell_stride;
}

float *made_paf(const lp_maps *maps, int map, int x, int y) {
    return (float *)maps->pafs.data + map * maps->pafs.channel_stride +
           ((ptrdiff_t)y * maps->width + x) * maps->pafs.cell_stride;
}

lp_maps made_copy(const lp_maps *maps, made_layout layout) {
    lp_maps copy = made_maps(maps->width, maps->height, layout);

    for (int y = 0; y < maps->height; y++)
        for (int x = 0; x < maps->width; x++) {
            for (int map = 0; map < LIGHTPOSE_HEATMAPS; map++)
                *made_heat(&copy, map, x, y) = *made_heat(maps, map, x, y);
            for (int map = 0; map < LIGHTPOSE_PAFS; map++)
                *made_paf(&copy, map, x, y) = *made_paf(maps, map, x, y);
        }
    return copy;
}

void made_bump(const lp_maps *maps, int map, double x, double y, double height) {
    for (int cy = 0; cy < maps->height; cy++)
        for (int cx = 0; cx < maps->width; cx++) {
            const double d2 = (cx - x) * (cx - x) + (cy - y) * (cy - y);
            float *const cell = made_heat(maps, map, cx, cy);
            *cell = fmaxf(*cell, (float)(height * exp(-d2 / (2 * 0.8 * 0.8))));
        }
}

void made_limb(const lp_maps *maps, int limb, double x0, double y0, double x1, double y1, double strength) {
    const lp_limb *const row = &lp_skeleton_limbs[limb];
    const double length = hypot(x1 - x0, y1 - y0), ux = (x1 - x0) / (length + 1e-9), uy = (y1 - y0) / (length + 1e-9);

    for (int y = 0; y < maps->height; y++)
        for (int x = 0; x < maps->width; x++) {
            const double along = (x - x0) * ux + (y - y0) * uy, across = (x - x0) * uy - (y - y0) * ux;
            if (along < -1 || along > length + 1 || fabs(across) > 1.2)
                continue;
            *made_paf(maps, row->paf_x, x, y) = (float)(strength * ux);
            *made_paf(maps, row->paf_y, x, y) = (float)(strength * uy);
        }
}

/* A figure of height 1 around (0, 0), in the network's order of keypoints. */
static const struct {
    float x, y;
} figure[LIGHTPOSE_KEYPOINTS] = {{0, -.42f},    {0, -.3f},      {-.1f, -.3f}, {-.14f, -.13f}, {-.15f, .02f},
                                 {.1f, -.3f},   {.14f, -.13f},  {.15f, .02f}, {-.06f, .03f},  {-.07f, .25f},
                                 {-.07f, .45f}, {.06f, .03f},   {.07f, .25f}, {.07f, .45f},   {-.02f, -.45f},
                                 {.02f, -.45f}, {-.05f, -.44f}, {.05f, -.44f}};

void made_people(const lp_maps *maps, int people, made_random *random) {
    for (int p = 0; p < people; p++) {
        const double size = made_uniform(random, 0.3f, 1) * (maps->height < maps->width ? maps->height : maps->width);
        const double cx = made_uniform(random, 0, (float)maps->width),
                     cy = made_uniform(random, 0, (float)maps->height);
        double x[LIGHTPOSE_KEYPOINTS], y[LIGHTPOSE_KEYPOINTS];
        int there[LIGHTPOSE_KEYPOINTS];
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            x[k] = cx + figure[k].x * size + made_uniform(random, -.3f, .3f);
            y[k] = cy + figure[k].y * size + made_uniform(random, -.3f, .3f);
            there[k] = made_below(random, 8) != 0;
            if (there[k])
                made_bump(maps, k, x[k], y[k], made_uniform(random, 0.09f, 1));
        }
        for (int l = 0; l < LIGHTPOSE_LIMBS; l++) {
            const lp_limb *const limb = &lp_skeleton_limbs[l];
            if (there[limb->from] && there[limb->to])
                made_limb(maps, l, x[limb->from], y[limb->from], x[limb->to], y[limb->to],
                          made_uniform(random, 0.05f, 1));
        }
    }
    for (int y = 0; y < maps->height; y++)
        for (int x = 0; x < maps->width; x++) {
            for (int map = 0; map < LIGHTPOSE_HEATMAPS; map++)
                *made_heat(maps, map, x, y) += made_uniform(random, -.01f, .01f);
            for (int map = 0; map < LIGHTPOSE_PAFS; map++)
                *made_paf(maps, map, x, y) += made_uniform(random, -.02f, .02f);
        }
}
