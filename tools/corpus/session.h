/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the commands of `lightpose corpus` share: which database, and the corpus in it. */

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

void lp_corpus_options_init(lp_corpus_options *options);
const char *lp_corpus_address(const lp_corpus_options *options);

/* Opens the database; warnings go to standard error. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_connect(lp_db **db, const lp_corpus_options *options, int create,
                                                       lightpose_error *error);

/* Opens the database and its corpus; after a message it returns LP_CLI_FAILED, else LP_CLI_GO. Close both. */
int lp_corpus_begin(lp_corpus *corpus, lp_db **db, const lp_corpus_options *options);

/* The id of a video that the user calls by its name in the corpus or by its path. Errors: ARGUMENT (none). */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_find_video(lp_corpus *corpus, const char *text, int64_t *id,
                                                          lightpose_error *error);

/* ---- The commands. argv[0] is "lightpose". Each returns the exit code. ------------------------------------------- */

int lp_corpus_init(int argc, char **argv);
int lp_corpus_add_videos(int argc, char **argv);
int lp_corpus_work(int argc, char **argv);
int lp_corpus_status(int argc, char **argv);
int lp_corpus_retry(int argc, char **argv);
int lp_corpus_cancel(int argc, char **argv);
int lp_corpus_export(int argc, char **argv);

#endif
