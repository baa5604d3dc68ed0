/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Finds the ranges of the network's tensors: runs the front end in f32 over images and counts the values. */

#ifndef LP_CALIBRATE_H
#define LP_CALIBRATE_H

#include "model.h"
#include "net/activation_histogram.h"

typedef struct lightpose_calibrator lp_calibrator;

/* `settings` have passed lp_settings_check. */
lightpose_status lp_calibrator_create(lp_calibrator **calibrator, lightpose_model *model,
                                      const lightpose_settings *settings, lightpose_error *error);
void lp_calibrator_destroy(lp_calibrator *calibrator);

/* `image` has passed lp_view_check. */
lightpose_status lp_calibrator_run(lp_calibrator *calibrator, const lightpose_image *image, lightpose_error *error);

/* The ranges as JSON (net/ranges.h). Ignores `rule`'s steps and per_channel, and chooses them itself. */
lightpose_status lp_calibrator_text(lp_calibrator *calibrator, const lp_range_rule *rule, const char **text,
                                    lightpose_error *error);

const lightpose_settings *lp_calibrator_settings(const lp_calibrator *calibrator);

#endif
