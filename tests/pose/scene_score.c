/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include <stdlib.h>
#include <string.h>

#include "pose/association.h"
#include "pose/result.h"
#include "scene.h"

enum { MOST_PEOPLE = 64, MOST_IDS = 8192 };

typedef struct tally {
    int64_t last[MOST_PEOPLE];           /* id that the person had last */
    int together[MOST_PEOPLE][MOST_IDS]; /* poses of the person with the id */
    int with_id[MOST_IDS];               /* poses of persons with the id */
} tally;

static void count_frame(tally *t, const scene_frame *frame, const lightpose_result *result, scene_score *score) {
    for (int p = 0; p < frame->count; p++) {
        const int64_t id = result->poses[p].id;
        const int person = frame->truth[p];
        if (id >= score->ids)
            score->ids = (int)id + 1;
        if (person < 0)
            continue;
        score->poses++;
        if (id < 0 || id >= MOST_IDS) {
            score->without++;
            continue;
        }
        if (t->together[person][id]++ == 0) {
            int owners = 0;
            for (int other = 0; other < MOST_PEOPLE; other++)
                owners += other != person && t->together[other][id] > 0;
            score->mixed += owners > 0;
        }
        t->with_id[id]++;
        score->switches += t->last[person] >= 0 && t->last[person] != id;
        t->last[person] = id;
    }
}

static void conclude(const tally *t, scene_score *score) {
    double *const gains = calloc((size_t)MOST_PEOPLE * MOST_IDS, sizeof *gains);
    void *const scratch = malloc(lp_assign_scratch(MOST_PEOPLE, MOST_IDS));
    int match[MOST_PEOPLE];
    int agreed = 0;

    for (int person = 0; person < MOST_PEOPLE; person++) {
        int ids = 0;
        for (int id = 0; id < MOST_IDS; id++) {
            ids += t->together[person][id] > 0;
            gains[(size_t)person * MOST_IDS + id] = t->together[person][id];
        }
        score->fragments += ids > 1 ? ids - 1 : 0;
    }
    lp_assign(gains, MOST_PEOPLE, MOST_IDS, match, scratch);
    for (int person = 0; person < MOST_PEOPLE; person++)
        agreed += match[person] >= 0 ? t->together[person][match[person]] : 0;
    score->idf1 = 2.0 * agreed / (2.0 * score->poses - score->without);
    free(gains);
    free(scratch);
}

lightpose_status scene_run(const scene *street, lightpose_tracker *tracker, scene_score *score,
                           lightpose_error *error) {
    tally *const t = calloc(1, sizeof *t);
    lightpose_result result = {0};
    lightpose_status status = LIGHTPOSE_OK;

    *score = (scene_score){0};
    for (int person = 0; person < MOST_PEOPLE; person++)
        t->last[person] = -1;
    for (int f = 0; f < street->options.frames && status == LIGHTPOSE_OK; f++) {
        const scene_frame *const frame = &street->frames[f];
        lightpose_pose *const poses = malloc(((size_t)frame->count + 1) * sizeof *poses);
        memcpy(poses, frame->poses, (size_t)frame->count * sizeof *poses);
        result =
            (lightpose_result){.poses = poses, .count = (size_t)frame->count, .capacity = (size_t)frame->count + 1};
        status = lightpose_tracker_update(tracker, frame->time, &result, error);
        if (status == LIGHTPOSE_OK)
            count_frame(t, frame, &result, score);
        free(result.poses);
    }
    conclude(t, score);
    free(t);
    return status;
}
