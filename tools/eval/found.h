/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What one setting found in each picture, and its evaluation. */

#ifndef LP_TOOLS_EVAL_FOUND_H
#define LP_TOOLS_EVAL_FOUND_H

#include "eval/outcome.h"
#include "eval/pictures.h"

/* In one picture. */
typedef struct lp_found {
    double (*keypoints)[3 * LP_COCO17_KEYPOINTS];
    double *ranks;
    int count;
    int64_t total_ns, network_ns, decode_ns; /* of the fastest pass */
} lp_found;

/* Replaces the contents of *found. */
lightpose_status lp_found_take(lp_found *found, const lightpose_result *result, lightpose_error *error);

/* A call of the library on a context of one thread: its own statistics and the thread's processor time. */
typedef struct lp_measured {
    lightpose_stats stats;
    int64_t cpu_ns;
} lp_measured;

/* Notes the times of a picture in pass 0, 1, …: of a call that ran the network and decoded (`decoder` is NULL), or of
 * the network's call and another one that decoded its maps. */
void lp_found_time(lp_found *found, const lp_measured *network, const lp_measured *decoder, int pass);

/* Evaluates found[0] to found[pictures->count - 1] into *outcome, whose name is set. */
lightpose_status lp_found_conclude(const lp_found *found, const lp_pictures *pictures, const lp_labels *labels,
                                   lp_outcome *outcome, lightpose_error *error);

/* Fills *timing with the times of `workers` in parallel. */
void lp_found_timing(const lp_found *found, size_t count, int workers, lp_timing *timing);

void lp_found_free(lp_found *found, size_t count);

#endif
