/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/grouping.h"

#include <math.h>

#include "base/mem.h"
#include "base/sort.h"

/* ---- Person instances -------------------------------------------------------------------------------------------- */

void lp_instances_free(lp_instances *instances) {
    lp_free(instances->data);
    lp_free(instances->order);
    *instances = (lp_instances){0};
}

lp_instance *lp_instances_add(lp_instances *instances) {
    if (lp_grow(&instances->data, &instances->capacity, (size_t)instances->count + 1, sizeof(lp_instance)))
        return NULL;
    lp_instance *const instance = lp_instance_at(instances, instances->count++);
    instance->count = instance->fitted = 0;
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        instance->peak[type] = -1;
        instance->known[type] = 0;
        instance->score[type] = 0;
        instance->limb[type] = 0;
    }
    return instance;
}

lp_pair lp_peak_place(const lp_instances *instances, int type, int peak) {
    const lp_peaks *const peaks = &instances->peaks[type];
    return (lp_pair){lp_cell_place(peaks->x[peak], instances->factor),
                     lp_cell_place(peaks->y[peak], instances->factor)};
}

void lp_instance_add_keypoint(lp_instances *instances, lp_instance *instance, int type, int peak, double limb) {
    instance->peak[type] = peak;
    instance->known[type] = 1;
    instance->place[type] = lp_peak_place(instances, type, peak);
    instance->score[type] = instances->peaks[type].score[peak];
    instance->limb[type] = limb;
    instance->count++;
    instance->fitted = 0;
}

void lp_instance_move_keypoint(lp_instance *from, lp_instance *to, int type) {
    to->peak[type] = from->peak[type];
    to->known[type] = 1;
    to->place[type] = from->place[type];
    to->score[type] = from->score[type];
    to->limb[type] = from->limb[type];
    to->count++;
    to->fitted = 0;
    from->peak[type] = -1;
    from->known[type] = 0;
    from->score[type] = 0;
    from->limb[type] = 0;
    from->count--;
    from->fitted = 0;
}

lp_score_sums lp_instance_sums(const lp_instance *instance) {
    lp_score_sums sums = {0};

    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        sums.keypoints += instance->score[type];
        sums.limbs += instance->limb[type];
        sums.limb_count += instance->limb[type] > 0;
    }
    return sums;
}

void lp_instance_fit(lp_instance *instance) {
    if (!instance->fitted)
        lp_body_prior_fit(&instance->prior, instance->place, instance->known);
    instance->fitted = 1;
}

int lp_instances_start(lp_instances *instances, const lp_groups *groups, const lp_peaks *peaks,
                       const lp_upsample *upsample) {
    const lp_group *const group = groups->data;
    int *next = groups->owners;

    instances->count = 0;
    instances->peaks = peaks;
    instances->factor = upsample->factor;
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        instances->owners[type] = next;
        next += peaks[type].count;
    }
    for (int i = 0; i < groups->count; i++) {
        lp_instance *const instance = lp_instances_add(instances);
        if (!instance)
            return -1;
        for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++)
            if (group[i].peak[type] >= 0)
                lp_instance_add_keypoint(instances, instance, type, group[i].peak[type], group[i].limb[type]);
    }
    return 0;
}

/* ---- Implausibly long limbs -------------------------------------------------------------------------------------- */

enum { LIMBS = LP_FIRST_HELPER_LIMB };

static double length(const lp_instance *instance, const lp_limb *limb) {
    const lp_pair along = instance->place[limb->to] - instance->place[limb->from], squares = along * along;
    return sqrt(squares[0] + squares[1]);
}

/* The limb to cut, or -1. */
static int find_too_long(const lp_instance *instance, const double *typical) {
    double lengths[LIMBS], others[LIMBS];
    int limbs[LIMBS], count = 0, longest = 0;

    for (int l = 0; l < LIMBS; l++) {
        if (!(instance->limb[lp_skeleton_limbs[l].to] > 0))
            continue;
        limbs[count] = l;
        lengths[count] = length(instance, &lp_skeleton_limbs[l]) / typical[l];
        longest = lengths[count] > lengths[longest] ? count : longest;
        count++;
    }
    if (count < 2)
        return -1;
    for (int i = 0, n = 0; i < count; i++)
        if (i != longest)
            others[n++] = lengths[i];
    return lengths[longest] > LP_SPLIT_RATIO * lp_median(others, count - 1) ? limbs[longest] : -1;
}

/* Moves the limb's far end and everything connected to it to `part`. In the skeleton a limb comes after the one it
 * starts from. */
static void move_branch(lp_instance *instance, lp_instance *part, const lp_limb *limb) {
    instance->limb[limb->to] = 0;
    lp_instance_move_keypoint(instance, part, limb->to);
    for (int l = 0; l < LIMBS; l++) {
        const lp_limb *const next = &lp_skeleton_limbs[l];
        if (instance->limb[next->to] > 0 && part->known[next->from])
            lp_instance_move_keypoint(instance, part, next->to);
    }
}

