/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block/block.h"
#include "diff/compare.h"
#include "fail.h"

lp_corpus_tolerance lp_corpus_tolerance_of(const char *precision) {
    static const lp_corpus_tolerance exact_sums = {2.0 / (double)LIGHTPOSE_POSITION_STEPS, 0, 0.005};
    static const lp_corpus_tolerance rounded_sums = {2.0 / (double)LIGHTPOSE_POSITION_STEPS, 2, 0.15};
    return strcmp(precision, "f32") != 0 ? rounded_sums : exact_sums;
}

static lightpose_status pack(const lp_output_frame *frame, lp_text *text, lightpose_error *error) {
    lp_block *block;
    LP_TRY(lp_block_create(&block, error));
    lightpose_status status = lp_block_add(block, frame, error);
    if (status == LIGHTPOSE_OK)
        status = lp_block_pack(block, text, error);
    lp_block_destroy(&block);
    return status == LIGHTPOSE_OK ? lp_text_check(text, error) : status;
}

lightpose_status lp_corpus_frames_equal(const lp_output_frame *a, const lp_output_frame *b, int *equal,
                                        lightpose_error *error) {
    lp_text x = {0}, y = {0};
    lightpose_status status = pack(a, &x, error);
    if (status == LIGHTPOSE_OK)
        status = pack(b, &y, error);
    *equal = status == LIGHTPOSE_OK && x.size == y.size && !memcmp(x.data, y.data, x.size);
    lp_text_free(&x);
    lp_text_free(&y);
    return status;
}

/* ---- People ------------------------------------------------------------------------------------------------------ */

typedef struct comparing {
    const lp_diff_person *a, *b; /* stored, and computed again */
    double tolerance;            /* pixels */
    lp_corpus_comparison *sum;
    void (*tell)(void *opaque, const char *text);
    void *opaque;
    int told;
} comparing;

static void say(comparing *c, const char *text) {
    c->told++;
    c->tell(c->opaque, text);
}

static lp_diff_person *people_of(const lightpose_result *result, size_t *count) {
    *count = (size_t)lightpose_result_get_count(result);
    lp_diff_person *const people = calloc(*count + 1, sizeof *people);
    for (size_t i = 0; people && i < *count; i++) {
        const lightpose_pose *const pose = lightpose_result_get_pose(result, (int)i);
        people[i].id = -1;
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            const lightpose_keypoint *const at = &pose->keypoints[k];
            people[i].x[k] = at->x;
            people[i].y[k] = at->y;
            people[i].score[k] = at->score;
            people[i].present |= (unsigned)(at->state != LIGHTPOSE_MISSING) << k;
        }
    }
    return people;
}

static int count_keypoints(const lp_diff_person *person) {
    return __builtin_popcount(person->present);
}

static void compare_pair(comparing *c, size_t i, size_t j) {
    const lp_diff_person *const a = &c->a[i], *const b = &c->b[j];
    const int lone = __builtin_popcount(a->present ^ b->present);
    char text[128];
    int worst = -1, beyond = 0, scores = 0;
    double farthest = 0;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        if (!((a->present & b->present) >> k & 1))
            continue;
        const double distance = hypot((double)a->x[k] - (double)b->x[k], (double)a->y[k] - (double)b->y[k]);
        beyond += distance > c->tolerance;
        scores += a->score[k] != b->score[k];
        if (distance > farthest) {
            farthest = distance;
            worst = k;
        }
    }
    c->sum->keypoints += __builtin_popcount(a->present | b->present);
    c->sum->beyond += lone + beyond;
    c->sum->farthest = fmax(c->sum->farthest, farthest);
    if (beyond) {
        snprintf(text, sizeof text, "person %zu: %d keypoint%s apart, at most %.4g pixels (%s)", i, beyond,
                 beyond == 1 ? "" : "s", farthest, lightpose_keypoint_get_name(worst));
        say(c, text);
    }
    if (lone) {
        snprintf(text, sizeof text, "person %zu: %d keypoint%s in one alone", i, lone, lone == 1 ? "" : "s");
        say(c, text);
    }
    if (c->tolerance == 0 && scores) {
        snprintf(text, sizeof text, "person %zu: %d other score%s", i, scores, scores == 1 ? "" : "s");
        say(c, text);
    }
}

/* Reports a person who is in only one of the two. */
static void tell_alone(comparing *c, const lp_diff_person *person, size_t number, const char *where) {
    char text[128];
    c->sum->keypoints += count_keypoints(person);
    c->sum->beyond += count_keypoints(person);
    snprintf(text, sizeof text, "person %zu %s, with %d keypoints", number, where, count_keypoints(person));
    say(c, text);
}

static int compare_people(comparing *c, size_t count_a, size_t count_b) {
    const size_t room = (count_a < count_b ? count_a : count_b) + 1;
    lp_diff_pair *const pairs = calloc(room, sizeof *pairs);
    unsigned char *const taken = calloc(count_a + count_b + 1, 1);
    const int count =
        pairs && taken ? lp_diff_match(c->a, count_a, c->b, count_b, (1u << LIGHTPOSE_KEYPOINTS) - 1, pairs) : -1;
    for (int i = 0; i < count; i++) {
        compare_pair(c, pairs[i].a, pairs[i].b);
        taken[pairs[i].a] = taken[count_a + pairs[i].b] = 1;
    }
    for (size_t i = 0; count >= 0 && i < count_a; i++)
        if (!taken[i])
            tell_alone(c, &c->a[i], i, "is stored only");
    for (size_t i = 0; count >= 0 && i < count_b; i++)
        if (!taken[count_a + i])
            tell_alone(c, &c->b[i], i, "is found here only");
    free(pairs);
    free(taken);
    return count >= 0;
}

int lp_corpus_within(const lp_corpus_tolerance *tolerance, const lp_corpus_comparison *sum) {
    return (double)sum->beyond <= tolerance->share * (double)sum->keypoints;
}

lightpose_status lp_corpus_compare(const lp_output_frame *stored, const lp_output_frame *again,
                                   const lp_corpus_tolerance *tolerance, lp_corpus_comparison *sum, int *states,
                                   void (*tell)(void *opaque, const char *text), void *opaque, lightpose_error *error) {
    static const char *const words[] = {"decoded", "undecodable", "missing"};
    const double net = tolerance && again->net_scale > 0 ? tolerance->net_pixels / (double)again->net_scale : 0;
    comparing c = {
        .tolerance = tolerance ? fmax(tolerance->pixels, net) : 0, .sum = sum, .tell = tell, .opaque = opaque};
    char text[96];
    int equal;
    *states = stored->state != again->state;
    if (*states) {
        snprintf(text, sizeof text, "is stored as %s, and is %s here", words[stored->state], words[again->state]);
        tell(opaque, text);
        return LIGHTPOSE_OK;
    }
    if (stored->state == LP_FRAME_OK) {
        size_t count_a, count_b;
        lp_diff_person *const a = people_of(stored->result, &count_a), *const b = people_of(again->result, &count_b);
        c.a = a;
        c.b = b;
        const int good = a && b && compare_people(&c, count_a, count_b);
        free(a);
        free(b);
        if (!good)
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to compare frames");
    }
    if (tolerance || c.told)
        return LIGHTPOSE_OK;
    LP_TRY(lp_corpus_frames_equal(stored, again, &equal, error));
    if (!equal)
        tell(opaque, "differs in its time, its damage, or people's scores, ranks, boxes or order");
    return LIGHTPOSE_OK;
}
