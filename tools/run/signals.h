/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Signals as requests to end in order. */

#ifndef LP_TOOLS_RUN_SIGNALS_H
#define LP_TOOLS_RUN_SIGNALS_H

#include <stdatomic.h>

/* From here on SIGINT, SIGTERM and SIGHUP set the flag, and SIGPIPE is an error of writing. However many come:
 * timeout(1) and a closing terminal send theirs twice. A SIGINT more than a second after the first ends the program at
 * once. */
void lp_signals_catch(void);

/* From here on SIGHUP cuts the results (segments.h) and does not end the run. */
void lp_signals_cut_on_hangup(void);
extern atomic_int lp_cuts_requested; /* how often */

/* Not 0: the run is to end. */
extern atomic_int lp_stop_requested;

/* The number of the first signal; 0: none came. */
int lp_signals_caught(void);

#endif
