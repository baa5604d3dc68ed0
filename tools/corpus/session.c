/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/session.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "run/signals.h"

const lp_cli_option lp_corpus_db_options[] = {
    {"db", 0, "PLACE",
     "the database: a file, or postgresql://USER@HOST/DATABASE (default: $LIGHTPOSE_DB, else corpus.db). PostgreSQL "
     "takes a password from $PGPASSWORD or ~/.pgpass too",
     LP_CLI_AT(TEXT, lp_corpus_options, db), .aside = 1},
    {"patience", 0, "SECONDS", "how long to wait for a database that is away or locked (600)",
     LP_CLI_AT(INT, lp_corpus_options, patience), .max = 86400, .aside = 1},
    {0}};

const lp_cli_option lp_corpus_track_options[] = {
    {"film", 0, "NAME", "only videos of this film, whatever their cameras", LP_CLI_AT(TEXT, lp_corpus_track, film),
     .aside = 1},
    {"camera", 0, "NAME", "only videos of this camera", LP_CLI_AT(TEXT, lp_corpus_track, camera), .aside = 1},
    {0}};

void lp_corpus_options_init(lp_corpus_options *options) {
    *options = (lp_corpus_options){.patience = 600};
}

const char *lp_corpus_address(const lp_corpus_options *options) {
    const char *const variable = getenv("LIGHTPOSE_DB");
    return options->db ? options->db : variable && *variable ? variable : "corpus.db";
}

static void tell(void *opaque, const char *text) {
    (void)opaque;
    lp_cli_error("%s", text);
}

lightpose_status lp_corpus_connect(lp_db **db, const lp_corpus_options *options, int create, lightpose_error *error) {
    const lp_db_options o = {.create = create, .patience = options->patience, .stop = &lp_stop_requested, .tell = tell};
    return lp_db_open(db, lp_corpus_address(options), &o, error);
}

int lp_corpus_begin(lp_corpus *corpus, lp_db **db, const lp_corpus_options *options) {
    lightpose_error error = {0};
    *corpus = (lp_corpus){0};
    if (lp_corpus_connect(db, options, 0, &error) == LIGHTPOSE_OK &&
        lp_corpus_open(corpus, *db, &error) == LIGHTPOSE_OK)
        return LP_CLI_GO;
    lp_cli_error("%s", error.text);
    lp_db_close(db);
    return LP_CLI_FAILED;
}

void lp_corpus_plain(const char *text, char *plain, size_t size) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t i = 0;
    for (; text[i] && i + 1 < size; i++)
        plain[i] = (char)(strchr(letters, text[i]) ? text[i] : '_');
    plain[i] = 0;
}

/* The time of creation distinguishes corpora of the same name. */
void lp_corpus_get_tag(const lp_corpus *corpus, char tag[LP_CORPUS_TAG]) {
    char name[41];
    lp_corpus_plain(corpus->name, name, sizeof name);
    snprintf(tag, LP_CORPUS_TAG, "lightpose-%s-%" PRIx64, name, (uint64_t)(corpus->created * 1000));
}

lightpose_status lp_corpus_find_video(lp_corpus *corpus, const char *text, int64_t *id, lightpose_error *error) {
    char path[PATH_MAX];
    LP_TRY(lp_db_select_integer(corpus->db, id, NULL, "SELECT id FROM lp_video WHERE name = $1 OR path = $1",
                                LP_DB_VALUES(lp_db_text(text)), error));
    if (!*id && realpath(text, path))
        LP_TRY(lp_corpus_find(corpus, path, id, error));
    return *id ? LIGHTPOSE_OK
               : lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s is not a video of the corpus in %s", text,
                         lp_db_name(corpus->db));
}
