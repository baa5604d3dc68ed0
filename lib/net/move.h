/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The few steps of the network that only move memory. */

#ifndef LP_NET_MOVE_H
#define LP_NET_MOVE_H

#include <stddef.h>
#include <stdint.h>

/* Puts `count` tensors of `cells` cells side by side: source i has bytes[i] bytes a cell, the target `target_bytes`,
 * of which those beyond the sum stay as they are. */
void lp_interleave(uint8_t *target, size_t target_bytes, const uint8_t *const *sources, const size_t *bytes, int count,
                   size_t cells, int threads);

/* Cells that a square kernel reads from: `bytes` bytes a cell, rows `stride` bytes apart. */
typedef struct lp_patch_source {
    const uint8_t *data;
    size_t stride;
    int bytes, kernel, step; /* step: cells from one patch to the next, down and across */
} lp_patch_source;

/* Of each of height x width outputs the cells under the kernel, row by row; what `target_bytes` has more stays as it
 * is.
 */
void lp_patches(uint8_t *target, size_t target_bytes, const lp_patch_source *source, int height, int width,
                int threads);

/* Copies `rows` rows of `bytes` bytes into a larger picture with rows of `target_stride` bytes. */
void lp_copy_rows(uint8_t *target, size_t target_stride, const uint8_t *source, size_t bytes, int rows, int threads);

/* target = a + b; target may be either. */
void lp_add(float *target, const float *a, const float *b, size_t count, int threads);

#endif
