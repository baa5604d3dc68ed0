/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Runs the library on the pictures, for one or many settings. */

#ifndef LP_TOOLS_EVAL_RUN_H
#define LP_TOOLS_EVAL_RUN_H

#include "eval/outcome.h"
#include "eval/pictures.h"
#include "eval/settings.h"

/* Fills outcomes[i] with what settings[i] finds, evaluated against the labels, and with its times. Contexts of one
 * thread each share the pictures, as many as settings[0] has threads (0: all that the process may use). Settings that
 * differ only in the decoder share the network's maps. With several passes each picture's time is its best.
 * `progress`: show a line of progress on stderr. */
lightpose_status lp_settings_run(const lp_setting *settings, size_t count, lp_pictures *pictures,
                                 const lp_labels *labels, int passes, int progress, lp_outcome *outcomes,
                                 lightpose_error *error);

#endif
