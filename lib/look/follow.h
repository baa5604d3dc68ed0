/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Chooses the part of a video's next frame that shows all people of the last one.
 *
 * It holds their boxes, each grown by LP_FOLLOW_MARGIN of the person's height. The part does not change while it holds
 * them with half of that margin and is at most LP_FOLLOW_LOOSE times as large as necessary, because each new size needs
 * a plan, which takes the time of two frames. It is enlarged until it costs LP_FOLLOW_LEAST of a complete frame, but at
 * most LP_FOLLOW_ENLARGE times and not beyond the maximum network input. If it would cost more than LP_FOLLOW_MOST of a
 * complete frame, the next frame is processed completely. */

#ifndef LP_LOOK_FOLLOW_H
#define LP_LOOK_FOLLOW_H

#include "look/crops.h"

#define LP_FOLLOW_MARGIN  0.15
#define LP_FOLLOW_LEAST   0.4
#define LP_FOLLOW_MOST    0.75
#define LP_FOLLOW_ENLARGE 1.5
#define LP_FOLLOW_LOOSE   1.3

typedef struct lp_follow {
    int frames;   /* since the last complete one, including it; 0: the next one is the first of a stream */
    int people;   /* in the last frame */
    lp_crop crop; /* for the next frame; net_width 0: the complete frame */
} lp_follow;

/* Sizes of network inputs. */
typedef struct lp_follow_sizes {
    int width, height;         /* of a complete frame */
    int max_width, max_height; /* limits for the next frame: multiples of LP_STRIDE, not below a complete frame's */
} lp_follow_sizes;

/* Updates the crop for the next frame from the poses of this one. `scene` is that of a complete frame. */
void lp_follow_update(lp_follow *follow, const lp_scene *scene, const lp_follow_sizes *sizes,
                      const lightpose_pose *poses, int count);

#endif
