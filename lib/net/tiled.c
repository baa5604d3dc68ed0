/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/tiled.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "net/dense.h"

/* MOST_CELLS: a unit of two blocks of the kernel, which share a panel of weights. If their source would fill the
 * first-level cache, a unit has one block. Most layers at 456 x 256 have 1824 cells, which are 29 or 57 units. */
enum { SOURCE_BYTES = 32768, MOST_CELLS = 64, LEAST_CELLS = 32, MOST_DEPTH = 64, LEAST_DEPTH = 32 };

typedef struct packed {
    lp_panels panels; /* in the order of lp_tile_unit */
    const lp_tile_kernel *kernel;
    int depth; /* bytes of a source cell per tile */
} packed;

typedef struct instance {
    lp_dense dense;
    const packed *weights;
} instance;

static int source_bytes(const lp_conv_spec *spec) {
    return spec->in * (spec->src == LP_BF16 ? 2 : 1);
}

static const lp_tile_kernel *choose(lp_element source, unsigned features) {
#if defined(__x86_64__)
    const lp_tile_kernel *const kernels[] = {&lp_tiles_bytes, &lp_tiles_bf16};

    for (int i = 0; i < 2; i++)
        if (kernels[i]->source == source && lp_cpu_has_all(features, kernels[i]->features))
            return kernels[i];
#endif
    (void)source;
    (void)features;
    return NULL;
}

/* A prototype on Sapphire Rapids took 0.65 of oneDNN's time in 1x1 layers, 0.7 in 3x3 layers and 0.14 after ELU; this
 * code has not been measured. dot.h takes the first layer, which reads only 27 bytes per cell. */
static int takes(const lp_conv_spec *spec, unsigned features) {
    return choose(spec->src, features) && (spec->dst == spec->src || spec->dst == LP_F32) && !spec->depthwise &&
           spec->kernel <= LP_DENSE_MOST_KERNEL && source_bytes(spec) % LEAST_DEPTH == 0;
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

/* The index of the weight of output channel `o` for byte `byte` of the cell that tap `tap` reads. */
static size_t place(const packed *p, int o, int tap, int byte) {
    const int steps = p->panels.bytes / p->depth, rows = p->depth / 4, column = o % LP_TILE_COLUMNS;
    const size_t step = (size_t)((o / LP_TILE_COLUMNS * p->panels.taps + tap) * steps + byte / p->depth);
    const size_t tile = 2 * step + (size_t)(column / LP_TILE_CELLS);
    const size_t row = tile * (size_t)rows + (size_t)(byte % p->depth / 4);

    return row * MOST_DEPTH + (size_t)(column % LP_TILE_CELLS * 4 + byte % 4);
}

/* Rounds to the nearest, halves to even; NaN stays NaN. */
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
            for (int tap = 0; tap < p->panels.taps; tap++) {
                const size_t at = ((size_t)o * (size_t)spec->in + (size_t)c) * (size_t)p->panels.taps + (size_t)tap;
                if (spec->src == LP_BF16) {
                    const uint16_t weight = to_bf16(((const float *)weights)[at]);
                    memcpy(p->panels.values + place(p, o, tap, 2 * c), &weight, sizeof weight);
                } else {
                    const int8_t weight = ((const int8_t *)weights)[at];
                    p->panels.values[place(p, o, tap, c)] = (uint8_t)weight;
                    sum += abs(weight);
                }
            }
        p->panels.reach[o] = UINT8_MAX * sum;
    }
}

static lightpose_status pack(void *out, const lp_op_layer *layer, const void *weights, lightpose_error *error) {
    const lp_conv_spec *const spec = layer->spec;
    packed *const p = out;
    (void)error;

    p->kernel = layer->kernel ? layer->kernel : choose(spec->src, layer->features);
    p->depth = source_bytes(spec) % MOST_DEPTH == 0 ? MOST_DEPTH : LEAST_DEPTH;
    LP_TRY(lp_panels_create(&p->panels, LP_TILE_COLUMNS, spec->out, spec->kernel * spec->kernel, source_bytes(spec)));
    fill(p, spec, weights);
    return LIGHTPOSE_OK;
}

/* ---- A layer of one size ----------------------------------------------------------------------------------------- */

/* Entries of the table of sources. Scratch: a block's sums, the table, and room to copy the sources of all entries. */
static int table_entries(const instance *i) {
    return i->weights->panels.taps * (i->dense.unit / LP_TILE_CELLS);
}

static size_t table_bytes(const instance *i) {
    return lp_align((size_t)table_entries(i) * sizeof(lp_tile_source));
}

