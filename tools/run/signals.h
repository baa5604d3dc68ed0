/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Signals that end a run in order, or cut its results. */

#ifndef LP_TOOLS_RUN_SIGNALS_H
#define LP_TOOLS_RUN_SIGNALS_H

#include <stdatomic.h>

/* From now on SIGINT, SIGTERM and SIGHUP set lp_stop_requested, however many arrive: timeout(1) and a closing terminal
 * send theirs twice. A SIGINT more than a second after the first ends the program at once. SIGPIPE and SIGXFSZ are
 * ignored and show as write errors. */
void lp_signals_catch(void);

/* From now on SIGHUP cuts the results (segments.h) and does not end the run. */
void lp_signals_cut_on_hangup(void);
extern atomic_int lp_cuts_requested; /* number of SIGHUPs */

/* Not 0: the run is to end. */
extern atomic_int lp_stop_requested;

/* The number of the first signal; 0: none. */
int lp_signals_caught(void);

#endif
