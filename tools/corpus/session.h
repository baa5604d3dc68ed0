/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Shared by the commands of `lightpose corpus`: the database and the corpus in it. */

#ifndef LP_TOOLS_CORPUS_SESSION_H
#define LP_TOOLS_CORPUS_SESSION_H

#include "cli.h"
#include "corpus/corpus.h"

typedef struct lp_corpus_options {
    const char *db; /* NULL: $LIGHTPOSE_DB, else corpus.db */
    int patience;
} lp_corpus_options;

extern const lp_cli_option lp_corpus_db_options[];

#define LP_CORPUS_GROUP(options)                                                                                       \
    { "Database", lp_corpus_db_options, (options) }

/* Selects videos by film and camera; both may be NULL. */
typedef struct lp_corpus_track {
    const char *film, *camera;
} lp_corpus_track;

extern const lp_cli_option lp_corpus_track_options[];

#define LP_CORPUS_TRACK_GROUP(track)                                                                                   \
    { "Film and camera", lp_corpus_track_options, (track) }

void lp_corpus_options_init(lp_corpus_options *options);
const char *lp_corpus_address(const lp_corpus_options *options);

/* Opens the database; warnings go to standard error. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_connect(lp_db **db, const lp_corpus_options *options, int create,
                                                       lightpose_error *error);

/* Opens the database and its corpus; the caller closes both. Returns LP_CLI_GO, or LP_CLI_FAILED after a message. */
int lp_corpus_begin(lp_corpus *corpus, lp_db **db, const lp_corpus_options *options);

/* Finds a video by its name in the corpus or its path. Errors: ARGUMENT (there is none). */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_find_video(lp_corpus *corpus, const char *text, int64_t *id,
                                                          lightpose_error *error);

/* The name of a corpus outside of its database, for jobs and folders: "lightpose-films-19cf3a2b1c0", of ASCII letters,
 * digits, dots, dashes and underscores. */
enum { LP_CORPUS_TAG = 80 };
void lp_corpus_get_tag(const lp_corpus *corpus, char tag[LP_CORPUS_TAG]);

/* Copies `text` with an underscore for every other character; `size` includes the final zero. */
void lp_corpus_plain(const char *text, char *plain, size_t size);

/* ---- The commands. argv[0] is "lightpose". Each returns the exit code. ------------------------------------------- */

int lp_corpus_init(int argc, char **argv);
int lp_corpus_add_videos(int argc, char **argv);
int lp_corpus_work(int argc, char **argv);
int lp_corpus_status(int argc, char **argv);
int lp_corpus_retry(int argc, char **argv);
int lp_corpus_cancel(int argc, char **argv);
int lp_corpus_export(int argc, char **argv);
int lp_corpus_verify(int argc, char **argv);
int lp_corpus_submit(int argc, char **argv);
int lp_corpus_stage(int argc, char **argv);
int lp_corpus_purge(int argc, char **argv);

/* Checks options of `work`. Returns LP_CLI_GO, or LP_CLI_USAGE after a message. argv[0] is not read. */
int lp_corpus_work_check(int argc, char **argv);

#endif
