/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The measurements, each a JSON object: times in milliseconds, warm, quantiles of many runs. */

#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <jansson.h>

#include "frames.h"

enum { MEASURE_LIST = 16 };

typedef struct measure_list {
    int items[MEASURE_LIST], count;
} measure_list;

typedef struct measure_options {
    lightpose_model *model;
    lightpose_settings settings;
    measure_list threads;  /* a context with so many threads each */
    measure_list contexts; /* so many contexts of one thread each */
    double seconds;        /* how long each measurement runs */
    int min_runs;          /* and how often at least */
    int held;              /* also with so many cores held by other programs */
    int decode;            /* also the decoder alone */
} measure_options;

/* Everything below but measure_opening on one input, in turn, a span of each in every round: the machine's moods fall
 * on all of them. Threads and contexts are those of the options. */
json_t *measure_run(const measure_options *options, const frames *input, lightpose_error *error);

/* The network layer by layer: implementation, milliseconds run bare, GMAC, share of what this machine's own
 * multiply-accumulates reach; and the network against the sum of its primitives. */
typedef struct layers layers;

lightpose_status layers_open(layers **made, const measure_options *options, int width, int height, int threads,
                             lightpose_error *error);
lightpose_status layers_run(layers *layers, double seconds, int min_runs, lightpose_error *error);
json_t *layers_json(layers *layers);
void layers_close(layers **layers);

/* The decoder on one thread on the maps of each frame, against the plain dense decoder (peers/dense.h), interleaved. */
json_t *measure_decoder(const measure_options *options, const frames *list, lightpose_error *error);

/* What it takes to begin, in a process of its own, as a program that has just started: milliseconds to load the model,
 * to the first frame of the first context, of a second one, of another size; and the anonymous memory of each. */
json_t *measure_opening(const char *weights, const lightpose_settings *settings, lightpose_error *error);

#endif
