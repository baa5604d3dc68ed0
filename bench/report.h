/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The report as text, made from its JSON alone. */

#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include <jansson.h>

/* The summary: machine, frames a second of every configuration, the paper's figures, what slowed the runs down. */
void report_summary(FILE *to, const json_t *report);

/* Start-up, stages with their quantiles, frames by number of people, the network against its layers run alone, the
 * decoder. */
void report_details(FILE *to, const json_t *report);

/* A line for each layer: the kernel that runs it, its time and its share of peak. */
void report_layers(FILE *to, const json_t *report);

/* Every peak of peak.h. */
void report_peaks(FILE *to, const json_t *peaks);

#endif
