/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose corpus stage` and `purge`: copies of videos in a work space. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "corpus/session.h"
#include "corpus/space.h"
#include "fail.h"
#include "run/signals.h"

typedef struct space_options {
    lp_corpus_options corpus;
    const char *work_space, *limit, *from;
    int quiet, try_only;
} space_options;

#define WORK_SPACE                                                                                                     \
    {                                                                                                                  \
        "work-space", 0, "FOLDER", "the work space (default: $LIGHTPOSE_WORK_SPACE)",                                  \
            LP_CLI_AT(TEXT, space_options, work_space)                                                                 \
    }
#define QUIET                                                                                                          \
    { "quiet", 'q', NULL, "print errors only", LP_CLI_AT(FLAG, space_options, quiet) }

static const lp_cli_option stage_own[] = {
    WORK_SPACE,
    {"limit", 0, "SIZE", "bytes of all copies together, as in 500G or 1.5T (500G)",
     LP_CLI_AT(TEXT, space_options, limit)},
    {"from", 0, "HOST:[FOLDER]",
     "copy from this host, by rsync: what comes before the path that a video had when it was added",
     LP_CLI_AT(TEXT, space_options, from)},
    QUIET,
    {0}};
static const lp_cli_option purge_own[] = {
    WORK_SPACE,
    {"dry-run", 'n', NULL, "remove nothing; print how much would be removed", LP_CLI_AT(FLAG, space_options, try_only)},
    QUIET,
    {0}};

static const lp_cli_command stage_command = {
    "corpus stage", NULL,
    "Copies the videos that are queued next into a work space, up to a size. Workers that know the work space read "
    "the\n"
    "copy if there is one, else the original. A copy gets its name after its checksum was verified.",
    "    lightpose corpus stage --work-space /scratch/me\n"
    "    lightpose corpus stage --work-space /scratch/me --limit 200G --from archive.example.org:\n"};
static const lp_cli_command purge_command = {
    "corpus purge", NULL,
    "Removes the copies of videos that are complete from a work space. Originals are never removed.",
    "    lightpose corpus purge --work-space /scratch/me\n"};

static void tell(void *opaque, const char *text) {
    (void)opaque;
    lp_cli_error("%s", text);
}

typedef lightpose_status (*action)(lp_space *space, lp_corpus *corpus, const lp_space_options *options,
                                   lp_space_outcome *outcome, lightpose_error *error);

static lightpose_status stage_all(lp_space *space, lp_corpus *corpus, const lp_space_options *options,
                                  lp_space_outcome *outcome, lightpose_error *error) {
    return lp_space_stage(space, corpus, options, 0, outcome, error);
}

static int act(const space_options *o, const lp_space_options *options, action what, const char *word) {
    lp_corpus corpus;
    lp_space space;
    lp_space_outcome outcome = {0};
    lightpose_error error = {0};
    lp_db *db;
    lp_signals_catch();
    int code = lp_corpus_begin(&corpus, &db, &o->corpus);
    if (code != LP_CLI_GO)
        return code;
    lightpose_status status = lp_space_open(&space, lp_space_find(o->work_space), &corpus, &error);
    if (status == LIGHTPOSE_OK)
        status = what(&space, &corpus, options, &outcome, &error);
    if (status != LIGHTPOSE_OK && !lp_signals_caught())
        lp_cli_error("%s", error.text);
    if (!o->quiet)
        printf("%" PRId64 " cop%s %s, %.3f GB%s\n", outcome.copies, outcome.copies == 1 ? "y" : "ies", word,
               (double)outcome.bytes * 1e-9, outcome.full ? "; the next video does not fit" : "");
    lp_space_close(&space);
    lp_corpus_free(&corpus);
    lp_db_close(&db);
    return lp_signals_caught()                            ? 128 + lp_signals_caught()
           : status != LIGHTPOSE_OK || outcome.failed > 0 ? LP_CLI_FAILED
                                                          : LP_CLI_OK;
}

static int needs_space(const lp_cli_command *command, const space_options *o) {
    return lp_space_find(o->work_space)
               ? LP_CLI_GO
               : lp_cli_usage(command->name, "no work space: give --work-space FOLDER, or set $LIGHTPOSE_WORK_SPACE");
}

int lp_corpus_stage(int argc, char **argv) {
    space_options o = {.limit = LP_SPACE_LIMIT};
    lp_space_options options = {.tell = tell};
    lp_cli_operands none;
    lp_corpus_options_init(&o.corpus);
    const lp_cli_group groups[] = {{"Stage", stage_own, &o}, LP_CORPUS_GROUP(&o.corpus), {0}};
    int code = lp_cli_parse(&stage_command, groups, argc, argv, &none);
    if (code == LP_CLI_GO)
        code = needs_space(&stage_command, &o);
    if (code == LP_CLI_GO)
        code = lp_space_read_options(stage_command.name, o.limit, o.from, &options);
    return code == LP_CLI_GO ? act(&o, &options, stage_all, "made") : code;
}

int lp_corpus_purge(int argc, char **argv) {
    space_options o = {0};
    lp_cli_operands none;
    lp_corpus_options_init(&o.corpus);
    const lp_cli_group groups[] = {{"Purge", purge_own, &o}, LP_CORPUS_GROUP(&o.corpus), {0}};
    int code = lp_cli_parse(&purge_command, groups, argc, argv, &none);
    if (code == LP_CLI_GO)
        code = needs_space(&purge_command, &o);
    const lp_space_options options = {.tell = tell, .try_only = o.try_only};
    return code == LP_CLI_GO ? act(&o, &options, lp_space_purge, o.try_only ? "to be removed" : "removed") : code;
}
