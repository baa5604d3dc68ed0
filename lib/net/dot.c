/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/dot.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "net/dense.h"

/* SOURCE_BYTES: limit of the rows that a unit reads, so that they and a panel of weights (8 KiB for 512 channels, 18
 * KiB for 3x3 by 128) fit a first-level cache of 32 or 48 KiB. MOST_CELLS: cells of a unit, few enough that there are
 * units for many threads; most layers at 456 x 256 have 1824 cells, which are 38 units. DEPTH: source channels that the
 * kernel reads at once. SLACK: room after the patches. */
enum { SOURCE_BYTES = 16384, MOST_CELLS = 48, DEPTH = 8, SLACK = 16 };

typedef struct packed {
    lp_panels panels; /* with im2col, taps is 1 and bytes is that of all taps */
    const lp_dot_kernel *kernel;
    int im2col;
} packed;

typedef struct instance {
    lp_dense dense;
    const packed *weights;
    ptrdiff_t offsets[LP_DENSE_MOST_KERNEL * LP_DENSE_MOST_KERNEL]; /* dense.taps in bytes */
} instance;

/* The best first. */
static const lp_dot_kernel *const kernels[] = {
#if defined(__x86_64__)
    &lp_dot_avx512_vnni, &lp_dot_avx_vnni,
#elif defined(__aarch64__)
    &lp_dot_neon_i8mm, &lp_dot_neon_dotprod, &lp_dot_neon,
#endif
    NULL};

static const lp_dot_kernel *choose(unsigned features) {
    const lp_dot_kernel *const *kernel = kernels;

    while (*kernel && !lp_cpu_has_all(features, (*kernel)->features))
        kernel++;
    return *kernel;
}

/* Not measured yet on a CPU that has the instruction. On a Zen 3, with fused multiply-adds of floats instead (the same
 * operands, also two per cycle), the network's dense layers took 1.18 times as long as the multiply-adds alone: 1.06
 * times in 3x3 layers, 1.09 in layers of 512 to 512 channels, 1.2 in 1x1 layers of 128, 2 and more for cells of 32
 * bytes. */
