/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The part of a video's next frame that shows all people of the last one.
 *
 * It holds their boxes, each grown by LP_FOLLOW_MARGIN of the person's height. It stays where it is while it holds them
 * with half of that margin and is at most LP_FOLLOW_LOOSE times as large as it had to be: each new size needs a plan,
 * which costs two frames. It is enlarged until it costs LP_FOLLOW_LEAST of a whole frame, LP_FOLLOW_ENLARGE times at
 * most, and never beyond the greatest network input allowed. Where it would cost more than LP_FOLLOW_MOST of one, the
 * whole frame is looked at. */

#ifndef LP_LOOK_FOLLOW_H
#define LP_LOOK_FOLLOW_H

#include "look/crops.h"

#define LP_FOLLOW_MARGIN  0.15
#define LP_FOLLOW_LEAST   0.4
#define LP_FOLLOW_MOST    0.75
#define LP_FOLLOW_ENLARGE 1.5
#define LP_FOLLOW_LOOSE   1.3

typedef struct lp_follow {
    int frames;   /* since the last whole one, itself included; 0: the next one is the first of a stream */
    int people;   /* in the last frame */
    lp_crop crop; /* for the next frame; net_width 0: all of it */
} lp_follow;

/* Sizes of network inputs. */
typedef struct lp_follow_sizes {
    int width, height;         /* of a whole frame */
    int max_width, max_height; /* that the next may have: multiples of LP_STRIDE, no less than a whole frame's */
} lp_follow_sizes;

/* Learns who is in a frame. `scene` is that of a whole one. */
void lp_follow_update(lp_follow *follow, const lp_scene *scene, const lp_follow_sizes *sizes,
                      const lightpose_pose *poses, int count);

#endif
