/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/draft.h"

#include <math.h>

#include "base/mem.h"

void lp_drafts_free(lp_drafts *drafts) {
    lp_free(drafts->data);
    lp_free(drafts->order);
    *drafts = (lp_drafts){0};
}

void lp_draft_fit(lp_draft *draft) {
    if (!draft->fitted)
        lp_figure_fit(&draft->figure, draft->place, draft->known);
    draft->fitted = 1;
}

typedef struct assembly {
    lp_drafts *drafts;
    const lp_peaks *peaks;
    double factor;                    /* of upsampling */
    int *owners[LIGHTPOSE_KEYPOINTS]; /* for each peak, a number below 0 where it belongs to nobody */
} assembly;

static lp_pair place_of(const assembly *job, int type, int peak) {
    const lp_pair upsampled = {job->peaks[type].x[peak], job->peaks[type].y[peak]};
    return (upsampled + 0.5) / job->factor - 0.5;
}

static void add_peak(const assembly *job, lp_draft *draft, int type, int peak) {
    draft->peak[type] = peak;
    draft->known[type] = 1;
    draft->place[type] = place_of(job, type, peak);
    draft->keypoints += job->peaks[type].score[peak];
    draft->count++;
    draft->fitted = 0;
}

static void start(const assembly *job, lp_draft *draft, const lp_group *group) {
    *draft = (lp_draft){.limbs = group->limbs, .limb_count = group->count - 1};
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        draft->peak[type] = -1;
        if (group->peak[type] >= 0)
            add_peak(job, draft, type, group->peak[type]);
    }
}

static int is_fragment_of(const lp_draft *draft, const lp_draft *other) {
    double sum = 0;

    if (other->gone || other->count > LP_DRAFT_FRAGMENT)
        return 0;
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        if (!other->known[type])
            continue;
        if (draft->known[type])
            return 0;
        const double distance = lp_figure_distance(&draft->figure, type, other->place[type], LP_DRAFT_NOISE);
        if (distance > 2 * LP_DRAFT_NEAR)
            return 0;
        sum += distance;
    }
    return sum <= LP_DRAFT_NEAR * other->count;
}

static void take_in(const assembly *job, lp_draft *draft, lp_draft *other) {
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++)
        if (other->known[type])
            add_peak(job, draft, type, other->peak[type]);
    draft->limbs += other->limbs;
    draft->limb_count += other->limb_count;
    other->gone = 1;
}

/* The peak of the type, among those that belong to nobody, that suits the draft best; -1 where none does. */
static int best_single(const assembly *job, const lp_draft *draft, int type) {
    double best = -INFINITY;
    int found = -1;

    for (int i = 0; i < job->peaks[type].count; i++) {
        if (job->owners[type][i] >= 0)
            continue;
        const double distance = lp_figure_distance(&draft->figure, type, place_of(job, type, i), LP_DRAFT_NOISE);
        const double likelihood = log(job->peaks[type].score[i]) - distance / 2;
        if (distance <= LP_DRAFT_NEAR && likelihood > best) {
            best = likelihood;
            found = i;
        }
    }
    return found;
}

static void complete_from_peaks(const assembly *job, int place_in_order) {
    lp_draft *const drafts = job->drafts->data;
    const lp_ranked *const order = job->drafts->order;
    const int index = order[place_in_order].index;
    lp_draft *const draft = &drafts[index];

    if (draft->gone || draft->count < LP_DRAFT_SURE)
        return;
    lp_draft_fit(draft);
    for (int i = place_in_order + 1; i < job->drafts->count; i++) {
        lp_draft *const other = &drafts[order[i].index];
        if (is_fragment_of(draft, other)) {
            take_in(job, draft, other);
            lp_draft_fit(draft);
        }
    }
    int singles[LIGHTPOSE_KEYPOINTS]; /* all judged by one figure */
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++)
        singles[type] = draft->known[type] ? -1 : best_single(job, draft, type);
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        if (singles[type] < 0)
            continue;
        add_peak(job, draft, type, singles[type]);
        job->owners[type][singles[type]] = index;
    }
}

int lp_drafts_make(lp_drafts *drafts, lp_groups *groups, const lp_peaks *peaks, const lp_upsample *upsample) {
    assembly job = {.drafts = drafts, .peaks = peaks, .factor = upsample->factor};
    const lp_group *const group = groups->data;
    const size_t count = (size_t)groups->count;
    int *next = groups->owners;

    drafts->count = 0;
    if (lp_grow(&drafts->data, &drafts->capacity, count, sizeof(lp_draft)) ||
        lp_grow(&drafts->order, &drafts->order_capacity, count, sizeof(lp_ranked)))
        return -1;
    drafts->count = groups->count;
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        job.owners[type] = next;
        next += peaks[type].count;
    }
    lp_ranked *const order = drafts->order;
    for (int i = 0; i < drafts->count; i++) {
        start(&job, (lp_draft *)drafts->data + i, &group[i]);
        order[i] = (lp_ranked){.rank = group[i].sum, .index = i};
    }
    lp_order(order, drafts->count);
    for (int i = 0; i < drafts->count; i++)
        complete_from_peaks(&job, i);
    return 0;
}
