/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "naive.h"

#include <math.h>
#include <stdlib.h>

naive_tensor naive_create(int channels, int height, int width) {
    naive_tensor tensor = {.channels = channels, .height = height, .width = width};

    tensor.values = calloc((size_t)channels * (size_t)height * (size_t)width, sizeof(double));
    if (!tensor.values)
        abort();
    return tensor;
}

void naive_free(naive_tensor *tensor) {
    free(tensor->values);
    *tensor = (naive_tensor){0};
}

double *naive_at(const naive_tensor *tensor, int channel, int y, int x) {
    return tensor->values + ((size_t)channel * (size_t)tensor->height + (size_t)y) * (size_t)tensor->width + (size_t)x;
}

/* Adds weight * source plane, displaced by a tap, to a target plane. */
static void add_tap(const lp_layer *layer, double weight, int dy, int dx, const naive_tensor *source, int in,
                    naive_tensor *target, naive_tensor *magnitudes, int out) {
    const int stride = layer->stride;
    int first = 0, end = target->width;

    while (first * stride + dx < 0)
        first++;
    while (end > first && (end - 1) * stride + dx >= source->width)
        end--;
    for (int y = 0; y < target->height; y++) {
        const int from_y = y * stride + dy;
        if (from_y < 0 || from_y >= source->height)
            continue;
        double *const restrict sum = naive_at(target, out, y, 0);
        double *const restrict magnitude = naive_at(magnitudes, out, y, 0);
        const double *const restrict row = naive_at(source, in, from_y, 0);
        for (int x = first; x < end; x++) {
            const double product = weight * row[x * stride + dx];
            sum[x] += product;
            magnitude[x] += fabs(product);
        }
    }
}

void naive_convolve(const lp_layer *layer, const double *weights, const double *bias, const naive_tensor *source,
                    naive_tensor *target, naive_tensor *magnitudes) {
    const int height = (source->height + layer->stride - 1) / layer->stride;
    const int width = (source->width + layer->stride - 1) / layer->stride;
    const int ins = layer->kind == LP_DEPTHWISE ? 1 : layer->in, reach = layer->kernel / 2;

    *target = naive_create(layer->out, height, width);
    *magnitudes = naive_create(layer->out, height, width);
    for (int o = 0; o < layer->out; o++) {
        for (int i = 0; i < height * width; i++) {
            naive_at(target, o, 0, 0)[i] = bias[o];
            naive_at(magnitudes, o, 0, 0)[i] = fabs(bias[o]);
        }
        for (int i = 0; i < ins; i++)
            for (int ky = 0; ky < layer->kernel; ky++)
                for (int kx = 0; kx < layer->kernel; kx++)
                    add_tap(layer, *weights++, (ky - reach) * layer->dilation, (kx - reach) * layer->dilation, source,
                            layer->kind == LP_DEPTHWISE ? o : i, target, magnitudes, o);
    }
}

double naive_activate(lp_activation activation, double value) {
    if (value > 0 || activation == LP_LINEAR)
        return value;
    return activation == LP_RELU ? 0 : expm1(value);
}
