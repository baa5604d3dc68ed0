/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/dot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "net/cells.h"

/* SOURCE_BYTES: of the rows that a unit reads, so that beside a panel of weights (8 KiB of 512 channels, 18 KiB of 3x3
 * by 128) they fit a first-level cache of 32 or 48 KiB. MOST_CELLS: of a unit, so that there are enough of them for
 * many threads; 1824 cells, most layers' at 456 x 256, are 38 units. DEPTH: source channels that the kernel takes at
 * once. SLACK: room behind the patches. */
enum { SOURCE_BYTES = 16384, MOST_CELLS = 48, DEPTH = 8, MOST_KERNEL = 3, SLACK = 16 };

typedef struct packed {
    const lp_dot_kernel *kernel;
    int taps, in; /* as the kernel sees them: 1, and all taps' channels, with im2col */
    int panels, im2col;
    int8_t *values; /* panel after panel; columns and channels that there are not are 0 */
    int *reach;     /* of each output channel: the greatest magnitude that a sum can have */
} packed;

typedef struct instance {
    const packed *weights;
    lp_conv_spec spec;
    int plain, cells, width;                      /* of the output */
    int unit;                                     /* cells */
    float *requant;                               /* scales, bias and gains, each as long as there are columns */
    uint8_t *outside;                             /* a source cell outside the image */
    lp_cell taps[MOST_KERNEL * MOST_KERNEL];      /* from what the first tap reads to what each reads: in cells */
    ptrdiff_t offsets[MOST_KERNEL * MOST_KERNEL]; /* ... and in bytes */
} instance;

static const lp_dot_kernel *choose(unsigned features) {
#if defined(__x86_64__)
    const lp_dot_kernel *const kernels[] = {&lp_dot_avx512_vnni, &lp_dot_avx_vnni};

    for (int i = 0; i < 2; i++)
        if ((features & kernels[i]->features) == kernels[i]->features)
            return kernels[i];
#endif
    (void)features;
    return NULL;
}

/* Not measured yet where it runs. On a Zen 3, with fused multiply-adds of floats in the place of the instruction (the
 * same operands, and two in a cycle), the network's dense layers took 1.18 times what these alone need: 1.06 in 3x3
 * layers, 1.09 in those of 512 to 512 channels, 1.2 in 1x1 layers of 128, 2 and more where cells have 32 bytes. */
static int takes(const lp_conv_spec *spec, unsigned features) {
    return choose(features) && spec->src == LP_U8 && (spec->dst == LP_U8 || spec->dst == LP_F32) && !spec->depthwise &&
           spec->kernel <= MOST_KERNEL;
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

static void free_packed(void *from) {
    packed *const p = from;

    if (!p)
        return;
    lp_free(p->values);
    lp_free(p->reach);
    lp_free(p);
}

/* A panel holds, for each tap and each 4 source channels, 4 bytes of each column. */
static void fill(packed *p, const lp_conv_spec *spec, const int8_t *weights) {
    const int columns = p->kernel->columns, area = spec->kernel * spec->kernel;

    for (int o = 0; o < spec->out; o++) {
        int8_t *const panel = p->values + (size_t)(o / columns * columns) * (size_t)(p->taps * p->in);
        int sum = 0;
        for (int c = 0; c < spec->in; c++)
            for (int tap = 0; tap < area; tap++) {
                const int8_t weight = weights[((size_t)o * (size_t)spec->in + (size_t)c) * (size_t)area + (size_t)tap];
                const int at = p->im2col ? tap * spec->in + c : tap * p->in + c;
                panel[(at / 4 * columns + o % columns) * 4 + at % 4] = weight;
                sum += abs(weight);
            }
        p->reach[o] = UINT8_MAX * sum;
    }
}

lightpose_status lp_dot_pack_with(void **out, const lp_dot_kernel *kernel, const lp_op_layer *layer,
                                  const void *weights, lightpose_error *error) {
    const lp_conv_spec *const spec = layer->spec;
    const int area = spec->kernel * spec->kernel;
    packed *const p = lp_calloc(1, sizeof *p);

    *out = NULL;
    if (p) {
        p->kernel = kernel;
        p->im2col = spec->in % DEPTH != 0;
        p->taps = p->im2col ? 1 : area;
        p->in = p->im2col ? (spec->in * area + DEPTH - 1) / DEPTH * DEPTH : spec->in;
        p->panels = (spec->out + kernel->columns - 1) / kernel->columns;
        p->values = lp_calloc((size_t)(p->panels * kernel->columns), (size_t)(p->taps * p->in));
        p->reach = lp_calloc((size_t)spec->out, sizeof *p->reach);
    }
    if (!p || !p->values || !p->reach) {
        free_packed(p);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights of layer %s: %d x %d x %d bytes",
                       spec->name, spec->out, spec->in, area);
    }
    fill(p, spec, weights);
    *out = p;
    return LIGHTPOSE_OK;
}

