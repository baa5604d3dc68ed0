/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/sever.h"

#include <math.h>

#include "decode/sort.h"

enum { LIMBS = LP_FIRST_HELPER_LIMB };

static int shorter(const double *a, const double *b) {
    return *a < *b;
}

LP_DEFINE_SORT(sort_lengths, double, shorter)

static double median(double *values, int count) {
    sort_lengths(values, count);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double length(const lp_draft *draft, const lp_limb *limb) {
    const lp_pair along = draft->place[limb->to] - draft->place[limb->from], squares = along * along;
    return sqrt(squares[0] + squares[1]);
}

/* The limb to cut, or -1. */
static int find_too_long(const lp_draft *draft, const double *typical) {
    double lengths[LIMBS], others[LIMBS];
    int limbs[LIMBS], count = 0, longest = 0;

    for (int l = 0; l < LIMBS; l++) {
        if (!(draft->limb[lp_skeleton_limbs[l].to] > 0))
            continue;
        limbs[count] = l;
        lengths[count] = length(draft, &lp_skeleton_limbs[l]) / typical[l];
        longest = lengths[count] > lengths[longest] ? count : longest;
        count++;
    }
    if (count < 2)
        return -1;
    for (int i = 0, n = 0; i < count; i++)
        if (i != longest)
            others[n++] = lengths[i];
    return lengths[longest] > LP_SEVER_RATIO * median(others, count - 1) ? limbs[longest] : -1;
}

/* Moves the limb's far end, and all that hangs on it, to `part`. Limbs come after those that they hang on. */
static void move_branch(lp_draft *draft, lp_draft *part, const lp_limb *limb) {
    draft->limb[limb->to] = 0;
    lp_draft_move(draft, part, limb->to);
    for (int l = 0; l < LIMBS; l++) {
        const lp_limb *const next = &lp_skeleton_limbs[l];
        if (draft->limb[next->to] > 0 && part->known[next->from])
            lp_draft_move(draft, part, next->to);
    }
}

static void free_if_single(lp_drafts *drafts, lp_draft *draft) {
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS && draft->count == 1; type++) {
        if (!draft->known[type])
            continue;
        drafts->owners[type][draft->peak[type]] = -1;
        draft->known[type] = 0;
        draft->peak[type] = -1;
        draft->score[type] = 0;
        draft->count = 0;
    }
}

int lp_drafts_sever(lp_drafts *drafts) {
    double typical[LIMBS];

    for (int l = 0; l < LIMBS; l++)
        typical[l] = lp_figure_distance_between(lp_skeleton_limbs[l].from, lp_skeleton_limbs[l].to);
    for (int i = 0; i < drafts->count; i++) { /* parts come to stand at the end and are looked at too */
        int cut;
        while ((cut = find_too_long(lp_drafts_at(drafts, i), typical)) >= 0) {
            lp_draft *const part = lp_drafts_add(drafts), *const draft = lp_drafts_at(drafts, i);
            if (!part)
                return -1;
            move_branch(draft, part, &lp_skeleton_limbs[cut]);
            free_if_single(drafts, part);
            free_if_single(drafts, draft);
        }
    }
    return 0;
}
