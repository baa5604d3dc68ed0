/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/pointwise.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "net/pointwise_kernel.h"

/* SOURCE_BYTES: the cells of a unit. They are multiplied with one panel of weights after another and stay in the
 * first-level cache together with a panel (8 KiB for 512 channels). MOST_WIDTHS: stretches in a unit. PATCH: bytes that
 * one output of a larger kernel reads, side by side (im2col). */
enum { SOURCE_BYTES = 16384, MOST_WIDTHS = SOURCE_BYTES / LP_STRETCH, PATCH = 32 };

typedef struct pointwise_weights {
    const lp_pointwise_kernel *kernel;
    int in, out;    /* in: channels of the source, or PATCH */
    int8_t *values; /* panel after panel; padding columns are 0 */
    int8_t *halves; /* pointwise_kernel.h */
} pointwise_weights;

typedef struct pointwise {
    const pointwise_weights *weights;
    const float *scales, *bias, *gains; /* one per output channel; gains NULL: `gain` */
    lp_element target;                  /* U8 or F32 */
    lp_activation activation;
    int cells;
    float gain, sum, shift; /* sum: factor of the added tensor */

    /* Of a larger kernel, else kernel is 1. */
    int kernel, stride, pad_top, pad_left, channels, height, width, out_width;
    uint8_t zero;
} pointwise;

static const lp_pointwise_kernel *choose(unsigned features) {
#if defined(__x86_64__)
    if (lp_cpu_has_all(features, lp_pointwise_avx512.features))
        return &lp_pointwise_avx512;
    if (lp_cpu_has_all(features, lp_pointwise_avx2.features))
        return &lp_pointwise_avx2;
#endif
    (void)features;
    return NULL;
}

