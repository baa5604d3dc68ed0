/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Runs the network of a weights file in plain loops.
 * usage: forward WEIGHTS INPUT.npy HEATMAPS PAFS
 * INPUT is float32, 1 x 3 x height x width, already (p - 128) * scale. Writes the last stage's maps as plain float32.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "naive.h"
#include "net/weights.h"
#include "npy.h"

typedef struct named {
    const char *name;
    naive_tensor tensor;
} named;

typedef struct values {
    named list[2 * LP_MAX_LAYERS];
    int count;
} values;

static const naive_tensor *find(const values *all, const char *name) {
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->list[i].name, name) == 0)
            return &all->list[i].tensor;
    fprintf(stderr, "forward: no tensor %s\n", name);
    exit(1);
}

static void keep(values *all, const char *name, naive_tensor tensor) {
    all->list[all->count].name = name;
    all->list[all->count++].tensor = tensor;
}

static size_t count_of(const naive_tensor *tensor) {
    return (size_t)tensor->channels * (size_t)tensor->height * (size_t)tensor->width;
}

static void concatenate(values *all, const char *name) {
    const naive_tensor *const first = find(all, lp_arch_concat_inputs[0]);
    naive_tensor joined = naive_create(185, first->height, first->width);
    double *next = joined.values;

    for (int i = 0; i < LP_CONCAT_INPUTS; i++) {
        const naive_tensor *const part = find(all, lp_arch_concat_inputs[i]);
        memcpy(next, part->values, count_of(part) * sizeof *next);
        next += count_of(part);
    }
    keep(all, name, joined);
}

static void convolve(values *all, const lp_weights *weights, const lp_layer *layer) {
    const size_t count = (size_t)layer->out * (size_t)(layer->kind == LP_DEPTHWISE ? 1 : layer->in) *
                         (size_t)(layer->kernel * layer->kernel);
    float *const single = malloc((count + (size_t)layer->out) * sizeof *single);
    double *const exact = malloc((count + (size_t)layer->out) * sizeof *exact);
    naive_tensor target, magnitudes;

    lp_weights_read_weight(weights, layer, single);
    lp_weights_read_bias(weights, layer, single + count);
    for (size_t i = 0; i < count + (size_t)layer->out; i++)
        exact[i] = (double)single[i];
    naive_convolve(layer, exact, exact + count, find(all, layer->from), &target, &magnitudes);
    naive_free(&magnitudes);
    free(single);
    free(exact);
    for (size_t i = 0; i < count_of(&target); i++)
        target.values[i] = naive_activate(layer->activation, target.values[i]);
    keep(all, layer->name, target);
    if (!layer->sum)
        return;
    const naive_tensor *const add = find(all, layer->add);
    naive_tensor sum = naive_create(target.channels, target.height, target.width);
    for (size_t i = 0; i < count_of(&sum); i++)
        sum.values[i] = target.values[i] + add->values[i];
    keep(all, layer->sum, sum);
}

static void write_values(const naive_tensor *tensor, const char *path) {
    FILE *const file = fopen(path, "wb");

    for (size_t i = 0; file && i < count_of(tensor); i++) {
        const float value = (float)tensor->values[i];
        fwrite(&value, sizeof value, 1, file);
    }
    if (!file || ferror(file) || fclose(file) != 0) {
        fprintf(stderr, "forward: cannot write %s\n", path);
        exit(1);
    }
}

int main(int argc, char **argv) {
    static values all;
    lp_layer layers[LP_MAX_LAYERS];
    lightpose_error error = {0};
    lp_weights *weights;
    npy input;

    if (argc != 5)
        return 2;
    if (lp_weights_load(&weights, argv[1], &error) != LIGHTPOSE_OK) {
        fprintf(stderr, "forward: %s\n", error.text);
        return 1;
    }
    if (npy_read(&input, argv[2], "<f4") != 0 || input.dimensions != 4 || input.shape[1] != 3) {
        fprintf(stderr, "forward: %s is no float32 array of 1 x 3 x height x width\n", argv[2]);
        return 1;
    }
    naive_tensor data = naive_create(3, (int)input.shape[2], (int)input.shape[3]);
    for (size_t i = 0; i < input.count && i < count_of(&data); i++)
        data.values[i] = (double)((const float *)input.data)[i];
    free(input.data);
    keep(&all, "data", data);
    const int count = lp_arch_layers(lp_weights_variant(weights), layers);
    for (int i = 0; i < count; i++)
        if (layers[i].kind == LP_CONCAT)
            concatenate(&all, layers[i].name);
        else
            convolve(&all, weights, &layers[i]);
    write_values(find(&all, lp_arch_heatmaps(2)), argv[3]);
    write_values(find(&all, lp_arch_pafs(2)), argv[4]);
    for (int i = 0; i < all.count; i++)
        naive_free(&all.list[i].tensor);
    lp_weights_destroy(&weights);
    return 0;
}
