/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A worker's task for one frame: reads it if it is a still picture, and finds the people in it. */

#ifndef LP_TOOLS_RUN_WORK_H
#define LP_TOOLS_RUN_WORK_H

#include "output/output.h"
#include "run/engine.h"

void lp_work(lp_job *job, lightpose_context *context, const lp_engine_options *options);

/* Describes a finished frame for the outputs. What it points at belongs to the job and the source. */
void lp_work_get_output(const lp_job *job, const lp_source *source, lp_output_frame *frame);

/* Monotonic nanoseconds. */
int64_t lp_work_now(void);

/* Crops `image` to the part of `roi` inside it, and writes that part to *roi. For YUV its corner moves up and left to
 * even pixels. Returns 0 if the two do not overlap. */
int lp_work_crop(lightpose_image *image, lp_roi *roi);

#endif
