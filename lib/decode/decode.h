/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* From maps to persons, in map coordinates; pose/result takes them to the image. docs/algorithm.md 4 to 7. */

#ifndef LP_DECODE_DECODE_H
#define LP_DECODE_DECODE_H

#include "base/status.h"
#include "base/team.h"
#include "base/team.h"
#include "net/output_maps.h"

typedef struct lp_person {
    float x[LIGHTPOSE_KEYPOINTS], y[LIGHTPOSE_KEYPOINTS]; /* cells of the upsampled map; 0 is the first cell's centre */
    float keypoint_score[LIGHTPOSE_KEYPOINTS];
    uint8_t state[LIGHTPOSE_KEYPOINTS]; /* lightpose_keypoint_state */
    double sum;                         /* of keypoint and limb scores, as the filter uses it */
    int count;                          /* keypoints, as the filter counts them */
    float score, rank;                  /* as in lightpose_pose */
} lp_person;

/* Scratch of one worker. The caller has checked `settings`, which are copied. */
typedef struct lp_decoder lp_decoder;

lightpose_status lp_decoder_create(lp_decoder **decoder, const lightpose_settings *settings, lightpose_error *error);
void lp_decoder_destroy(lp_decoder **decoder);

typedef struct lp_people {
    const lp_person *persons; /* in order of rank; owned by the decoder, valid until it next runs */
    int count;
    int half_pixel;             /* how positions map to the image (image/geometry.h) */
    int64_t peaks_ns, group_ns; /* times of the two parts */
} lp_people;

/* Decodes the maps with the team. Allocates only if a frame needs more memory than all before it. */
lightpose_status lp_decoder_run(lp_decoder *decoder, const lp_maps *maps, lp_team *team, lp_people *people,
                                lightpose_error *error);

/* The resolved decoder: never `default`. */
lightpose_decoder lp_decoder_resolve(lightpose_decoder decoder);

#endif
