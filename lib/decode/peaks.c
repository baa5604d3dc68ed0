/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/peaks.h"

#include "base/mem.h"

void lp_peaks_free(lp_peaks *peaks) {
    lp_free(peaks->data);
    lp_free(peaks->maxima.data);
    *peaks = (lp_peaks){0};
}

int lp_peaks_reserve(lp_peaks *peaks, int count) {
    const size_t padded = (size_t)count + LP_PEAKS_SPARE;

    if (lp_grow(&peaks->data, &peaks->capacity, 3 * padded, sizeof(float)))
        return -1;
    peaks->x = peaks->data;
    peaks->y = peaks->x + padded;
    peaks->score = peaks->y + padded;
    return 0;
}

void lp_peaks_pad(lp_peaks *peaks) {
    const int count = peaks->count;

    for (int i = 0; i < LP_PEAKS_SPARE && count > 0; i++) {
        peaks->x[count + i] = peaks->x[0];
        peaks->y[count + i] = peaks->y[0];
    }
}

/* Whole coordinates: the distance is exact in double, and so is the comparison of squares, since the radius has the 24
 * bits of a float. */
static int closer(float x0, float y0, float x1, float y1, double radius) {
    const double dx = (double)x1 - x0, dy = (double)y1 - y0;
    return dx * dx + dy * dy < radius * radius;
}

/* "An unsuppressed peak removes every later one that is close" is the same as "a peak stays unless a kept earlier one
 * is close"; the order by x ends the search. */
static void suppress(lp_peaks *peaks, float radius) {
    const lp_maximum *const maxima = peaks->maxima.data;
    int count = 0, first = 0;

    for (int i = 0; i < peaks->maxima.count; i++) {
        const float x = (float)(maxima[i].place >> 16), y = (float)(maxima[i].place & 0xffff);
        int kept = 1;
        while (first < count && (double)x - peaks->x[first] >= radius)
            first++;
        for (int j = first; j < count && kept; j++)
            kept = !closer(peaks->x[j], peaks->y[j], x, y, radius);
        if (!kept)
            continue;
        peaks->x[count] = x;
        peaks->y[count] = y;
        peaks->score[count++] = maxima[i].value;
    }
    peaks->count = count;
    lp_peaks_pad(peaks);
}

int lp_peaks_find(lp_peaks *peaks, lp_scan *scan, const lp_planes *planes, int map, float threshold, float radius) {
    peaks->count = 0;
    if (lp_scan_run(scan, planes, map, threshold, &peaks->maxima) || lp_peaks_reserve(peaks, peaks->maxima.count))
        return -1;
    suppress(peaks, radius);
    return 0;
}
