/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Selects, orders and completes persons.
 *
 * `reference`: person for person what the published PyTorch code finds. docs/algorithm.md 4 to 7.
 *
 * `refined`: an instance (grouping.h) is a person if it has min_keypoints keypoints and its evidence reaches min_score:
 *
 *     evidence = mean keypoint score x mean limb score x sqrt(keypoints)
 *     rank     = evidence x area^(1/4)
 *
 * The area is that of the box around its keypoints, in pixels of the upsampled map: relative to its size, a large
 * person is located more exactly. Missing keypoints are completed (completion.h). */

#include "decode/decoder.h"

#include <math.h>

#include "base/mem.h"
#include "decode/completion.h"

/* ---- reference --------------------------------------------------------------------------------------------------- */

static void make_reference_person(lp_person *person, const lp_group *group, const lp_peaks *peaks) {
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

lightpose_status lp_persons_make_reference(lp_decoder *decoder, lightpose_error *error) {
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
    lp_sort_ranked(order, groups->count);
    decoder->person_count = groups->count;
    if (settings->max_people > 0 && settings->max_people < groups->count)
        decoder->person_count = settings->max_people;
    for (int i = 0; i < decoder->person_count; i++)
        make_reference_person((lp_person *)decoder->persons + i, &group[order[i].index], decoder->peaks);
    return LIGHTPOSE_OK;
}

/* ---- refined ----------------------------------------------------------------------------------------------------- */

enum { FEW = 3 }; /* so few persons are not worth waking threads */

static double evidence(const lp_instance *instance) {
    const lp_score_sums sums = lp_instance_sums(instance);
    return sums.keypoints / instance->count * (sums.limbs / sums.limb_count) * sqrt(instance->count);
}

static double area(const lp_instance *instance, double factor) {
    lp_pair low = {INFINITY, INFINITY}, high = {-INFINITY, -INFINITY};

    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        for (int axis = 0; axis < 2 && instance->known[type]; axis++) {
            low[axis] = fmin(low[axis], instance->place[type][axis]);
            high[axis] = fmax(high[axis], instance->place[type][axis]);
        }
    }
    const lp_pair size = (high - low) * factor;
    return size[0] * size[1] + 1; /* so that a line has some area */
}

/* Selects the instances that are persons, ordered by rank. Returns their number. */
static int select_persons(lp_decoder *decoder) {
    const lightpose_settings *const settings = &decoder->settings;
    lp_ranked *const order = decoder->instances.order;
    int count = 0;

    for (int i = 0; i < decoder->instances.count; i++) {
        const lp_instance *const instance = lp_instance_at(&decoder->instances, i);
        if (instance->count == 0 || instance->count < settings->min_keypoints)
            continue;
        const double sure = evidence(instance);
        if (!((float)sure < settings->min_score))
            order[count++] =
                (lp_ranked){.rank = sure * sqrt(sqrt(area(instance, decoder->upsample.factor))), .index = i};
    }
    lp_sort_ranked(order, count);
    return settings->max_people > 0 && settings->max_people < count ? settings->max_people : count;
}

static void set_keypoint(const lp_decoder *decoder, lp_person *person, int type, const lp_instance *instance) {
    const lp_peaks *const peaks = &decoder->peaks[type];
    const int peak = instance->peak[type];

    person->x[type] = peaks->x[peak];
    person->y[type] = peaks->y[peak];
    person->keypoint_score[type] = peaks->score[peak];
    person->state[type] = LIGHTPOSE_DETECTED;
}

/* A guess never scores above the peak threshold, even on a peak of another person, so that a threshold on scores
 * removes guesses. */
static void guess_keypoint(const lp_decoder *decoder, lp_person *person, int type, const lp_body_prior *prior) {
    const int factor = decoder->upsample.factor;
    lp_guess guess;

    if (!lp_complete_keypoint(&decoder->planes, prior, type, &guess))
        return;
    person->x[type] = (float)lp_upsampled_place(guess.x, factor);
    person->y[type] = (float)lp_upsampled_place(guess.y, factor);
    person->keypoint_score[type] = fminf(guess.value, decoder->settings.peak_threshold);
    person->state[type] = LIGHTPOSE_COMPLETED;
}

static void make_person(const lp_decoder *decoder, lp_person *person, lp_instance *instance, double rank) {
    const lp_score_sums sums = lp_instance_sums(instance);
    const double mean = (sums.keypoints + sums.limbs) / (instance->count + sums.limb_count);

    *person = (lp_person){.sum = sums.keypoints + sums.limbs,
                          .count = instance->count,
                          .score = (float)fmin(fmax(mean, 0), 1),
                          .rank = (float)rank};
    if (decoder->settings.complete)
        lp_instance_fit(instance);
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        if (instance->known[type])
            set_keypoint(decoder, person, type, instance);
        else if (decoder->settings.complete)
            guess_keypoint(decoder, person, type, &instance->prior);
    }
}

static void make_persons(void *argument, int begin, int end, int thread) {
    const lp_decoder *const decoder = argument;
    const lp_ranked *const order = decoder->instances.order;
    (void)thread;

    for (int i = begin; i < end; i++)
        make_person(decoder, (lp_person *)decoder->persons + i, lp_instance_at(&decoder->instances, order[i].index),
                    order[i].rank);
}

lightpose_status lp_persons_make_refined(lp_decoder *decoder, lp_team *team, lightpose_error *error) {
    lp_instances *const instances = &decoder->instances;

    if (lp_groups_link(&decoder->groups, decoder->peaks, decoder->links) ||
        lp_instances_start(instances, &decoder->groups, decoder->peaks, &decoder->upsample) ||
        lp_instances_split(instances) || lp_instances_merge(instances, decoder->links))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to group keypoints into persons");
    const int count = select_persons(decoder);
    if (lp_grow(&decoder->persons, &decoder->persons_capacity, (size_t)count, sizeof(lp_person)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d persons", count);
    decoder->person_count = count;
    lp_team_share(count > FEW ? team : NULL, count, make_persons, decoder);
    return LIGHTPOSE_OK;
}
