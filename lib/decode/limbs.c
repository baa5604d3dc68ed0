/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/limbs.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "decode/sort.h"

lp_limb_rule lp_limb_rule_make(const lightpose_settings *settings) {
    const int samples = settings->limb_samples;
    lp_limb_rule rule = {.samples = samples, .threshold = settings->limb_threshold};

    rule.step = (float)(1.0 / (samples - 1));
    /* In float, where 8 / 10 is the setting 0.8 itself and so not above it. */
    while (rule.needed <= samples && !((float)rule.needed / (float)samples > settings->limb_ratio))
        rule.needed++;
    /* From the middle outwards: most pairs are no limb, and what lies halfway between two people is their background,
     * while the ends lie on a limb of some other pair. */
    for (int i = 0; i < samples; i++)
        rule.order[i] = (samples - 1) / 2 + (i % 2 ? (i + 1) / 2 : -(i / 2));
    return rule;
}

void lp_links_free(lp_links *links) {
    lp_free(links->data);
    lp_free(links->taken);
    *links = (lp_links){0};
}

/* Half to even, for magnitudes below 2^22: the sum has no bits left for a fraction. Under the default rounding mode. */
static inline int round_half_even(float value) {
    return (int)((value + 0x1.8p23f) - 0x1.8p23f);
}

/* NumPy's pairwise sum of up to 32 floats: eight running sums, added in pairs, and then the rest. */
static float numpy_sum(const float *values, int count) {
    float sums[8], sum = 0;
    int i = 0;

    if (count >= 8) {
        memcpy(sums, values, sizeof sums);
        for (i = 8; i + 8 <= count; i += 8)
            for (int j = 0; j < 8; j++)
                sums[j] += values[i + j];
        sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    }
    for (; i < count; i++)
        sum += values[i];
    return sum;
}

/* The pair's score, or 0 where it does not stand. Points never leave the map: what they round to lies between two
 * pixels of it, and the error of a coordinate below 2^15 is far from half a pixel. */
static double score_pair(lp_field *field, const lp_limb_rule *rule, float ax, float ay, float bx, float by) {
    const float dx = bx - ax, dy = by - ay, step_x = rule->step * dx, step_y = rule->step * dy;
    const float length = sqrtf(dx * dx + dy * dy) + 1e-6f, ux = dx / length, uy = dy / length;
    float scores[LP_MAX_SAMPLES];
    int spare = rule->samples - rule->needed; /* points that may still fail */

    for (int i = 0; i < rule->samples; i++) {
        const int k = rule->order[i];
        const int x = round_half_even(step_x * (float)k + ax), y = round_half_even(step_y * (float)k + ay);
        float vx, vy;
        lp_field_at(field, x, y, &vx, &vy);
        const float score = ux * vx + uy * vy;
        if (score > rule->threshold) {
            scores[k] = score;
        } else {
            scores[k] = 0;
            if (--spare < 0)
                return 0;
        }
    }
    int valid = 0;
    for (int k = 0; k < rule->samples; k++)
        valid += scores[k] != 0; /* the threshold is not negative, so what passed it is not 0 */
    return (double)numpy_sum(scores, rule->samples) / ((double)valid + 1e-6);
}

static int link_before(const lp_link *x, const lp_link *y) {
    if (x->score != y->score)
        return x->score > y->score;
    return x->a != y->a ? x->a < y->a : x->b < y->b;
}

LP_DEFINE_SORT(sort_links, lp_link, link_before)

/* Keeps the links whose ends are free, in order. */
static int accept_links(lp_links *links, int from_count, int to_count) {
    lp_link *const all = links->data;
    int count = 0;

    if (lp_grow(&links->taken, &links->taken_capacity, (size_t)from_count + (size_t)to_count, 1))
        return -1;
    memset(links->taken, 0, (size_t)from_count + (size_t)to_count);
    unsigned char *const a_taken = links->taken, *const b_taken = a_taken + from_count;
    sort_links(all, links->count);
    for (int i = 0; i < links->count; i++) {
        if (a_taken[all[i].a] || b_taken[all[i].b])
            continue;
        a_taken[all[i].a] = b_taken[all[i].b] = 1;
        all[count++] = all[i];
    }
    links->count = count;
    return 0;
}

int lp_links_find(lp_links *links, lp_field *field, const lp_maps *maps, const lp_limb *limb, const lp_limb_rule *rule,
                  const lp_peaks *from, const lp_peaks *to) {
    links->count = 0;
    if (from->count == 0 || to->count == 0 || rule->needed > rule->samples)
        return 0;
    lp_field_start(field, maps, limb->paf_x);
    for (int a = 0; a < from->count; a++) {
        for (int b = 0; b < to->count; b++) {
            const double score = score_pair(field, rule, from->x[a], from->y[a], to->x[b], to->y[b]);
            if (!(score > 0))
                continue;
            if (lp_grow(&links->data, &links->capacity, (size_t)links->count + 1, sizeof(lp_link)))
                return -1;
            ((lp_link *)links->data)[links->count++] = (lp_link){.a = a, .b = b, .score = score};
        }
    }
    return accept_links(links, from->count, to->count);
}
