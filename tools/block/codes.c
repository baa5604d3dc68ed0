/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "block/codes.h"

#include <math.h>
#include <string.h>

void lp_put_fixed(lp_text *to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        lp_text_bytes(to, &(char){(char)(value >> 8 * i)}, 1);
}

uint64_t lp_get_fixed(const uint8_t *from, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)from[i] << 8 * i;
    return value;
}

int32_t lp_float_code(float value) {
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits < 0 ? bits ^ INT32_MAX : bits;
}

float lp_code_float(int32_t code) {
    const int32_t bits = code < 0 ? code ^ INT32_MAX : code;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int32_t encode(float value, float steps, int mode) {
    return mode == LP_BLOCK_GRID ? (int32_t)(value * steps) : lp_float_code(value);
}

static float decode(int32_t code, float steps, int mode) {
    return mode == LP_BLOCK_GRID ? (float)code / steps : lp_code_float(code);
}

/* 1 if the code restores the exact bits. It does not for -0. */
static int is_kept(float value, float steps) {
    return fabsf(value) < 262144 &&
           lp_float_code(decode(encode(value, steps, LP_BLOCK_GRID), steps, LP_BLOCK_GRID)) == lp_float_code(value);
}

static const float *box_numbers(const lightpose_box *box, float numbers[4]) {
    numbers[0] = box->x;
    numbers[1] = box->y;
    numbers[2] = box->width;
    numbers[3] = box->height;
    return numbers;
}

int lp_pose_is_on_grid(const lightpose_pose *pose) {
    float box[4];
    box_numbers(&pose->box, box);
    for (int i = 0; i < 4; i++)
        if (!is_kept(box[i], LIGHTPOSE_POSITION_STEPS))
            return 0;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const lightpose_keypoint *const point = &pose->keypoints[k];
        if (point->state != LIGHTPOSE_MISSING &&
            !(is_kept(point->x, LIGHTPOSE_POSITION_STEPS) && is_kept(point->y, LIGHTPOSE_POSITION_STEPS) &&
              is_kept(point->score, LIGHTPOSE_SCORE_STEPS)))
            return 0;
    }
    return 1;
}

void lp_pose_encode(lp_pose_codes *codes, const lightpose_pose *pose, int mode) {
    float box[4];
    *codes = (lp_pose_codes){.score = lp_float_code(pose->score), .rank = lp_float_code(pose->rank), .id = pose->id};
    box_numbers(&pose->box, box);
    for (int i = 0; i < 4; i++)
        codes->box[i] = encode(box[i], LIGHTPOSE_POSITION_STEPS, mode);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const lightpose_keypoint *const point = &pose->keypoints[k];
        codes->states[k] = (uint8_t)point->state;
        if (point->state == LIGHTPOSE_MISSING)
            continue;
        codes->x[k] = encode(point->x, LIGHTPOSE_POSITION_STEPS, mode);
        codes->y[k] = encode(point->y, LIGHTPOSE_POSITION_STEPS, mode);
        codes->scores[k] = encode(point->score, LIGHTPOSE_SCORE_STEPS, mode);
    }
}

void lp_pose_decode(lightpose_pose *pose, const lp_pose_codes *codes, int mode) {
    float box[4];
    *pose = (lightpose_pose){.score = lp_code_float(codes->score), .rank = lp_code_float(codes->rank), .id = codes->id};
    for (int i = 0; i < 4; i++)
        box[i] = decode(codes->box[i], LIGHTPOSE_POSITION_STEPS, mode);
    pose->box = (lightpose_box){box[0], box[1], box[2], box[3]};
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const lightpose_keypoint_state state = (lightpose_keypoint_state)codes->states[k];
        if (state == LIGHTPOSE_MISSING)
            continue;
        pose->keypoints[k] = (lightpose_keypoint){.x = decode(codes->x[k], LIGHTPOSE_POSITION_STEPS, mode),
                                                  .y = decode(codes->y[k], LIGHTPOSE_POSITION_STEPS, mode),
                                                  .score = decode(codes->scores[k], LIGHTPOSE_SCORE_STEPS, mode),
                                                  .state = state};
        pose->keypoint_count += state == LIGHTPOSE_DETECTED;
    }
}

/* The nearest keypoint below `k` that is present, also in `before` if that is given; -1: none. */
static int find_below(const lp_pose_codes *codes, const lp_pose_codes *before, int k) {
    while (--k >= 0)
        if (codes->states[k] != LIGHTPOSE_MISSING && (!before || before->states[k] != LIGHTPOSE_MISSING))
            return k;
    return -1;
}

lp_point_codes lp_expect_point(const lp_pose_codes *codes, const lp_pose_codes *before, int k) {
    if (before && before->states[k] != LIGHTPOSE_MISSING) {
        const int moved = find_below(codes, before, k);
        const int32_t x = moved < 0 ? 0 : lp_wrap_sub(codes->x[moved], before->x[moved]);
        const int32_t y = moved < 0 ? 0 : lp_wrap_sub(codes->y[moved], before->y[moved]);
        return (lp_point_codes){lp_wrap_add(before->x[k], x), lp_wrap_add(before->y[k], y), before->scores[k]};
    }
    const int near = find_below(codes, NULL, k);
    if (near < 0)
        return (lp_point_codes){0};
    return (lp_point_codes){codes->x[near], codes->y[near], codes->scores[near]};
}

/* Compares codes instead of values, since both have the same order. */
void lp_expect_box(int32_t box[4], const lp_pose_codes *codes, int mode) {
    int32_t left = 0, top = 0, right = 0, bottom = 0;
    int found = 0;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        if (codes->states[k] != LIGHTPOSE_DETECTED)
            continue;
        left = !found || codes->x[k] < left ? codes->x[k] : left;
        right = !found || codes->x[k] > right ? codes->x[k] : right;
        top = !found || codes->y[k] < top ? codes->y[k] : top;
        bottom = !found || codes->y[k] > bottom ? codes->y[k] : bottom;
        found = 1;
    }
    box[0] = left;
    box[1] = top;
    if (mode == LP_BLOCK_GRID) {
        box[2] = lp_wrap_sub(right, left);
        box[3] = lp_wrap_sub(bottom, top);
        return;
    }
    box[2] = lp_float_code(lp_code_float(right) - lp_code_float(left));
    box[3] = lp_float_code(lp_code_float(bottom) - lp_code_float(top));
}
