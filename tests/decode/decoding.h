/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A decoder at work on maps made by hand: what every test of its rules finds in place, afresh. */

#ifndef TESTS_DECODING_H
#define TESTS_DECODING_H

#include "check.h"

#include "decode/decoder.h"
#include "made_maps.h"

enum {
    NOSE = 0,
    NECK,
    R_SHOULDER,
    R_ELBOW,
    R_WRIST,
    L_SHOULDER,
    L_WRIST = 7,
    R_HIP,
    L_ANKLE = 13,
    R_EYE,
    L_EYE,
    R_EAR,
    L_EAR
};
enum { NECK_R_SHOULDER = 0, NECK_L_SHOULDER, R_UPPER_ARM, R_FOREARM };
enum { NECK_NOSE = 12, NOSE_R_EYE, R_EYE_EAR, R_SHOULDER_EAR = 17 };

extern lp_maps maps;
extern lightpose_settings settings;
extern lp_decoder *decoder; /* the one of the last decode() */

/* Empty maps and the default settings. */
void decoding_begin(int width, int height, lightpose_decoder which);
int decoding_end(void **state);

/* The people in `maps` by `settings`, valid until the next decode(). */
lp_people decode(void);

#endif
