/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Checks whether the file of a video is still the one that was added. */

#ifndef LP_TOOLS_CORPUS_FILE_H
#define LP_TOOLS_CORPUS_FILE_H

#include "corpus/queue.h"

/* The state of a file at one moment. */
typedef struct lp_corpus_file {
    int64_t size, mtime_ns;
    uint64_t device, inode;
} lp_corpus_file;

/* Errors: FILE. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_file_look(lp_corpus_file *file, const char *path,
                                                         lightpose_error *error);

/* Checks whether it is the video that was added: the same size, and the same time or content. *reason says why it is
 * not. `tick` is that of lp_hash_file. Errors: FILE, and that of a `tick` that stops. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_file_check(lp_corpus_file *file, const lp_corpus_video *video,
                                                          int (*tick)(void *opaque), void *opaque,
                                                          lp_queue_reason *reason, lightpose_error *error);

/* Checks whether the file is unchanged since `file` was filled. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_file_check_again(const lp_corpus_file *file, const char *path,
                                                                lp_queue_reason *reason, lightpose_error *error);

#endif
