/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The counters of a run as text: metrics for Prometheus, the status for the page, and the health check. */

#ifndef LP_TOOLS_SERVE_FIGURES_H
#define LP_TOOLS_SERVE_FIGURES_H

#include "output/text.h"
#include "run/gauges.h"
#include "serve/hub.h"

typedef struct lp_figures {
    const lp_gauges *gauges;
    lp_hub_counts counts;
    int64_t now_ns;
    int64_t connections, refused; /* open now; turned away so far */
    int healthy_seconds;          /* a source without a frame for this long is unhealthy */
} lp_figures;

/* Prometheus's text format, version 0.0.4. */
void lp_figures_metrics(const lp_figures *figures, lp_text *text);

/* One JSON object, with the history of the last minutes. */
void lp_figures_status(const lp_figures *figures, lp_text *text);

/* Returns 1 if some source has not ended and every such source has had a frame within healthy_seconds. With `tell` the
 * text has a line for each source. */
int lp_figures_health(const lp_figures *figures, int tell, lp_text *text);

#endif