static int takes(const lp_conv_spec *spec, unsigned features) {
    return choose(features) && spec->src == LP_U8 && (spec->dst == LP_U8 || spec->dst == LP_F32) && !spec->depthwise &&
           spec->kernel <= LP_DENSE_MOST_KERNEL;
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

/* Fills the panels: for each tap and each `depth` source channels (4 or 1), `depth` bytes of each column. */
static void fill(packed *p, const lp_conv_spec *spec, const int8_t *weights) {
    const lp_panels *const to = &p->panels;
    const int columns = to->columns, area = spec->kernel * spec->kernel, depth = p->kernel->depth;
    const int added = p->kernel->find_start ? 128 : 0;

    memset(to->values, added, (size_t)(to->count * columns) * (size_t)(to->taps * to->bytes));
    for (int o = 0; o < spec->out; o++) {
        uint8_t *const panel = to->values + (size_t)(o / columns * columns) * (size_t)(to->taps * to->bytes);
        int sum = 0;
        for (int c = 0; c < spec->in; c++)
            for (int tap = 0; tap < area; tap++) {
                const int8_t weight = weights[((size_t)o * (size_t)spec->in + (size_t)c) * (size_t)area + (size_t)tap];
                const int at = p->im2col ? tap * spec->in + c : tap * to->bytes + c;
                panel[(at / depth * columns + o % columns) * depth + at % depth] = (uint8_t)(weight + added);
                sum += abs(weight);
            }
        to->reach[o] = UINT8_MAX * sum;
    }
}

static lightpose_status pack(void *out, const lp_op_layer *layer, const void *weights, lightpose_error *error) {
    const lp_conv_spec *const spec = layer->spec;
    const int area = spec->kernel * spec->kernel;
    packed *const p = out;
    (void)error;

    p->kernel = layer->kernel ? layer->kernel : choose(layer->features);
    p->im2col = spec->in % DEPTH != 0;
    LP_TRY(lp_panels_create(&p->panels, p->kernel->columns, spec->out, p->im2col ? 1 : area,
                            p->im2col ? (spec->in * area + DEPTH - 1) / DEPTH * DEPTH : spec->in));
    fill(p, spec, weights);
    return LIGHTPOSE_OK;
}

/* ---- A layer of one size ----------------------------------------------------------------------------------------- */

static int unit_cells(const packed *p, const lp_conv_spec *spec) {
    const int rows = p->kernel->rows, most = MOST_CELLS / rows * rows;
    const int room = SOURCE_BYTES / (spec->in * spec->kernel) / rows * rows;

    return room < rows ? rows : room < most ? room : most;
}

/* Scratch: the table of sources, the initial sums, then the patches. */
static size_t table_bytes(const instance *i) {
    return lp_align((size_t)(i->weights->panels.taps * i->dense.unit) * sizeof(const uint8_t *));
}

static size_t start_bytes(const instance *i) {
    return i->weights->kernel->find_start ? lp_align((size_t)i->dense.unit * sizeof(int32_t)) : 0;
}

static lightpose_status create(lp_op_instance *made, const lp_op_layer *layer, const void *weights,
                               lightpose_error *error) {
    const packed *const p = weights;
    const lp_conv_spec *const spec = layer->spec;
    instance *const i = made->data;
    (void)error;

    i->weights = p;
    LP_TRY(lp_dense_create(&i->dense, made, &p->panels, layer, spec->in, unit_cells(p, spec)));
    for (int tap = 0; tap < spec->kernel * spec->kernel; tap++)
        i->offsets[tap] = ((ptrdiff_t)i->dense.taps[tap].y * spec->width + i->dense.taps[tap].x) * spec->in;
    made->kernel = p->kernel->name;
    made->scratch_bytes =
        table_bytes(i) + start_bytes(i) + (p->im2col ? (size_t)i->dense.unit * (size_t)p->panels.bytes + SLACK : 0);
    return LIGHTPOSE_OK;
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

/* Finds the source cells of `cells` cells from `first` on, tap by tap. Cells beyond the last one of the output are
 * computed like the others, but never written. */
static void find_sources(const instance *i, const uint8_t *src, int first, int cells, const uint8_t **sources) {
    const lp_conv_spec *const spec = &i->dense.spec;
    const int area = spec->kernel * spec->kernel;
    lp_cell cell = lp_cell_of(first, i->dense.width);

    for (int k = 0; k < cells; k++, cell = lp_next_cell(cell, i->dense.width)) {
        const lp_cell from = lp_first_tap(spec, cell);
        if (lp_is_inside(spec, from) && lp_is_inside(spec, lp_cell_plus(from, i->dense.taps[area - 1]))) {
            const uint8_t *const at = lp_cell_at(spec, src, from, (size_t)spec->in);
            for (int tap = 0; tap < area; tap++)
                sources[tap * cells + k] = at + i->offsets[tap];
        } else {
            for (int tap = 0; tap < area; tap++) {
                const lp_cell at = lp_cell_plus(from, i->dense.taps[tap]);
                sources[tap * cells + k] =
                    lp_is_inside(spec, at) ? lp_cell_at(spec, src, at, (size_t)spec->in) : i->dense.outside;
            }
        }
    }
}

/* Copies `size` bytes: if SLACK bytes may be read and suffice, with one copy of SLACK bytes. Excess bytes are
 * overwritten later, or lie in the room after the last row. `left`: readable bytes. */
static inline uint8_t *append(uint8_t *to, const uint8_t *from, size_t size, size_t left) {
    if (size <= SLACK && left >= SLACK)
        memcpy(to, from, SLACK);
    else
        memcpy(to, from, size);
    return to + size;
}

/* Copies one row of the kernel, at once if it lies inside the source. */
static uint8_t *im2col_row(const instance *i, const uint8_t *src, lp_cell at, uint8_t *to) {
    const lp_conv_spec *const spec = &i->dense.spec;
    const size_t bytes = (size_t)spec->in, all = (size_t)spec->height * (size_t)spec->width * bytes;
    const lp_cell last = {at.y, at.x + (spec->kernel - 1) * spec->dilation};

    if (spec->dilation == 1 && lp_is_inside(spec, at) && lp_is_inside(spec, last)) {
        const uint8_t *const from = lp_cell_at(spec, src, at, bytes);
        return append(to, from, (size_t)spec->kernel * bytes, all - (size_t)(from - src));
    }
    for (int k = 0; k < spec->kernel; k++, at.x += spec->dilation)
        to = append(to, lp_is_inside(spec, at) ? lp_cell_at(spec, src, at, bytes) : i->dense.outside, bytes, 0);
    return to;
}

/* Like find_sources, but copies the cells of the taps side by side to `patches`. The bytes after them have weights of
 * 0. */
static void im2col(const instance *i, const uint8_t *src, int first, int cells, uint8_t *patches,
                   const uint8_t **sources) {
    lp_cell cell = lp_cell_of(first, i->dense.width);

    for (int k = 0; k < cells; k++, cell = lp_next_cell(cell, i->dense.width)) {
        lp_cell at = lp_first_tap(&i->dense.spec, cell);
        uint8_t *to = patches + (size_t)k * (size_t)i->weights->panels.bytes;
        sources[k] = to;
        for (int row = 0; row < i->dense.spec.kernel; row++, at.y += i->dense.spec.dilation)
            to = im2col_row(i, src, at, to);
    }
}

static void run_unit(const instance *i, const lp_op_tensors *tensors, int first, void *scratch) {
    const packed *const p = i->weights;
    const int rows = p->kernel->rows, columns = p->panels.columns, count = lp_dense_count(&i->dense, first);
    const int cells = (count + rows - 1) / rows * rows, column_bytes = p->panels.taps * p->panels.bytes;
    const uint8_t **const sources = scratch;
    int32_t *const start = (int32_t *)(void *)((uint8_t *)scratch + table_bytes(i));
    lp_dot_block block = {.sources = sources,
                          .count = count,
                          .cells = cells,
                          .taps = p->panels.taps,
                          .in = p->panels.bytes,
                          .start = start};

    if (p->im2col)
        im2col(i, tensors->src, first, cells, (uint8_t *)start + start_bytes(i), sources);
    else
        find_sources(i, tensors->src, first, cells, sources);
    if (p->kernel->find_start)
        p->kernel->find_start(&block, start);
    for (int o = 0; o < i->dense.spec.out; o += columns) {
        block.weights = (const int8_t *)p->panels.values + (size_t)o * (size_t)column_bytes;
        block.to = lp_dense_output(&i->dense, tensors, first, o, columns);
        p->kernel->run(&block);
    }
}

static lightpose_status run(const void *data, const lp_op_tensors *tensors, int begin, int end, void *scratch) {
    const instance *const i = data;

    for (int unit = begin; unit < end; unit++)
        run_unit(i, tensors, unit * i->dense.unit, scratch);
    return LIGHTPOSE_OK;
}

const lp_operator lp_op_dot = {.name = "dot",
                               .packed_size = sizeof(packed),
                               .data_size = sizeof(instance),
                               .takes = takes,
                               .pack = pack,
                               .clear_packed = lp_panels_clear,
                               .create = create,
                               .clear = lp_dense_clear,
                               .run = run};
