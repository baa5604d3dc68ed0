/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/move.h"

#include <string.h>

void lp_interleave(uint8_t *target, size_t target_bytes, const uint8_t *const *sources, const size_t *bytes, int count,
                   size_t cells, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t cell = 0; cell < cells; cell++) {
        uint8_t *at = target + cell * target_bytes;
        for (int i = 0; i < count; i++) {
            memcpy(at, sources[i] + cell * bytes[i], bytes[i]);
            at += bytes[i];
        }
    }
}

void lp_copy_rows(uint8_t *target, size_t target_stride, const uint8_t *source, size_t bytes, int rows, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int y = 0; y < rows; y++)
        memcpy(target + (size_t)y * target_stride, source + (size_t)y * bytes, bytes);
}

void lp_add(float *target, const float *a, const float *b, size_t count, int threads) {
#pragma omp parallel for simd num_threads(threads) schedule(static)
    for (size_t i = 0; i < count; i++)
        target[i] = a[i] + b[i];
}
