/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Runs stages of a frame, each call on a new team of threads. */

#ifndef TESTS_TEAMS_H
#define TESTS_TEAMS_H

#include "decode/decode.h"
#include "image/preprocess.h"
#include "net/plan.h"

lightpose_status run_plan(lp_plan *plan, int threads, lp_maps *maps, lightpose_error *error);
lightpose_status run_preprocess(lp_preprocess *preprocess, const lightpose_image *image, const lp_geometry *geometry,
                                int threads, const lp_net_input *input, lightpose_error *error);
lightpose_status run_decoder(lp_decoder *decoder, const lp_maps *maps, int threads, lp_people *people,
                             lightpose_error *error);

#endif
