/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "look/merge.h"

#include <math.h>

#include "base/mem.h"

typedef struct person {
    lightpose_pose pose;
    lp_body body;
    int seen_again; /* by a crop */
} person;

static person *people_of(const lp_merge *merge) {
    return merge->people;
}

static double similarity(const lp_body *a, const lp_body *b) {
    const lp_expectation still = {.area = fmax(lp_body_area(a), lp_body_area(b))};
    return lp_body_similarity(a, &still, b, NULL);
}

static lightpose_status reserve(lp_merge *merge, int count, lightpose_error *error) {
    if (lp_grow(&merge->people, &merge->people_capacity, (size_t)count, sizeof(person)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d people of two looks", count);
    return LIGHTPOSE_OK;
}

static person *add(lp_merge *merge, const lightpose_pose *pose) {
    person *const added = &people_of(merge)[merge->count++];

    *added = (person){.pose = *pose};
    lp_body_from_pose(&added->body, pose);
    return added;
}

lightpose_status lp_merge_begin(lp_merge *merge, const lightpose_result *first, lightpose_error *error) {
    merge->count = merge->first = 0;
    LP_TRY(reserve(merge, (int)first->count, error));
    for (size_t i = 0; i < first->count; i++)
        add(merge, &first->poses[i]);
    merge->first = merge->count;
    return LIGHTPOSE_OK;
}

/* Replaces the person's pose with that of the crop. */
static void replace(person *known, const person *seen) {
    const lightpose_pose old = known->pose;

    known->pose = seen->pose;
    known->pose.rank = old.score > 0 ? old.rank * (seen->pose.score / old.score) : old.rank;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        if (seen->pose.keypoints[k].state != LIGHTPOSE_MISSING || old.keypoints[k].state == LIGHTPOSE_MISSING)
            continue;
        known->pose.keypoints[k] = old.keypoints[k];
        known->pose.keypoint_count += old.keypoints[k].state == LIGHTPOSE_DETECTED;
    }
    known->pose.box = lp_pose_box(&known->pose);
    lp_body_from_pose(&known->body, &known->pose);
    known->seen_again = 1;
}

/* Finds the most similar pair of a person for whom the crop was cut and a pose in the crop, both still free. The poses
 * in the crop start at `from`. Returns 0 if no pair is left. */
static int find_pair(const lp_merge *merge, const lp_crops *crops, int crop, int from, int *known, int *seen) {
    const person *const people = people_of(merge);
    double best = LP_MERGE_SAME;
    int found = 0;

    for (int i = 0; i < merge->first; i++) {
        if (people[i].seen_again || lp_crops_of(crops, i) != crop)
            continue;
        for (int j = from; j < merge->count; j++) {
            const double similar = people[j].seen_again ? 0 : similarity(&people[i].body, &people[j].body);
            if (similar > best) {
                best = similar;
                *known = i;
                *seen = j;
                found = 1;
            }
        }
    }
    return found;
}

lightpose_status lp_merge_add(lp_merge *merge, const lp_crops *crops, int index, const lp_scene *scene,
                              const lightpose_result *seen, lightpose_error *error) {
    const lp_crop *const crop = (const lp_crop *)crops->data + index;
    const int from = merge->count;
    int known, pose, kept = from;

    LP_TRY(reserve(merge, from + (int)seen->count, error));
    for (size_t i = 0; i < seen->count; i++)
        add(merge, &seen->poses[i]);
    person *const people = people_of(merge);
    while (find_pair(merge, crops, index, from, &known, &pose)) {
        replace(&people[known], &people[pose]);
        people[pose].seen_again = 1;
    }
    for (int i = from; i < merge->count; i++) {
        if (people[i].seen_again)
            continue;
        people[kept] = people[i];
        people[kept++].pose.rank *= (float)(LP_MERGE_NEW * sqrt(scene->scale / crop->scale));
    }
    merge->count = kept;
    return LIGHTPOSE_OK;
}

static int is_similar_to_any(const person *list, int count, const lp_body *body, double limit) {
    for (int i = 0; i < count; i++)
        if (similarity(&list[i].body, body) > limit)
            return 1;
    return 0;
}

/* By rank, the higher first. Stable. */
static void sort(person *list, int count) {
    for (int i = 1; i < count; i++) {
        const person moved = list[i];
        int at = i;
        for (; at > 0 && list[at - 1].pose.rank < moved.pose.rank; at--)
            list[at] = list[at - 1];
        list[at] = moved;
    }
}

/* Drops each of list[from] to list[count - 1] that is similar to an earlier one. Returns the new count. */
static int drop_similar(person *list, int from, int count, double limit) {
    int kept = from;
    for (int i = from; i < count; i++)
        if (!is_similar_to_any(list, kept, &list[i].body, limit))
            list[kept++] = list[i];
    return kept;
}

lightpose_status lp_merge_end(lp_merge *merge, int most, lightpose_result *result, lightpose_error *error) {
    person *const people = people_of(merge);

    sort(people + merge->first, merge->count - merge->first);
    merge->count = drop_similar(people, merge->first, merge->count, LP_MERGE_KNOWN);
    sort(people, merge->count);
    merge->count = drop_similar(people, 0, merge->count, LP_MERGE_TWICE);
    if (most > 0 && most < merge->count)
        merge->count = most;
    if (lp_grow(&merge->poses, &merge->poses_capacity, (size_t)merge->count, sizeof(lightpose_pose)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d people", merge->count);
    lightpose_pose *const poses = merge->poses;
    for (int i = 0; i < merge->count; i++)
        poses[i] = people[i].pose;
    return lp_result_assign(result, poses, (size_t)merge->count, error);
}

void lp_merge_free(lp_merge *merge) {
    lp_free(merge->people);
    lp_free(merge->poses);
    *merge = (lp_merge){0};
}
