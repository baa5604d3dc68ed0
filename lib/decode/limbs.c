/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/limbs.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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

static double mean_score(const float *scores, int samples, int valid) {
    return (double)numpy_sum(scores, samples) / ((double)valid + 1e-6);
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

static int add_link(lp_links *links, int a, int b, double score) {
    if (lp_grow(&links->data, &links->capacity, (size_t)links->count + 1, sizeof(lp_link)))
        return -1;
    ((lp_link *)links->data)[links->count++] = (lp_link){.a = a, .b = b, .score = score};
    return 0;
}

#define LANES    4
#define NAMED(x) x##_4
#include "decode/limbs_kernel.h"
#undef LANES
#undef NAMED

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2")
#define LANES    8
#define NAMED(x) x##_8
#include "decode/limbs_kernel.h"
#undef LANES
#undef NAMED
#pragma GCC pop_options
#define HAVE_WIDE 1
#endif

int lp_links_find(lp_links *links, const lp_field *field, int limb, const lp_limb_rule *rule, const lp_peaks *from,
                  const lp_peaks *to) {
    const float *const plane = lp_field_plane(field, lp_skeleton_limbs[limb].paf_x);

    links->count = 0;
    if (rule->needed > rule->samples || to->count == 0)
        return 0;
    for (int a = 0; a < from->count; a++) {
#ifdef HAVE_WIDE
        if (field->wide) {
            if (find_pairs_8(links, field, plane, rule, from, a, to))
                return -1;
            continue;
        }
#endif
        if (find_pairs_4(links, field, plane, rule, from, a, to))
            return -1;
    }
    return links->count ? accept_links(links, from->count, to->count) : 0;
}
