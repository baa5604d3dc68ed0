/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Runs the library over the pictures, for one or many settings. */

#ifndef LP_TOOLS_EVAL_RUN_H
#define LP_TOOLS_EVAL_RUN_H

#include "eval/outcome.h"
#include "eval/pictures.h"
#include "eval/settings.h"

/* Fills outcomes[i] with what settings[i] finds, evaluated against the labels, and with its times. Pictures are shared
 * out among contexts of one thread each, as many as settings[0] has threads (0: all that the process may use). Settings
 * that differ in the decoder alone share the network's maps. With several passes the times are each picture's best.
 * `progress`: a line on stderr that tells how far it is. */
lightpose_status lp_settings_run(const lp_setting *settings, size_t count, lp_pictures *pictures,
                                 const lp_labels *labels, int passes, int progress, lp_outcome *outcomes,
                                 lightpose_error *error);

#endif
