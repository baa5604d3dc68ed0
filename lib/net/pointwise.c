/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/pointwise.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "base/threads.h"
#include "net/pointwise_kernel.h"

/* SOURCE_BYTES: of the cells that are multiplied with one panel of weights after the other. Beside a panel (8 KiB of
 * 512 channels) they stay in the first-level cache. MOST_WIDTHS: stretches of so many bytes. */
enum { SOURCE_BYTES = 16384, MOST_WIDTHS = SOURCE_BYTES / LP_STRETCH };

struct lp_pointwise_weights {
    const lp_pointwise_kernel *kernel;
    int in, out;
    int8_t *values; /* panel after panel; columns that there are not are 0 */
    int8_t *halves; /* pointwise_kernel.h */
};

static const lp_pointwise_kernel *choose(unsigned features) {
#if defined(__x86_64__)
    const lp_pointwise_kernel *const kernels[] = {&lp_pointwise_avx512, &lp_pointwise_avx2};

    for (int i = 0; i < 2; i++)
        if ((features & kernels[i]->features) == kernels[i]->features)
            return kernels[i];
#endif
    (void)features;
    return NULL;
}

static int is_unpadded_from_bytes(const lp_conv_spec *spec, unsigned features) {
    return choose(features) && lp_cpu_lacks_vnni(features) && spec->src == LP_U8 &&
           (spec->dst == LP_U8 || spec->dst == LP_F32) && !spec->depthwise && spec->pad[0] == 0 && spec->pad[1] == 0 &&
           spec->pad[2] == 0 && spec->pad[3] == 0 && spec->activation != LP_ELU && spec->gain == 1 && !spec->gains;
}

int lp_pointwise_takes(const lp_conv_spec *spec, unsigned features) {
    return is_unpadded_from_bytes(spec, features) && spec->kernel == 1 && spec->stride == 1 &&
           spec->in % LP_STRETCH == 0 && spec->in <= LP_POINTWISE_MOST_CHANNELS;
}

int lp_pointwise_takes_patches(const lp_conv_spec *spec, unsigned features) {
    return is_unpadded_from_bytes(spec, features) && spec->kernel > 1 && spec->dilation == 1 &&
           spec->in * spec->kernel * spec->kernel <= LP_POINTWISE_PATCH;
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

static int panels_of(const lp_pointwise_weights *packed) {
    return (packed->out + packed->kernel->columns - 1) / packed->kernel->columns;
}

static void fill(lp_pointwise_weights *packed, const lp_conv_spec *spec, const int8_t *weights) {
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

lightpose_status lp_pointwise_pack(lp_pointwise_weights **out, const lp_conv_spec *spec, const int8_t *weights,
                                   unsigned features, lightpose_error *error) {
    lp_pointwise_weights *packed = lp_calloc(1, sizeof *packed);

    *out = NULL;
    if (packed) {
        packed->kernel = choose(features);
        packed->in = spec->kernel > 1 ? LP_POINTWISE_PATCH : spec->in;
        packed->out = spec->out;
        packed->values = lp_calloc((size_t)(panels_of(packed) * packed->kernel->columns), (size_t)packed->in);
        packed->halves = lp_calloc((size_t)packed->in, 1);
    }
    if (!packed || !packed->values || !packed->halves) {
        lp_pointwise_weights_destroy(&packed);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights of layer %s: %d x %d bytes",
                       spec->name, spec->out, spec->in);
    }
    fill(packed, spec, weights);
    *out = packed;
    return LIGHTPOSE_OK;
}

void lp_pointwise_weights_destroy(lp_pointwise_weights **packed) {
    if (!*packed)
        return;
    lp_free((*packed)->values);
    lp_free((*packed)->halves);
    lp_free(*packed);
    *packed = NULL;
}

const char *lp_pointwise_implementation(const lp_pointwise_weights *weights) {
    return weights->kernel->name;
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

typedef struct job {
    const lp_pointwise *layer;
    const uint8_t *src;
    const uint8_t *added;
    uint8_t *dst;
} job;

/* A panel's numbers; of the last one the kernel reads more than the layer may have. */
typedef struct panel_numbers {
    float scales[LP_POINTWISE_MOST_COLUMNS], bias[LP_POINTWISE_MOST_COLUMNS];
} panel_numbers;

/* Some cells through all panels. */
static void run_cells(const job *j, int first, int count, const uint8_t *widths) {
    const lp_pointwise *const layer = j->layer;
    const lp_pointwise_weights *const weights = layer->weights;
    const size_t element = layer->target == LP_U8 ? 1 : sizeof(float);
    lp_pointwise_tile tile = {.source = j->src + (size_t)first * (size_t)weights->in,
                              .cells = count,
                              .in = weights->in,
                              .widths = widths,
                              .relu = layer->relu,
                              .factor = layer->sum,
                              .shift = layer->shift,
                              .bytes = layer->target == LP_U8,
                              .step = weights->out};

    for (int o = 0; o < weights->out; o += weights->kernel->columns) {
        const int left = weights->out - o, whole = left >= weights->kernel->columns;
        const size_t at = ((size_t)first * (size_t)weights->out + (size_t)o) * element;
        panel_numbers numbers = {0};
        if (!whole) {
            memcpy(numbers.scales, layer->scales + o, (size_t)left * sizeof(float));
            memcpy(numbers.bias, layer->bias + o, (size_t)left * sizeof(float));
        }
        tile.scales = whole ? layer->scales + o : numbers.scales;
        tile.bias = whole ? layer->bias + o : numbers.bias;
        tile.columns = whole ? weights->kernel->columns : left;
        tile.weights = weights->values + (size_t)o * (size_t)weights->in;
        tile.added = j->added ? j->added + at : NULL;
        tile.target = j->dst + at;
        weights->kernel->multiply(&tile);
    }
}

/* An even share of the blocks of cells. */
static void run_part(void *argument, int part) {
    const job *const j = argument;
    const lp_pointwise *const layer = j->layer;
    const lp_pointwise_weights *const weights = layer->weights;
    const int rows = weights->kernel->rows, room = SOURCE_BYTES / weights->in / rows * rows;
    const size_t blocks = ((size_t)layer->cells + (size_t)rows - 1) / (size_t)rows;
    const int begin = (int)lp_part_begin(blocks, part, layer->threads) * rows;
    const int after = (int)lp_part_begin(blocks, part + 1, layer->threads) * rows;
    const int end = after < layer->cells ? after : layer->cells;
    uint8_t widths[MOST_WIDTHS];

    for (int at = begin; at < end; at += room) {
        const int count = end - at < room ? end - at : room;
        weights->kernel->survey(j->src + (size_t)at * (size_t)weights->in, count, weights->in, weights->halves, widths);
        run_cells(j, at, count, widths);
    }
}

void lp_pointwise_run(const lp_pointwise *layer, const uint8_t *src, const void *added, void *dst) {
    job all = {layer, src, added, dst};

    lp_threads_share(layer->threads, run_part, &all);
}
