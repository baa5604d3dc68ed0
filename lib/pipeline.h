/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One worker: the only place that knows the order of the stages. Read this first.
 *
 *     image view -> preprocess -> network (-> average of several runs) -> decode -> result
 */

#ifndef LP_PIPELINE_H
#define LP_PIPELINE_H

#include "decode/decode.h"
#include "model.h"
#include "pose/result.h"

typedef struct lightpose_context lp_pipeline;

/* `settings` have passed lp_settings_check. `model` may be NULL: then only maps can be decoded. */
lightpose_status lp_pipeline_create(lp_pipeline **pipeline, lightpose_model *model, const lightpose_settings *settings,
                                    lightpose_error *error);
void lp_pipeline_destroy(lp_pipeline *pipeline);

/* Creates the plans and buffers for images of this size, and runs the network once to touch them. */
lightpose_status lp_pipeline_prepare(lp_pipeline *pipeline, int width, int height, lightpose_error *error);

lightpose_status lp_pipeline_infer(lp_pipeline *pipeline, const lightpose_image *image, lightpose_result *result,
                                   lightpose_error *error);

/* The next frame is the first of another video. */
void lp_pipeline_restart(lp_pipeline *pipeline);

/* The last frame's maps, made planar on demand. */
lightpose_status lp_pipeline_maps(lp_pipeline *pipeline, lightpose_maps *maps, lightpose_error *error);

/* The size of `maps` is within the limits. NOT_FINITE if a value is not. */
lightpose_status lp_pipeline_decode(lp_pipeline *pipeline, const lightpose_maps *maps, lightpose_result *result,
                                    lightpose_error *error);

const lightpose_settings *lp_pipeline_settings(const lp_pipeline *pipeline);
const lightpose_stats *lp_pipeline_stats(const lp_pipeline *pipeline);
int lp_pipeline_has_model(const lp_pipeline *pipeline);

/* For the benchmark: makes one thread of the team `factor` times slower (base/team.h). */
void lp_pipeline_slow_down(lp_pipeline *pipeline, int thread, double factor);

#endif
