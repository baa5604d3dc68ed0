/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a worker does with a frame: reads it where it is a still picture, and finds the people in it. */

#ifndef LP_TOOLS_RUN_WORK_H
#define LP_TOOLS_RUN_WORK_H

#include "output/output.h"
#include "run/engine.h"

void lp_work(lp_job *job, lightpose_context *context, const lp_engine_options *options);

/* A frame that is done, as outputs get it. What it points at belongs to the job and the source. */
void lp_work_get_output(const lp_job *job, const lp_source *source, lp_output_frame *frame);

/* Monotonic nanoseconds. */
int64_t lp_work_now(void);

/* Crops `image` to the part of `roi` that lies inside it, and writes that part to *roi: with YUV its corner moves up
 * and left to even pixels. Returns 0 where the two do not meet. */
int lp_work_crop(lightpose_image *image, lp_roi *roi);

#endif
