/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Draws people: limbs, keypoints, boxes, scores. */

#ifndef LP_POSE_DRAW_H
#define LP_POSE_DRAW_H

#include "pose/result.h"

void lp_draw_settings_default(lightpose_draw_settings *settings);

/* ARGUMENT (opacity), IMAGE (the canvas), MEMORY, ENGINE. After a failure a part may be drawn. */
lightpose_status lp_draw(const lightpose_canvas *canvas, const lightpose_result *result,
                         const lightpose_draw_settings *settings, lightpose_error *error);

#endif
