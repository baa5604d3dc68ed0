/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/draft.h"

#include "base/mem.h"

void lp_drafts_free(lp_drafts *drafts) {
    lp_free(drafts->data);
    lp_free(drafts->order);
    *drafts = (lp_drafts){0};
}

lp_draft *lp_drafts_add(lp_drafts *drafts) {
    if (lp_grow(&drafts->data, &drafts->capacity, (size_t)drafts->count + 1, sizeof(lp_draft)))
        return NULL;
    lp_draft *const draft = lp_drafts_at(drafts, drafts->count++);
    draft->count = draft->fitted = 0;
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        draft->peak[type] = -1;
        draft->known[type] = 0;
        draft->score[type] = 0;
        draft->limb[type] = 0;
    }
    return draft;
}

lp_pair lp_drafts_place(const lp_drafts *drafts, int type, int peak) {
    const lp_peaks *const peaks = &drafts->peaks[type];
    return (lp_pair){lp_cell_place(peaks->x[peak], drafts->factor), lp_cell_place(peaks->y[peak], drafts->factor)};
}

void lp_draft_give(lp_drafts *drafts, lp_draft *draft, int type, int peak, double limb) {
    draft->peak[type] = peak;
    draft->known[type] = 1;
    draft->place[type] = lp_drafts_place(drafts, type, peak);
    draft->score[type] = drafts->peaks[type].score[peak];
    draft->limb[type] = limb;
    draft->count++;
    draft->fitted = 0;
}

void lp_draft_move(lp_draft *from, lp_draft *to, int type) {
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

lp_draft_sums lp_draft_add_up(const lp_draft *draft) {
    lp_draft_sums sums = {0};

    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        sums.keypoints += draft->score[type];
        sums.limbs += draft->limb[type];
        sums.limb_count += draft->limb[type] > 0;
    }
    return sums;
}

void lp_draft_fit(lp_draft *draft) {
    if (!draft->fitted)
        lp_figure_fit(&draft->figure, draft->place, draft->known);
    draft->fitted = 1;
}

int lp_drafts_start(lp_drafts *drafts, const lp_groups *groups, const lp_peaks *peaks, const lp_upsample *upsample) {
    const lp_group *const group = groups->data;
    int *next = groups->owners;

    drafts->count = 0;
    drafts->peaks = peaks;
    drafts->factor = upsample->factor;
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        drafts->owners[type] = next;
        next += peaks[type].count;
    }
    for (int i = 0; i < groups->count; i++) {
        lp_draft *const draft = lp_drafts_add(drafts);
        if (!draft)
            return -1;
        for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++)
            if (group[i].peak[type] >= 0)
                lp_draft_give(drafts, draft, type, group[i].peak[type], group[i].limb[type]);
    }
    return 0;
}
