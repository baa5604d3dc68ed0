/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Convolutions of chance, what plain loops make of them, and what an operator (net/operator.h) does. */

#ifndef TESTS_CONV_SAMPLE_H
#define TESTS_CONV_SAMPLE_H

#include "guarded.h"
#include "net/operators.h"

/* A number below `below`, from a sequence that is the same in every run. */
int conv_chance(int below);

typedef struct conv_sample {
    lp_conv_spec spec;
    lp_op_layer layer;
    int height, width; /* of the output */
    size_t element;    /* bytes of one of the output's */
    int adds;          /* 0 no, 1 from elsewhere, 2 in place */
    guarded source;    /* faults where something reads beyond it */
    guarded added;
    void *weights; /* S8, or F32 where the source is BF16 */
    float *scales, *bias, *gains;
} conv_sample;

/* What a sample may be; the rest is left to chance. */
typedef struct conv_limits {
    lp_element src;
    int kernel, stride; /* the greatest */
    int in_step;        /* source channels come in multiples of it */
    int most_in, most_out, most_cells;
} conv_limits;

void conv_sample_make(conv_sample *s, const conv_limits *limits);
void conv_sample_free(conv_sample *s);

/* Of the output. */
size_t conv_sample_bytes(const conv_sample *s);

/* The value of an output, unrounded, by double precision. */
double conv_sample_exact(const conv_sample *s, int cell, int out);

/* Element `at` of an output as a number. */
double conv_sample_value(const conv_sample *s, const void *target, size_t at);

/* Runs the operator on the sample with its weights packed: all units at once, one by one from the last, and in two
 * halves, each time with guard bytes around target and scratch, and fails where results differ or a guard is
 * overwritten. Leaves the result in `target`, of conv_sample_bytes. */
void conv_sample_run(const conv_sample *s, const lp_operator *op, const void *packed, void *target);

/* Fails unless each element of `target` is at most `tolerance` from plain loops; of bytes and bf16, from the rounding
 * of something so near. */
void conv_sample_compare(const conv_sample *s, const char *name, const void *target, double tolerance);

#endif
