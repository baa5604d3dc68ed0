/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The default match. The gain of a pair is the similarity of pose and person (body.h) times the certainty of where the
 * person is expected (follow.h), so that of two who fit alike the one seen last is taken. Pairs whose similarity is
 * below min_similarity are forbidden; among the rest the assignment with the largest sum of gains is taken (assign.h).
 *
 * Decoders find one person in two parts, or twice. Three rules keep the second pose from becoming, or passing for,
 * someone else:
 * - a pose whose gain is below second_share of its gain with someone who was found by another pose is taken from its
 *   person again;
 * - a pose left over that is as similar as second_similarity to someone found in this frame is no stranger;
 * - nor is a pose without keypoints.
 * The price: someone who appears right on top of another is met when they part.
 *
 * The reference match. Poses in descending order of their score sum, ties in the result's order, each take the person
 * of the frame before, not yet taken, with the most similar keypoints, ties to the first of that frame's result; fewer
 * than 3 are none. */

#include "pose/match.h"

#include "pose/assign.h"

static const double second_share = 0.8;
static const double second_similarity = 0.25;
static const int reference_keypoints = 3;

/* Takes pose p from its person if it shows someone else, who was found by another pose, more clearly. */
static void check_second(lightpose_tracker *tracker, int p, int count) {
    const double *const gains = &tracker->gains[(size_t)p * tracker->count];
    const double gain = gains[tracker->match[p]];

    for (int other = 0; other < count; other++) {
        if (other != p && tracker->match[other] >= 0 && gain < second_share * gains[tracker->match[other]]) {
            tracker->match[p] = -1;
            return;
        }
    }
}

void lp_match_default(lightpose_tracker *tracker, int count) {
    const int people = (int)tracker->count;

    for (int t = 0; t < people; t++) {
        const lp_track *const track = &tracker->tracks[t];
        const lp_expectation expectation = lp_track_expect(track, tracker->now);
        for (int p = 0; p < count; p++) {
            const double similarity = lp_body_similarity(&track->body, &expectation, &tracker->bodies[p], NULL);
            const int allowed = similarity >= tracker->settings.min_similarity;
            tracker->gains[(size_t)p * tracker->count + t] = allowed ? expectation.certainty * similarity : 0;
        }
    }
    lp_assign(tracker->gains, count, people, tracker->match, tracker->assign_scratch);
    for (int p = 0; p < count; p++) {
        if (tracker->match[p] >= 0)
            check_second(tracker, p, count);
    }
}

void lp_match_reference(lightpose_tracker *tracker, int count) {
    for (int turn = 0; turn < count; turn++) {
        const int pose = tracker->turn[turn];
        lp_track *best = NULL;
        int most = 0;

        for (size_t t = 0; t < tracker->count; t++) {
            lp_track *const track = &tracker->tracks[t];
            if (track->pose >= 0)
                continue;
            const int similar = lp_body_count_similar(&tracker->bodies[pose], &track->body);
            if (similar > most || (best && similar == most && track->last_pose < best->last_pose)) {
                most = similar;
                best = track;
            }
        }
        tracker->match[pose] = -1;
        if (most >= reference_keypoints) {
            best->pose = pose;
            tracker->match[pose] = (int)(best - tracker->tracks);
        }
    }
}

/* Sum of the scores of keypoints and limbs; `score` is their mean, and a person of n keypoints has n - 1 limbs. */
static double score_sum(const lightpose_pose *pose) {
    return pose->score * (2.0 * pose->keypoint_count - 1);
}

void lp_match_take_turns(lightpose_tracker *tracker, const lightpose_pose *poses, int count) {
    const int by_score = tracker->settings.assignment == LIGHTPOSE_ASSIGNMENT_REFERENCE;

    for (int p = 0; p < count; p++) {
        int turn = p;
        for (; by_score && turn > 0 && score_sum(&poses[tracker->turn[turn - 1]]) < score_sum(&poses[p]); turn--)
            tracker->turn[turn] = tracker->turn[turn - 1];
        tracker->turn[turn] = p;
    }
}

int lp_match_is_stranger(const lightpose_tracker *tracker, const lp_body *body) {
    double weight = 0;

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        weight += body->weight[k];
    if (weight == 0)
        return 0;
    for (size_t t = 0; t < tracker->count && tracker->settings.assignment == LIGHTPOSE_ASSIGNMENT_DEFAULT; t++) {
        const lp_track *const track = &tracker->tracks[t];
        if (track->pose < 0)
            continue;
        const lp_expectation expectation = lp_track_expect(track, tracker->now);
        if (lp_body_similarity(&track->body, &expectation, body, NULL) >= second_similarity)
            return 0;
    }
    return 1;
}
