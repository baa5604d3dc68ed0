/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The counts of a run as text: for Prometheus, for the page, and as a verdict. */

#ifndef LP_TOOLS_SERVE_FIGURES_H
#define LP_TOOLS_SERVE_FIGURES_H

#include "output/text.h"
#include "run/gauges.h"
#include "serve/hub.h"

typedef struct lp_figures {
    const lp_gauges *gauges;
    lp_hub_counts counts;
    int64_t now_ns;
    int64_t connections, refused; /* open, and turned away so far */
    int healthy_seconds;          /* a source without a frame for so long is not well */
} lp_figures;

/* Prometheus's text format, version 0.0.4. */
void lp_figures_metrics(const lp_figures *figures, lp_text *text);

/* One JSON object, with the history of the last minutes. */
void lp_figures_status(const lp_figures *figures, lp_text *text);

/* 1: every source that has not ended has had a frame of late, and one has not ended. With `tell` a line each says how
 * it is. */
int lp_figures_health(const lp_figures *figures, int tell, lp_text *text);

#endif
