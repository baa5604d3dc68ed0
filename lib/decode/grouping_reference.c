/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/grouping.h"

#include "base/mem.h"

typedef struct grouping {
    lp_groups *groups;
    const lp_peaks *peaks;
    int *owners[LIGHTPOSE_KEYPOINTS];
} grouping;

static int start(grouping *job) {
    lp_groups *const groups = job->groups;
    size_t total = 0;

    groups->count = 0;
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++)
        total += (size_t)job->peaks[type].count;
    if (lp_grow(&groups->owners, &groups->owners_capacity, total, sizeof(int)))
        return -1;
    int *next = groups->owners;
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        job->owners[type] = next;
        for (int i = 0; i < job->peaks[type].count; i++)
            *next++ = -1;
    }
    return 0;
}

static int open_person(grouping *job, const lp_limb *limb, const lp_link *link) {
    lp_groups *const groups = job->groups;

    if (lp_grow(&groups->data, &groups->capacity, (size_t)groups->count + 1, sizeof(lp_group)))
        return -1;
    lp_group *const group = (lp_group *)groups->data + groups->count;
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        group->peak[type] = -1;
        group->limb[type] = 0;
    }
    group->peak[limb->from] = link->a;
    group->peak[limb->to] = link->b;
    group->count = 2;
    group->limb[limb->to] = link->score;
    group->sum =
        ((double)job->peaks[limb->from].score[link->a] + (double)job->peaks[limb->to].score[link->b]) + link->score;
    job->owners[limb->from][link->a] = job->owners[limb->to][link->b] = groups->count++;
    return 0;
}

static int join(grouping *job, const lp_limb *limb, const lp_link *link) {
    const int owner = job->owners[limb->from][link->a];

    if (owner < 0)
        return open_person(job, limb, link);
    lp_group *const group = (lp_group *)job->groups->data + owner;
    group->peak[limb->to] = link->b;
    group->count++;
    group->limb[limb->to] = link->score;
    group->sum += (double)job->peaks[limb->to].score[link->b] + link->score;
    job->owners[limb->to][link->b] = owner;
    return 0;
}

static void help(grouping *job, const lp_limb *limb, const lp_link *link) {
    lp_group *const groups = job->groups->data;
    const int a_owner = job->owners[limb->from][link->a], b_owner = job->owners[limb->to][link->b];

    if (a_owner == b_owner) /* it has both, or nobody owns either */
        return;
    if (a_owner >= 0 && groups[a_owner].peak[limb->to] < 0)
        groups[a_owner].peak[limb->to] = link->b;
    if (b_owner >= 0 && groups[b_owner].peak[limb->from] < 0)
        groups[b_owner].peak[limb->from] = link->a;
}

/* Compares the mean as a float, so that a mean of exactly 0.2 is not below the setting 0.2. */
static void drop_poor(lp_groups *groups, int min_keypoints, float min_score) {
    lp_group *const all = groups->data;
    int count = 0;

    for (int i = 0; i < groups->count; i++)
        if (all[i].count >= min_keypoints && !((float)(all[i].sum / all[i].count) < min_score))
            all[count++] = all[i];
    groups->count = count;
}

static int link_all(grouping *job, const lp_links *links) {
    if (start(job))
        return -1;
    for (int l = 0; l < LP_FIRST_HELPER_LIMB; l++) {
        const lp_limb *const limb = &lp_skeleton_limbs[l];
        const lp_link *const link = links[l].data;
        for (int i = 0; i < links[l].count; i++)
            if (l == 0 ? open_person(job, limb, &link[i]) : join(job, limb, &link[i]))
                return -1;
    }
    return 0;
}

int lp_groups_link(lp_groups *groups, const lp_peaks *peaks, const lp_links *links) {
    grouping job = {.groups = groups, .peaks = peaks};
    return link_all(&job, links);
}

int lp_groups_find(lp_groups *groups, const lp_peaks *peaks, const lp_links *links, int min_keypoints,
                   float min_score) {
    grouping job = {.groups = groups, .peaks = peaks};

    if (link_all(&job, links))
        return -1;
    for (int l = LP_FIRST_HELPER_LIMB; l < LIGHTPOSE_LIMBS; l++)
        for (int i = 0; i < links[l].count; i++)
            help(&job, &lp_skeleton_limbs[l], (const lp_link *)links[l].data + i);
    drop_poor(groups, min_keypoints, min_score);
    return 0;
}

void lp_groups_free(lp_groups *groups) {
    lp_free(groups->data);
    lp_free(groups->owners);
    *groups = (lp_groups){0};
}
