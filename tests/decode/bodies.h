/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* People like the prior's mean, drawn into the maps of decoding.h, and measured in what the decoder `refined` finds.
 */

#ifndef TESTS_BODIES_H
#define TESTS_BODIES_H

#include "decoding.h"

enum { KEYS = LIGHTPOSE_KEYPOINTS, WIDTH = 100, HEIGHT = 64 };

typedef struct body {
    lp_pair place[KEYS];
    int there[KEYS], joined[LIGHTPOSE_LIMBS];
} body;

int bodies_begin(void **state); /* a test's set-up; decoding_end is its tear-down */
void clear(void);               /* the maps */

/* The only person that decode() finds. */
const lp_person *decode_one(void);

/* The mean body, its origin at x, y. All keypoints are there and all limbs but the helpers are joined. */
body stand(double scale, double x, double y);
void leave(body *b, int first, ...); /* keypoints; ended by -1 */

void draw(const body *b);
void draw_with(const body *b, double height, double strength);
void draw_limb(int limb, lp_pair from, lp_pair to, double strength);

/* What the body prior of those that are there says of the others. */
lp_body_prior prior_of(const body *b);

/* The place `distance` squared standard deviations from where keypoint k is expected, to the picture's left. */
lp_pair off(const lp_body_prior *prior, int k, double distance);

lp_pair found_place(const lp_person *person, int k); /* in cells */
double miss(const lp_person *person, int k, lp_pair place);

#define assert_detected(person, k, wanted)                                                                             \
    do {                                                                                                               \
        if (((person)->state[k] == LIGHTPOSE_DETECTED) != (wanted))                                                    \
            fail_msg("keypoint %d: state %d", (int)(k), (person)->state[k]);                                           \
    } while (0)

/* All that is there has been found, where it is. */
void assert_whole(const lp_person *person, const body *b);

/* Where persons stand side by side: the one on the picture's left first. */
void sorted_by_x(const lp_people *people, const lp_person *two[2]);

#define RULE(name) cmocka_unit_test_setup_teardown(name, bodies_begin, decoding_end)

#endif
