/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The measurements. Each yields a JSON object, described in README.md: durations in milliseconds, measured warm, with
 * the quantiles of many runs. */

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
    measure_list threads;  /* one context with each of these numbers of threads */
    measure_list contexts; /* each of these numbers of contexts with one thread each */
    double seconds;        /* duration of each measurement */
    int min_runs;          /* and its minimum number of runs */
    int busy_cores;        /* more than 0: measure also while other processes keep this number of cores busy */
    double slowdown;       /* more than 1: measure also with one thread of each team slower by this factor */
    int decode;            /* 1: measure the decoder alone too */
} measure_options;

/* Runs all measurements below except measure_startup() on one input. Each round runs a short span of each measurement,
 * so that changes of the machine's speed affect all of them alike. */
json_t *measure_run(const measure_options *options, const frames *input, lightpose_error *error);

/* Times the network layer by layer, and complete. */
typedef struct layers layers;

lightpose_status layers_open(layers **made, const measure_options *options, int width, int height, int threads,
                             lightpose_error *error);
lightpose_status layers_run(layers *layers, double seconds, int min_runs, lightpose_error *error);
json_t *layers_json(layers *layers);
void layers_close(layers **layers);

/* Times the decoder on one thread on the maps of each frame, in turn with the plain dense decoder (peers/dense.h). */
json_t *measure_decoder(const measure_options *options, const frames *list, lightpose_error *error);

/* Measures start-up in a new process: the time to load the model, to the first frame of a first context, of a second
 * one and of another image size, and the anonymous memory of each. */
json_t *measure_startup(const char *weights, const lightpose_settings *settings, lightpose_error *error);

#endif
