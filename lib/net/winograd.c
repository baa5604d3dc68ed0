/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/winograd.h"

#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "net/winograd_kernel.h"

/* MOST_GROUPS: a thread transforms at most this many groups of tiles at once; a group has the kernel's rows. With more
 * groups, the weights (1.2 MB in a layer of 128 by 128 channels of bytes) are read less often; with fewer, tiles stay
 * in the second-level cache. 1 to 10 gave the same time. LEAST_CELLS: with fewer cells, reading the weights, which are
 * four times as large (eight times for bytes), costs more than Winograd saves. With VNNI, Winograd saves less, so the
 * limit is higher. */
enum {
    MOST_GROUPS = 3,
    MOST_TILES = MOST_GROUPS * LP_WINOGRAD_MOST_ROWS,
    LEAST_CELLS = 200,
    LEAST_CELLS_VNNI = 400,
    SOURCE = 6,
    TARGET = 4
};

/* Transformed kernels in the order in which the kernel code reads them. */
typedef struct winograd_weights {
    const lp_winograd_kernel *kernel;
    int in, out;
    void *values;  /* panels of the kernel's columns, each 36 matrices */
    float *scales; /* for bytes: the scale of each stored weight, in panels of 36 rows; otherwise NULL */
    void *outside; /* a source cell outside the image */
} winograd_weights;

typedef struct winograd {
    const winograd_weights *weights;
    const float *bias;
    int height, width, dilation, relu;
    float sum, shift; /* factor of the added tensor, and offset of the result; 1 and 0 in F32 */
    int tiles;
} winograd;

/* The best first. */
static const lp_winograd_kernel *const float_kernels[] = {
#if defined(__x86_64__)
    &lp_winograd_avx512, &lp_winograd_avx2,
#endif
    &lp_winograd_baseline, NULL};

static const lp_winograd_kernel *const byte_kernels[] = {
#if defined(__x86_64__)
    &lp_winograd_bytes_vnni, &lp_winograd_bytes_avx512, &lp_winograd_bytes_avx2,
#endif
    NULL};

static const lp_winograd_kernel *choose(unsigned features, int bytes) {
    const lp_winograd_kernel *const *kernel = bytes ? byte_kernels : float_kernels;

    while (*kernel && !lp_cpu_has_all(features, (*kernel)->features))
        kernel++;
    return *kernel;
}

/* Whether plain byte products are as fast as a quarter as many in 16 bits. Those of AMX's tiles (tiled.h) are. For the
 * 256-bit ones of AVX-VNNI (dot.h) this is not known, but no build of winograd_bytes.c uses that instruction. */
static int is_faster_plain(unsigned features) {
    return (features & LP_CPU_AMX_INT8) || ((features & LP_CPU_AVX_VNNI) && !(features & LP_CPU_AVX512_VNNI));
}

