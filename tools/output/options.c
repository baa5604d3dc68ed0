/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/output.h"

void lp_output_options_default(lp_output_options *options) {
    *options = (lp_output_options){0};
    options->audio = 1;
    lightpose_draw_settings_init(&options->draw);
}