static void free_if_single(lp_instances *instances, lp_instance *instance) {
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS && instance->count == 1; type++) {
        if (!instance->known[type])
            continue;
        instances->owners[type][instance->peak[type]] = -1;
        instance->known[type] = 0;
        instance->peak[type] = -1;
        instance->score[type] = 0;
        instance->count = 0;
    }
}

int lp_instances_split(lp_instances *instances) {
    double typical[LIMBS];

    for (int l = 0; l < LIMBS; l++)
        typical[l] = lp_body_prior_distance_between(lp_skeleton_limbs[l].from, lp_skeleton_limbs[l].to);
    for (int i = 0; i < instances->count; i++) { /* parts are appended and examined too */
        int cut;
        while ((cut = find_too_long(lp_instance_at(instances, i), typical)) >= 0) {
            lp_instance *const part = lp_instances_add(instances), *const instance = lp_instance_at(instances, i);
            if (!part)
                return -1;
            move_branch(instance, part, &lp_skeleton_limbs[cut]);
            free_if_single(instances, part);
            free_if_single(instances, instance);
        }
    }
    return 0;
}

/* ---- Fragments --------------------------------------------------------------------------------------------------- */

static void help(lp_instances *instances, const lp_limb *limb, const lp_links *links) {
    const lp_link *const link = links->data;

    for (int i = 0; i < links->count; i++) {
        int *const owner = &instances->owners[limb->to][link[i].b];
        if (*owner >= 0 || instances->owners[limb->from][link[i].a] < 0)
            continue;
        for (int d = 0; d < instances->count; d++) {
            lp_instance *const instance = lp_instance_at(instances, d);
            if (instance->peak[limb->from] != link[i].a || instance->known[limb->to])
                continue;
            lp_instance_add_keypoint(instances, instance, limb->to, link[i].b, 0);
            *owner = d;
            break;
        }
    }
}

static int order(lp_instances *instances) {
    if (lp_grow(&instances->order, &instances->order_capacity, (size_t)instances->count, sizeof(lp_ranked)))
        return -1;
    lp_ranked *const ranked = instances->order;
    for (int i = 0; i < instances->count; i++) {
        const lp_score_sums sums = lp_instance_sums(lp_instance_at(instances, i));
        ranked[i] = (lp_ranked){.rank = sums.keypoints + sums.limbs, .index = i};
    }
    lp_sort_ranked(ranked, instances->count);
    return 0;
}

static int is_fragment_of(const lp_instance *instance, const lp_instance *other) {
    double sum = 0;

    if (other->count == 0 || other->count > LP_FRAGMENT_MAX_KEYPOINTS)
        return 0;
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        if (!other->known[type])
            continue;
        if (instance->known[type])
            return 0;
        const double distance = lp_body_prior_distance(&instance->prior, type, other->place[type]);
        if (distance > 2 * LP_MERGE_DISTANCE)
            return 0;
        sum += distance;
    }
    return sum <= LP_MERGE_DISTANCE * other->count;
}

static void take_in(lp_instance *instance, lp_instance *other) {
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++)
        if (other->known[type])
            lp_instance_move_keypoint(other, instance, type);
    lp_instance_fit(instance);
}

/* The best peak of the type for the instance, among those that nobody owns; -1 if none fits. */
static int find_single(const lp_instances *instances, const lp_instance *instance, int type) {
    double best = -INFINITY;
    int found = -1;

    for (int i = 0; i < instances->peaks[type].count; i++) {
        if (instances->owners[type][i] >= 0)
            continue;
        const double distance = lp_body_prior_distance(&instance->prior, type, lp_peak_place(instances, type, i));
        const double likelihood = log(instances->peaks[type].score[i]) - distance / 2;
        if (distance <= LP_MERGE_DISTANCE && likelihood > best) {
            best = likelihood;
            found = i;
        }
    }
    return found;
}

/* Judges all types with one fit of the prior. */
static void take_singles(lp_instances *instances, lp_instance *instance, int index) {
    int singles[LIGHTPOSE_KEYPOINTS];

    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++)
        singles[type] = instance->known[type] ? -1 : find_single(instances, instance, type);
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        if (singles[type] < 0)
            continue;
        lp_instance_add_keypoint(instances, instance, type, singles[type], 0);
        instances->owners[type][singles[type]] = index;
    }
}

int lp_instances_merge(lp_instances *instances, const lp_links *links) {
    for (int l = LP_FIRST_HELPER_LIMB; l < LIGHTPOSE_LIMBS; l++)
        help(instances, &lp_skeleton_limbs[l], &links[l]);
    if (order(instances))
        return -1;
    const lp_ranked *const ranked = instances->order;
    for (int i = 0; i < instances->count; i++) {
        lp_instance *const instance = lp_instance_at(instances, ranked[i].index);
        if (instance->count < LP_MERGE_MIN_KEYPOINTS)
            continue;
        lp_instance_fit(instance);
        for (int j = i + 1; j < instances->count; j++) {
            lp_instance *const other = lp_instance_at(instances, ranked[j].index);
            if (is_fragment_of(instance, other))
                take_in(instance, other);
        }
        take_singles(instances, instance, ranked[i].index);
    }
    return 0;
}
