/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The newest frame of a source, handed from the thread that makes frames to the one that encodes pictures.
 *
 * Three shots go round: one that is being filled, one that is being encoded, and one between the two, which either side
 * takes by exchanging it for its own. So neither ever waits for the other, and a frame that nobody took in time is
 * overwritten. */

#ifndef LP_TOOLS_SERVE_SHOT_H
#define LP_TOOLS_SERVE_SHOT_H

#include <stdatomic.h>

#include <lightpose/lightpose.h>

typedef struct lp_shot {
    lightpose_image
        image; /* its planes lie in `pixels`; NV12 as I420, which swscale turns into BGR a good deal faster */
    uint8_t *pixels;
    size_t capacity;
    lightpose_result *result;
    int64_t number; /* of frames of its source */
} lp_shot;

typedef struct lp_shots {
    lp_shot shots[3];
    int filling, taken; /* of the one side, and of the other */
    atomic_int between; /* a shot, plus LP_SHOT_FRESH while nobody has taken it */
} lp_shots;

enum { LP_SHOT_FRESH = 4 };

/* MEMORY. Free them in either case. */
LIGHTPOSE_NODISCARD lightpose_status lp_shots_open(lp_shots *shots, lightpose_error *error);
void lp_shots_free(lp_shots *shots);

/* Copies picture and people, and puts them in place of what nobody has taken. MEMORY: the frame is left out. */
LIGHTPOSE_NODISCARD lightpose_status lp_shots_put(lp_shots *shots, const lightpose_image *image,
                                                  const lightpose_result *result, int64_t number,
                                                  lightpose_error *error);

/* The newest frame, until the next call; NULL where there is none since the last. */
const lp_shot *lp_shots_take(lp_shots *shots);

#endif
