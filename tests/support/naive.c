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

/* Adds weight * source plane, shifted by the tap's offset, to a target plane. */
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

/* Magnitudes of the transforms for the points 0, +-5/8, +-3/2 and infinity, derived from polynomials. For each point,
 * B' has the coefficients of the product of (x - q) over the other points q, G the powers of the point divided by that
 * product's value at the point, and A' its powers. */
static void winograd_transforms(double bt[6][6], double g[6][3], double at[4][6]) {
    static const double points[5] = {0, 0.625, -0.625, 1.5, -1.5};

    for (int p = 0; p < 6; p++) {
        double polynomial[7] = {1}, value = 1;
        int degree = 0;
        for (int q = 0; q < 5; q++) {
            if (q == p)
                continue;
            for (int i = ++degree; i >= 0; i--)
                polynomial[i] = (i > 0 ? polynomial[i - 1] : 0) - points[q] * polynomial[i];
            value *= p < 5 ? points[p] - points[q] : 1;
        }
        for (int i = 0; i < 6; i++)
            bt[p][i] = fabs(polynomial[i]);
        for (int i = 0; i < 3; i++)
            g[p][i] = p < 5 ? fabs(pow(points[p], i) / value) : i == 2;
        for (int i = 0; i < 4; i++)
            at[i][p] = p < 5 ? fabs(pow(points[p], i)) : i == 3;
    }
}

/* to = left * |from| * left', left rows x inner, from inner x inner. */
static void sandwich(const double *left, const double *from, int rows, int inner, double *to) {
    double half[6][6] = {{0}};

    for (int i = 0; i < rows; i++)
        for (int k = 0; k < inner; k++)
            for (int l = 0; l < inner; l++)
                half[i][l] += left[i * inner + k] * fabs(from[k * inner + l]);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < rows; j++) {
            double sum = 0;
            for (int l = 0; l < inner; l++)
                sum += half[i][l] * left[j * inner + l];
            to[i * rows + j] = sum;
        }
}

void naive_winograd_magnitudes(const lp_layer *layer, const double *weights, const double *bias,
                               const naive_tensor *source, const double *outside, naive_tensor *magnitudes) {
    const int d = layer->dilation;
    double bt[6][6], g[6][3], at[4][6];
    double *const kernels = calloc((size_t)(layer->out * layer->in) * 36, sizeof *kernels);
    double *const cells = calloc((size_t)layer->in * 36, sizeof *cells);

    if (!kernels || !cells)
        abort();
    winograd_transforms(bt, g, at);
    for (int i = 0; i < layer->out * layer->in; i++)
        sandwich(&g[0][0], weights + i * 9, 6, 3, kernels + i * 36);
    for (int y0 = 0; y0 < source->height; y0 += (y0 + 1) % d ? 1 : 1 + 3 * d)
        for (int x0 = 0; x0 < source->width; x0 += (x0 + 1) % d ? 1 : 1 + 3 * d) {
            for (int i = 0; i < layer->in; i++) {
                double tile[36];
                for (int k = 0; k < 36; k++) {
                    const int y = y0 + (k / 6 - 1) * d, x = x0 + (k % 6 - 1) * d;
                    const int inside = y >= 0 && y < source->height && x >= 0 && x < source->width;
                    tile[k] = inside ? *naive_at(source, i, y, x) : outside ? outside[i] : 0;
                }
                sandwich(&bt[0][0], tile, 6, 6, cells + i * 36);
            }
            for (int o = 0; o < layer->out; o++) {
                double sums[36] = {0}, outputs[16];
                for (int i = 0; i < layer->in; i++)
                    for (int k = 0; k < 36; k++)
                        sums[k] += kernels[(o * layer->in + i) * 36 + k] * cells[i * 36 + k];
                sandwich(&at[0][0], sums, 4, 6, outputs);
                for (int k = 0; k < 16; k++) {
                    const int y = y0 + k / 4 * d, x = x0 + k % 4 * d;
                    if (y < source->height && x < source->width)
                        *naive_at(magnitudes, o, y, x) = outputs[k] + fabs(bias[o]);
                }
            }
        }
    free(kernels);
    free(cells);
}

double naive_activate(lp_activation activation, double value) {
    if (value > 0 || activation == LP_LINEAR)
        return value;
    return activation == LP_RELU ? 0 : expm1(value);
}
