/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/choose.h"

#include <stdlib.h>

#include "fail.h"

static int is_eligible(const lp_choice *choice, const lightpose_pose *pose) {
    if (pose->box.height < choice->min_size || pose->score < choice->min_score)
        return 0;
    for (int i = 0; i < choice->id_count; i++)
        if (pose->id == choice->ids[i])
            return 1;
    return choice->id_count == 0;
}

/* People of greater merit are kept first. */
static double merit(const lp_choice *choice, const lightpose_pose *pose, int width, int height) {
    const double dx = pose->box.x + pose->box.width / 2 - 0.5 * width;
    const double dy = pose->box.y + pose->box.height / 2 - 0.5 * height;
    switch (choice->by) {
    case LP_CHOOSE_SIZE:
        return (double)pose->box.width * pose->box.height;
    case LP_CHOOSE_SCORE:
        return pose->score;
    case LP_CHOOSE_CENTRE:
        return -(dx * dx + dy * dy);
    case LP_CHOOSE_RANK:
        break;
    }
    return pose->rank;
}

/* How many poses go before the one at `index`. Equals keep their order. */
static int ahead_of(const lp_choice *choice, const lightpose_pose *poses, int count, int index, int width, int height) {
    const double own = merit(choice, &poses[index], width, height);
    int ahead = 0;
    for (int i = 0; i < count; i++) {
        const double other = merit(choice, &poses[i], width, height);
        ahead += other > own || (other == own && i < index);
    }
    return ahead;
}

static void move(lightpose_pose *pose, float dx, float dy) {
    pose->box.x += dx;
    pose->box.y += dy;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        if (pose->keypoints[k].state != LIGHTPOSE_MISSING) {
            pose->keypoints[k].x += dx;
            pose->keypoints[k].y += dy;
        }
}

void lp_chooser_free(lp_chooser *chooser) {
    free(chooser->poses);
    free(chooser->kept);
    *chooser = (lp_chooser){0};
}

/* Copies the eligible poses. Returns how many, or -1. */
static int copy(lp_chooser *chooser, const lightpose_result *result, const lp_choice *choice, lightpose_error *error) {
    const int count = lightpose_result_get_count(result);
    if (count > chooser->capacity) {
        lp_chooser_free(chooser);
        chooser->poses = malloc(2 * (size_t)count * sizeof *chooser->poses);
        chooser->kept = malloc(2 * (size_t)count);
        if (!chooser->poses || !chooser->kept) {
            lp_chooser_free(chooser);
            lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d people", count);
            return -1;
        }
        chooser->capacity = 2 * count;
    }
    int kept = 0;
    for (int i = 0; i < count; i++) {
        const lightpose_pose *const pose = lightpose_result_get_pose(result, i);
        if (!choice || is_eligible(choice, pose))
            chooser->poses[kept++] = *pose;
    }
    return kept;
}

lightpose_status lp_chooser_move(lp_chooser *chooser, lightpose_result *result, int dx, int dy,
                                 lightpose_error *error) {
    if (!dx && !dy)
        return LIGHTPOSE_OK;
    const int count = copy(chooser, result, NULL, error);
    if (count < 0)
        return LIGHTPOSE_ERROR_MEMORY;
    for (int i = 0; i < count; i++)
        move(&chooser->poses[i], (float)dx, (float)dy);
    return lightpose_result_assign(result, chooser->poses, count, error);
}

lightpose_status lp_chooser_scale(lp_chooser *chooser, lightpose_result *result, double x, double y,
                                  lightpose_error *error) {
    if (x == 1 && y == 1)
        return LIGHTPOSE_OK;
    const int count = copy(chooser, result, NULL, error);
    if (count < 0)
        return LIGHTPOSE_ERROR_MEMORY;
    for (int i = 0; i < count; i++) {
        lightpose_pose *const pose = &chooser->poses[i];
        pose->box = (lightpose_box){(float)(pose->box.x * x), (float)(pose->box.y * y), (float)(pose->box.width * x),
                                    (float)(pose->box.height * y)};
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            pose->keypoints[k].x = (float)(pose->keypoints[k].x * x);
            pose->keypoints[k].y = (float)(pose->keypoints[k].y * y);
        }
    }
    return lightpose_result_assign(result, chooser->poses, count, error);
}

lightpose_status lp_chooser_choose(lp_chooser *chooser, lightpose_result *result, const lp_choice *choice, int width,
                                   int height, lightpose_error *error) {
    const int count = copy(chooser, result, choice, error);
    if (count < 0)
        return LIGHTPOSE_ERROR_MEMORY;
    if (count == lightpose_result_get_count(result) && (choice->count == 0 || choice->count >= count))
        return LIGHTPOSE_OK;
    /* Mark first, move afterwards: each merit is compared with all others. */
    int kept = 0;
    for (int i = 0; i < count; i++)
        chooser->kept[i] =
            choice->count == 0 || ahead_of(choice, chooser->poses, count, i, width, height) < choice->count;
    for (int i = 0; i < count; i++)
        if (chooser->kept[i])
            chooser->poses[kept++] = chooser->poses[i];
    return lightpose_result_assign(result, chooser->poses, kept, error);
}
