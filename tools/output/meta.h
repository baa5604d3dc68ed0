/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The side file of a result: NAME.meta says in JSON what wrote NAME, and NAME.partial.meta, beside a result that is not
 * whole yet, also where a run can go on. */

#ifndef LP_TOOLS_OUTPUT_META_H
#define LP_TOOLS_OUTPUT_META_H

#include "fail.h"

typedef struct lp_meta {
    int complete;
    const char *format; /* the writer's name */
    const char *about;  /* the run: members of a JSON object; when read, a whole object */
    const char *input;  /* where the result is of one */
    int64_t frames, people;

    /* Of a partial result: where it is. */
    int number;         /* of the stream it is at, among the run's inputs */
    uint64_t lineage;   /* hash of the inputs up to there */
    int64_t next;       /* the least index still to come */
    int ended;          /* the stream has no more frames */
    int64_t bytes;      /* of the file */
    const char *writer; /* what the writer remembers */
    size_t writer_size;
    const char *tracker; /* what the tracker remembers */
    size_t tracker_size;

    void *memory[4]; /* of one that was read */
} lp_meta;

/* Replaces the file whole. Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_meta_write(const lp_meta *meta, const char *path, lightpose_error *error);

/* 1; 0 where there is no such file, or it is not one of ours. Free it in either case. */
int lp_meta_read(lp_meta *meta, const char *path);
void lp_meta_free(lp_meta *meta);

#endif