static lightpose_status pack(void **out, const lp_op_layer *layer, const void *weights, lightpose_error *error) {
    return lp_dot_pack_with(out, choose(layer->features), layer, weights, error);
}

/* ---- A layer of one size ----------------------------------------------------------------------------------------- */

static void destroy(void *from) {
    instance *const i = from;

    if (!i)
        return;
    lp_free(i->requant);
    lp_free(i->outside);
    lp_free(i);
}

/* The requantisation of each column of the panels, and whether they leave results that convert to 32 bits whatever the
 * source. */
static int set_requant(instance *i, const float *bias) {
    const lp_conv_spec *const spec = &i->spec;
    const int columns = i->weights->panels * i->weights->kernel->columns;
    int bounded = 1;

    for (int o = 0; o < spec->out; o++) {
        const float scale = spec->scales ? spec->scales[o] : 1;
        i->requant[o] = scale;
        i->requant[columns + o] = bias[o];
        i->requant[2 * columns + o] = spec->gains ? spec->gains[o] : spec->gain;
        bounded &= fabsf(scale) * (float)i->weights->reach[o] + fabsf(bias[o]) < 0x1p30f;
    }
    return bounded;
}

static int unit_cells(const instance *i) {
    const int rows = i->weights->kernel->rows, most = MOST_CELLS / rows * rows;
    const int room = SOURCE_BYTES / (i->spec.in * i->spec.kernel) / rows * rows;

    return room < rows ? rows : room < most ? room : most;
}

static lightpose_status create(void **out, const lp_op_layer *layer, const void *weights, lightpose_error *error) {
    const packed *const p = weights;
    const lp_conv_spec *const spec = layer->spec;
    instance *const i = lp_calloc(1, sizeof *i);

    *out = NULL;
    if (i) {
        i->weights = p;
        i->spec = *spec;
        i->width = lp_conv_out_width(spec);
        i->cells = lp_conv_out_height(spec) * i->width;
        i->unit = unit_cells(i);
        i->requant = lp_calloc((size_t)(3 * p->panels * p->kernel->columns), sizeof *i->requant);
        i->outside = lp_calloc((size_t)spec->in, 1);
    }
    if (!i || !i->requant || !i->outside) {
        destroy(i);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for layer %s", spec->name);
    }
    memset(i->outside, layer->zero, (size_t)spec->in);
    for (int tap = 0; tap < spec->kernel * spec->kernel; tap++) {
        const lp_cell at = i->taps[tap] = lp_tap_offset(spec, tap);
        i->offsets[tap] = ((ptrdiff_t)at.y * spec->width + at.x) * spec->in;
    }
    const int bounded = set_requant(i, layer->bias);
    i->plain = bounded && spec->dst == LP_U8 && spec->activation != LP_ELU && !spec->gains && spec->gain == 1 &&
               spec->shift == 0 && spec->sum == 0;
    *out = i;
    return LIGHTPOSE_OK;
}

static const char *kernel_name(const void *from) {
    return ((const instance *)from)->weights->kernel->name;
}

static int units(const void *from) {
    const instance *const i = from;

    return (i->cells + i->unit - 1) / i->unit;
}

/* The table of sources, then the patches. */
static size_t table_bytes(const instance *i) {
    return lp_align((size_t)(i->weights->taps * i->unit) * sizeof(const uint8_t *));
}

