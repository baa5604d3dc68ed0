/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Shared by packing and unpacking: the layout of a block, poses as integers, and their prediction. docs/blocks.md
 * explains it. */

#ifndef LP_TOOLS_BLOCK_CODES_H
#define LP_TOOLS_BLOCK_CODES_H

#include "output/text.h"

#define LP_BLOCK_MAGIC "LPBK"

enum {
    LP_BLOCK_STORED = 0, /* codecs */
    LP_BLOCK_DEFLATE = 1,
    LP_BLOCK_GRID = 0, /* modes: keypoints on the grid of results, or any floats */
    LP_BLOCK_EXACT = 1,
    LP_BLOCK_MAX_RAW = 1 << 26 /* bytes before compression */
};

typedef enum lp_block_column {
    LP_COLUMN_FRAMES, /* flags and index */
    LP_COLUMN_TIMES,
    LP_COLUMN_EXTRAS,
    LP_COLUMN_PEOPLE, /* count; for each, the reference person (of the frame before) and the id */
    LP_COLUMN_STATES,
    LP_COLUMN_X,
    LP_COLUMN_Y,
    LP_COLUMN_SCORES, /* of keypoints */
    LP_COLUMN_RANKS,  /* score and rank of people */
    LP_COLUMN_BOXES,
    LP_COLUMNS
} lp_block_column;

/* Flags of a frame: its state in the lowest two bits, then which extras follow, in this order. */
enum {
    LP_FLAG_STATE = 3,
    LP_FLAG_DAMAGED = 1 << 2,
    LP_FLAG_RECONNECTED = 1 << 3,
    LP_FLAG_JUMP = 1 << 4,
    LP_FLAG_UTC = 1 << 5,
    LP_FLAG_REASON = 1 << 6,
    LP_FLAG_PICTURE = 1 << 7, /* size and geometry; without it, those of the frame before */
    LP_FLAG_NAME = 1 << 8,
    LP_FLAG_STEM = 1 << 9,
    LP_FLAGS_KNOWN = (1 << 10) - 1
};

/* A pose as integers. */
typedef struct lp_pose_codes {
    uint8_t states[LIGHTPOSE_KEYPOINTS];
    int32_t x[LIGHTPOSE_KEYPOINTS], y[LIGHTPOSE_KEYPOINTS], scores[LIGHTPOSE_KEYPOINTS];
    int32_t score, rank, box[4];
    int64_t id;
} lp_pose_codes;

/* 1 if all keypoints and the box are on the grid of results, so that LP_BLOCK_GRID keeps them exactly. */
int lp_pose_is_on_grid(const lightpose_pose *pose);

void lp_pose_encode(lp_pose_codes *codes, const lightpose_pose *pose, int mode);
void lp_pose_decode(lightpose_pose *pose, const lp_pose_codes *codes, int mode);

/* Predictions of codes; blocks store the differences from them.
 *
 * Keypoint `k` is predicted from `before`, the reference person (NULL: none): the same keypoint, shifted as the
 * nearest present keypoint below `k` has moved. If `before` lacks keypoint `k`, the prediction is the nearest present
 * keypoint below `k`, or 0. The codes below `k` must be filled.
 *
 * The box is predicted as the bounding box of the detected keypoints. */
typedef struct lp_point_codes {
    int32_t x, y, score;
} lp_point_codes;

lp_point_codes lp_expect_point(const lp_pose_codes *codes, const lp_pose_codes *before, int k);
void lp_expect_box(int32_t box[4], const lp_pose_codes *codes, int mode);

/* Integers of `bytes` bytes, little-endian. */
void lp_put_fixed(lp_text *to, uint64_t value, int bytes);
uint64_t lp_get_fixed(const uint8_t *from, int bytes);

/* Maps floats to integers with the same order. */
int32_t lp_float_code(float value);
float lp_code_float(int32_t code);

/* Differences wrap around, so that any two codes have one. Zigzag: 0, -1, 1, -2, … as 0, 1, 2, 3, … */
static inline uint64_t lp_zigzag(int64_t value) {
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t lp_unzigzag(uint64_t value) {
    return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

static inline int32_t lp_wrap_sub(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

static inline int32_t lp_wrap_add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int64_t lp_wrap_sub64(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline int64_t lp_wrap_add64(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

#endif
