/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "bodies.h"

#include <math.h>

int bodies_begin(void **state) {
    (void)state;
    decoding_begin(WIDTH, HEIGHT, LIGHTPOSE_DECODER_REFINED);
    return 0;
}

void clear(void) {
    made_free(&maps);
    maps = made_maps(WIDTH, HEIGHT, MADE_INTERLEAVED);
}

const lp_person *decode_one(void) {
    const lp_people people = decode();

    if (people.count != 1)
        fail_msg("%d persons, not 1", people.count);
    return people.persons;
}

body stand(double scale, double x, double y) {
    body b;

    for (int k = 0; k < KEYS; k++) {
        b.place[k] = (lp_pair){x, y} + scale * lp_body_prior_mean[k];
        b.there[k] = 1;
    }
    for (int l = 0; l < LIGHTPOSE_LIMBS; l++)
        b.joined[l] = l < LP_FIRST_HELPER_LIMB;
    return b;
}

void leave(body *b, int first, ...) {
    va_list list;

    va_start(list, first);
    for (int k = first; k >= 0; k = va_arg(list, int))
        b->there[k] = 0;
    va_end(list);
}

void draw_limb(int limb, lp_pair from, lp_pair to, double strength) {
    made_limb(&maps, limb, from[0], from[1], to[0], to[1], strength);
}

void draw_with(const body *b, double height, double strength) {
    for (int k = 0; k < KEYS; k++)
        if (b->there[k])
            made_bump(&maps, k, b->place[k][0], b->place[k][1], height);
    for (int l = 0; l < LIGHTPOSE_LIMBS; l++) {
        const lp_limb *const limb = &lp_skeleton_limbs[l];
        if (b->joined[l] && b->there[limb->from] && b->there[limb->to])
            draw_limb(l, b->place[limb->from], b->place[limb->to], strength);
    }
}

void draw(const body *b) {
    draw_with(b, 0.8, 0.7);
}

lp_body_prior prior_of(const body *b) {
    lp_body_prior prior;

    lp_body_prior_fit(&prior, b->place, b->there);
    return prior;
}

lp_pair off(const lp_body_prior *prior, int k, double distance) {
    return prior->place[k] - (lp_pair){sqrt(distance * (prior->variance[k][0] + LP_BODY_PRIOR_CELL)), 0};
}

lp_pair found_place(const lp_person *person, int k) {
    return ((lp_pair){person->x[k], person->y[k]} + 0.5) / settings.upsample - 0.5;
}

double miss(const lp_person *person, int k, lp_pair place) {
    const lp_pair by = found_place(person, k) - place;
    return hypot(by[0], by[1]);
}

void assert_whole(const lp_person *person, const body *b) {
    int count = 0;

    for (int k = 0; k < KEYS; k++) {
        assert_detected(person, k, b->there[k]);
        count += b->there[k];
        if (b->there[k] && miss(person, k, b->place[k]) > 0.1)
            fail_msg("keypoint %d is %g cells off", k, miss(person, k, b->place[k]));
    }
    assert_int_equal(person->count, count);
}

void sorted_by_x(const lp_people *people, const lp_person *two[2]) {
    assert_int_equal(people->count, 2);
    const int swapped = people->persons[0].x[NECK] > people->persons[1].x[NECK];
    two[0] = &people->persons[swapped];
    two[1] = &people->persons[!swapped];
}
