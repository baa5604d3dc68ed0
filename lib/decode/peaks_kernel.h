/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The scan of one plane, for vectors of LANES floats; included by peaks_reference.c once per width, with LANES and
 * NAMED(x) set. All widths do the same operations in the same order on every pixel, so they give the same bits. */

typedef float NAMED(vec) __attribute__((vector_size(LANES * 4), aligned(4)));
typedef int NAMED(index) __attribute__((vector_size(LANES * 4)));

#define VEC      NAMED(vec)
#define LOAD(p)  (*(const VEC *)(p))
#define STORE(p) (*(VEC *)(p))
#define ALL(x)   ((VEC){0} + (x))

#if LANES == 8
#define LOWER(a, b)    ((VEC)_mm256_min_ps((__m256)(a), (__m256)(b)))
#define HIGHER(a, b)   ((VEC)_mm256_max_ps((__m256)(a), (__m256)(b)))
#define AT_LEAST(a, b) ((unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)(a), (__m256)(b), _CMP_GE_OQ)))
#define ABOVE(a, b)    ((unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)(a), (__m256)(b), _CMP_GT_OQ)))
#elif defined(__x86_64__)
#define LOWER(a, b)    ((VEC)_mm_min_ps((__m128)(a), (__m128)(b)))
#define HIGHER(a, b)   ((VEC)_mm_max_ps((__m128)(a), (__m128)(b)))
#define AT_LEAST(a, b) ((unsigned)_mm_movemask_ps(_mm_cmpge_ps((__m128)(a), (__m128)(b))))
#define ABOVE(a, b)    ((unsigned)_mm_movemask_ps(_mm_cmpgt_ps((__m128)(a), (__m128)(b))))
#else
static inline unsigned NAMED(mask)(NAMED(index) true_lanes) {
    unsigned mask = 0;
    for (int i = 0; i < LANES; i++)
        mask |= (unsigned)(true_lanes[i] & 1) << i;
    return mask;
}
static inline VEC NAMED(choose)(NAMED(index) first, VEC a, VEC b) {
    return (VEC)((first & (NAMED(index))a) | (~first & (NAMED(index))b));
}
#define LOWER(a, b)    NAMED(choose)((a) < (b), a, b)
#define HIGHER(a, b)   NAMED(choose)((a) > (b), a, b)
#define AT_LEAST(a, b) NAMED(mask)((a) >= (b))
#define ABOVE(a, b)    NAMED(mask)((a) > (b))
#endif

/* Smallest and largest value of the plane. */
static void NAMED(extremes)(const scan_job *job, float *low, float *high) {
    const float *row = job->plane + LP_PLANE_BORDER * job->stride + LP_PLANE_BORDER;
    VEC lows = ALL(row[0]), highs = lows;
    float l = row[0], h = row[0];

    for (int y = 0; y < job->height; y++, row += job->stride) {
        int x = 0;
        for (; x + LANES <= job->width; x += LANES) {
            const VEC cells = LOAD(row + x);
            lows = LOWER(cells, lows);
            highs = HIGHER(cells, highs);
        }
        for (; x < job->width; x++) {
            l = row[x] < l ? row[x] : l;
            h = row[x] > h ? row[x] : h;
        }
    }
    for (int i = 0; i < LANES; i++) {
        l = lows[i] < l ? lows[i] : l;
        h = highs[i] > h ? highs[i] : h;
    }
    *low = l;
    *high = h;
}

/* Marks the cells of rows -1 to height, from x = -1 to width, that reach `level`. */
static void NAMED(find_hot)(const scan_job *job, float level) {
    const VEC levels = ALL(level);
    const int cells = job->width + LP_PLANE_BORDER;

    for (int y = 0; y < job->height + 2; y++) {
        const float *const row = job->plane + (y + 1) * job->stride + 1;
        uint64_t *const hot = job->hot + (ptrdiff_t)y * job->words;
        for (int w = 0; w < job->words; w++) {
            const int end = cells - w * WORD < WORD ? cells - w * WORD : WORD;
            uint64_t bits = 0;
            for (int x = 0; x < end; x += LANES)
                bits |= (uint64_t)AT_LEAST(LOAD(row + w * WORD + x), levels) << x;
            hot[w] = bits & ~(uint64_t)0 >> (WORD - end);
        }
    }
}

