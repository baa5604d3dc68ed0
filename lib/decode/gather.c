/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/gather.h"

#include <math.h>

#include "base/mem.h"

static void help(lp_drafts *drafts, const lp_limb *limb, const lp_links *links) {
    const lp_link *const link = links->data;

    for (int i = 0; i < links->count; i++) {
        int *const owner = &drafts->owners[limb->to][link[i].b];
        if (*owner >= 0 || drafts->owners[limb->from][link[i].a] < 0)
            continue;
        for (int d = 0; d < drafts->count; d++) {
            lp_draft *const draft = lp_drafts_at(drafts, d);
            if (draft->peak[limb->from] != link[i].a || draft->known[limb->to])
                continue;
            lp_draft_give(drafts, draft, limb->to, link[i].b, 0);
            *owner = d;
            break;
        }
    }
}

static int order(lp_drafts *drafts) {
    if (lp_grow(&drafts->order, &drafts->order_capacity, (size_t)drafts->count, sizeof(lp_ranked)))
        return -1;
    lp_ranked *const ranked = drafts->order;
    for (int i = 0; i < drafts->count; i++) {
        const lp_draft_sums sums = lp_draft_add_up(lp_drafts_at(drafts, i));
        ranked[i] = (lp_ranked){.rank = sums.keypoints + sums.limbs, .index = i};
    }
    lp_order(ranked, drafts->count);
    return 0;
}

static int is_fragment_of(const lp_draft *draft, const lp_draft *other) {
    double sum = 0;

    if (other->count == 0 || other->count > LP_GATHER_FRAGMENT)
        return 0;
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        if (!other->known[type])
            continue;
        if (draft->known[type])
            return 0;
        const double distance = lp_figure_distance(&draft->figure, type, other->place[type]);
        if (distance > 2 * LP_GATHER_NEAR)
            return 0;
        sum += distance;
    }
    return sum <= LP_GATHER_NEAR * other->count;
}

static void take_in(lp_draft *draft, lp_draft *other) {
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++)
        if (other->known[type])
            lp_draft_move(other, draft, type);
    lp_draft_fit(draft);
}

/* The peak of the type, among those that belong to nobody, that suits the draft best; -1 where none does. */
static int find_single(const lp_drafts *drafts, const lp_draft *draft, int type) {
    double best = -INFINITY;
    int found = -1;

    for (int i = 0; i < drafts->peaks[type].count; i++) {
        if (drafts->owners[type][i] >= 0)
            continue;
        const double distance = lp_figure_distance(&draft->figure, type, lp_drafts_place(drafts, type, i));
        const double likelihood = log(drafts->peaks[type].score[i]) - distance / 2;
        if (distance <= LP_GATHER_NEAR && likelihood > best) {
            best = likelihood;
            found = i;
        }
    }
    return found;
}

/* All are judged by one figure. */
static void take_singles(lp_drafts *drafts, lp_draft *draft, int index) {
    int singles[LIGHTPOSE_KEYPOINTS];

    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++)
        singles[type] = draft->known[type] ? -1 : find_single(drafts, draft, type);
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        if (singles[type] < 0)
            continue;
        lp_draft_give(drafts, draft, type, singles[type], 0);
        drafts->owners[type][singles[type]] = index;
    }
}

int lp_drafts_gather(lp_drafts *drafts, const lp_links *links) {
    for (int l = LP_FIRST_HELPER_LIMB; l < LIGHTPOSE_LIMBS; l++)
        help(drafts, &lp_skeleton_limbs[l], &links[l]);
    if (order(drafts))
        return -1;
    const lp_ranked *const ranked = drafts->order;
    for (int i = 0; i < drafts->count; i++) {
        lp_draft *const draft = lp_drafts_at(drafts, ranked[i].index);
        if (draft->count < LP_GATHER_SURE)
            continue;
        lp_draft_fit(draft);
        for (int j = i + 1; j < drafts->count; j++) {
            lp_draft *const other = lp_drafts_at(drafts, ranked[j].index);
            if (is_fragment_of(draft, other))
                take_in(draft, other);
        }
        take_singles(drafts, draft, ranked[i].index);
    }
    return 0;
}
