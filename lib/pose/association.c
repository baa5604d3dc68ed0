/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "pose/association.h"

#include <math.h>

/* The default match. The gain of a pair is the similarity of pose and person (similarity.h) times the certainty of the
 * person's expected place (track.h). So of two people who fit equally well, the one seen more recently is preferred.
 * Pairs whose similarity is below min_similarity are forbidden; among the rest the assignment with the largest sum of
 * gains is taken (association.h).
 *
 * A decoder may find one person twice, or in two parts. Three rules keep the second pose from becoming a new person or
 * being taken for another one:
 * - a pose is taken from its person again if its gain is below second_share of its gain with a person who was found by
 *   another pose;
 * - an unmatched pose that is at least second_similarity similar to a person found in this frame is not a new person;
 * - a pose without keypoints is not a new person.
 * The disadvantage: a person who appears right in front of another gets an id only when they separate.
 *
 * The reference match. In descending order of score sum (ties in the result's order), each pose takes the free person
 * of the previous frame with the most similar keypoints, at least 3. Ties go to the person who comes first in that
 * frame's result. */

static const double second_share = 0.8;
static const double second_similarity = 0.25;
static const int reference_keypoints = 3;

/* Takes pose p from its person if it fits another person, found by another pose, much better. */
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
            tracker->gains[(size_t)p * tracker->count + (size_t)t] = allowed ? expectation.certainty * similarity : 0;
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
        const int pose = tracker->turn[turn].index;
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

    for (int p = 0; p < count; p++)
        tracker->turn[p] = (lp_ranked){.rank = by_score ? score_sum(&poses[p]) : 0, .index = p};
    lp_sort_ranked(tracker->turn, count);
}

int lp_match_is_new(const lightpose_tracker *tracker, const lp_body *body) {
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

/* ---- Optimal assignment ------------------------------------------------------------------------------------------ */

/* The Hungarian method by shortest augmenting paths (Jonker and Volgenant 1987), on costs = -gain.
 *
 * Each row of the shorter side is added by one shortest path: from the row, over columns, to a free column. Potentials
 * u (rows) and v (columns) keep all reduced costs c - u - v at or above 0, so the path search is Dijkstra's. Then the
 * matches along the path are exchanged, and the matching of the rows so far is optimal.
 *
 * All rows of the shorter side get a column. This is no restriction, because a forbidden pair gains 0, like no pair,
 * and is removed at the end. Ties go to the smallest column. */

size_t lp_assign_scratch(int rows, int cols) {
    const size_t most = (size_t)(rows > cols ? rows : cols) + 1;
    return most * (3 * sizeof(double) + 4 * sizeof(int));
}

typedef struct problem {
    const double *gain;
    size_t row_step, col_step;
    int rows, cols;       /* rows <= cols */
    double *u, *v;        /* potentials; rows and columns count from 1, 0 is the path's start */
    double *reach;        /* cost of the shortest path to a column, less potentials */
    int *row_of, *before; /* the row matched to a column, 0 for none; the column before it on the path */
    int *done;
} problem;

/* The shortest path from `row` to a free column; returns that column. */
static int search(problem *p, int row) {
    int column = 0;

    p->row_of[0] = row;
    for (int j = 0; j <= p->cols; j++) {
        p->reach[j] = INFINITY;
        p->done[j] = 0;
    }
    do {
        const int i = p->row_of[column];
        const double *const gains = p->gain + (size_t)(i - 1) * p->row_step;
        double least = INFINITY;
        int next = 0;

        p->done[column] = 1;
        for (int j = 1; j <= p->cols; j++) {
            if (p->done[j])
                continue;
            const double reduced = -gains[(size_t)(j - 1) * p->col_step] - p->u[i] - p->v[j];
            if (reduced < p->reach[j]) {
                p->reach[j] = reduced;
                p->before[j] = column;
            }
            if (p->reach[j] < least) {
                least = p->reach[j];
                next = j;
            }
        }
        for (int j = 0; j <= p->cols; j++) {
            if (p->done[j]) {
                p->u[p->row_of[j]] += least;
                p->v[j] -= least;
            } else {
                p->reach[j] -= least;
            }
        }
        column = next;
    } while (p->row_of[column] != 0);
    return column;
}

/* Each row gets its best column if no earlier row took it. This partial matching is optimal: with u the row's least
 * cost and v 0, reduced costs are at or above 0, and 0 for these pairs. If few rows compete, nothing remains to be
 * done. Rows without any gain wait, so that they do not take columns from others. */
static void start(problem *p, int *waiting) {
    for (int i = 1; i <= p->rows; i++) {
        const double *const gains = p->gain + (size_t)(i - 1) * p->row_step;
        int best = 1;
        for (int j = 2; j <= p->cols; j++) {
            if (gains[(size_t)(j - 1) * p->col_step] > gains[(size_t)(best - 1) * p->col_step])
                best = j;
        }
        p->u[i] = -gains[(size_t)(best - 1) * p->col_step];
        waiting[i] = p->u[i] == 0 || p->row_of[best] != 0;
        if (!waiting[i])
            p->row_of[best] = i;
    }
}

void lp_assign(const double *gain, int rows, int cols, int *match, void *scratch) {
    const int turned = rows > cols;
    const size_t most = (size_t)(turned ? rows : cols) + 1;
    double *const doubles = scratch;
    /* cppcheck-suppress invalidPointerCast; the memory for ints follows the doubles and is not read as doubles */
    int *const ints = (int *)(doubles + 3 * most);
    int *const waiting = ints + 3 * most;
    problem p = {.gain = gain,
                 .row_step = turned ? 1 : (size_t)cols,
                 .col_step = turned ? (size_t)cols : 1,
                 .rows = turned ? cols : rows,
                 .cols = turned ? rows : cols,
                 .u = doubles,
                 .v = doubles + most,
                 .reach = doubles + 2 * most,
                 .row_of = ints,
                 .before = ints + most,
                 .done = ints + 2 * most};

    for (size_t i = 0; i < most; i++) {
        p.u[i] = p.v[i] = 0;
        p.row_of[i] = p.before[i] = 0;
    }
    start(&p, waiting);
    for (int i = 1; i <= p.rows; i++) {
        for (int j = waiting[i] ? search(&p, i) : 0; j != 0; j = p.before[j])
            p.row_of[j] = p.row_of[p.before[j]];
    }

    for (int i = 0; i < rows; i++)
        match[i] = -1;
    for (int j = 1; j <= p.cols; j++) {
        const int i = p.row_of[j];
        if (i == 0 || !(gain[(size_t)(i - 1) * p.row_step + (size_t)(j - 1) * p.col_step] > 0))
            continue;
        if (turned)
            match[j - 1] = i - 1;
        else
            match[i - 1] = j - 1;
    }
}
