/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* If channel c of a tensor has step s_c, an output o of a layer that reads the tensor has two squared errors:
 *
 *     sum over c of  w_oc^2 s_c^2 / 12           values x_c are rounded to multiples of s_c (0 is exact)
 *     sum over c of  d_o^2 / 12 (x_c / s_c)^2    weights w_oc s_c are rounded to multiples of d_o
 *
 * where d_o = max over c of |w_oc| s_c / 127. The steps tried are most_c^a, scaled so that the greatest value of every
 * channel fits in 255 steps (127 for a signed tensor): a = 0 gives all channels one step, a = 1 uses the full byte for
 * each channel. The best a has the least error, relative to the size of the output and added over all outputs of all
 * readers. */

#include "net/balance.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { TRIES = 9, LEVELS_UNSIGNED = 255, LEVELS_SIGNED = 127, MOST_WEIGHT = 127 };

/* The channels of a tensor and the sizes of their values. */
typedef struct channels {
    int count;
    float most[LP_MAX_CHANNELS];                                 /* greatest magnitude */
    double mean_square[LP_MAX_CHANNELS], share[LP_MAX_CHANNELS]; /* of all values; of nonzero ones */
} channels;

static void describe(channels *list, const lp_histogram *histogram, const float *most) {
    list->count = histogram->channels;
    for (int c = 0; c < histogram->channels; c++) {
        const uint32_t *const counts = histogram->counts + (size_t)c * LP_HISTOGRAM_BINS;
        const double width = (double)histogram->reach[c] / LP_HISTOGRAM_BINS;
        double squares = 0, others = 0;
        for (int i = 0; i < LP_HISTOGRAM_BINS; i++) {
            squares += counts[i] * (i + 0.5) * (i + 0.5) * width * width;
            others += counts[i];
        }
        list->most[c] = most[c];
        list->mean_square[c] = histogram->cells ? squares / (double)histogram->cells : 0;
        list->share[c] = histogram->cells ? fmin(1, others / (double)histogram->cells) : 0;
    }
}

static void steps(const channels *list, double exponent, int levels, double *to) {
    double factor = 0;

    for (int c = 0; c < list->count; c++)
        factor = fmax(factor, pow((double)list->most[c], 1 - exponent));
    for (int c = 0; c < list->count; c++)
        to[c] = pow((double)list->most[c], exponent) * factor / levels;
}

/* The error of a reader's outputs. Its weights for these channels are `count` x `area` values in rows of `stride`. */
static double reader_error(const channels *list, const double *step, const float *weights, int outputs, size_t stride,
                           int area) {
    double error = 0;

    for (int o = 0; o < outputs; o++) {
        const float *const row = weights + (size_t)o * stride;
        double greatest = 0, values = 0, sizes = 0, signal = 0;
        for (int c = 0; c < list->count; c++) {
            double squares = 0, peak = 0;
            for (int k = 0; k < area; k++) {
                const double w = fabs((double)row[c * area + k]);
                squares += w * w;
                peak = fmax(peak, w);
            }
            greatest = fmax(greatest, peak * step[c]);
            values += squares * step[c] * step[c] * list->share[c];
            sizes += area * list->mean_square[c] / (step[c] * step[c]);
            signal += squares * list->mean_square[c];
        }
        const double grid = greatest / MOST_WEIGHT;
        if (signal > 0)
            error += (values + grid * grid * sizes) / 12 / signal;
    }
    return error;
}

/* The index of the first channel of `tensor` among those that `layer` reads; -1 if it does not read them. */
static int place_in(const lp_graph *graph, const lp_layer *layer, const char *tensor) {
    int at = 0;

    if (strcmp(layer->from, tensor) == 0 && layer->kind != LP_CONCAT)
        return 0;
    for (int i = 0; i < graph->count; i++)
        if (graph->rows[i].kind == LP_CONCAT && strcmp(graph->rows[i].name, layer->from) == 0)
            for (int part = 0; part < LP_CONCAT_INPUTS; part++) {
                if (strcmp(lp_arch_concat_inputs[part], tensor) == 0)
                    return at;
                for (int j = 0; j < graph->count; j++)
                    if (strcmp(graph->rows[j].name, lp_arch_concat_inputs[part]) == 0)
                        at += graph->rows[j].out;
            }
    return -1;
}

/* Adds the errors of all readers of `tensor` for each exponent. Returns 0 if memory is exhausted. */
static int add_errors(const lp_graph *graph, const char *tensor, const channels *list, int levels, double *errors) {
    double step[LP_MAX_CHANNELS];

    for (int i = 0; i < graph->count; i++) {
        const lp_layer *const layer = &graph->rows[i];
        const int at = place_in(graph, layer, tensor), area = layer->kernel * layer->kernel;
        const size_t stride = (size_t)layer->in * (size_t)area;
        if (at < 0)
            continue;
        float *const weights = lp_calloc((size_t)layer->out * stride, sizeof *weights);
        if (!weights)
            return 0;
        lp_weights_read_weight(graph->weights, layer, weights);
        for (int t = 0; t < TRIES; t++) {
            steps(list, (double)t / (TRIES - 1), levels, step);
            errors[t] += reader_error(list, step, weights + at * area, layer->out, stride, area);
        }
        lp_free(weights);
    }
    return 1;
}
int lp_balance(const lp_graph *graph, const char *tensor, const lp_histogram *histogram, const float *most, float whole,
               float *low, float *high) {
    const int is_unsigned = lp_is_unsigned(graph, tensor), levels = is_unsigned ? LEVELS_UNSIGNED : LEVELS_SIGNED;
    double step[LP_MAX_CHANNELS], errors[TRIES] = {0};
    channels list;
    int best = 0;

    describe(&list, histogram, most);
    if (!add_errors(graph, tensor, &list, levels, errors))
        return 0;
    if (errors[0] == 0) { /* no layer reads it as bytes */
        low[0] = is_unsigned ? 0 : -whole;
        high[0] = whole;
        return 1;
    }
    for (int t = 1; t < TRIES; t++)
        if (errors[t] < errors[best])
            best = t;
    steps(&list, (double)best / (TRIES - 1), levels, step);
    for (int c = 0; c < list.count; c++) {
        high[c] = (float)(step[c] * levels);
        low[c] = is_unsigned ? 0 : -high[c];
    }
    return list.count;
}
