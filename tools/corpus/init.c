/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose corpus init`: makes a corpus, whose settings never change. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "corpus/session.h"
#include "corpus/settings.h"
#include "fail.h"
#include "hash.h"
#include "run/provenance.h"
#include "which_weights.h"

typedef struct init_options {
    lp_corpus_options corpus;
    const char *name, *weights;
    int64_t range_frames;
    int attempts;
} init_options;

static const lp_cli_option own[] = {
    {"name", 0, "TEXT", "name of the corpus (default: \"corpus\")", LP_CLI_AT(TEXT, init_options, name)},
    {"weights", 'w', "FILE", "weights file (default: $LIGHTPOSE_WEIGHTS, else the installed one)",
     LP_CLI_AT(TEXT, init_options, weights)},
    {"range-frames", 0, "N", "frames that one worker takes at a time (100000)",
     LP_CLI_AT(INT64, init_options, range_frames), .min = 1, .max = 1e9},
    {"attempts", 0, "N", "a range fails for good after N attempts without a frame of progress (5)",
     LP_CLI_AT(INT, init_options, attempts), .min = 1, .max = 1000},
    {0}};

static const lp_cli_command command = {
    "corpus init", NULL,
    "Makes a corpus in a database. Its settings hold for all its frames and never change: the weights, and the\n"
    "options below. `corpus export` has the options that need more than one frame, such as --track.",
    "    lightpose corpus init                                  corpus.db, with the default settings\n"
    "    lightpose corpus init --height 368 --precision int8\n"
    "    lightpose corpus init --db postgresql://me@server/films\n"};

/* Resolves the settings that depend on the machine, and gets the weights' checksum and the precision. */
static lightpose_status settle(const init_options *o, lp_corpus_settings *settings, char sha256[LP_HASH_TEXT],
                               const char **precision, lightpose_error *error) {
    lightpose_model *model = NULL;
    lightpose_status status = lightpose_model_create(&model, o->weights, error);
    if (status == LIGHTPOSE_OK)
        lp_tell_weights(model, o->weights);
    if (status == LIGHTPOSE_OK)
        status = lp_provenance_find_precision(model, &settings->run.model.settings, precision, error);
    for (int i = 0; status == LIGHTPOSE_OK && i <= LIGHTPOSE_PRECISION_INT8; i++)
        if (!strcmp(lightpose_precision_get_name((lightpose_precision)i), *precision))
            settings->run.model.settings.precision = (lightpose_precision)i;
    if (settings->run.model.settings.decoder == LIGHTPOSE_DECODER_DEFAULT)
        settings->run.model.settings.decoder = LIGHTPOSE_DECODER_REFINED;
    if (status == LIGHTPOSE_OK)
        status = lp_hash_file(lp_which_weights(o->weights), sha256, NULL, NULL, error);
    lightpose_model_destroy(&model);
    return status;
}

static lightpose_status make(const init_options *o, lp_corpus_settings *settings, lightpose_error *error) {
    const char *const weights = lp_which_weights(o->weights), *const slash = strrchr(weights, '/');
    const char *const address = lp_corpus_address(&o->corpus);
    char sha256[LP_HASH_TEXT];
    lp_corpus corpus = {.name = o->name,
                        .weights = slash ? slash + 1 : weights,
                        .weights_sha256 = sha256,
                        .version = lightpose_version(),
                        .range_frames = o->range_frames,
                        .max_attempts = o->attempts};
    lp_db *db;
    LP_TRY(settle(o, settings, sha256, &corpus.precision, error));
    char *const text = lp_corpus_settings_text(settings);
    if (!text)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for settings");
    corpus.settings = text;
    const int is_new = !lp_db_is_server(address) && access(address, F_OK) != 0;
    lightpose_status status = lp_corpus_connect(&db, &o->corpus, 1, error);
    if (status == LIGHTPOSE_OK) {
        status = lp_corpus_create(db, &corpus, error);
        if (status == LIGHTPOSE_OK)
            printf("%s: a corpus of %s, ranges of %lld frames\n", lp_db_name(db), corpus.precision,
                   (long long)corpus.range_frames);
        lp_db_close(&db);
    }
    if (status != LIGHTPOSE_OK && is_new)
        (void)unlink(address);
    free(text);
    return status;
}

int lp_corpus_init(int argc, char **argv) {
    init_options o = {.name = "corpus", .range_frames = 100000, .attempts = 5};
    lp_corpus_settings settings;
    lp_engine_options engine = {0};
    lp_cli_operands none;
    lightpose_error error = {0};
    lp_corpus_options_init(&o.corpus);
    lp_corpus_settings_init(&settings);
    const lp_cli_group groups[] = {
        {"Corpus", own, &o}, LP_CORPUS_GROUP(&o.corpus), settings.groups[0], settings.groups[1], {0}};
    int code = lp_cli_parse(&command, groups, argc, argv, &none);
    if (code == LP_CLI_GO)
        code = lp_run_options_read(command.name, &settings.run, &engine); /* --roi */
    if (code == LP_CLI_GO) {
        code = LP_CLI_OK;
        if (make(&o, &settings, &error) != LIGHTPOSE_OK) {
            lp_cli_error("%s", error.text);
            code = LP_CLI_FAILED;
        }
    }
    lp_cli_operands_free(&none);
    lp_corpus_settings_free(&settings);
    return code;
}
