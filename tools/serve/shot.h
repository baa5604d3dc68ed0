/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The newest frame of a source, handed from the run's thread to the one that encodes pictures.
 *
 * A triple buffer: one shot is being filled, one is being encoded, and one lies between the two. Each side exchanges
 * its own shot for the one between. So neither ever waits for the other, and a frame that was not taken in time is
 * overwritten. */

#ifndef LP_TOOLS_SERVE_SHOT_H
#define LP_TOOLS_SERVE_SHOT_H

#include <stdatomic.h>

#include <lightpose/lightpose.h>

typedef struct lp_shot {
    /* Its planes lie in `pixels`. NV12 is stored as I420, which swscale converts to BGR much faster. */
    lightpose_image image;
    uint8_t *pixels;
    size_t capacity;
    lightpose_result *result;
    int64_t number; /* of frames of its source */
} lp_shot;

typedef struct lp_shots {
    lp_shot shots[3];
    int filling, taken; /* indices of the writer's and the reader's shot */
    atomic_int between; /* index of the third, plus LP_SHOT_FRESH until it is taken */
} lp_shots;

enum { LP_SHOT_FRESH = 4 };

/* Errors: MEMORY. Call lp_shots_free in any case. */
LIGHTPOSE_NODISCARD lightpose_status lp_shots_open(lp_shots *shots, lightpose_error *error);
void lp_shots_free(lp_shots *shots);

/* Copies picture and people; they replace a frame that was not taken. Errors: MEMORY; the frame is left out. */
LIGHTPOSE_NODISCARD lightpose_status lp_shots_put(lp_shots *shots, const lightpose_image *image,
                                                  const lightpose_result *result, int64_t number,
                                                  lightpose_error *error);

/* The newest frame, valid until the next call; NULL if there is none since the last call. */
const lp_shot *lp_shots_take(lp_shots *shots);

#endif
