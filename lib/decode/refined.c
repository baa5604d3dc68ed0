/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The decoder `refined`: the published network's maps, read with more care. README.md says what each step is worth.
 *
 * Peaks between cells (subcell.h), joined by the published limbs (limbs.h) into groups (group.h), which are taken apart
 * where limbs are too long (sever.h) and put together by what people look like (gather.h). A draft is a person when it
 * has min_keypoints keypoints and its evidence reaches min_score:
 *
 *     evidence = mean keypoint score x mean limb score x sqrt(keypoints)
 *     rank     = evidence x area^(1/4)
 *
 * with the area of the box around its keypoints in pixels of the upsampled map: a large person is placed more exactly,
 * by the measure of its size. What still misses is guessed (complete.h). */

#include <math.h>

#include "base/mem.h"
#include "base/threads.h"
#include "decode/complete.h"
#include "decode/decoder.h"
#include "decode/gather.h"
#include "decode/sever.h"

enum { FEW = 3 }; /* persons that are not worth waking threads for */

static double evidence(const lp_draft *draft) {
    const lp_draft_sums sums = lp_draft_add_up(draft);
    return sums.keypoints / draft->count * (sums.limbs / sums.limb_count) * sqrt(draft->count);
}

static double area(const lp_draft *draft, double factor) {
    lp_pair low = {INFINITY, INFINITY}, high = {-INFINITY, -INFINITY};

    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        for (int axis = 0; axis < 2 && draft->known[type]; axis++) {
            low[axis] = fmin(low[axis], draft->place[type][axis]);
            high[axis] = fmax(high[axis], draft->place[type][axis]);
        }
    }
    const lp_pair size = (high - low) * factor;
    return size[0] * size[1] + 1; /* a line has some area too */
}

/* Those that are persons, ordered by rank; returns how many. */
static int select_persons(lp_decoder *decoder) {
    const lightpose_settings *const settings = &decoder->settings;
    lp_ranked *const order = decoder->drafts.order;
    int count = 0;

    for (int i = 0; i < decoder->drafts.count; i++) {
        const lp_draft *const draft = lp_drafts_at(&decoder->drafts, i);
        if (draft->count == 0 || draft->count < settings->min_keypoints)
            continue;
        const double sure = evidence(draft);
        if (!((float)sure < settings->min_score))
            order[count++] = (lp_ranked){.rank = sure * sqrt(sqrt(area(draft, decoder->upsample.factor))), .index = i};
    }
    lp_order(order, count);
    return settings->max_people > 0 && settings->max_people < count ? settings->max_people : count;
}

static void set_keypoint(const lp_decoder *decoder, lp_person *person, int type, const lp_draft *draft) {
    const lp_peaks *const peaks = &decoder->peaks[type];
    const int peak = draft->peak[type];

    person->x[type] = peaks->x[peak];
    person->y[type] = peaks->y[peak];
    person->keypoint_score[type] = peaks->score[peak];
    person->state[type] = LIGHTPOSE_DETECTED;
}

/* A guess never scores as a peak would: so a threshold on scores keeps guesses out, whoever's peak is there. */
static void guess_keypoint(const lp_decoder *decoder, lp_person *person, int type, const lp_figure *figure) {
    const int factor = decoder->upsample.factor;
    lp_guess guess;

    if (!lp_complete(&decoder->planes, figure, type, &guess))
        return;
    person->x[type] = (float)lp_upsampled_place(guess.x, factor);
    person->y[type] = (float)lp_upsampled_place(guess.y, factor);
    person->keypoint_score[type] = fminf(guess.value, decoder->settings.peak_threshold);
    person->state[type] = LIGHTPOSE_COMPLETED;
}

static void make_person(const lp_decoder *decoder, lp_person *person, lp_draft *draft, double rank) {
    const lp_draft_sums sums = lp_draft_add_up(draft);
    const double mean = (sums.keypoints + sums.limbs) / (draft->count + sums.limb_count);

    *person = (lp_person){.sum = sums.keypoints + sums.limbs,
                          .count = draft->count,
                          .score = (float)fmin(fmax(mean, 0), 1),
                          .rank = (float)rank};
    if (decoder->settings.complete)
        lp_draft_fit(draft);
    for (int type = 0; type < LIGHTPOSE_KEYPOINTS; type++) {
        if (draft->known[type])
            set_keypoint(decoder, person, type, draft);
        else if (decoder->settings.complete)
            guess_keypoint(decoder, person, type, &draft->figure);
    }
}

typedef struct making {
    const lp_decoder *decoder;
    int count, parts;
} making;

/* Every parts-th person: the first ones miss the fewest keypoints. */
static void make_part(void *job, int part) {
    const making *const m = job;
    const lp_ranked *const order = m->decoder->drafts.order;

    for (int i = part; i < m->count; i += m->parts)
        make_person(m->decoder, (lp_person *)m->decoder->persons + i, lp_drafts_at(&m->decoder->drafts, order[i].index),
                    order[i].rank);
}

lightpose_status lp_refined_finish(lp_decoder *decoder, int threads, lightpose_error *error) {
    lp_drafts *const drafts = &decoder->drafts;

    if (lp_groups_link(&decoder->groups, decoder->peaks, decoder->links) ||
        lp_drafts_start(drafts, &decoder->groups, decoder->peaks, &decoder->upsample) || lp_drafts_sever(drafts) ||
        lp_drafts_gather(drafts, decoder->links))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to group keypoints into persons");
    const int count = select_persons(decoder);
    if (lp_grow(&decoder->persons, &decoder->persons_capacity, (size_t)count, sizeof(lp_person)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d persons", count);
    decoder->person_count = count;
    making m = {.decoder = decoder, .count = count, .parts = count > FEW ? threads : 1};
    lp_threads_share(m.parts, make_part, &m);
    return LIGHTPOSE_OK;
}
