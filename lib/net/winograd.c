/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/winograd.h"

#include "base/mem.h"
#include "base/threads.h"
#include "net/winograd_kernel.h"

/* MOST_GROUPS: a thread transforms so many times the kernel's rows of tiles at once. More reads the weights (2.4 MB in
 * a layer of 128 by 128 channels) less often, fewer keeps tiles in the second-level cache; measured, 2 to 10 are alike.
 * LEAST_CELLS: below, reading weights that are four times as large costs more than it saves. */
enum { MOST_GROUPS = 3, LEAST_CELLS = 200, SOURCE = 6, TARGET = 4 };

struct lp_winograd_weights {
    const lp_winograd_kernel *kernel;
    int in, out;
    float *values; /* 36 matrices, each in panels of the kernel's columns */
    float *zeros;  /* a source cell outside the image */
};

int lp_winograd_takes(const lp_conv_spec *spec) {
    return spec->src == LP_F32 && spec->dst == LP_F32 && !spec->depthwise && spec->kernel == 3 && spec->stride == 1 &&
           spec->pad[0] == spec->dilation && spec->pad[2] == spec->dilation && spec->activation != LP_ELU &&
           spec->in % 32 == 0 && spec->out % 32 == 0 && spec->height * spec->width >= LEAST_CELLS;
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

static const lp_winograd_kernel *choose(unsigned features) {
#if defined(__x86_64__)
    if ((features & lp_winograd_avx512.features) == lp_winograd_avx512.features)
        return &lp_winograd_avx512;
    if ((features & lp_winograd_avx2.features) == lp_winograd_avx2.features)
        return &lp_winograd_avx2;
#endif
    (void)features;
    return &lp_winograd_baseline;
}

/* G g G': each point's row is 1, p, p^2 over the product of its differences to the other points. */
static void transform_kernel(const float *kernel, double transformed[LP_WINOGRAD_TAPS]) {
    const double a = LP_WINOGRAD_A, b = LP_WINOGRAD_B, a2 = a * a, b2 = b * b;
    const double na = 2 * a2 * (a2 - b2), nb = 2 * b2 * (b2 - a2);
    const double g[SOURCE][3] = {{1 / (a2 * b2), 0, 0},     {1 / na, a / na, a2 / na},  {1 / na, -a / na, a2 / na},
                                 {1 / nb, b / nb, b2 / nb}, {1 / nb, -b / nb, b2 / nb}, {0, 0, 1}};

    for (int i = 0; i < SOURCE; i++)
        for (int j = 0; j < SOURCE; j++) {
            double sum = 0;
            for (int y = 0; y < 3; y++)
                for (int x = 0; x < 3; x++)
                    sum += g[i][y] * g[j][x] * kernel[3 * y + x];
            transformed[SOURCE * i + j] = sum;
        }
}

static void pack(lp_winograd_weights *packed, const float *weights) {
    const int columns = packed->kernel->columns;
    const size_t matrix = (size_t)packed->in * (size_t)packed->out;

    for (int o = 0; o < packed->out; o++)
        for (int i = 0; i < packed->in; i++) {
            const size_t at = ((size_t)(o / columns) * (size_t)packed->in + (size_t)i) * (size_t)columns;
            double transformed[LP_WINOGRAD_TAPS];
            transform_kernel(weights + ((size_t)o * (size_t)packed->in + (size_t)i) * 9, transformed);
            for (int tap = 0; tap < LP_WINOGRAD_TAPS; tap++)
                packed->values[(size_t)tap * matrix + at + (size_t)(o % columns)] = (float)transformed[tap];
        }
}

lightpose_status lp_winograd_pack(lp_winograd_weights **out, const char *name, const float *weights, int in, int outs,
                                  unsigned features, lightpose_error *error) {
    const size_t count = (size_t)LP_WINOGRAD_TAPS * (size_t)in * (size_t)outs;
    lp_winograd_weights *packed = lp_calloc(1, sizeof *packed);

    *out = NULL;
    if (packed) {
        packed->kernel = choose(features);
        packed->in = in;
        packed->out = outs;
        packed->values = lp_calloc(count, sizeof(float));
        packed->zeros = lp_calloc((size_t)in, sizeof(float));
    }
    if (!packed || !packed->values || !packed->zeros) {
        lp_winograd_weights_destroy(&packed);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights of layer %s: %zu bytes", name,
                       count * sizeof(float));
    }
    pack(packed, weights);
    *out = packed;
    return LIGHTPOSE_OK;
}

void lp_winograd_weights_destroy(lp_winograd_weights **packed) {
    if (!*packed)
        return;
    lp_free((*packed)->values);
    lp_free((*packed)->zeros);
    lp_free(*packed);
    *packed = NULL;
}

const char *lp_winograd_implementation(const lp_winograd_weights *weights) {
    return weights->kernel->name;
}

/* ---- Tiles ------------------------------------------------------------------------------------------------------- */

/* Grid (gy, gx) of dilation^2 holds the cells (gy + d i, gx + d j); tiles are counted grid by grid, row by row. */
typedef struct tile {
    int y, x; /* of its first output cell */
} tile;

static int tiles_along(int size, int dilation, int grid) {
    return ((size - grid + dilation - 1) / dilation + TARGET - 1) / TARGET;
}

