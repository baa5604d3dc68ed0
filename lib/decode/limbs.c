/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/limbs.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/mem.h"
#include "base/sort.h"

enum { TAKEN = -2, MUTUAL_ROUNDS = 6 };

lp_limb_rule lp_limb_rule_make(const lightpose_settings *settings) {
    const int samples = settings->limb_samples;
    lp_limb_rule rule = {.samples = samples, .threshold = settings->limb_threshold};

    rule.step = (float)(1.0 / (samples - 1));
    /* In float, because there 8 / 10 equals the setting 0.8 and so is not above it. */
    while (rule.needed <= samples && !((float)rule.needed / (float)samples > settings->limb_ratio))
        rule.needed++;
    /* From the middle outwards: most pairs are not limbs, and the middle between two people is usually background,
     * while the ends lie on limbs of other pairs. */
    for (int i = 0; i < samples; i++)
        rule.order[i] = (samples - 1) / 2 + (i % 2 ? (i + 1) / 2 : -(i / 2));
    for (int i = 0; i < samples; i++)
        rule.order_as_float[i] = (float)rule.order[i];
    return rule;
}

void lp_links_free(lp_links *links) {
    lp_free(links->data);
    lp_free(links->firsts);
    *links = (lp_links){0};
}

/* NumPy's pairwise sum of up to 32 floats: eight running sums, added in pairs, then the rest. */
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

/* A link that is the best of both its ends is accepted whatever the other links are. Moves these links to the front,
 * counts them in `*accepted`, and drops all other links at their ends. The rest stays, up to links->count. */
static void accept_mutual(lp_links *links, int *accepted, int *first_of_a, int *first_of_b, int ends) {
    lp_link *const all = links->data;
    int count;

    for (int i = 0; i < ends; i++)
        first_of_a[i] = -1; /* first_of_b follows it in memory */
    for (int i = *accepted; i < links->count; i++) {
        int *const a = &first_of_a[all[i].a], *const b = &first_of_b[all[i].b];
        if (*a < 0 || link_before(&all[i], &all[*a]))
            *a = i;
        if (*b < 0 || link_before(&all[i], &all[*b]))
            *b = i;
    }
    for (int i = *accepted; i < links->count; i++)
        if (first_of_a[all[i].a] == i && first_of_b[all[i].b] == i) {
            first_of_a[all[i].a] = first_of_b[all[i].b] = TAKEN;
            all[i].a = ~all[i].a; /* marks it as accepted */
        }
    for (int i = *accepted; i < links->count; i++)
        if (all[i].a < 0) {
            const lp_link link = {.a = ~all[i].a, .b = all[i].b, .score = all[i].score};
            all[i] = all[*accepted];
            all[(*accepted)++] = link;
        }
    count = *accepted;
    for (int i = *accepted; i < links->count; i++)
        if (first_of_a[all[i].a] != TAKEN && first_of_b[all[i].b] != TAKEN)
            all[count++] = all[i];
    links->count = count;
}

/* Keeps the links that a pass in order would keep, taking each link whose ends are free. A few rounds of accept_mutual
 * leave very little to sort. Their number is limited because malicious maps could require as many rounds as there are
 * peaks. */
static int accept_links(lp_links *links, int from_count, int to_count) {
    lp_link *const all = links->data;
    int accepted = 0;

    if (lp_grow(&links->firsts, &links->firsts_capacity, (size_t)from_count + (size_t)to_count, sizeof(int)))
        return -1;
    int *const a_first = links->firsts, *const b_first = a_first + from_count;
    for (int round = 0; round < MUTUAL_ROUNDS && accepted < links->count; round++)
        accept_mutual(links, &accepted, a_first, b_first, from_count + to_count);
    sort_links(all + accepted, links->count - accepted);
    for (int i = 0; i < from_count + to_count; i++)
        a_first[i] = 0;
    for (int i = accepted; i < links->count; i++) {
        if (a_first[all[i].a] || b_first[all[i].b])
            continue;
        a_first[all[i].a] = b_first[all[i].b] = TAKEN;
        all[accepted++] = all[i];
    }
    links->count = accepted;
    sort_links(all, accepted);
    return 0;
}

static int add_link(lp_links *links, int a, int b, double score) {
    if (lp_grow(&links->data, &links->capacity, (size_t)links->count + 1, sizeof(lp_link)))
        return -1;
    ((lp_link *)links->data)[links->count++] = (lp_link){.a = a, .b = b, .score = score};
    return 0;
}

#define KERNEL "decode/limbs_kernel.h"
#include "decode/both_widths.h"

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
