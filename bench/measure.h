/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The measurements, each a JSON object: times in milliseconds, warm, quantiles of many runs. */

#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <jansson.h>

#include "frames.h"

typedef struct measure_options {
    lightpose_model *model;
    lightpose_settings settings;
    double seconds; /* how long each measurement runs */
    int min_runs;   /* and how often at least */
} measure_options;

/* The whole path on frames in memory, one context: preprocess, network, upsample + peaks, limbs + grouping, total; fps;
 * the paper's three rates (Table 6) and its split of post-processing (Table 3). */
json_t *measure_stages(const measure_options *options, const frames *list, lightpose_error *error);

/* The same on `contexts` contexts at once, each with the settings' threads: frames a second of all together. */
json_t *measure_throughput(const measure_options *options, const frames *list, int contexts, lightpose_error *error);

/* The network layer by layer: implementation, milliseconds run bare, GMAC, share of `peak` (1e9 a second; 0: unknown);
 * and the network against the sum of its primitives, interleaved. */
json_t *measure_layers(const measure_options *options, int width, int height, double peak, lightpose_error *error);

/* The decoder on one thread on the maps of each frame, against the plain dense decoder (peers/dense.h), interleaved. */
json_t *measure_decoder(const measure_options *options, const frames *list, lightpose_error *error);

#endif