/* Repeats each of the first cells for all pixels of its block. If `factor` is a constant, only one branch remains. */
static inline __attribute__((always_inline)) VEC NAMED(spread)(VEC cells, const int factor) {
#if LANES == 8
    return factor == 1   ? cells
           : factor == 2 ? LP_SHUFFLE(NAMED(index), cells, cells, 0, 0, 1, 1, 2, 2, 3, 3)
           : factor == 4 ? LP_SHUFFLE(NAMED(index), cells, cells, 0, 0, 0, 0, 1, 1, 1, 1)
                         : LP_SHUFFLE(NAMED(index), cells, cells, 0, 0, 0, 0, 0, 0, 0, 0);
#else
    return factor == 1   ? cells
           : factor == 2 ? LP_SHUFFLE(NAMED(index), cells, cells, 0, 0, 1, 1)
                         : LP_SHUFFLE(NAMED(index), cells, cells, 0, 0, 0, 0);
#endif
}

/* Interpolates row `r` of cells, counted with the border, along x in the blocks that read it: those of block rows r - 3
 * to r. */
static inline __attribute__((always_inline)) void NAMED(interpolate_row)(const scan_job *job, int r, const int factor) {
    const int group = LANES > factor ? LANES / factor : 1;
    const uint64_t *const active = job->active + (ptrdiff_t)(RING + r - 3) * job->words;
    const float *const cells = job->plane + r * job->stride;
    float *const out = job->rows + (r % RING) * job->pitch;

    for (int w = 0; w < job->words; w++) {
        uint64_t bits = active[w] | active[w + job->words] | active[w + 2 * job->words] | active[w + 3 * job->words];
        while (bits) {
            const int b = (w * WORD + __builtin_ctzll(bits)) & ~(group - 1);
            bits &= ~group_mask(b, group);
            for (int i = 0; i < factor * group; i += LANES) {
                const VEC t0 = NAMED(spread)(LOAD(cells + b), factor);
                const VEC t1 = NAMED(spread)(LOAD(cells + b + 1), factor);
                const VEC t2 = NAMED(spread)(LOAD(cells + b + 2), factor);
                const VEC t3 = NAMED(spread)(LOAD(cells + b + 3), factor);
                STORE(out + b * factor + i) = ((t0 * LOAD(job->weights[0] + i) + t1 * LOAD(job->weights[1] + i)) +
                                               t2 * LOAD(job->weights[2] + i)) +
                                              t3 * LOAD(job->weights[3] + i);
            }
        }
    }
}

/* Pixels left and right of the map count as 0. */
static inline void NAMED(clear_outside)(const scan_job *job, float *row, int factor, int from, int to) {
    const int end = job->origin + job->width * factor;

    for (int c = from; c < to && c < job->origin; c++)
        row[c] = 0;
    for (int c = from > end ? from : end; c < to; c++)
        row[c] = 0;
}

/* Computes the pixels of block row `by` and marks the blocks that reach the threshold. */
static inline __attribute__((always_inline)) void NAMED(compute_blocks)(const scan_job *job, int by, const int factor) {
    const int group = LANES > factor ? LANES / factor : 1;
    const uint64_t *const active = job->active + (ptrdiff_t)(RING + by) * job->words;
    const float *const r0 = job->rows + (by % RING) * job->pitch, *const r1 = job->rows + (by + 1) % RING * job->pitch;
    const float *const r2 = job->rows + (by + 2) % RING * job->pitch, *const r3 =
                                                                          job->rows + (by + 3) % RING * job->pitch;
    const VEC threshold = ALL(job->threshold);
    const int end = job->origin + job->width * factor;

    for (int w = 0; w < job->words; w++) {
        uint64_t bits = active[w];
        while (bits) {
            const int b = (w * WORD + __builtin_ctzll(bits)) & ~(group - 1), from = b * factor;
            const uint64_t blocks = group_mask(b, group);
            const int at_border = from < job->origin || from + factor * group > end;
            bits &= ~blocks;
            for (int q = 0; q < factor; q++) {
                const int r = by * factor + q;
                float *const out = job->ring + (r % (RING * factor)) * job->pitch + GUARD + from;
                unsigned reached = 0;
                if (r < job->origin || r >= job->origin + job->height * factor)
                    continue;
                for (int i = 0; i < factor * group; i += LANES) {
                    const int c = from + i;
                    const VEC pixels =
                        LOAD(r0 + c) * ALL(job->weights[0][q]) +
                        (LOAD(r1 + c) * ALL(job->weights[1][q]) +
                         (LOAD(r2 + c) * ALL(job->weights[2][q]) + LOAD(r3 + c) * ALL(job->weights[3][q])));
                    STORE(out + i) = pixels;
                    reached |= AT_LEAST(pixels, threshold);
                }
                if (at_border)
                    NAMED(clear_outside)(job, out - from, factor, from, from + factor * group);
                if (reached)
                    job->flags[(r % (RING * factor)) * job->words + w] |= blocks;
            }
        }
    }
}

