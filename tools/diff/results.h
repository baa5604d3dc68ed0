/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Result files of any format in a common form, for `lightpose diff`. */

#ifndef LP_TOOLS_DIFF_RESULTS_H
#define LP_TOOLS_DIFF_RESULTS_H

#include <lightpose/lightpose.h>

typedef struct lp_diff_person {
    float x[LIGHTPOSE_KEYPOINTS], y[LIGHTPOSE_KEYPOINTS], score[LIGHTPOSE_KEYPOINTS]; /* score NAN: not in the format */
    unsigned present;                                                                 /* a bit per keypoint */
    int64_t id;                                                                       /* -1: none */
} lp_diff_person;

typedef struct lp_diff_frame {
    char *name;          /* that of the OpenPose file, without "_keypoints.json"; NULL if the format has no names */
    int64_t number;      /* the last number in the name; -1: none */
    int ok;              /* 0: undecodable or missing */
    size_t first, count; /* its people */
} lp_diff_frame;

typedef struct lp_diff_results {
    const char *path;
    lp_diff_frame *frames; /* in the order of the file */
    lp_diff_person *people;
    size_t frame_count, frame_room, people_count, people_room;
    unsigned carried; /* the keypoints that the format has: a bit each */
    int silent;       /* the format leaves out frames without people */
    int lone;         /* a single OpenPose file: two such files are compared whatever their names */
} lp_diff_results;

/* Reads JSON Lines, COCO results, a DGS wrapper, a folder of OpenPose files or one of them; gzipped or not. Detects the
 * format from the contents. Errors: FILE, MEMORY, ARGUMENT (another format; names the place). Overwrites *results
 * without freeing it; *results must be freed even after a failure. */
lightpose_status lp_diff_read(lp_diff_results *results, const char *path, lightpose_error *error);
void lp_diff_free(lp_diff_results *results);

/* For the readers: adds a frame, to which the people added next belong. `name` may be NULL; it is copied. */
lightpose_status lp_diff_add_frame(lp_diff_results *results, const char *name, int64_t number, int ok,
                                   lightpose_error *error);
lp_diff_person *lp_diff_add_person(lp_diff_results *results, lightpose_error *error); /* NULL if out of memory */

#endif
