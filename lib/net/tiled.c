/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/tiled.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "net/cells.h"

/* MOST_CELLS: of a unit, two blocks of the kernel's, which share a panel of weights; where their source would fill the
 * first-level cache, one. 1824 cells, most layers' at 456 x 256, are 29 units or 57. */
enum { SOURCE_BYTES = 32768, MOST_CELLS = 64, LEAST_CELLS = 32, MOST_DEPTH = 64, LEAST_DEPTH = 32, MOST_KERNEL = 3 };

typedef struct packed {
    const lp_tile_kernel *kernel;
    int taps, bytes, depth; /* of a source cell, and of them in a tile */
    int panels;
    uint8_t *values; /* in the order of lp_tile_unit; columns that there are not are 0 */
    int *reach;      /* of bytes, of each output channel: the greatest magnitude that a sum can have */
} packed;

typedef struct instance {
    const packed *weights;
    lp_conv_spec spec;
    int plain, cells, width;                 /* of the output */
    int unit;                                /* cells */
    float *requant;                          /* scales, bias and gains, each as long as there are columns */
    uint8_t *outside;                        /* a source cell outside the image */
    lp_cell taps[MOST_KERNEL * MOST_KERNEL]; /* from what the first tap reads to what each reads */
} instance;

static int source_bytes(const lp_conv_spec *spec) {
    return spec->in * (spec->src == LP_BF16 ? 2 : 1);
}

static const lp_tile_kernel *choose(lp_element source, unsigned features) {
#if defined(__x86_64__)
    const lp_tile_kernel *const kernels[] = {&lp_tiles_bytes, &lp_tiles_bf16};

    for (int i = 0; i < 2; i++)
        if (kernels[i]->source == source && (features & kernels[i]->features) == kernels[i]->features)
            return kernels[i];
#endif
    (void)source;
    (void)features;
    return NULL;
}

/* A prototype of this on Sapphire Rapids took 0.65 of oneDNN's time in 1x1 layers, 0.7 in 3x3, and 0.14 after ELU;
 * what is here has not been measured. The first layer's 27 bytes a cell are for dot.h. */
