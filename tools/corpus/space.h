/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A work space: a folder, on a disk near the nodes, with copies of videos. Each corpus has a folder of its own in it,
 * WORK_SPACE/TAG, and each video a name there that contains part of its checksum. A copy gets that name when it is
 * complete and its checksum was verified, so that any file of that name may be read.
 *
 * Nothing outside that folder is ever written or removed. In it, only regular files of such names are, and never the
 * original itself (a hard link). */

#ifndef LP_TOOLS_CORPUS_SPACE_H
#define LP_TOOLS_CORPUS_SPACE_H

#include <limits.h>

#include "corpus/corpus.h"
#include "output/text.h"

typedef struct lp_space {
    char path[PATH_MAX]; /* of the corpus's folder */
    int folder;          /* its descriptor */
} lp_space;

/* --work-space, else $LIGHTPOSE_WORK_SPACE, else NULL. */
const char *lp_space_find(const char *given);

/* Opens the corpus's folder in a work space, and makes it if necessary. Errors: FILE. */
LIGHTPOSE_NODISCARD lightpose_status lp_space_open(lp_space *space, const char *work_space, const lp_corpus *corpus,
                                                   lightpose_error *error);
void lp_space_close(lp_space *space);

/* The path of a video's copy in the corpus's folder; *there says whether it exists. Errors: FILE (too long). */
LIGHTPOSE_NODISCARD lightpose_status lp_space_copy(const char *folder, const lp_corpus_video *video,
                                                   char path[PATH_MAX], int *there, lightpose_error *error);

/* Lists the ids of the videos that have a copy in the corpus's folder, as "0,3,17": the 0, which is no video's id,
 * keeps the list from being empty. A folder that does not exist has no copies. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_space_list(const char *folder, lp_text *ids, lightpose_error *error);

typedef struct lp_space_options {
    int64_t limit;    /* bytes of all copies of the corpus together */
    const char *from; /* "HOST:" or "HOST:FOLDER" before the originals' paths, for rsync; NULL: they are local */
    int try_only;     /* of purge: change nothing */
    void (*tell)(void *opaque, const char *text);
    void *opaque;
} lp_space_options;

/* Reads --limit and --from into options, for a command of this name. Returns LP_CLI_GO, or LP_CLI_USAGE after a
 * message.
 */
#define LP_SPACE_LIMIT "500G"
int lp_space_read_options(const char *command, const char *limit, const char *from, lp_space_options *options);

typedef struct lp_space_outcome {
    int64_t copies, bytes; /* made or removed */
    int64_t failed;        /* videos that could not be copied, as reported */
    int full;              /* the next video does not fit */
} lp_space_outcome;

/* Copies the next videos that have queued ranges and no copy, in the order in which they will be claimed, at most
 * `most` of them (0: all). Errors: FILE (the work space cannot be written to, its disk is full), STATE (interrupted),
 * MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_space_stage(lp_space *space, lp_corpus *corpus, const lp_space_options *options,
                                                    int most, lp_space_outcome *outcome, lightpose_error *error);

/* Removes the copies of videos whose ranges are all done, and partial copies that are older than a day. */
LIGHTPOSE_NODISCARD lightpose_status lp_space_purge(lp_space *space, lp_corpus *corpus, const lp_space_options *options,
                                                    lp_space_outcome *outcome, lightpose_error *error);

#endif
