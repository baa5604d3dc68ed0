/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The network's maps as the decoder reads them: checked, copied into planes with a border, and interpolated only where
 * a value is needed. */

#ifndef LP_DECODE_MAPS_H
#define LP_DECODE_MAPS_H

#include "base/shuffle.h"
#include "base/status.h"
#include "net/output_maps.h"

/* Refuses maps that hold NaN or infinity. NOT_FINITE, naming the first such value: heatmaps before pafs, by map, then
 * by cell. */
lightpose_status lp_maps_check_finite(const lp_maps *maps, lightpose_error *error);

/* ---- Bicubic interpolation --------------------------------------------------------------------------------------- */

/* The maps upsampled by bicubic interpolation as OpenCV 4.6 computes it (A = -0.75, borders replicated), bit for bit,
 * but only where a value is needed. docs/algorithm.md 4.
 *
 * A pixel X of the upsampled map lies between the centres of two source cells, s = floor((X + 0.5) / factor - 0.5) and
 * s + 1, at one of `factor` phases. All pixels with the same s in x and in y form a block of factor x factor, which
 * depends on 4 x 4 source cells, s - 1 to s + 2. Block b = s + 1 counts from 0; there are width + 1 times height + 1,
 * and those at the border lie partly outside the map:
 *
 *     X = factor * b + phase - origin
 *
 * The order of sums, which decides the last bit: first along x, ((a0 w0 + a1 w1) + a2 w2) + a3 w3, for each of the four
 * rows; then along y, s0 w0 + (s1 w1 + (s2 w2 + s3 w3)). No fused multiply-add. */

enum { LP_MAX_UPSAMPLE = 8, LP_TAPS = 4 };

typedef struct lp_upsample {
    int factor; /* 1, 2, 4 or 8 */
    int shift;  /* its logarithm */
    int origin;
    float weights[LP_TAPS][LP_MAX_UPSAMPLE]; /* [tap][phase] */

    /* Bounds on the values of a block: value <= inner * max(0, largest of the middle 2 x 2 cells) + edge * max(0,
     * -smallest of the 8 cells at the edges) + corner * max(0, largest of the 4 corners),
     * and |value| <= gain * largest magnitude; rounding included. */
    double inner, edge, corner, gain;
} lp_upsample;

void lp_upsample_init(lp_upsample *upsample, int factor);

/* The cubic kernel with parameter `a`: the weights of cells -1, 0, 1 and 2 for a place `x` between cells 0 and 1, 0
 * to 1. OpenCV's upsampling has -0.75; -0.5 reproduces a plane, so it moves no slope of a map. */
#define LP_CUBIC_OPENCV -0.75f
#define LP_CUBIC_PLANE  -0.5f
void lp_cubic_weights(float a, float x, float *weights);

/* The maximum of the parabola through values at -1, 0 and 1, at most `most` away; 0 if it has none. Never NaN. */
double lp_parabola_top(double before, double middle, double after, double most);

/* Places count in cells, 0 the centre of the first: those of the heatmap, or those of the upsampled map. */
static inline double lp_upsampled_place(double at, int factor) {
    return (at + 0.5) * factor - 0.5;
}

static inline double lp_cell_place(double upsampled, int factor) {
    return (upsampled + 0.5) / factor - 0.5;
}

/* ---- Heatmaps ---------------------------------------------------------------------------------------------------- */

/* The heatmaps as planes with a replicated border, whatever the layout of the maps. Peaks (peaks.h) and completed
 * keypoints (completion.h) are found in them. */

enum {
    LP_PLANE_BORDER = 2, /* cells on each side */
    LP_PLANE_SLACK = 20  /* readable floats after a row: a vector and its taps beyond the last block */
};

typedef struct lp_planes {
    int width, height; /* of the maps, without border */
    ptrdiff_t stride;  /* floats from row to row; a plane has height + 2 * border rows */
    ptrdiff_t size;    /* floats from plane to plane */
    void *data;        /* LIGHTPOSE_HEATMAPS planes of float */
    size_t capacity;
} lp_planes;

/* Sizes the planes for the maps. MEMORY. */
lightpose_status lp_planes_reserve(lp_planes *planes, const lp_maps *maps, lightpose_error *error);

/* Copies row `y` of all heatmaps; row 0 and the last also fill the border above and below. Rows may be copied by
 * different threads. */
void lp_planes_copy_row(lp_planes *planes, const lp_maps *maps, int y);

