/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/peaks.h"

#include <float.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/cpu.h"
#include "base/mem.h"
#include "base/sort.h"

enum {
    RING = 4,   /* rows of blocks kept: the current one and its neighbours, rounded up to a power of 2 */
    GUARD = 16, /* zeros before and after a row of pixels, for neighbours and full vectors */
    WORD = 64   /* bits */
};

/* The data of one run, unpacked for the kernels. */
typedef struct scan_job {
    const float *plane;
    ptrdiff_t stride, pitch;
    int width, height, words, origin;
    uint64_t *hot;    /* [height + 2]: cells of rows -1 to height that reach the bound, from x = -1 on */
    uint64_t *active; /* [RING + height + 1 + RING]: blocks to compute; the first and last RING rows stay empty */
    uint64_t *flags;  /* [RING * factor]: blocks in which a row of pixels reaches the threshold */
    float *rows;      /* [RING]: interpolated along x */
    float *ring;      /* [RING * factor]: rows of pixels; 0 where nothing was computed */
    const float (*weights)[2 * LP_MAX_UPSAMPLE];
    const lp_upsample *upsample;
    float threshold;
    lp_maxima *maxima;
} scan_job;

static int add_maximum(lp_maxima *maxima, int x, int y, float value) {
    if (lp_grow(&maxima->data, &maxima->capacity, (size_t)maxima->count + 1, sizeof(lp_maximum)))
        return -1;
    lp_maximum *const added = (lp_maximum *)maxima->data + maxima->count++;
    added->place = (uint32_t)x << 16 | (uint32_t)y;
    added->value = value;
    return 0;
}

/* Bits from b to b + count - 1 of a row; count divides WORD and b is a multiple of it. */
static inline uint64_t group_mask(int b, int count) {
    return (~(uint64_t)0 >> (WORD - count)) << (b % WORD);
}

/* The bound of peaks.h, solved for the largest of the middle cells. */
static float hot_level(const lp_upsample *upsample, float threshold, float low, float high) {
    const double rest =
        threshold - upsample->edge * (low < 0 ? -(double)low : 0) - upsample->corner * (high > 0 ? (double)high : 0);
    const float level = (float)(rest / upsample->inner * (1 - 1e-6));

    /* If edges and corners alone, or rounding, may reach the threshold, every block is computed. */
    return level > FLT_MIN ? level : -FLT_MAX;
}

/* Marks the blocks with a hot cell among their middle 2 x 2: cells b - 1 and b in x and in y, which are bits b and b +
 * 1. Returns nonzero if there are any. */
static uint64_t find_active(const scan_job *job) {
    const int words = job->words;
    uint64_t any = 0;

    memset(job->active, 0, (size_t)(RING * words) * sizeof(uint64_t));
    memset(job->active + (ptrdiff_t)(RING + job->height + 1) * words, 0, (size_t)(RING * words) * sizeof(uint64_t));
    for (int by = 0; by <= job->height; by++) {
        const uint64_t *const above = job->hot + (ptrdiff_t)by * words, *const below = above + words;
        uint64_t *const active = job->active + (ptrdiff_t)(RING + by) * words;
        for (int w = 0; w < words; w++) {
            const uint64_t cells = above[w] | below[w];
            const uint64_t carry = w + 1 < words ? (above[w + 1] | below[w + 1]) << (WORD - 1) : 0;
            active[w] = cells | cells >> 1 | carry;
            if (w == words - 1) /* bit width + 1 is a cell but not a block */
                active[w] &= ~((uint64_t)1 << ((job->width + 1) % WORD));
            any |= active[w];
        }
    }
    return any;
}

#define KERNEL "decode/peaks_kernel.h"
#include "decode/both_widths.h"

void lp_scan_init(lp_scan *scan, const lp_upsample *upsample, unsigned features) {
    *scan = (lp_scan){.upsample = upsample};
    for (int t = 0; t < LP_TAPS; t++)
        for (int i = 0; i < 2 * LP_MAX_UPSAMPLE; i++)
            scan->weights[t][i] = upsample->weights[t][i % upsample->factor];
#ifdef HAVE_WIDE
    scan->wide = (features & LP_CPU_AVX2) != 0;
#else
    (void)features;
#endif
}

void lp_scan_free(lp_scan *scan) {
    lp_free(scan->bits);
    lp_free(scan->pixels);
    scan->bits = scan->pixels = NULL;
    scan->bits_capacity = scan->pixels_capacity = 0;
}

