/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/source.h"

#include <string.h>

#include "cli.h"
#include "fail.h"
#include "run/provenance.h"
#include "run/signals.h"
#include "which_weights.h"

lightpose_status lp_corpus_load_model(const lp_corpus *corpus, const lp_corpus_settings *settings, const char *weights,
                                      lightpose_model **model, char sha256[LP_HASH_TEXT], const char **precision,
                                      lightpose_error *error) {
    const char *const path = lp_which_weights(weights);
    LP_TRY(lp_hash_file(path, sha256, NULL, NULL, error));
    if (strcmp(sha256, corpus->weights_sha256) != 0)
        return lp_fail(
            error, LIGHTPOSE_ERROR_WEIGHTS,
            "%s are not the weights of the corpus in %s: those are called %s, with SHA-256 %.16s...; pass them "
            "with --weights",
            path, lp_db_name(corpus->db), corpus->weights, corpus->weights_sha256);
    LP_TRY(lightpose_model_create(model, path, error));
    LP_TRY(lp_provenance_find_precision(*model, &settings->run.model.settings, precision, error));
    if (strcmp(corpus->version, lightpose_version()) != 0)
        lp_cli_error("warning: the corpus was made with lightpose %s, and this is %s: results may differ in their last "
                     "digits",
                     corpus->version, lightpose_version());
    return LIGHTPOSE_OK;
}

lightpose_status lp_corpus_source_open(lp_corpus_source *s, const char *command, const lp_corpus_settings *settings,
                                       lightpose_model *model, const char *path, int64_t first, int64_t last,
                                       lightpose_error *error) {
    *s = (lp_corpus_source){.sources = {.live = -1, .stop = &lp_stop_requested}};
    LP_TRY(lp_sources_add(&s->sources, path, error));
    if (s->sources.count != 1 || s->sources.items[0].kind != LP_SOURCE_VIDEO)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s is no longer a video", path);
    if (lp_corpus_settings_engine(command, settings, &s->sources, &s->options) != LP_CLI_GO)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "the settings of the corpus cannot be used");
    s->start = (lp_source_start){.first = first > 0 ? first - 1 : -1};
    s->options.starts = &s->start;
    s->options.input.range.first = 0;
    s->options.input.range.last = last - 1;
    s->options.model = model;
    return LIGHTPOSE_OK;
}

void lp_corpus_source_close(lp_corpus_source *s) {
    lp_sources_free(&s->sources);
}
