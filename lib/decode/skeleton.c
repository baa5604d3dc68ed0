/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/skeleton.h"

const lp_limb lp_skeleton_limbs[LIGHTPOSE_LIMBS] = {
    {1, 2, 12, 13},   /*  0 neck, right shoulder */
    {1, 5, 20, 21},   /*  1 neck, left shoulder */
    {2, 3, 14, 15},   /*  2 right upper arm */
    {3, 4, 16, 17},   /*  3 right forearm */
    {5, 6, 22, 23},   /*  4 left upper arm */
    {6, 7, 24, 25},   /*  5 left forearm */
    {1, 8, 0, 1},     /*  6 neck, right hip */
    {8, 9, 2, 3},     /*  7 right thigh */
    {9, 10, 4, 5},    /*  8 right shin */
    {1, 11, 6, 7},    /*  9 neck, left hip */
    {11, 12, 8, 9},   /* 10 left thigh */
    {12, 13, 10, 11}, /* 11 left shin */
    {1, 0, 28, 29},   /* 12 neck, nose */
    {0, 14, 30, 31},  /* 13 nose, right eye */
    {14, 16, 34, 35}, /* 14 right eye, right ear */
    {0, 15, 32, 33},  /* 15 nose, left eye */
    {15, 17, 36, 37}, /* 16 left eye, left ear */
    {2, 16, 18, 19},  /* 17 right shoulder, right ear: helper */
    {5, 17, 26, 27},  /* 18 left shoulder, left ear: helper */
};
