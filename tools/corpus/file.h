/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Whether the file of a video is the one that was added. */

#ifndef LP_TOOLS_CORPUS_FILE_H
#define LP_TOOLS_CORPUS_FILE_H

#include "corpus/queue.h"

/* A file at one moment. */
typedef struct lp_corpus_file {
    int64_t size, mtime_ns;
    uint64_t device, inode;
} lp_corpus_file;

/* Errors: FILE. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_file_look(lp_corpus_file *file, const char *path,
                                                         lightpose_error *error);

/* Whether it is the video that was added: of the same size, and of the same time or content. *reason says how it
 * failed. `tick`: as of lp_hash_file. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_file_check(lp_corpus_file *file, const lp_corpus_video *video,
                                                          int (*tick)(void *opaque), void *opaque,
                                                          lp_queue_reason *reason, lightpose_error *error);

/* Whether nobody has touched it since `file` was filled. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_file_check_again(const lp_corpus_file *file, const char *path,
                                                                lp_queue_reason *reason, lightpose_error *error);

#endif
