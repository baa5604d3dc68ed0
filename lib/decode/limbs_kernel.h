/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The search for pairs, LANES of them at a time; included by limbs.c once per width, with LANES and NAMED(x) set. All
 * widths do the same operations in the same order on every pair, so they give the same bits. */

typedef float NAMED(vec) __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int NAMED(ints) __attribute__((vector_size(LANES * 4)));

#define VEC  NAMED(vec)
#define INTS NAMED(ints)

/* LANES pairs of one peak a: unit vectors, steps from point to point, and a itself. */
typedef struct NAMED(pairs) {
    VEC ux, uy, step_x, step_y;
    float ax, ay;
} NAMED(pairs);

static inline VEC NAMED(root)(VEC x) {
#if LANES == 8
    return (VEC)_mm256_sqrt_ps((__m256)x);
#elif defined(__x86_64__)
    return (VEC)_mm_sqrt_ps((__m128)x);
#else
    for (int i = 0; i < LANES; i++)
        x[i] = sqrtf(x[i]);
    return x;
#endif
}

static inline NAMED(pairs) NAMED(make_pairs)(float ax, float ay, const float *bx, const float *by, float step) {
    const VEC dx = *(const VEC *)bx - ax, dy = *(const VEC *)by - ay;
    const VEC length = NAMED(root)(dx * dx + dy * dy) + 1e-6f;
    return (NAMED(pairs)){
        .ux = dx / length, .uy = dy / length, .step_x = step * dx, .step_y = step * dy, .ax = ax, .ay = ay};
}

/* Rounds half to even in the default rounding mode, for magnitudes below 2^22: the sum has no fractional bits. */
static inline INTS NAMED(round_half_even)(VEC x) {
    return __builtin_convertvector((x + 0x1.8p23f) - 0x1.8p23f, INTS);
}

#if LANES == 8
/* As lp_field_read, but four rows at once; x and y are in the first two lanes. */
static inline __m128 NAMED(read_field)(const float *cells, ptrdiff_t stride, const float *along_x,
                                       const float *along_y) {
    const VEC wx = *(const VEC *)along_x;
    const VEC r0 = *(const VEC *)cells * wx, r1 = *(const VEC *)(cells + stride) * wx;
    const VEC r2 = *(const VEC *)(cells + 2 * stride) * wx, r3 = *(const VEC *)(cells + 3 * stride) * wx;
    /* Pairs 0 and 2 of two rows, then 1 and 3. */
#define EVEN(a, b) LP_SHUFFLE(INTS, a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define ODD(a, b)  LP_SHUFFLE(INTS, a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define LOW(a, b)  LP_SHUFFLE(INTS, a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define HIGH(a, b) LP_SHUFFLE(INTS, a, b, 4, 5, 6, 7, 12, 13, 14, 15)
    const VEC even01 = EVEN(r0, r1), odd01 = ODD(r0, r1), even23 = EVEN(r2, r3), odd23 = ODD(r2, r3);
    const VEC sums = ((LOW(even01, even23) + LOW(odd01, odd23)) + HIGH(even01, even23)) + HIGH(odd01, odd23);
#undef EVEN
#undef ODD
#undef LOW
#undef HIGH
    const VEC rows = sums * *(const VEC *)along_y;
    const __m128 upper = _mm256_castps256_ps128((__m256)rows), lower = _mm256_extractf128_ps((__m256)rows, 1);
    const __m128 last = _mm_add_ps(lower, _mm_movehl_ps(lower, lower));
    return _mm_add_ps(upper, _mm_add_ps(_mm_movehl_ps(upper, upper), last));
}
#endif

/* The field at LANES pixels. `cells`: the first cell of each neighbourhood; `along_x`, `along_y`: offsets of the
 * weights of the phases. */
