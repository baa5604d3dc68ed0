/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose corpus retry` and `lightpose corpus cancel`: ranges that are queued again, or taken from the queue. */

#include <inttypes.h>
#include <stdio.h>

#include "corpus/census.h"
#include "corpus/session.h"
#include "fail.h"

typedef struct choice_options {
    lp_corpus_options corpus;
    lp_corpus_track track;
    int64_t range;
    int reason_index, state_index, all;
} choice_options;

static const char *const reasons[] = {"any",  "missing file", "changed file", "decoding",    "network",
                                      "disk", "killed",       "cancelled",    "out of time", NULL};
static const char *const to_cancel[] = {"any", "queued", "running", "failed", NULL};
static const char *const to_retry[] = {"any", "failed", "cancelled", NULL};

#define RANGE                                                                                                          \
    {                                                                                                                  \
        "range", 0, "ID", "only the range with this number, of `status --json --ranges`",                              \
            LP_CLI_AT(INT64, choice_options, range), .min = 1, .max = 9e15                                             \
    }
#define REASON                                                                                                         \
    {                                                                                                                  \
        "reason", 0, "REASON", "only ranges that ended for this reason",                                               \
            LP_CLI_AT(CHOICE, choice_options, reason_index), .choices = reasons                                        \
    }

static const lp_cli_option retry_own[] = {{"state", 0, "STATE", "only ranges in this state: failed or cancelled",
                                           LP_CLI_AT(CHOICE, choice_options, state_index), .choices = to_retry},
                                          REASON,
                                          RANGE,
                                          {0}};
static const lp_cli_option cancel_own[] = {
    {"state", 0, "STATE", "only ranges in this state: queued, running or failed",
     LP_CLI_AT(CHOICE, choice_options, state_index), .choices = to_cancel},
    REASON,
    RANGE,
    {"all", 0, NULL, "all ranges, if nothing else selects them", LP_CLI_AT(FLAG, choice_options, all)},
    {0}};

static const lp_cli_command retry_command = {
    "corpus retry", "[VIDEO...]",
    "Queues failed and cancelled ranges again, of the given videos or of all. Stored frames are kept.",
    "    lightpose corpus retry\n"
    "    lightpose corpus retry --reason \"missing file\"\n"
    "    lightpose corpus retry film.mp4\n"};
static const lp_cli_command cancel_command = {"corpus cancel", "[VIDEO...]",
                                              "Takes ranges of the given videos from the queue and from their "
                                              "workers. Stored frames are kept; `retry` queues the\n"
                                              "ranges again.",
                                              "    lightpose corpus cancel film.mp4\n"
                                              "    lightpose corpus cancel --all\n"};

typedef lightpose_status (*change)(lp_corpus *corpus, const lp_queue_filter *filter, int64_t *count,
                                   lightpose_error *error);

/* Changes nothing if one of the videos is unknown. */
static lightpose_status change_all(lp_corpus *corpus, lp_queue_filter filter, const lp_cli_operands *videos,
                                   change what, int64_t *total, lightpose_error *error) {
    int64_t count;
    *total = 0;
    for (int i = 0; i < videos->count; i++)
        LP_TRY(lp_corpus_find_video(corpus, videos->items[i], &filter.video, error));
    for (int i = 0; i < videos->count || i == 0; i++) {
        if (i < videos->count)
            LP_TRY(lp_corpus_find_video(corpus, videos->items[i], &filter.video, error));
        LP_TRY(what(corpus, &filter, &count, error));
        *total += count;
    }
    return LIGHTPOSE_OK;
}

static int run(const choice_options *o, const lp_cli_operands *videos, const char *state, change what,
               const char *word) {
    const lp_queue_filter filter = {.range = o->range,
                                    .state = state,
                                    .reason = o->reason_index ? reasons[o->reason_index] : NULL,
                                    .film = o->track.film,
                                    .camera = o->track.camera};
    lp_corpus corpus;
    lightpose_error error = {0};
    lp_db *db;
    int64_t total;
    int code = lp_corpus_begin(&corpus, &db, &o->corpus);
    if (code != LP_CLI_GO)
        return code;
    code = LP_CLI_OK;
    if (change_all(&corpus, filter, videos, what, &total, &error) == LIGHTPOSE_OK) {
        printf("%" PRId64 " range%s %s\n", total, total == 1 ? "" : "s", word);
    } else {
        lp_cli_error("%s", error.text);
        code = LP_CLI_FAILED;
    }
    lp_corpus_free(&corpus);
    lp_db_close(&db);
    return code;
}

int lp_corpus_retry(int argc, char **argv) {
    choice_options o = {0};
    lp_cli_operands videos;
    lp_corpus_options_init(&o.corpus);
    const lp_cli_group groups[] = {
        {"Which", retry_own, &o}, LP_CORPUS_TRACK_GROUP(&o.track), LP_CORPUS_GROUP(&o.corpus), {0}};
    int code = lp_cli_parse(&retry_command, groups, argc, argv, &videos);
    if (code == LP_CLI_GO)
        code = run(&o, &videos, o.state_index ? to_retry[o.state_index] : NULL, lp_queue_retry, "queued again");
    lp_cli_operands_free(&videos);
    return code;
}

int lp_corpus_cancel(int argc, char **argv) {
    choice_options o = {0};
    lp_cli_operands videos;
    lp_corpus_options_init(&o.corpus);
    const lp_cli_group groups[] = {
        {"Which", cancel_own, &o}, LP_CORPUS_TRACK_GROUP(&o.track), LP_CORPUS_GROUP(&o.corpus), {0}};
    int code = lp_cli_parse(&cancel_command, groups, argc, argv, &videos);
    if (code == LP_CLI_GO && !videos.count && !o.all && !o.range && !o.reason_index && !o.state_index &&
        !o.track.film && !o.track.camera)
        code = lp_cli_usage(cancel_command.name,
                            "say which: a video, a film, a camera, a state, a reason, a range, or --all");
    if (code == LP_CLI_GO)
        code = run(&o, &videos, o.state_index ? to_cancel[o.state_index] : NULL, lp_queue_cancel, "cancelled");
    lp_cli_operands_free(&videos);
    return code;
}