lightpose_status lp_scan_reserve(lp_scan *scan, const lp_planes *planes, lightpose_error *error) {
    const int factor = scan->upsample->factor;
    const size_t columns = ((size_t)planes->width + 1) * (size_t)factor;

    const ptrdiff_t pitch = (ptrdiff_t)((columns + 3 * GUARD - 1) / GUARD * GUARD);

    scan->width = planes->width;
    scan->height = planes->height;
    scan->words = (planes->width + 2 + WORD - 1) / WORD;
    const size_t bit_rows = 2 * ((size_t)planes->height + 2) + 2 * RING + RING * (size_t)factor;
    const size_t pixel_rows = RING + RING * (size_t)factor;
    const ptrdiff_t old_pitch = scan->pitch;
    scan->pitch = 0;
    if (lp_grow(&scan->bits, &scan->bits_capacity, bit_rows * (size_t)scan->words, sizeof(uint64_t)) ||
        lp_grow(&scan->pixels, &scan->pixels_capacity, pixel_rows * (size_t)pitch, sizeof(float)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to search maps of %d x %d cells", planes->width,
                       planes->height);
    if (pitch != old_pitch) /* the ring has moved */
        memset(scan->pixels, 0, pixel_rows * (size_t)pitch * sizeof(float));
    scan->pitch = pitch;
    return LIGHTPOSE_OK;
}

static int maximum_before(const lp_maximum *a, const lp_maximum *b) {
    return a->place < b->place;
}

LP_DEFINE_SORT(sort_maxima, lp_maximum, maximum_before)

static scan_job unpack(const lp_scan *scan, const lp_planes *planes, int map) {
    scan_job job = {.plane = lp_plane(planes, map),
                    .stride = planes->stride,
                    .pitch = scan->pitch,
                    .width = scan->width,
                    .height = scan->height,
                    .words = scan->words,
                    .origin = scan->upsample->origin,
                    .weights = scan->weights,
                    .upsample = scan->upsample};
    job.hot = scan->bits;
    job.active = job.hot + (ptrdiff_t)(job.height + 2) * job.words;
    job.flags = job.active + (ptrdiff_t)(job.height + 2 + 2 * RING) * job.words;
    job.rows = scan->pixels;
    job.ring = job.rows + RING * job.pitch;
    return job;
}

static int run(const scan_job *job, int wide) {
#ifdef HAVE_WIDE
    if (wide)
        return scan_8(job);
#else
    (void)wide;
#endif
    return scan_4(job);
}

static int find_maxima(lp_scan *scan, const lp_planes *planes, int map, float threshold, lp_maxima *maxima) {
    scan_job job = unpack(scan, planes, map);

    job.threshold = threshold > 0 ? threshold : FLT_TRUE_MIN;
    job.maxima = maxima;
    maxima->count = 0;
    memset(job.flags, 0, (size_t)(RING * scan->upsample->factor * job.words) * sizeof(uint64_t));
    if (run(&job, scan->wide)) {
        memset(job.ring, 0, (size_t)(RING * scan->upsample->factor * job.pitch) * sizeof(float));
        return -1;
    }
    sort_maxima(maxima->data, maxima->count);
    return 0;
}

/* "An unsuppressed peak removes every later one that is close" is the same as "a peak stays unless a kept earlier one
 * is close"; the order by x ends the search. */
static void suppress(lp_peaks *peaks, float radius) {
    const lp_maximum *const maxima = peaks->maxima.data;
    int first = 0;

    peaks->count = 0;
    for (int i = 0; i < peaks->maxima.count; i++) {
        const float x = (float)(maxima[i].place >> 16), y = (float)(maxima[i].place & 0xffff);
        while (first < peaks->count && (double)x - peaks->x[first] >= radius)
            first++;
        lp_peaks_add_unless_close(peaks, first, x, y, maxima[i].value, radius);
    }
    lp_peaks_pad(peaks);
}

int lp_peaks_find_reference(lp_peaks *peaks, lp_scan *scan, const lp_planes *planes, int map, float threshold,
                            float radius) {
    peaks->count = 0;
    if (find_maxima(scan, planes, map, threshold, &peaks->maxima) || lp_peaks_reserve(peaks, peaks->maxima.count))
        return -1;
    suppress(peaks, radius);
    return 0;
}