static int count_tiles(const lp_winograd *layer) {
    int count = 0;

    for (int gy = 0; gy < layer->dilation; gy++)
        for (int gx = 0; gx < layer->dilation; gx++)
            count += tiles_along(layer->height, layer->dilation, gy) * tiles_along(layer->width, layer->dilation, gx);
    return count;
}

static tile find_tile(const lp_winograd *layer, int index) {
    const int d = layer->dilation;

    for (int grid = 0;; grid++) {
        const int columns = tiles_along(layer->width, d, grid % d);
        const int count = tiles_along(layer->height, d, grid / d) * columns;
        if (index < count)
            return (tile){grid / d + index / columns * TARGET * d, grid % d + index % columns * TARGET * d};
        index -= count;
    }
}

/* Tiles that a thread has room for. */
static int room_of(const lp_winograd *layer) {
    return MOST_GROUPS * layer->weights->kernel->rows;
}

/* Floats from one of the 36 matrices of a block to the next: a vector more than it holds, so that the 36 do not fall
 * into the same cache sets. */
static size_t matrix_step(int tiles, int channels) {
    return (size_t)tiles * (size_t)channels + LP_ALIGN / sizeof(float);
}

static size_t thread_scratch(const lp_winograd *layer) {
    const int tiles = room_of(layer);

    return LP_WINOGRAD_TAPS * (matrix_step(tiles, layer->weights->in) + matrix_step(tiles, layer->weights->out));
}

size_t lp_winograd_scratch_size(const lp_winograd *layer) {
    return (size_t)layer->threads * thread_scratch(layer) * sizeof(float);
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

static void source_cells(const lp_winograd *layer, tile at, const float *src, const float *cells[36]) {
    for (int i = 0; i < LP_WINOGRAD_TAPS; i++) {
        const int y = at.y + (i / SOURCE - 1) * layer->dilation, x = at.x + (i % SOURCE - 1) * layer->dilation;
        const int inside = y >= 0 && y < layer->height && x >= 0 && x < layer->width;
        const size_t cell = inside ? (size_t)y * (size_t)layer->width + (size_t)x : 0;
        cells[i] = inside ? src + cell * (size_t)layer->weights->in : layer->weights->zeros;
    }
}

static void target_cells(const lp_winograd *layer, tile at, const float *added, float *dst,
                         const float *added_cells[16], float *cells[16]) {
    for (int i = 0; i < TARGET * TARGET; i++) {
        const int y = at.y + i / TARGET * layer->dilation, x = at.x + i % TARGET * layer->dilation;
        const int inside = y < layer->height && x < layer->width;
        const size_t offset = inside ? ((size_t)y * (size_t)layer->width + (size_t)x) * (size_t)layer->weights->out : 0;
        cells[i] = inside ? dst + offset : NULL;
        added_cells[i] = inside && added ? added + offset : NULL;
    }
}

/* Tiles first to end, at most as many as there is room for in `scratch`. */
static void run_block(const lp_winograd *layer, const float *src, const float *added, float *dst, float *scratch,
                      int first, int end) {
    const lp_winograd_weights *const weights = layer->weights;
    const int room = room_of(layer);
    const size_t source_step = matrix_step(room, weights->in), product_step = matrix_step(room, weights->out);
    const size_t matrix = (size_t)weights->in * (size_t)weights->out;
    const int rows = weights->kernel->rows, tiles = (end - first + rows - 1) / rows * rows;
    float *const products = scratch + LP_WINOGRAD_TAPS * source_step;

    for (int i = first; i < end; i++) {
        const float *cells[LP_WINOGRAD_TAPS];
        source_cells(layer, find_tile(layer, i), src, cells);
        weights->kernel->transform_source(cells, weights->in, scratch + (size_t)(i - first) * (size_t)weights->in,
                                          source_step);
    }
    for (size_t tap = 0; tap < LP_WINOGRAD_TAPS; tap++)
        weights->kernel->multiply(scratch + tap * source_step, weights->values + tap * matrix,
                                  products + tap * product_step, tiles, weights->in, weights->out);
    for (int i = first; i < end; i++) {
        const float *added_cells[TARGET * TARGET];
        float *cells[TARGET * TARGET];
        target_cells(layer, find_tile(layer, i), added, dst, added_cells, cells);
        weights->kernel->transform_products(products + (size_t)(i - first) * (size_t)weights->out, product_step,
                                            layer->bias, layer->relu, weights->out, added ? added_cells : NULL, cells);
    }
}

typedef struct job {
    const lp_winograd *layer;
    const float *src, *added;
    float *dst, *scratch;
} job;

/* An even share of the groups of tiles, in scratch memory of its own. */
static void run_part(void *argument, int part) {
    const job *const j = argument;
    const lp_winograd *const layer = j->layer;
    const int tiles = count_tiles(layer), rows = layer->weights->kernel->rows, groups = (tiles + rows - 1) / rows;
    const int first = groups * part / layer->threads * rows, after = groups * (part + 1) / layer->threads * rows;
    const int end = after < tiles ? after : tiles;

    for (int at = first; at < end; at += room_of(layer)) {
        const int stop = at + room_of(layer) < end ? at + room_of(layer) : end;
        run_block(layer, j->src, j->added, j->dst, j->scratch + (size_t)part * thread_scratch(layer), at, stop);
    }
}

void lp_winograd_run(const lp_winograd *layer, const float *src, const float *added, float *dst, void *scratch) {
    job all = {layer, src, added, dst, scratch};
    lp_threads_share(layer->threads, run_part, &all);
}
