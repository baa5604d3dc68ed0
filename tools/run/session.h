/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A run from its first frame to its last: takes the engine's jobs in order, tracks people, chooses among them, writes
 * the outputs and reports. */

#ifndef LP_TOOLS_RUN_SESSION_H
#define LP_TOOLS_RUN_SESSION_H

#include "run/choose.h"
#include "run/engine.h"
#include "run/gauges.h"
#include "run/ledger.h"
#include "run/report.h"
#include "run/targets.h"
#include "run/window.h"
#include "serve/server.h"

typedef struct lp_session_options {
    const lp_engine_options *engine;
    lp_targets *targets;                     /* NULL: nothing is written */
    const lp_prospect *prospects;            /* for each source, what is left to do; NULL: all */
    lp_ledger *ledger;                       /* NULL: none */
    const lightpose_tracker_settings *track; /* NULL: people are not tracked */
    lp_choice choice;
    lp_report *report;
    lp_window *window; /* NULL: none */
    lightpose_draw_settings draw;
    lp_server *server; /* NULL: none */
    lp_gauges *gauges; /* NULL: none */
    atomic_int *stop;  /* set it to end the run in order */
} lp_session_options;

/* Returns LP_CLI_OK, LP_CLI_FAILED, or LP_CLI_CLOSED without a message: standard output was the only output, and its
 * reader is gone. Failures of inputs and outputs are reported, and the run continues with the others. */
int lp_session_run(const lp_session_options *options);

#endif
