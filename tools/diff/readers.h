/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One reader per format, called by results.c. */

#ifndef LP_TOOLS_DIFF_READERS_H
#define LP_TOOLS_DIFF_READERS_H

#include "diff/results.h"

#include <jansson.h>

/* A line of JSON Lines; `line` is its number, for messages. */
lightpose_status lp_diff_jsonl_line(lp_diff_results *results, const char *text, size_t size, int64_t line,
                                    lightpose_error *error);

/* A JSON array of COCO people or of DGS cameras. Parses one element at a time. */
lightpose_status lp_diff_array(lp_diff_results *results, const char *text, size_t size, lightpose_error *error);

/* An OpenPose object, from a file or out of a DGS wrapper. */
lightpose_status lp_diff_openpose(lp_diff_results *results, json_t *object, const char *name, lightpose_error *error);

/* Merges frames with the same number: COCO results may list people in any order. */
lightpose_status lp_diff_group(lp_diff_results *results, lightpose_error *error);

/* Fails with ARGUMENT and the message "PATH: WHERE: …". */
__attribute__((format(printf, 4, 5))) lightpose_status
lp_diff_bad(const lp_diff_results *results, lightpose_error *error, const char *where, const char *format, ...);

/* The last number in a name, as lp_image_number of output/writers.h reads it; -1: none. */
int64_t lp_diff_number(const char *name);

/* The index of the network's keypoint k in OpenPose's body25, which adds the middle of the hips as 8. */
static inline int lp_diff_body25(int k) {
    return k < 8 ? k : k + 1;
}

#endif