/* Plane `map`; the first border cell. Cell (x, y) is at (y + border) * stride + x + border. */
static inline float *lp_plane(const lp_planes *planes, int map) {
    return (float *)planes->data + map * planes->size;
}

/* Cell (0, 0) of plane `map`. */
static inline const float *lp_plane_cells(const lp_planes *planes, int map) {
    return lp_plane(planes, map) + LP_PLANE_BORDER * planes->stride + LP_PLANE_BORDER;
}

void lp_planes_free(lp_planes *planes);

/* ---- Part affinity fields ---------------------------------------------------------------------------------------- */

/* The part affinity fields, read at single pixels of the upsampled maps, both components at once.
 *
 * Each limb's field is copied into a plane of (x, y) pairs with a replicated border: 14 kB at the usual size. It stays
 * in the first-level cache while thousands of points along the limb's pairs are read, 16 cells each. */

typedef float lp_quad __attribute__((vector_size(16)));
typedef int lp_quad_index __attribute__((vector_size(16)));
typedef float lp_quad_loose __attribute__((vector_size(16), aligned(4), may_alias)); /* in memory */

typedef struct lp_field {
    int shift, mask, origin; /* from pixels to blocks and phases */
    int width, height;       /* cells */
    int wide;                /* 1: vectors of 8 floats */
    ptrdiff_t stride;        /* floats from row to row of a plane */
    ptrdiff_t size;          /* floats from plane to plane */
    void *data;              /* LIGHTPOSE_LIMBS planes of float, in the order of channels */
    size_t capacity;

    float weights[LP_MAX_UPSAMPLE * 8]; /* 8 by phase: the weights of the four taps, each twice */
} lp_field;

/* `features`: base/cpu.h. */
void lp_field_init(lp_field *field, const lp_upsample *upsample, unsigned features);
void lp_field_free(lp_field *field);

/* Sizes the planes for the maps. MEMORY. */
lightpose_status lp_field_reserve(lp_field *field, const lp_maps *maps, lightpose_error *error);

/* Copies row `y` of all fields; row 0 and the last also fill the border above and below. Rows may be copied by
 * different threads. */
void lp_field_copy_row(lp_field *field, const lp_maps *maps, int y);

/* The first border cell of the plane of a limb, whose channels are `paf_x`, an even number, and the next. */
static inline const float *lp_field_plane(const lp_field *field, int paf_x) {
    return (const float *)field->data + paf_x / 2 * field->size;
}

/* One row of four cells times the weights along x: (x, y) of taps 0 and 1, and of taps 2 and 3. */
typedef struct lp_field_row {
    lp_quad near, far;
} lp_field_row;

static inline lp_field_row lp_field_weigh(const float *cells, const float *weights) {
    return (lp_field_row){*(const lp_quad_loose *)cells * *(const lp_quad_loose *)weights,
                          *(const lp_quad_loose *)(cells + 4) * *(const lp_quad_loose *)(weights + 4)};
}

/* Two rows summed along x, side by side. */
static inline lp_quad lp_field_sum(lp_field_row a, lp_field_row b) {
    return ((LP_SHUFFLE(lp_quad_index, a.near, b.near, 0, 1, 4, 5) +
             LP_SHUFFLE(lp_quad_index, a.near, b.near, 2, 3, 6, 7)) +
            LP_SHUFFLE(lp_quad_index, a.far, b.far, 0, 1, 4, 5)) +
           LP_SHUFFLE(lp_quad_index, a.far, b.far, 2, 3, 6, 7);
}

/* The field's (x, y) at a pixel: `cells` are the 4 x 4 cells around it, and the weights are those of its phases. The
 * order of sums is that of lp_upsample. */
static inline void lp_field_read(const float *cells, ptrdiff_t stride, const float *along_x, const float *along_y,
                                 float *out) {
    const lp_quad upper = lp_field_sum(lp_field_weigh(cells, along_x), lp_field_weigh(cells + stride, along_x)) *
                          *(const lp_quad_loose *)along_y;
    const lp_quad lower =
        lp_field_sum(lp_field_weigh(cells + 2 * stride, along_x), lp_field_weigh(cells + 3 * stride, along_x)) *
        *(const lp_quad_loose *)(along_y + 4);

    out[0] = upper[0] + (upper[2] + (lower[0] + lower[2]));
    out[1] = upper[1] + (upper[3] + (lower[1] + lower[3]));
}

#endif