static inline void NAMED(read_fields)(const lp_field *field, const float *plane, INTS cells, INTS along_x, INTS along_y,
                                      VEC *vx, VEC *vy) {
#if LANES == 8
    __m128 pairs[LANES / 2];
    for (int i = 0; i < LANES / 2; i++)
        pairs[i] =
            _mm_movelh_ps(NAMED(read_field)(plane + cells[2 * i], field->stride, field->weights + along_x[2 * i],
                                            field->weights + along_y[2 * i]),
                          NAMED(read_field)(plane + cells[2 * i + 1], field->stride,
                                            field->weights + along_x[2 * i + 1], field->weights + along_y[2 * i + 1]));
    const __m128 x0 = _mm_shuffle_ps(pairs[0], pairs[1], 0x88), x1 = _mm_shuffle_ps(pairs[2], pairs[3], 0x88);
    const __m128 y0 = _mm_shuffle_ps(pairs[0], pairs[1], 0xdd), y1 = _mm_shuffle_ps(pairs[2], pairs[3], 0xdd);
    *vx = (VEC)_mm256_set_m128(x1, x0);
    *vy = (VEC)_mm256_set_m128(y1, y0);
#else
    for (int i = 0; i < LANES; i++) {
        float at[2];
        lp_field_read(plane + cells[i], field->stride, field->weights + along_x[i], field->weights + along_y[i], at);
        (*vx)[i] = at[0];
        (*vy)[i] = at[1];
    }
#endif
}

/* The scores of LANES points, along their unit vectors. */
static inline VEC NAMED(score_points)(const lp_field *field, const float *plane, VEC at_x, VEC at_y, VEC ux, VEC uy) {
    const INTS x = NAMED(round_half_even)(at_x) + field->origin, y = NAMED(round_half_even)(at_y) + field->origin;
    const INTS cells = (y >> field->shift) * (int)field->stride + (x >> field->shift) * 2;
    VEC vx, vy;

    NAMED(read_fields)(field, plane, cells, (x & field->mask) * 8, (y & field->mask) * 8, &vx, &vy);
    return ux * vx + uy * vy;
}

/* The scores of point k of each pair. */
static inline VEC NAMED(score_pairs)(const lp_field *field, const float *plane, const NAMED(pairs) * p, int k) {
    return NAMED(score_points)(field, plane, p->step_x * (float)k + p->ax, p->step_y * (float)k + p->ay, p->ux, p->uy);
}

/* The score of pair i, whose first two points have been read, or 0 if it is not a candidate. Reads the other points
 * LANES at a time: stopping between them would save some reads, but cost more in mispredicted branches. */
static inline double NAMED(finish_pair)(const lp_field *field, const float *plane, const lp_limb_rule *rule,
                                        const NAMED(pairs) * p, int i, float *scores, int spare) {
    const VEC none = {0};

    for (int n = 2; n < rule->samples; n += LANES) {
        const VEC k = *(const VEC *)(rule->order_as_float + n);
        const VEC s = NAMED(score_points)(field, plane, p->step_x[i] * k + p->ax, p->step_y[i] * k + p->ay,
                                          p->ux[i] - none, p->uy[i] - none);
        const int count = rule->samples - n < LANES ? rule->samples - n : LANES;
        for (int j = 0; j < count; j++) {
            const int good = s[j] > rule->threshold;
            scores[rule->order[n + j]] = good ? s[j] : 0;
            spare -= !good;
        }
        if (spare < 0)
            return 0;
    }
    return mean_score(scores, rule->samples, rule->needed + spare);
}

/* Finds all pairs of peak a. */
static int NAMED(find_pairs)(lp_links *links, const lp_field *field, const float *plane, const lp_limb_rule *rule,
                             const lp_peaks *from, int a, const lp_peaks *to) {
    const int k0 = rule->order[0], k1 = rule->order[1], spare = rule->samples - rule->needed;

    for (int first = 0; first < to->count; first += LANES) {
        const NAMED(pairs) p = NAMED(make_pairs)(from->x[a], from->y[a], to->x + first, to->y + first, rule->step);
        const VEC s0 = NAMED(score_pairs)(field, plane, &p, k0), s1 = NAMED(score_pairs)(field, plane, &p, k1);
        const INTS good0 = s0 > rule->threshold, good1 = s1 > rule->threshold;
        const INTS left = spare - 2 - good0 - good1; /* true is -1 */
        const VEC kept0 = (VEC)((INTS)s0 & good0), kept1 = (VEC)((INTS)s1 & good1);
        for (int i = 0; i < LANES && first + i < to->count; i++) {
            float scores[LP_MAX_SAMPLES];
            if (left[i] < 0)
                continue;
            scores[k0] = kept0[i];
            scores[k1] = kept1[i];
            const double score = NAMED(finish_pair)(field, plane, rule, &p, i, scores, left[i]);
            if (score > 0 && add_link(links, a, first + i, score))
                return -1;
        }
    }
    return 0;
}

#undef VEC
#undef INTS
