/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The decoder `reference`: person for person what the published PyTorch code finds. SPEC 2.8 to 2.10. */

#include "base/mem.h"
#include "decode/decoder.h"

static void make_person(lp_person *person, const lp_group *group, const lp_peaks *peaks) {
    *person = (lp_person){.sum = group->sum, .count = group->count};
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        const int i = group->peak[type];
        if (i < 0)
            continue;
        person->x[type] = peaks[type].x[i];
        person->y[type] = peaks[type].y[i];
        person->keypoint_score[type] = peaks[type].score[i];
        person->state[type] = LIGHTPOSE_DETECTED;
    }
    /* A person of n keypoints has n - 1 limbs. */
    const double mean = group->sum / (2 * group->count - 1);
    person->score = (float)(mean < 0 ? 0 : mean > 1 ? 1 : mean);
    person->rank = (float)(group->sum * (group->count - 1));
}

lightpose_status lp_reference_finish(lp_decoder *decoder, lightpose_error *error) {
    const lightpose_settings *const settings = &decoder->settings;
    lp_groups *const groups = &decoder->groups;

    if (lp_groups_find(groups, decoder->peaks, decoder->links, settings->min_keypoints, settings->min_score))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to group keypoints into persons");
    const lp_group *const group = groups->data;
    if (lp_grow(&decoder->order, &decoder->order_capacity, (size_t)groups->count, sizeof(lp_ranked)) ||
        lp_grow(&decoder->persons, &decoder->persons_capacity, (size_t)groups->count, sizeof(lp_person)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d persons", groups->count);
    lp_ranked *const order = decoder->order;
    for (int i = 0; i < groups->count; i++)
        order[i] = (lp_ranked){.rank = group[i].sum * (group[i].count - 1), .index = i};
    lp_order(order, groups->count);
    decoder->person_count = groups->count;
    if (settings->max_people > 0 && settings->max_people < groups->count)
        decoder->person_count = settings->max_people;
    for (int i = 0; i < decoder->person_count; i++)
        make_person((lp_person *)decoder->persons + i, &group[order[i].index], decoder->peaks);
    return LIGHTPOSE_OK;
}