static int takes(const lp_conv_spec *spec, unsigned features) {
    const int floats = spec->src == LP_F32 && spec->dst == LP_F32;
    const int bytes = spec->src == LP_U8 && spec->dst == LP_U8 && choose(features, 1) && !is_faster_plain(features);
    const int least = bytes && (features & LP_CPU_AVX512_VNNI) ? LEAST_CELLS_VNNI : LEAST_CELLS;

    return (floats || bytes) && !spec->depthwise && spec->kernel == 3 && spec->stride == 1 &&
           spec->pad[0] == spec->dilation && spec->pad[2] == spec->dilation && spec->activation != LP_ELU &&
           spec->in % 32 == 0 && spec->out % 32 == 0 && spec->in <= LP_WINOGRAD_MOST_CHANNELS &&
           spec->height * spec->width >= least;
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

/* The matrix G: the row of point p is 1, p, p^2, divided by the product of its differences from the other points. */
static void kernel_transform(const lp_winograd_kernel *kernel, double g[SOURCE][3]) {
    const double a = kernel->point_a, b = kernel->point_b, a2 = a * a, b2 = b * b;
    const double na = 2 * a2 * (a2 - b2), nb = 2 * b2 * (b2 - a2);
    const double rows[SOURCE][3] = {{1 / (a2 * b2), 0, 0},     {1 / na, a / na, a2 / na},  {1 / na, -a / na, a2 / na},
                                    {1 / nb, b / nb, b2 / nb}, {1 / nb, -b / nb, b2 / nb}, {0, 0, 1}};

    memcpy(g, rows, sizeof rows);
}

/* G g G' */
static void transform_kernel(double g[SOURCE][3], const float *kernel, double transformed[LP_WINOGRAD_TAPS]) {
    double half[SOURCE][3];

    for (int i = 0; i < SOURCE; i++)
        for (int x = 0; x < 3; x++)
            half[i][x] = g[i][0] * kernel[x] + g[i][1] * kernel[3 + x] + g[i][2] * kernel[6 + x];
    for (int i = 0; i < SOURCE; i++)
        for (int j = 0; j < SOURCE; j++)
            transformed[SOURCE * i + j] = half[i][0] * g[j][0] + half[i][1] * g[j][1] + half[i][2] * g[j][2];
}

/* The greatest magnitude of a transformed source of bytes. `above` and `below`: the sums of the positive and negative
 * entries in the rows of B'. */
static double greatest_source(int tap) {
    static const int above[SOURCE] = {5, 2, 5, 3, 3, 5}, below[SOURCE] = {5, 8, 5, 3, 3, 5};
    const int i = tap / SOURCE, j = tap % SOURCE;
    const int most = above[i] * above[j] + below[i] * below[j], least = above[i] * below[j] + below[i] * above[j];

    return 255.0 * (most > least ? most : least);
}

/* The factors that scale one output channel's weights to 16 bits, so that no sum of products with any bytes exceeds 32
 * bits, even if rounding changes each weight by a half. */
static void byte_factors(const double *transformed, int in, double *factors) {
    double most[LP_WINOGRAD_TAPS] = {0}, sum[LP_WINOGRAD_TAPS] = {0};

    for (int i = 0; i < in; i++)
        for (int tap = 0; tap < LP_WINOGRAD_TAPS; tap++) {
            const double magnitude = fabs(transformed[i * LP_WINOGRAD_TAPS + tap]);
            most[tap] = magnitude > most[tap] ? magnitude : most[tap];
            sum[tap] += magnitude;
        }
    for (int tap = 0; tap < LP_WINOGRAD_TAPS; tap++)
        if (most[tap] > 0)
            factors[tap] = fmin(INT16_MAX / most[tap], (INT32_MAX / greatest_source(tap) - 0.5 * in) / sum[tap]);
}

/* The index of weight (i, o) of matrix `tap`. For bytes, the weights of two source channels are adjacent. */
static size_t place(const winograd_weights *packed, int tap, int i, int o) {
    const int columns = packed->kernel->columns, column = o % columns;
    const size_t matrix = (size_t)(o / columns * LP_WINOGRAD_TAPS + tap) * (size_t)(packed->in * columns);

    return matrix + (size_t)(packed->scales ? (i / 2 * columns + column) * 2 + i % 2 : i * columns + column);
}

static size_t place_scale(const winograd_weights *packed, int tap, int o) {
    const int columns = packed->kernel->columns;

    return (size_t)((o / columns * LP_WINOGRAD_TAPS + tap) * columns + o % columns);
}

/* Room to transform the kernels of one output channel. */
typedef struct workspace {
    double g[SOURCE][3];
    float weights[LP_WINOGRAD_MOST_CHANNELS * 9];
    double transformed[LP_WINOGRAD_MOST_CHANNELS * LP_WINOGRAD_TAPS];
} workspace;

static void pack_channel(winograd_weights *packed, workspace *w, int o) {
    double factors[LP_WINOGRAD_TAPS];

    for (int i = 0; i < packed->in; i++)
        transform_kernel(w->g, w->weights + (size_t)i * 9, w->transformed + (size_t)i * LP_WINOGRAD_TAPS);
    for (int tap = 0; tap < LP_WINOGRAD_TAPS; tap++)
        factors[tap] = 1;
    if (packed->scales)
        byte_factors(w->transformed, packed->in, factors);
    for (int tap = 0; tap < LP_WINOGRAD_TAPS; tap++) {
        if (packed->scales)
            packed->scales[place_scale(packed, tap, o)] = (float)(1 / factors[tap]);
        for (int i = 0; i < packed->in; i++) {
            const double value = w->transformed[i * LP_WINOGRAD_TAPS + tap] * factors[tap];
            const size_t at = place(packed, tap, i, o);
            if (packed->scales)
                ((int16_t *)packed->values)[at] = (int16_t)lrint(value);
            else
                ((float *)packed->values)[at] = (float)value;
        }
    }
}

/* The weights of output channel `o` as real numbers, in units of the output. */
static void read_channel(const lp_conv_spec *spec, const void *weights, int o, float *values) {
    const size_t count = (size_t)spec->in * 9, first = (size_t)o * count;

    for (size_t i = 0; i < count; i++)
        values[i] = spec->src == LP_U8 ? (float)((const int8_t *)weights)[first + i] * spec->scales[o]
                                       : ((const float *)weights)[first + i];
}

static void clear_packed(void *weights) {
    winograd_weights *const packed = weights;

    lp_free(packed->values);
    lp_free(packed->scales);
    lp_free(packed->outside);
}

static lightpose_status pack(void *out, const lp_op_layer *layer, const void *weights, lightpose_error *error) {
    const lp_conv_spec *const spec = layer->spec;
    const int bytes = spec->src == LP_U8;
    winograd_weights *const packed = out;
    workspace *const w = lp_calloc(1, sizeof *w);
    (void)error;

    packed->kernel = choose(layer->features, bytes);
    packed->in = spec->in;
    packed->out = spec->out;
    packed->values = lp_calloc((size_t)LP_WINOGRAD_TAPS * (size_t)spec->in * (size_t)spec->out,
                               (size_t)packed->kernel->weight_bytes);
    packed->scales = bytes ? lp_calloc((size_t)LP_WINOGRAD_TAPS * (size_t)spec->out, sizeof(float)) : NULL;
    packed->outside = lp_calloc((size_t)spec->in, sizeof(float));
    if (!w || !packed->values || (bytes && !packed->scales) || !packed->outside) {
        lp_free(w);
        return LIGHTPOSE_ERROR_MEMORY;
    }
    if (bytes)
        memset(packed->outside, layer->zero, (size_t)spec->in);
    kernel_transform(packed->kernel, w->g);
    for (int o = 0; o < spec->out; o++) {
        read_channel(spec, weights, o, w->weights);
        pack_channel(packed, w, o);
    }
    lp_free(w);
    return LIGHTPOSE_OK;
}

/* ---- Tiles ------------------------------------------------------------------------------------------------------- */

/* Grid (gy, gx) of dilation^2 holds the cells (gy + d i, gx + d j). Tiles are numbered by rows: row 0 of every grid,
 * then row 1 of every grid, and so on. So every thread stays in the part of the image that it wrote in the previous
 * layer. */
typedef struct tile {
    int y, x; /* of its first output cell */
} tile;

static int tiles_along(int size, int dilation, int grid) {
    return ((size - grid + dilation - 1) / dilation + TARGET - 1) / TARGET;
}

static int count_tiles(const winograd *layer) {
    int count = 0;

    for (int gy = 0; gy < layer->dilation; gy++)
        for (int gx = 0; gx < layer->dilation; gx++)
            count += tiles_along(layer->height, layer->dilation, gy) * tiles_along(layer->width, layer->dilation, gx);
    return count;
}

static tile find_tile(const winograd *layer, int index) {
    const int d = layer->dilation;

    for (int row = 0;; row++)
        for (int grid = 0; grid < d * d; grid++) {
            const int columns = tiles_along(layer->width, d, grid % d);
            if (row >= tiles_along(layer->height, d, grid / d))
                continue;
            if (index < columns)
                return (tile){grid / d + row * TARGET * d, grid % d + index * TARGET * d};
            index -= columns;
        }
}

/* The number of tiles that a thread has room for. */
static int room_of(const winograd *layer) {
    return MOST_GROUPS * layer->weights->kernel->rows;
}

/* The distance between the 36 matrices of a block, in values: one vector more than their size, so that they do not map
 * to the same cache sets. */
static size_t matrix_step(int tiles, int channels) {
    return (size_t)tiles * (size_t)channels + LP_ALIGN / sizeof(float);
}

/* The size of the transformed source of a block, in bytes. */
static size_t source_scratch(const winograd *layer) {
    const winograd_weights *const weights = layer->weights;

    return lp_align(LP_WINOGRAD_TAPS * matrix_step(room_of(layer), weights->in) *
                    (size_t)weights->kernel->weight_bytes);
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

static size_t element_bytes(const winograd *layer) {
    return layer->weights->scales ? 1 : sizeof(float);
}

static void source_cells(const winograd *layer, tile at, const void *src, const void *cells[36]) {
    const size_t cell_bytes = (size_t)layer->weights->in * element_bytes(layer);

    for (int i = 0; i < LP_WINOGRAD_TAPS; i++) {
        const int y = at.y + (i / SOURCE - 1) * layer->dilation, x = at.x + (i % SOURCE - 1) * layer->dilation;
        const int inside = y >= 0 && y < layer->height && x >= 0 && x < layer->width;
        const size_t cell = inside ? (size_t)y * (size_t)layer->width + (size_t)x : 0;
        cells[i] = inside ? (const char *)src + cell * cell_bytes : layer->weights->outside;
    }
}

typedef struct target {
    void *cells[TARGET * TARGET];
    const void *added[TARGET * TARGET];
} target;

static void target_cells(const winograd *layer, tile at, const void *added, void *dst, target *t) {
    const size_t cell_bytes = (size_t)layer->weights->out * element_bytes(layer);

    for (int i = 0; i < TARGET * TARGET; i++) {
        const int y = at.y + i / TARGET * layer->dilation, x = at.x + i % TARGET * layer->dilation;
        const int inside = y < layer->height && x < layer->width;
        const size_t offset = inside ? ((size_t)y * (size_t)layer->width + (size_t)x) * cell_bytes : 0;
        t->cells[i] = inside ? (char *)dst + offset : NULL;
        t->added[i] = inside && added ? (const char *)added + offset : NULL;
    }
}

/* Computes one panel of outputs of `count` tiles from their transformed source. */
static void run_panel(const winograd *layer, int first, const char *source, char *products, const target *targets,
                      int count) {
    const winograd_weights *const weights = layer->weights;
    const lp_winograd_kernel *const kernel = weights->kernel;
    const int tiles = (count + kernel->least_rows - 1) / kernel->least_rows * kernel->least_rows;
    const size_t bytes = (size_t)kernel->weight_bytes;
    const size_t source_step = matrix_step(room_of(layer), weights->in) * bytes;
    const size_t product_step = matrix_step(room_of(layer), kernel->columns);
    const float *const scales = weights->scales ? weights->scales + place_scale(weights, 0, first) : NULL;

    for (int tap = 0; tap < LP_WINOGRAD_TAPS; tap++)
        kernel->multiply(source + (size_t)tap * source_step,
                         (const char *)weights->values + place(weights, tap, 0, first) * bytes,
                         products + (size_t)tap * product_step * sizeof(float), tiles, weights->in);
    for (int i = 0; i < count; i++) {
        const lp_winograd_output output = {.scales = scales,
                                           .bias = layer->bias + first,
                                           .relu = layer->relu,
                                           .factor = layer->sum,
                                           .shift = layer->shift,
                                           .added = targets[i].added[0] ? targets[i].added : NULL,
                                           .cells = targets[i].cells,
                                           .first = first};
        kernel->transform_products(products + (size_t)(i * kernel->columns) * sizeof(float), product_step, &output);
    }
}

/* Runs tiles first to end, at most as many as `scratch` has room for. */
static void run_block(const winograd *layer, const void *src, const void *added, void *dst, char *scratch, int first,
                      int end) {
    const winograd_weights *const weights = layer->weights;
    const lp_winograd_kernel *const kernel = weights->kernel;
    const size_t bytes = (size_t)kernel->weight_bytes, source_step = matrix_step(room_of(layer), weights->in);
    target targets[MOST_TILES];

    for (int i = 0; i < end - first; i++) {
        const tile at = find_tile(layer, first + i);
        const void *cells[LP_WINOGRAD_TAPS];
        source_cells(layer, at, src, cells);
        target_cells(layer, at, added, dst, &targets[i]);
        kernel->transform_source(cells, weights->in, scratch + (size_t)(i * weights->in) * bytes, source_step);
    }
    for (int o = 0; o < weights->out; o += kernel->columns)
        run_panel(layer, o, scratch, scratch + source_scratch(layer), targets, end - first);
}

static lightpose_status run(const void *data, const lp_op_tensors *tensors, int begin, int end, void *scratch) {
    const winograd *const layer = data;
    const int unit = layer->weights->kernel->rows, room = room_of(layer);
    const int last = end * unit < layer->tiles ? end * unit : layer->tiles;

    for (int at = begin * unit; at < last; at += room)
        run_block(layer, tensors->src, tensors->added, tensors->dst, scratch, at, at + room < last ? at + room : last);
    return LIGHTPOSE_OK;
}

/* A unit is as many tiles as the kernel holds in registers. */
static lightpose_status create(lp_op_instance *made, const lp_op_layer *layer, const void *packed,
                               lightpose_error *error) {
    const lp_conv_spec *const spec = layer->spec;
    const lp_winograd_kernel *const kernel = ((const winograd_weights *)packed)->kernel;
    winograd *const own = made->data;
    (void)error;

    *own = (winograd){.weights = packed,
                      .bias = layer->bias,
                      .height = spec->height,
                      .width = spec->width,
                      .dilation = spec->dilation,
                      .relu = spec->activation == LP_RELU,
                      .sum = spec->sum,
                      .shift = spec->shift};
    own->tiles = count_tiles(own);
    made->kernel = kernel->name;
    made->units = (own->tiles + kernel->rows - 1) / kernel->rows;
    made->scratch_bytes =
        source_scratch(own) + LP_WINOGRAD_TAPS * matrix_step(room_of(own), kernel->columns) * sizeof(float);
    return LIGHTPOSE_OK;
}

const lp_operator lp_op_winograd = {.name = "winograd",
                                    .packed_size = sizeof(winograd_weights),
                                    .data_size = sizeof(winograd),
                                    .takes = takes,
                                    .pack = pack,
                                    .clear_packed = clear_packed,
                                    .create = create,
                                    .run = run};
