/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The messages of a run: progress, results of inputs, errors and the summary. */

#ifndef LP_TOOLS_RUN_REPORT_H
#define LP_TOOLS_RUN_REPORT_H

#include <stdio.h>

#include "run/engine.h"

typedef struct lp_report {
    int quiet;
    int terminal; /* each progress line overwrites the last */
    FILE *lines;  /* one line per input; NULL: none */
    int closed;   /* nobody reads them any more */
    int64_t start, last_progress;
    int64_t frames, people, failed;
    int64_t first; /* when the first frame was done: reported times leave out its preparation */
    double height; /* the greatest share of a frame's height that a person took */
    int net_height;
    int64_t read_ns, preprocess_ns, network_ns, decode_ns, write_ns; /* sums over all frames but the first */
    int on_screen;                                                   /* characters of progress to erase */
} lp_report;

/* `lines` gets a line for each input; NULL: none. */
void lp_report_start(lp_report *report, int quiet, FILE *lines);

/* Counts a frame that is done; `write_ns` is the time of tracking and outputs. */
void lp_report_frame(lp_report *report, const lp_job *job, int people, int64_t write_ns);

/* Prints the progress of a source: frames done of `total` (-1: unknown). Most calls print nothing: at most one line in
 * 0.2 s on a terminal, in 30 s elsewhere. */
void lp_report_progress(lp_report *report, const char *name, int64_t done, int64_t total, int64_t people, int live);

/* A line about an input, an error, or a note. They erase progress first. */
__attribute__((format(printf, 2, 3))) void lp_report_line(lp_report *report, const char *format, ...);
__attribute__((format(printf, 2, 3))) void lp_report_error(lp_report *report, const char *format, ...);
__attribute__((format(printf, 2, 3))) void lp_report_note(lp_report *report, const char *format, ...);

/* Whether standard output is a pipe or socket without a reader. */
int lp_report_reader_is_gone(void);

/* "1 person", "3 people", "1 frame" in a buffer of 32. */
const char *lp_report_count(int64_t number, const char *one, const char *many, char text[32]);

/* Prints the summary to stderr; `engine` describes what the network ran on. */
void lp_report_end(lp_report *report, const char *engine);

#endif
