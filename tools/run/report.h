/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a run says while it goes on and when it ends. */

#ifndef LP_TOOLS_RUN_REPORT_H
#define LP_TOOLS_RUN_REPORT_H

#include <stdio.h>

#include "run/engine.h"

typedef struct lp_report {
    int quiet;
    int terminal; /* progress is drawn over itself */
    FILE *lines;  /* one line an input; NULL: none */
    int closed;   /* whoever read them has gone */
    int64_t start, last_progress;
    int64_t frames, people, failed;
    int64_t first; /* when the first frame was done: its preparation is in no time that is reported */
    double height; /* the greatest share of a frame's height that a person took */
    int net_height;
    int64_t read_ns, preprocess_ns, network_ns, decode_ns, write_ns; /* sums over all frames but the first */
    int on_screen;                                                   /* characters of progress to wipe out */
} lp_report;

/* `lines` is where a line for each input goes, or NULL. */
void lp_report_start(lp_report *report, int quiet, FILE *lines);

/* A frame is done; `write_ns` went into tracking and outputs. */
void lp_report_frame(lp_report *report, const lp_job *job, int people, int64_t write_ns);

/* Where a source stands, at most a few times a second: frames done of `total` (-1: unknown). */
void lp_report_progress(lp_report *report, const char *name, int64_t done, int64_t total, int64_t people, int live);

/* A line about an input, an error, or a note; progress steps aside. */
__attribute__((format(printf, 2, 3))) void lp_report_line(lp_report *report, const char *format, ...);
__attribute__((format(printf, 2, 3))) void lp_report_error(lp_report *report, const char *format, ...);
__attribute__((format(printf, 2, 3))) void lp_report_note(lp_report *report, const char *format, ...);

/* Whether standard output is a pipe or socket that nobody reads any more. */
int lp_report_reader_is_gone(void);

/* "1 person", "3 people", "1 frame" in a buffer of 32. */
const char *lp_report_count(int64_t number, const char *one, const char *many, char text[32]);

/* The summary, on stderr; `engine` says what the network ran on. */
void lp_report_end(lp_report *report, const char *engine);

#endif
