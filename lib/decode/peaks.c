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

void lp_peaks_add_unless_close(lp_peaks *peaks, int first, float x, float y, float score, float radius) {
    const double nearest = (double)radius * radius; /* exact in double, as are squared distances of whole pixels */

    for (int i = first; i < peaks->count; i++) {
        const double dx = (double)peaks->x[i] - x, dy = (double)peaks->y[i] - y;
        if (dx * dx + dy * dy < nearest)
            return;
    }
    peaks->x[peaks->count] = x;
    peaks->y[peaks->count] = y;
    peaks->score[peaks->count++] = score;
}

void lp_peaks_pad(lp_peaks *peaks) {
    const int count = peaks->count;

    for (int i = 0; i < LP_PEAKS_SPARE && count > 0; i++) {
        peaks->x[count + i] = peaks->x[0];
        peaks->y[count + i] = peaks->y[0];
    }
}