/* Finds the maxima in row `r` of pixels, counted from the first block's. The rows above and below must be computed. */
static inline __attribute__((always_inline)) int NAMED(find_maxima)(const scan_job *job, int r, const int factor) {
    const int group = LANES > factor ? LANES / factor : 1, ring = RING * factor;
    uint64_t *const flags = job->flags + (r % ring) * job->words;
    const float *const here = job->ring + (r % ring) * job->pitch + GUARD;
    const float *const above = job->ring + ((r + ring - 1) % ring) * job->pitch + GUARD;
    const float *const below = job->ring + ((r + 1) % ring) * job->pitch + GUARD;
    const VEC threshold = ALL(job->threshold);

    for (int w = 0; w < job->words; w++) {
        uint64_t bits = flags[w];
        flags[w] = 0;
        while (bits) {
            const int b = (w * WORD + __builtin_ctzll(bits)) & ~(group - 1);
            bits &= ~group_mask(b, group);
            for (int i = 0; i < factor * group; i += LANES) {
                const int c = b * factor + i;
                const VEC pixels = LOAD(here + c);
                unsigned found = AT_LEAST(pixels, threshold);
                if (!found)
                    continue;
                found &= ABOVE(pixels, LOAD(here + c - 1)) & ABOVE(pixels, LOAD(here + c + 1)) &
                         ABOVE(pixels, LOAD(above + c)) & ABOVE(pixels, LOAD(below + c));
                for (; found; found &= found - 1) {
                    const int x = c + __builtin_ctz(found);
                    if (add_maximum(job->maxima, x - job->origin, r - job->origin, here[x]))
                        return -1;
                }
            }
        }
    }
    return 0;
}

static inline __attribute__((always_inline)) void NAMED(clear_blocks)(const scan_job *job, int by, const int factor) {
    const int group = LANES > factor ? LANES / factor : 1, ring = RING * factor;
    const uint64_t *const active = job->active + (ptrdiff_t)(RING + by) * job->words;

    for (int w = 0; w < job->words; w++) {
        uint64_t bits = active[w];
        while (bits) {
            const int b = (w * WORD + __builtin_ctzll(bits)) & ~(group - 1);
            bits &= ~group_mask(b, group);
            for (int q = 0; q < factor; q++)
                for (int i = 0; i < factor * group; i += LANES)
                    STORE(job->ring + ((by * factor + q) % ring) * job->pitch + GUARD + b * factor + i) = ALL(0.f);
        }
    }
}

/* Goes through the rows of blocks. A row of pixels is searched once the one below it is computed; a part of the ring is
 * cleared before it is reused. */
static inline __attribute__((always_inline)) int NAMED(scan_rows)(const scan_job *job, const int factor) {
    for (int r = 0; r < RING - 1; r++)
        NAMED(interpolate_row)(job, r, factor);
    for (int by = 0; by <= job->height + 1; by++) {
        if (by >= RING)
            NAMED(clear_blocks)(job, by - RING, factor);
        if (by <= job->height) {
            NAMED(interpolate_row)(job, by + RING - 1, factor);
            NAMED(compute_blocks)(job, by, factor);
        }
        for (int r = by * factor - 1; r < by * factor + factor - 1; r++)
            if (r >= 0 && NAMED(find_maxima)(job, r, factor))
                return -1;
    }
    for (int by = job->height + 2 - RING; by <= job->height; by++)
        if (by >= 0)
            NAMED(clear_blocks)(job, by, factor);
    return 0;
}

static int NAMED(scan)(const scan_job *job) {
    float low, high;

    NAMED(extremes)(job, &low, &high);
    NAMED(find_hot)(job, hot_level(job->upsample, job->threshold, low, high));
    if (!find_active(job))
        return 0;
    switch (job->upsample->factor) {
    case 1:
        return NAMED(scan_rows)(job, 1);
    case 2:
        return NAMED(scan_rows)(job, 2);
    case 4:
        return NAMED(scan_rows)(job, 4);
    default:
        return NAMED(scan_rows)(job, 8);
    }
}

#undef VEC
#undef LOAD
#undef STORE
#undef ALL
#undef AT_LEAST
#undef ABOVE
#undef LOWER
#undef HIGHER