static lightpose_status create(lp_op_instance *made, const lp_op_layer *layer, const void *weights,
                               lightpose_error *error) {
    const packed *const p = weights;
    const int bytes = p->panels.bytes, unit = bytes * MOST_CELLS > SOURCE_BYTES ? LEAST_CELLS : MOST_CELLS;
    instance *const i = made->data;
    (void)error;

    i->weights = p;
    LP_TRY(lp_dense_create(&i->dense, made, &p->panels, layer, bytes, unit));
    made->kernel = p->kernel->name;
    made->scratch_bytes = LP_TILE_PRODUCTS + table_bytes(i) + (size_t)(table_entries(i) * LP_TILE_CELLS * bytes);
    return LIGHTPOSE_OK;
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

/* The cells of one tile. */
typedef struct sixteen {
    int count;        /* number of them that the output has */
    int is_even;      /* 1: each tap reads cells at equal distances (all in one row, or a plain 1x1) */
    lp_cell at;       /* the first of them in the output */
    lp_cell from, to; /* cells that the first tap reads for the first and the last of them */
} sixteen;

static sixteen look_at(const instance *i, int cell) {
    const lp_conv_spec *const spec = &i->dense.spec;
    const int same = spec->kernel == 1 && spec->stride == 1 && i->dense.width == spec->width && spec->pad[0] == 0 &&
                     i->dense.cells == spec->height * spec->width;
    sixteen s = {.count = i->dense.cells - cell < LP_TILE_CELLS ? i->dense.cells - cell : LP_TILE_CELLS,
                 .at = lp_cell_of(cell, i->dense.width)};

    s.is_even = s.count == LP_TILE_CELLS && (same || s.at.x + LP_TILE_CELLS <= i->dense.width);
    s.from = lp_first_tap(spec, s.at);
    s.to = lp_first_tap(spec, lp_cell_of(cell + s.count - 1, i->dense.width));
    return s;
}

/* Appends the pieces of the source that `count` cells in a row of the output read; the first reads at `at`. */
static lp_tile_piece *add_row(const instance *i, const void *src, lp_cell at, int count, lp_tile_piece *piece) {
    const lp_conv_spec *const spec = &i->dense.spec;
    const int bytes = i->weights->panels.bytes;

    while (count > 0) {
        const int inside = lp_is_inside(spec, at), many = inside && spec->stride == 1;
        const int cells = !many ? 1 : spec->width - at.x < count ? spec->width - at.x : count;
        *piece++ = (lp_tile_piece){inside ? lp_cell_at(spec, src, at, (size_t)bytes) : i->dense.outside, cells * bytes};
        at.x += cells * spec->stride;
        count -= cells;
    }
    return piece;
}

/* Copies the cells that a tap reads side by side to `room`; repeats the last one up to a full tile. */
static void bring(const instance *i, const void *src, const sixteen *s, lp_cell tap, uint8_t *room) {
    lp_tile_piece pieces[LP_TILE_CELLS], *end = pieces;
    lp_cell at = s->at;
    int left = s->count;

    while (left > 0) {
        const int row = i->dense.width - at.x < left ? i->dense.width - at.x : left;
        end = add_row(i, src, lp_cell_plus(lp_first_tap(&i->dense.spec, at), tap), row, end);
        left -= row;
        at = (lp_cell){at.y + 1, 0};
    }
    for (int k = s->count; k < LP_TILE_CELLS; k++)
        end = add_row(i, src, lp_cell_plus(s->to, tap), 1, end);
    i->weights->kernel->join(room, pieces, (int)(end - pieces));
}

/* The source cells of a tap: in place, or copied to `room` if necessary. */
static lp_tile_source find_source(const instance *i, const void *src, const sixteen *s, lp_cell tap, uint8_t *room) {
    const lp_conv_spec *const spec = &i->dense.spec;
    const ptrdiff_t bytes = i->weights->panels.bytes;
    const lp_cell first = lp_cell_plus(s->from, tap);

    if (s->is_even && (first.y < 0 || first.y >= spec->height))
        return (lp_tile_source){i->dense.outside, 0};
    if (s->is_even && lp_is_inside(spec, first) && lp_is_inside(spec, lp_cell_plus(s->to, tap)))
        return (lp_tile_source){lp_cell_at(spec, src, first, (size_t)bytes), bytes * spec->stride};
    bring(i, src, s, tap, room);
    return (lp_tile_source){room, bytes};
}

static void run_unit(const instance *i, const lp_op_tensors *tensors, int first, uint8_t *scratch) {
    const packed *const p = i->weights;
    const int count = lp_dense_count(&i->dense, first), tiles = (count + LP_TILE_CELLS - 1) / LP_TILE_CELLS;
    lp_tile_source *const sources = (lp_tile_source *)(void *)(scratch + LP_TILE_PRODUCTS);
    uint8_t *room = scratch + LP_TILE_PRODUCTS + table_bytes(i);
    const lp_tile_unit unit = {.sources = sources,
                               .count = count,
                               .tiles = tiles,
                               .taps = p->panels.taps,
                               .bytes = p->panels.bytes,
                               .depth = p->depth,
                               .out = i->dense.spec.out,
                               .weights = p->panels.values,
                               .to = lp_dense_output(&i->dense, tensors, first, 0, LP_TILE_COLUMNS),
                               .products = scratch};

    for (int t = 0; t < tiles; t++) {
        const sixteen cells = look_at(i, first + t * LP_TILE_CELLS);
        for (int tap = 0; tap < p->panels.taps; tap++, room += LP_TILE_CELLS * p->panels.bytes)
            sources[tap * tiles + t] = find_source(i, tensors->src, &cells, i->dense.taps[tap], room);
    }
    p->kernel->run(&unit);
}

/* Configures tiles for these units only: a thread without configured tiles has no tile state to save on a switch. */
static lightpose_status run(const void *data, const lp_op_tensors *tensors, int begin, int end, void *scratch) {
    const instance *const i = data;

    i->weights->kernel->begin(i->weights->depth);
    for (int unit = begin; unit < end; unit++)
        run_unit(i, tensors, unit * i->dense.unit, scratch);
    i->weights->kernel->end();
    return LIGHTPOSE_OK;
}

const lp_operator lp_op_tiled = {.name = "tiled",
                                 .packed_size = sizeof(packed),
                                 .data_size = sizeof(instance),
                                 .takes = takes,
                                 .pack = pack,
                                 .clear_packed = lp_panels_clear,
                                 .create = create,
                                 .clear = lp_dense_clear,
                                 .run = run};
