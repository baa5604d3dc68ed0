/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/move.h"

#include <string.h>

#include "base/threads.h"

typedef struct interleave {
    uint8_t *target;
    size_t target_bytes;
    const uint8_t *const *sources;
    const size_t *bytes;
    int count, parts;
    size_t cells;
} interleave;

static void interleave_part(void *job, int part) {
    const interleave *const j = job;
    const size_t end = lp_part_begin(j->cells, part + 1, j->parts);

    for (size_t cell = lp_part_begin(j->cells, part, j->parts); cell < end; cell++) {
        uint8_t *at = j->target + cell * j->target_bytes;
        for (int i = 0; i < j->count; i++) {
            memcpy(at, j->sources[i] + cell * j->bytes[i], j->bytes[i]);
            at += j->bytes[i];
        }
    }
}

void lp_interleave(uint8_t *target, size_t target_bytes, const uint8_t *const *sources, const size_t *bytes, int count,
                   size_t cells, int threads) {
    interleave all = {target, target_bytes, sources, bytes, count, threads, cells};
    lp_threads_share(threads, interleave_part, &all);
}

typedef struct copy {
    uint8_t *target;
    const uint8_t *source;
    size_t target_stride, bytes;
    int rows, parts;
} copy;

static void copy_part(void *job, int part) {
    const copy *const j = job;
    const size_t end = lp_part_begin((size_t)j->rows, part + 1, j->parts);

    for (size_t y = lp_part_begin((size_t)j->rows, part, j->parts); y < end; y++)
        memcpy(j->target + y * j->target_stride, j->source + y * j->bytes, j->bytes);
}

void lp_copy_rows(uint8_t *target, size_t target_stride, const uint8_t *source, size_t bytes, int rows, int threads) {
    copy all = {target, source, target_stride, bytes, rows, threads};
    lp_threads_share(threads, copy_part, &all);
}

typedef struct patching {
    uint8_t *target;
    size_t target_bytes;
    const lp_patch_source *source;
    int height, width, parts;
} patching;

static void patch_part(void *job, int part) {
    const patching *const j = job;
    const lp_patch_source *const source = j->source;
    const size_t end = lp_part_begin((size_t)j->height, part + 1, j->parts);
    const size_t across = (size_t)(source->bytes * source->kernel), step = (size_t)(source->bytes * source->step);

    for (size_t y = lp_part_begin((size_t)j->height, part, j->parts); y < end; y++) {
        const uint8_t *from = source->data + y * (size_t)source->step * source->stride;
        uint8_t *to = j->target + y * (size_t)j->width * j->target_bytes;
        for (int x = 0; x < j->width; x++, from += step, to += j->target_bytes)
            for (int k = 0; k < source->kernel; k++)
                memcpy(to + (size_t)k * across, from + (size_t)k * source->stride, across);
    }
}

void lp_patches(uint8_t *target, size_t target_bytes, const lp_patch_source *source, int height, int width,
                int threads) {
    patching all = {target, target_bytes, source, height, width, threads};
    lp_threads_share(threads, patch_part, &all);
}

typedef struct sum {
    float *target;
    const float *a, *b;
    size_t count;
    int parts;
} sum;

static void add_part(void *job, int part) {
    const sum *const j = job;
    const size_t begin = lp_part_begin(j->count, part, j->parts), end = lp_part_begin(j->count, part + 1, j->parts);
    const float *const a = j->a, *const b = j->b;
    float *const target = j->target;

#pragma omp simd
    for (size_t i = begin; i < end; i++)
        target[i] = a[i] + b[i];
}

void lp_add(float *target, const float *a, const float *b, size_t count, int threads) {
    sum all = {target, a, b, count, threads};
    lp_threads_share(threads, add_part, &all);
}
