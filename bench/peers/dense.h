/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A direct implementation of the decoder from the paper: OpenCV upsamples every map completely, and plain loops go over
 * all of it. Our sparse decoder is compared with it, on one thread. docs/algorithm.md 4 to 7. */

#ifndef BENCH_PEERS_DENSE_H
#define BENCH_PEERS_DENSE_H

#ifdef __cplusplus
extern "C" {
#endif

/* `heatmaps` 19 and `pafs` 38 planar maps of width x height cells. Returns the number of persons, -1 on failure. */
int dense_decode(const float *heatmaps, const float *pafs, int width, int height);

#ifdef __cplusplus
}
#endif

#endif