static int takes(const lp_conv_spec *spec, unsigned features) {
    const int values = spec->in * spec->kernel * spec->kernel;
    const int plain =
        spec->kernel == 1 && spec->stride == 1 && spec->in % LP_STRETCH == 0 && spec->in <= LP_POINTWISE_MOST_CHANNELS;
    const int patch = spec->kernel > 1 && spec->dilation == 1 && values <= PATCH;

    return choose(features) && lp_cpu_lacks_vnni(features) && spec->src == LP_U8 &&
           (spec->dst == LP_U8 || spec->dst == LP_F32) && !spec->depthwise && (plain || patch) && spec->scales;
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

static int panels_of(const pointwise_weights *packed) {
    return (packed->out + packed->kernel->columns - 1) / packed->kernel->columns;
}

static void fill(pointwise_weights *packed, const lp_conv_spec *spec, const int8_t *weights) {
    const int columns = packed->kernel->columns, area = spec->kernel * spec->kernel;

    for (int o = 0; o < packed->out; o++) {
        int8_t *const panel = packed->values + (size_t)(o / columns * columns) * (size_t)packed->in;
        for (int i = 0; i < spec->in * area; i++) {
            const int8_t weight = weights[(o * spec->in + i % spec->in) * area + i / spec->in];
            const int half = (abs(weight) + 1) / 2;
            panel[(i / 4 * columns + o % columns) * 4 + i % 4] = weight;
            if (packed->halves[i] < half)
                packed->halves[i] = (int8_t)half;
        }
    }
}

static void clear_packed(void *weights) {
    pointwise_weights *const packed = weights;

    lp_free(packed->values);
    lp_free(packed->halves);
}

static lightpose_status pack(void *out, const lp_op_layer *layer, const void *weights, lightpose_error *error) {
    const lp_conv_spec *const spec = layer->spec;
    pointwise_weights *const packed = out;
    (void)error;

    packed->kernel = choose(layer->features);
    packed->in = spec->kernel > 1 ? PATCH : spec->in;
    packed->out = spec->out;
    packed->values = lp_calloc((size_t)(panels_of(packed) * packed->kernel->columns), (size_t)packed->in);
    packed->halves = lp_calloc((size_t)packed->in, 1);
    if (!packed->values || !packed->halves)
        return LIGHTPOSE_ERROR_MEMORY;
    fill(packed, spec, weights);
    return LIGHTPOSE_OK;
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

/* The requantisation of a panel. A copy, because the kernel reads full panels, and the last one may be incomplete. */
typedef struct panel_requant {
    float scales[LP_POINTWISE_MOST_COLUMNS], bias[LP_POINTWISE_MOST_COLUMNS], gains[LP_POINTWISE_MOST_COLUMNS];
} panel_requant;

/* Copies that of `columns` output channels from `first` on. */
static void read_requant(const pointwise *layer, int first, int columns, panel_requant *requant) {
    *requant = (panel_requant){0};
    for (int c = 0; c < columns; c++) {
        requant->scales[c] = layer->scales[first + c];
        requant->bias[c] = layer->bias[first + c];
        requant->gains[c] = layer->gains ? layer->gains[first + c] : layer->gain;
    }
}

/* Runs some cells, read from `source`, through all panels. */
static void run_cells(const pointwise *layer, const lp_op_tensors *tensors, const uint8_t *source, int first, int count,
                      const uint8_t *widths) {
    const pointwise_weights *const weights = layer->weights;
    const size_t element = layer->target == LP_U8 ? 1 : sizeof(float);
    lp_pointwise_tile tile = {.source = source,
                              .cells = count,
                              .in = weights->in,
                              .widths = widths,
                              .activation = layer->activation,
                              .factor = layer->sum,
                              .shift = layer->shift,
                              .plain = layer->target == LP_U8 && layer->activation == LP_LINEAR && !layer->gains &&
                                       layer->gain == 1 && layer->shift == 0,
                              .bytes = layer->target == LP_U8,
                              .step = weights->out};

    for (int o = 0; o < weights->out; o += weights->kernel->columns) {
        const int left = weights->out - o;
        const size_t at = ((size_t)first * (size_t)weights->out + (size_t)o) * element;
        panel_requant requant;
        tile.columns = left < weights->kernel->columns ? left : weights->kernel->columns;
        read_requant(layer, o, tile.columns, &requant);
        tile.scales = requant.scales;
        tile.bias = requant.bias;
        tile.gains = requant.gains;
        tile.weights = weights->values + (size_t)o * (size_t)weights->in;
        tile.added = tensors->added ? (const uint8_t *)tensors->added + at : NULL;
        tile.target = (uint8_t *)tensors->dst + at;
        weights->kernel->multiply(&tile);
    }
}

/* Copies the cells that the kernel reads for the output at y, x, row by row; cells outside are `zero`. */
static void im2col_border(const pointwise *layer, const uint8_t *src, int y, int x, uint8_t *to) {
    const int top = y * layer->stride - layer->pad_top, left = x * layer->stride - layer->pad_left;
    const size_t cell = (size_t)layer->channels;

    for (int ky = 0; ky < layer->kernel; ky++)
        for (int kx = 0; kx < layer->kernel; kx++, to += cell) {
            const int from_y = top + ky, from_x = left + kx;
            if (from_y < 0 || from_y >= layer->height || from_x < 0 || from_x >= layer->width)
                memset(to, layer->zero, cell);
            else
                memcpy(to, src + ((size_t)from_y * (size_t)layer->width + (size_t)from_x) * cell, cell);
        }
}

/* The same if all cells are inside: copies complete rows of the kernel. */
static void im2col_inside(const pointwise *layer, const uint8_t *src, int y, int x, uint8_t *to) {
    const size_t cell = (size_t)layer->channels, row = (size_t)layer->width * cell,
                 across = (size_t)layer->kernel * cell;
    const uint8_t *from =
        src + (size_t)(y * layer->stride - layer->pad_top) * row + (size_t)(x * layer->stride - layer->pad_left) * cell;

    if (across == 9) { /* a constant, so that the compiler copies in registers */
        for (int ky = 0; ky < layer->kernel; ky++, from += row, to += 9)
            memcpy(to, from, 9);
        return;
    }
    for (int ky = 0; ky < layer->kernel; ky++, from += row, to += across)
        memcpy(to, from, across);
}

static void im2col(const pointwise *layer, const uint8_t *src, int first, int count, uint8_t *to) {
    for (int i = first; i < first + count; i++, to += PATCH) {
        const int y = i / layer->out_width, x = i % layer->out_width;
        const int top = y * layer->stride - layer->pad_top, left = x * layer->stride - layer->pad_left;
        const int inner =
            top >= 0 && top + layer->kernel <= layer->height && left >= 0 && left + layer->kernel <= layer->width;
        if (inner)
            im2col_inside(layer, src, y, x, to);
        else
            im2col_border(layer, src, y, x, to);
    }
}

/* ---- Operator ---------------------------------------------------------------------------------------------------- */

/* A multiple of the kernel's rows. */
static int cells_of_unit(const pointwise *layer) {
    const int rows = layer->weights->kernel->rows;
    return SOURCE_BYTES / layer->weights->in / rows * rows;
}

static lightpose_status run(const void *data, const lp_op_tensors *tensors, int begin, int end, void *scratch) {
    const pointwise *const layer = data;
    const pointwise_weights *const weights = layer->weights;
    const int unit = cells_of_unit(layer), last = end * unit < layer->cells ? end * unit : layer->cells;
    uint8_t widths[MOST_WIDTHS];

    for (int at = begin * unit; at < last; at += unit) {
        const int count = last - at < unit ? last - at : unit;
        const uint8_t *source = (const uint8_t *)tensors->src + (size_t)at * (size_t)weights->in;
        if (layer->kernel > 1) {
            im2col(layer, tensors->src, at, count, scratch);
            source = scratch;
        }
        weights->kernel->find_widths(source, count, weights->in, weights->halves, widths);
        run_cells(layer, tensors, source, at, count, widths);
    }
    return LIGHTPOSE_OK;
}

static lightpose_status create(lp_op_instance *made, const lp_op_layer *layer, const void *packed,
                               lightpose_error *error) {
    const lp_conv_spec *const spec = layer->spec;
    pointwise *const own = made->data;
    (void)error;

    *own = (pointwise){.weights = packed,
                       .scales = spec->scales,
                       .bias = layer->bias,
                       .target = spec->dst,
                       .cells = lp_conv_out_height(spec) * lp_conv_out_width(spec),
                       .activation = spec->activation,
                       .gains = spec->gains,
                       .gain = spec->gain,
                       .sum = spec->sum,
                       .shift = spec->shift,
                       .kernel = spec->kernel,
                       .stride = spec->stride,
                       .pad_top = spec->pad[0],
                       .pad_left = spec->pad[1],
                       .channels = spec->in,
                       .height = spec->height,
                       .width = spec->width,
                       .out_width = lp_conv_out_width(spec),
                       .zero = layer->zero};
    made->kernel = own->weights->kernel->name;
    made->units = (own->cells + cells_of_unit(own) - 1) / cells_of_unit(own);
    made->scratch_bytes = spec->kernel > 1 ? SOURCE_BYTES : 0;
    return LIGHTPOSE_OK;
}

const lp_operator lp_op_pointwise = {.name = "pointwise",
                                     .packed_size = sizeof(pointwise_weights),
                                     .data_size = sizeof(pointwise),
                                     .takes = takes,
                                     .pack = pack,
                                     .clear_packed = clear_packed,
                                     .create = create,
                                     .run = run};