static size_t scratch_size(const void *from) {
    const instance *const i = from;

    return table_bytes(i) + (i->weights->im2col ? (size_t)i->unit * (size_t)i->weights->in + SLACK : 0);
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

/* Where each of `cells` cells from `first` on reads, tap by tap. Those beyond the last of the output are read like any
 * other, inside the source or not, and never written. */
static void find_sources(const instance *i, const uint8_t *src, int first, int cells, const uint8_t **sources) {
    const lp_conv_spec *const spec = &i->spec;
    const int area = spec->kernel * spec->kernel;
    lp_cell cell = lp_cell_of(first, i->width);

    for (int k = 0; k < cells; k++, cell = lp_next_cell(cell, i->width)) {
        const lp_cell from = lp_first_tap(spec, cell);
        if (lp_is_inside(spec, from) && lp_is_inside(spec, lp_cell_plus(from, i->taps[area - 1]))) {
            const uint8_t *const at = lp_cell_at(spec, src, from, (size_t)spec->in);
            for (int tap = 0; tap < area; tap++)
                sources[tap * cells + k] = at + i->offsets[tap];
        } else {
            for (int tap = 0; tap < area; tap++) {
                const lp_cell at = lp_cell_plus(from, i->taps[tap]);
                sources[tap * cells + k] =
                    lp_is_inside(spec, at) ? lp_cell_at(spec, src, at, (size_t)spec->in) : i->outside;
            }
        }
    }
}

/* Moves of up to 16 bytes at a time where there are as many to read: what they write too much is written over, or
 * lies in the room behind the last row. `left`: to the end of what may be read. */
static inline uint8_t *append(uint8_t *to, const uint8_t *from, size_t size, size_t left) {
    if (size <= SLACK && left >= SLACK)
        memcpy(to, from, SLACK);
    else
        memcpy(to, from, size);
    return to + size;
}

/* One row of the kernel; where it is inside as a whole, cells are copied together. */
static uint8_t *im2col_row(const instance *i, const uint8_t *src, lp_cell at, uint8_t *to) {
    const lp_conv_spec *const spec = &i->spec;
    const size_t bytes = (size_t)spec->in, all = (size_t)spec->height * (size_t)spec->width * bytes;
    const lp_cell last = {at.y, at.x + (spec->kernel - 1) * spec->dilation};

    if (spec->dilation == 1 && lp_is_inside(spec, at) && lp_is_inside(spec, last)) {
        const uint8_t *const from = lp_cell_at(spec, src, at, bytes);
        return append(to, from, (size_t)spec->kernel * bytes, all - (size_t)(from - src));
    }
    for (int k = 0; k < spec->kernel; k++, at.x += spec->dilation)
        to = append(to, lp_is_inside(spec, at) ? lp_cell_at(spec, src, at, bytes) : i->outside, bytes, 0);
    return to;
}

/* The same with the taps' cells side by side in `patches`. The bytes behind them have weights of 0. */
static void im2col(const instance *i, const uint8_t *src, int first, int cells, uint8_t *patches,
                   const uint8_t **sources) {
    lp_cell cell = lp_cell_of(first, i->width);

    for (int k = 0; k < cells; k++, cell = lp_next_cell(cell, i->width)) {
        lp_cell at = lp_first_tap(&i->spec, cell);
        uint8_t *to = patches + (size_t)k * (size_t)i->weights->in;
        sources[k] = to;
        for (int row = 0; row < i->spec.kernel; row++, at.y += i->spec.dilation)
            to = im2col_row(i, src, at, to);
    }
}

static void run_unit(const instance *i, const lp_op_tensors *tensors, int first, void *scratch) {
    const packed *const p = i->weights;
    const int rows = p->kernel->rows, columns = p->kernel->columns, all = p->panels * columns;
    const int count = i->cells - first < i->unit ? i->cells - first : i->unit;
    const int cells = (count + rows - 1) / rows * rows;
    const size_t element = i->spec.dst == LP_U8 ? 1 : sizeof(float);
    const uint8_t **const sources = scratch;
    lp_dot_block block = {.sources = sources, .count = count, .cells = cells, .taps = p->taps, .in = p->in};

    block.to = (lp_dot_output){.activation = i->spec.activation,
                               .shift = i->spec.shift,
                               .factor = i->spec.sum,
                               .element = i->spec.dst,
                               .plain = i->plain,
                               .step = i->spec.out};
    if (p->im2col)
        im2col(i, tensors->src, first, cells, (uint8_t *)scratch + table_bytes(i), sources);
    else
        find_sources(i, tensors->src, first, cells, sources);
    for (int o = 0; o < i->spec.out; o += columns) {
        const size_t at = ((size_t)first * (size_t)i->spec.out + (size_t)o) * element;
        block.weights = p->values + (size_t)o * (size_t)(p->taps * p->in);
        block.to.scales = i->requant + o;
        block.to.bias = i->requant + all + o;
        block.to.gains = i->requant + 2 * all + o;
        block.to.columns = i->spec.out - o < columns ? i->spec.out - o : columns;
        block.to.added = i->spec.sum != 0 && tensors->added ? (const uint8_t *)tensors->added + at : NULL;
        block.to.target = (uint8_t *)tensors->dst + at;
        p->kernel->run(&block);
    }
}

static lightpose_status run(const void *from, const lp_op_tensors *tensors, int begin, int end, void *scratch) {
    const instance *const i = from;

    for (int unit = begin; unit < end; unit++)
        run_unit(i, tensors, unit * i->unit, scratch);
    return LIGHTPOSE_OK;
}

const lp_operator lp_op_dot = {.name = "dot",
                               .takes = takes,
                               .pack = pack,
                               .free_packed = free_packed,
                               .create = create,
                               .destroy = destroy,
                               .kernel = kernel_name,
                               .units = units,
                               .scratch_size = scratch_size,
                               .run = run};
