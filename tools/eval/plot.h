/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Plots accuracy against time as SVG: one line per precision and decoder, one point per network height. */

#ifndef LP_TOOLS_EVAL_PLOT_H
#define LP_TOOLS_EVAL_PLOT_H

#include "eval/outcome.h"

/* Plots the outcomes that were timed. The file is written completely or not at all. `caption` goes below the title. */
lightpose_status lp_plot_write(const char *path, const lp_outcome *outcomes, size_t count, const char *caption,
                               lightpose_error *error);

#endif