static int takes(const lp_conv_spec *spec, unsigned features) {
    return choose(spec->src, features) && (spec->dst == spec->src || spec->dst == LP_F32) && !spec->depthwise &&
           spec->kernel <= MOST_KERNEL && source_bytes(spec) % LEAST_DEPTH == 0;
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

/* Where the weight for byte `byte` of what tap `tap` reads lies, of output channel `o`. */
static size_t place(const packed *p, int o, int tap, int byte) {
    const int steps = p->bytes / p->depth, rows = p->depth / 4, column = o % LP_TILE_COLUMNS;
    const size_t step = (size_t)((o / LP_TILE_COLUMNS * p->taps + tap) * steps + byte / p->depth);
    const size_t tile = 2 * step + (size_t)(column / LP_TILE_CELLS);
    const size_t row = tile * (size_t)rows + (size_t)(byte % p->depth / 4);

    return row * MOST_DEPTH + (size_t)(column % LP_TILE_CELLS * 4 + byte % 4);
}

/* To the nearest, halves to even; a NaN stays one. */
static uint16_t to_bf16(float value) {
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    if (isnan(value))
        return (uint16_t)((bits | 0x400000) >> 16);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static void fill(packed *p, const lp_conv_spec *spec, const void *weights) {
    for (int o = 0; o < spec->out; o++) {
        int sum = 0;
        for (int c = 0; c < spec->in; c++)
            for (int tap = 0; tap < p->taps; tap++) {
                const size_t at = ((size_t)o * (size_t)spec->in + (size_t)c) * (size_t)p->taps + (size_t)tap;
                if (spec->src == LP_BF16) {
                    const uint16_t weight = to_bf16(((const float *)weights)[at]);
                    memcpy(p->values + place(p, o, tap, 2 * c), &weight, sizeof weight);
                } else {
                    const int8_t weight = ((const int8_t *)weights)[at];
                    p->values[place(p, o, tap, c)] = (uint8_t)weight;
                    sum += abs(weight);
                }
            }
        p->reach[o] = UINT8_MAX * sum;
    }
}

lightpose_status lp_tiled_pack_with(void **out, const lp_tile_kernel *kernel, const lp_op_layer *layer,
                                    const void *weights, lightpose_error *error) {
    const lp_conv_spec *const spec = layer->spec;
    packed *const p = lp_calloc(1, sizeof *p);

    *out = NULL;
    if (p) {
        p->kernel = kernel;
        p->taps = spec->kernel * spec->kernel;
        p->bytes = source_bytes(spec);
        p->depth = p->bytes % MOST_DEPTH == 0 ? MOST_DEPTH : LEAST_DEPTH;
        p->panels = (spec->out + LP_TILE_COLUMNS - 1) / LP_TILE_COLUMNS;
        p->values = lp_calloc((size_t)(p->panels * LP_TILE_COLUMNS), (size_t)(p->taps * p->bytes));
        p->reach = lp_calloc((size_t)spec->out, sizeof *p->reach);
    }
    if (!p || !p->values || !p->reach) {
        free_packed(p);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights of layer %s: %d x %d x %d", spec->name,
                       spec->out, spec->in, spec->kernel * spec->kernel);
    }
    fill(p, spec, weights);
    *out = p;
    return LIGHTPOSE_OK;
}

static lightpose_status pack(void **out, const lp_op_layer *layer, const void *weights, lightpose_error *error) {
    return lp_tiled_pack_with(out, choose(layer->spec->src, layer->features), layer, weights, error);
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
    const int columns = i->weights->panels * LP_TILE_COLUMNS;
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
        i->unit = p->bytes * MOST_CELLS > SOURCE_BYTES ? LEAST_CELLS : MOST_CELLS;
        i->requant = lp_calloc((size_t)(3 * p->panels * LP_TILE_COLUMNS), sizeof *i->requant);
        i->outside = lp_calloc((size_t)p->bytes, 1);
    }
    if (!i || !i->requant || !i->outside) {
        destroy(i);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for layer %s", spec->name);
    }
    if (spec->src == LP_U8)
        memset(i->outside, layer->zero, (size_t)p->bytes);
    for (int tap = 0; tap < p->taps; tap++)
        i->taps[tap] = lp_tap_offset(spec, tap);
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

/* A block's sums, the table of sources, and what may have to be copied: all of them. */
static int table_entries(const instance *i) {
    return i->weights->taps * (i->unit / LP_TILE_CELLS);
}

static size_t table_bytes(const instance *i) {
    return lp_align((size_t)table_entries(i) * sizeof(lp_tile_source));
}

static size_t scratch_size(const void *from) {
    const instance *const i = from;

    return LP_TILE_PRODUCTS + table_bytes(i) + (size_t)(table_entries(i) * LP_TILE_CELLS * i->weights->bytes);
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

/* The cells of one tile. */
typedef struct sixteen {
    int count;        /* of them that the output has */
    int is_even;      /* whether each tap reads at an even distance: all in a row, or all that follow each other */
    lp_cell at;       /* the first of them in the output */
    lp_cell from, to; /* what the first tap reads for the first of them, and, if is_even, for the last */
} sixteen;

static sixteen look_at(const instance *i, int cell) {
    const lp_conv_spec *const spec = &i->spec;
    const int same = spec->kernel == 1 && spec->stride == 1 && i->width == spec->width && spec->pad[0] == 0 &&
                     i->cells == spec->height * spec->width;
    sixteen s = {.count = i->cells - cell < LP_TILE_CELLS ? i->cells - cell : LP_TILE_CELLS,
                 .at = lp_cell_of(cell, i->width)};

    s.is_even = s.count == LP_TILE_CELLS && (same || s.at.x + LP_TILE_CELLS <= i->width);
    s.from = lp_first_tap(spec, s.at);
    s.to = lp_first_tap(spec, lp_cell_of(cell + s.count - 1, i->width));
    return s;
}

/* Pieces of the source that `count` cells of a row of the output read, the first of them from `at`. */
static lp_tile_piece *add_row(const instance *i, const void *src, lp_cell at, int count, lp_tile_piece *piece) {
    const lp_conv_spec *const spec = &i->spec;
    const int bytes = i->weights->bytes;

    while (count > 0) {
        const int inside = lp_is_inside(spec, at), many = inside && spec->stride == 1;
        const int cells = !many ? 1 : spec->width - at.x < count ? spec->width - at.x : count;
        *piece++ = (lp_tile_piece){inside ? lp_cell_at(spec, src, at, (size_t)bytes) : i->outside, cells * bytes};
        at.x += cells * spec->stride;
        count -= cells;
    }
    return piece;
}

/* What a tap reads for the cells, side by side in `room`; beyond the last cell that one again. */
static void bring(const instance *i, const void *src, const sixteen *s, lp_cell tap, uint8_t *room) {
    lp_tile_piece pieces[LP_TILE_CELLS], *end = pieces;
    lp_cell at = s->at;
    int left = s->count;

    while (left > 0) {
        const int row = i->width - at.x < left ? i->width - at.x : left;
        end = add_row(i, src, lp_cell_plus(lp_first_tap(&i->spec, at), tap), row, end);
        left -= row;
        at = (lp_cell){at.y + 1, 0};
    }
    for (int k = s->count; k < LP_TILE_CELLS; k++)
        end = add_row(i, src, lp_cell_plus(s->to, tap), 1, end);
    i->weights->kernel->join(room, pieces, (int)(end - pieces));
}

/* Where a tap finds what the cells read; in `room` if it must be brought there. */
static lp_tile_source find_source(const instance *i, const void *src, const sixteen *s, lp_cell tap, uint8_t *room) {
    const lp_conv_spec *const spec = &i->spec;
    const ptrdiff_t bytes = i->weights->bytes;
    const lp_cell first = lp_cell_plus(s->from, tap);

    if (s->is_even && (first.y < 0 || first.y >= spec->height))
        return (lp_tile_source){i->outside, 0};
    if (s->is_even && lp_is_inside(spec, first) && lp_is_inside(spec, lp_cell_plus(s->to, tap)))
        return (lp_tile_source){lp_cell_at(spec, src, first, (size_t)bytes), bytes * spec->stride};
    bring(i, src, s, tap, room);
    return (lp_tile_source){room, bytes};
}

static void run_unit(const instance *i, const lp_op_tensors *tensors, int first, uint8_t *scratch) {
    const packed *const p = i->weights;
    const lp_conv_spec *const spec = &i->spec;
    const int count = i->cells - first < i->unit ? i->cells - first : i->unit;
    const int tiles = (count + LP_TILE_CELLS - 1) / LP_TILE_CELLS, columns = p->panels * LP_TILE_COLUMNS;
    const size_t element = spec->dst == LP_F32 ? 4 : spec->dst == LP_BF16 ? 2 : 1;
    const size_t at = (size_t)first * (size_t)spec->out * element;
    lp_tile_source *const sources = (lp_tile_source *)(void *)(scratch + LP_TILE_PRODUCTS);
    uint8_t *room = scratch + LP_TILE_PRODUCTS + table_bytes(i);
    lp_tile_unit unit = {.sources = sources,
                         .count = count,
                         .tiles = tiles,
                         .taps = p->taps,
                         .bytes = p->bytes,
                         .depth = p->depth,
                         .out = spec->out,
                         .weights = p->values,
                         .products = scratch};

    for (int t = 0; t < tiles; t++) {
        const sixteen cells = look_at(i, first + t * LP_TILE_CELLS);
        for (int tap = 0; tap < p->taps; tap++, room += LP_TILE_CELLS * p->bytes)
            sources[tap * tiles + t] = find_source(i, tensors->src, &cells, i->taps[tap], room);
    }
    unit.to = (lp_dot_output){.scales = i->requant,
                              .bias = i->requant + columns,
                              .gains = i->requant + 2 * columns,
                              .activation = spec->activation,
                              .shift = spec->shift,
                              .factor = spec->sum,
                              .element = spec->dst,
                              .plain = i->plain,
                              .step = spec->out,
                              .added = spec->sum != 0 && tensors->added ? (const uint8_t *)tensors->added + at : NULL,
                              .target = (uint8_t *)tensors->dst + at};
    p->kernel->run(&unit);
}

/* Tiles are configured for these units only: a thread that has none leaves nothing to save when it is switched. */
static lightpose_status run(const void *from, const lp_op_tensors *tensors, int begin, int end, void *scratch) {
    const instance *const i = from;

    i->weights->kernel->begin(i->weights->depth);
    for (int unit = begin; unit < end; unit++)
        run_unit(i, tensors, unit * i->unit, scratch);
    i->weights->kernel->end();
    return LIGHTPOSE_OK;
}

const lp_operator lp_op_tiled = {.name = "tiled",
                                 .takes = takes,
                                 .pack = pack,
                                 .free_packed = free_packed,
                                 .create = create,
                                 .destroy = destroy,
                                 .kernel = kernel_name,
                                 .units = units,
                                 .scratch_size = scratch_size,
                                 .run = run};
