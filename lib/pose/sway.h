/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the people in sight tell about the camera's motion, for those out of sight. */

#ifndef LP_POSE_SWAY_H
#define LP_POSE_SWAY_H

#include <stddef.h>

#include "pose/follow.h"

enum { LP_SWAY_MAX_PEOPLE = 256 };

/* Moves the tracks without a pose in this frame with the camera. At most LP_SWAY_MAX_PEOPLE have a pose. */
void lp_sway(lp_track *tracks, size_t count);

#endif
