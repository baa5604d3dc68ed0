/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The side file of a result. NAME.meta describes in JSON the run that wrote NAME. NAME.partial.meta, beside an
 * incomplete result, also says where a run can continue. */

#ifndef LP_TOOLS_OUTPUT_META_H
#define LP_TOOLS_OUTPUT_META_H

#include "fail.h"

typedef struct lp_meta {
    int complete;
    const char *format; /* the writer's name */
    const char *about;  /* the run: to write, the members of a JSON object; once read, an object */
    const char *input;  /* the only input of the result; NULL: it has several */
    int64_t frames, people;

    /* The position of a partial result. */
    int number;         /* of the current stream, among the run's inputs */
    uint64_t lineage;   /* hash of the inputs up to the current one */
    int64_t next;       /* the lowest index still to come */
    int ended;          /* the stream has no more frames */
    int64_t bytes;      /* of the file */
    const char *writer; /* the saved state of the writer */
    size_t writer_size;
    const char *tracker; /* the saved state of the tracker */
    size_t tracker_size;

    void *memory[4]; /* what lp_meta_read allocated */
} lp_meta;

/* Replaces the file at once. Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_meta_write(const lp_meta *meta, const char *path, lightpose_error *error);

/* Returns 1; 0 if there is no such file or it has another form. Free *meta in either case. */
int lp_meta_read(lp_meta *meta, const char *path);
void lp_meta_free(lp_meta *meta);

#endif
