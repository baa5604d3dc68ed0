/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose corpus submit`: keeps a Slurm cluster working on a corpus. */

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli_amount.h"
#include "corpus/fleet.h"
#include "corpus/session.h"
#include "corpus/space.h"
#include "corpus/submission.h"
#include "fail.h"
#include "run/signals.h"
#include "run/work.h"

/* Time before an unchanged account or a lasting failure is reported again. */
enum { REPEAT_MS = 3600 * 1000 };
/* Time before another try after a failure of Slurm or the database, unless the period of --watch is shorter. */
enum { AGAIN_MS = 300 * 1000 };
/* Longest pause while jobs wait for the first copy. */
enum { FIRST_MS = 60 * 1000 };

typedef struct submit_options {
    lp_corpus_options corpus;
    const char *template, *write_template, *logs, *weights, *watch, *work_space, *limit, *from;
    int max_jobs, try_only, quiet, staged;
} submit_options;

static const lp_cli_option own[] = {
    {"max-jobs", 'j', "N", "at most N jobs that run or wait at a time (100)", LP_CLI_AT(INT, submit_options, max_jobs),
     .min = 1, .max = 100000},
    {"watch", 0, "PERIOD", "submit more jobs as needed, checking every PERIOD, as in 1h or 10m, until all is done",
     LP_CLI_AT(TEXT, submit_options, watch)},
    {"template", 0, "FILE",
     "the job's script, with everything that differs between clusters (default: a built-in script)",
     LP_CLI_AT(TEXT, submit_options, template)},
    {"write-template", 0, "FILE", "write the built-in script to FILE, to be edited, and exit",
     LP_CLI_AT(TEXT, submit_options, write_template)},
    {"logs", 0, "FOLDER", "where jobs write what they print (lightpose-logs)", LP_CLI_AT(TEXT, submit_options, logs)},
    {"weights", 'w', "FILE", "weights file, as for `work`", LP_CLI_AT(TEXT, submit_options, weights)},
    {"work-space", 0, "FOLDER",
     "jobs read copies from there; with --watch also stage and purge them (default: $LIGHTPOSE_WORK_SPACE)",
     LP_CLI_AT(TEXT, submit_options, work_space)},
    {"staged", 0, NULL, "jobs claim only ranges of videos that have a copy there, as for `work`",
     LP_CLI_AT(FLAG, submit_options, staged)},
    {"limit", 0, "SIZE", "of all copies together, as for `stage` (500G)", LP_CLI_AT(TEXT, submit_options, limit)},
    {"from", 0, "HOST:[FOLDER]", "copy from this host by rsync, as for `stage`", LP_CLI_AT(TEXT, submit_options, from)},
    {"dry-run", 'n', NULL, "submit nothing; print what would be submitted", LP_CLI_AT(FLAG, submit_options, try_only)},
    {"quiet", 'q', NULL, "print errors only", LP_CLI_AT(FLAG, submit_options, quiet)},
    {0}};

static const lp_cli_command command = {
    "corpus submit", "[-- OPTION OF work...]",
    "Submits an array of Slurm jobs, one worker each: as many as there are queued ranges that no job will take, up to\n"
    "--max-jobs. What follows -- goes to `lightpose corpus work` in the jobs.",
    "    lightpose corpus submit --write-template job.sh      then change what differs on your cluster\n"
    "    lightpose corpus submit --template job.sh --watch 1h\n"
    "    lightpose corpus submit --template job.sh --dry-run -- --lease 120\n"};

typedef struct submitting {
    const submit_options *options;
    lp_db *db;
    lp_corpus corpus;
    lp_fleet fleet;
    lp_submission submission;
    char said[256];                                 /* the last account */
    int64_t said_ms;                                /* when it was printed */
    char why[sizeof(((lightpose_error *)0)->text)]; /* the present failure; empty: none */
    int64_t why_ms;                                 /* when it was last reported */
    int failures;                                   /* number of failures in a row */
    lp_space_options space;
    lp_text staged;  /* ids of the videos with a copy */
    int has_no_jobs; /* after the last round */
} submitting;

static int64_t now_ms(void) {
    return lp_work_now() / 1000000;
}

/* Prints a line with the time, as in a log. */
__attribute__((format(printf, 2, 3))) static void say(const submitting *s, const char *format, ...) {
    const time_t now = time(NULL);
    struct tm local;
    char stamp[32];
    va_list arguments;
    if (s->options->quiet)
        return;
    if (s->options->watch && localtime_r(&now, &local) && strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local))
        printf("%s  ", stamp);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

/* ---- A round ----------------------------------------------------------------------------------------------------- */

/* The reason why most of the pending jobs wait. */
static const char *find_reason(const lp_slurm_jobs *jobs) {
    const char *best = "";
    int most = 0;
    for (int i = 0; i < jobs->count; i++) {
        int same = 0;
        for (int k = 0; k < jobs->count; k++)
            same += !jobs->items[k].running && !jobs->items[i].running &&
                    !strcmp(jobs->items[k].reason, jobs->items[i].reason);
        if (same > most) {
            most = same;
            best = jobs->items[i].reason;
        }
    }
    return best;
}

/* Prints the account if it has changed. */
static void account(submitting *s, const lp_fleet_plan *p, const lp_slurm_jobs *jobs, const char *id) {
    char text[sizeof s->said], waiting[80] = "", submitted[80] = "";
    const int pending = jobs->count - jobs->running;
    if (pending)
        snprintf(waiting, sizeof waiting, ", %d wait (%.40s)", pending, find_reason(jobs));
    if (*id)
        snprintf(submitted, sizeof submitted, "; submitted %d as %s", p->count, id);
    snprintf(text, sizeof text, "%" PRId64 " ranges queued, %" PRId64 " running; %d job%s running%s%s", p->queued,
             p->running, jobs->running, jobs->running == 1 ? "" : "s", waiting, submitted);
    if (!strcmp(text, s->said) && now_ms() - s->said_ms < REPEAT_MS)
        return;
    snprintf(s->said, sizeof s->said, "%s", text);
    s->said_ms = now_ms();
    say(s, "%s", text);
}

static lightpose_status submit_count(submitting *s, int count, char id[32], lightpose_error *error) {
    const lp_slurm_array array = lp_submission_array(&s->submission, count);
    LP_TRY(lp_slurm_submit(&array, id, error));
    return lp_fleet_add(&s->fleet, &s->corpus, id, count, error);
}

static void tell_fleet(void *opaque, const char *text) {
    (void)opaque;
    lp_cli_error("%s", text);
}

/* Limits the count to ranges of videos that have a copy. */
static lightpose_status find_staged(submitting *s, lightpose_error *error) {
    char folder[PATH_MAX + LP_CORPUS_TAG];
    snprintf(folder, sizeof folder, "%s/%s", lp_space_find(s->options->work_space), s->submission.name);
    LP_TRY(lp_space_list(folder, &s->staged, error));
    s->fleet.only = s->staged.data;
    return LIGHTPOSE_OK;
}

static lightpose_status play_round(submitting *s, int *open, lightpose_error *error) {
    lp_slurm_jobs jobs = {0};
    lp_fleet_plan plan = {0};
    lightpose_error lost = {0};
    char id[32] = "";
    lightpose_status status = lp_slurm_list(&jobs, s->submission.name, s->options->try_only ? &lost : error);
    if (status != LIGHTPOSE_OK && s->options->try_only) {
        lp_cli_error("warning: %s; counting as if there were no jobs", lost.text);
        status = LIGHTPOSE_OK;
    }
    if (status == LIGHTPOSE_OK && s->options->staged)
        status = find_staged(s, error);
    if (status == LIGHTPOSE_OK)
        status =
            lp_fleet_make_plan(&s->fleet, &s->corpus, &jobs, s->options->max_jobs, s->submission.logs, &plan, error);
    if (status == LIGHTPOSE_OK && s->options->try_only)
        status = lp_submission_print(&s->submission, lp_db_name(s->db), plan.count, error);
    else if (status == LIGHTPOSE_OK && plan.count > 0)
        status = submit_count(s, plan.count, id, error);
    if (status == LIGHTPOSE_OK && !s->options->try_only)
        account(s, &plan, &jobs, id);
    if (status == LIGHTPOSE_OK)
        *open = plan.queued + plan.running > 0;
    s->has_no_jobs = jobs.count + plan.count == 0;
    lp_slurm_jobs_free(&jobs);
    return status;
}

/* ---- Watching ---------------------------------------------------------------------------------------------------- */

static void pause_until(int64_t until) {
    const struct timespec pause = {0, 50000000};
    while (now_ms() < until && !atomic_load(&lp_stop_requested))
        nanosleep(&pause, NULL);
}

/* A lasting failure is reported when it begins, every hour, and when it is over. */
static void tell_failure(submitting *s, const lightpose_error *error) {
    s->failures++;
    if (!strcmp(error->text, s->why) && now_ms() - s->why_ms < REPEAT_MS)
        return;
    if (*s->why && now_ms() - s->why_ms < AGAIN_MS) /* another text so soon is taken as the same failure */
        return;
    snprintf(s->why, sizeof s->why, "%s", error->text);
    s->why_ms = now_ms();
    lp_cli_error("%s; it is tried again", error->text);
}

static void tell_success(submitting *s) {
    if (s->failures)
        say(s, "continues after %d failure%s", s->failures, s->failures == 1 ? "" : "s");
    s->failures = 0;
    *s->why = 0;
}

/* Stages one video at a time until `until`, so that jobs are submitted in time. */
static void serve_space(submitting *s, int64_t until) {
    const char *const place = lp_space_find(s->options->work_space);
    lp_space space;
    lp_space_outcome gone = {0}, made = {0};
    lightpose_error error = {0};
    if (!place)
        return;
    lightpose_status status = lp_space_open(&space, place, &s->corpus, &error);
    if (status == LIGHTPOSE_OK)
        status = lp_space_purge(&space, &s->corpus, &s->space, &gone, &error);
    if (gone.copies)
        say(s, "work space: %" PRId64 " copies removed, %.3f GB", gone.copies, (double)gone.bytes * 1e-9);
    for (int64_t copies = 1; status == LIGHTPOSE_OK && copies && now_ms() < until; copies = made.copies) {
        status = lp_space_stage(&space, &s->corpus, &s->space, 1, &made, &error);
        if (made.copies)
            say(s, "work space: a copy made, %.3f GB", (double)made.bytes * 1e-9);
        if (made.failed)
            break;
    }
    if (status != LIGHTPOSE_OK && !atomic_load(&lp_stop_requested))
        tell_failure(s, &error);
    lp_space_close(&space);
}

static int watch(submitting *s, int64_t period_ms) {
    int open = 1;
    while (!atomic_load(&lp_stop_requested)) {
        int64_t next = now_ms() + period_ms;
        lightpose_error error = {0};
        if (play_round(s, &open, &error) != LIGHTPOSE_OK) {
            if (atomic_load(&lp_stop_requested))
                break;
            if (s->fleet.is_hopeless) {
                lp_cli_error("%s", error.text);
                return LP_CLI_FAILED;
            }
            tell_failure(s, &error);
            pause_until(now_ms() + (period_ms < AGAIN_MS ? period_ms : AGAIN_MS));
            continue;
        }
        tell_success(s);
        if (!open)
            break;
        if (s->options->staged && s->has_no_jobs && next - now_ms() > FIRST_MS) /* jobs wait for a first copy */
            next = now_ms() + FIRST_MS;
        serve_space(s, next);
        pause_until(next);
    }
    return lp_signals_caught() ? 128 + lp_signals_caught() : LP_CLI_OK;
}

/* Reports at the end whether every range is done. */
static int tell_end(submitting *s) {
    lightpose_error error = {0};
    int64_t failed;
    if (lp_db_select_integer(s->corpus.db, &failed, NULL, "SELECT COUNT(*) FROM lp_range WHERE state = 'failed'",
                             LP_DB_NO_VALUES, &error) != LIGHTPOSE_OK) {
        lp_cli_error("%s", error.text);
        return LP_CLI_FAILED;
    }
    serve_space(s, 0);
    if (failed)
        lp_cli_error("%" PRId64 " range%s failed: see `lightpose corpus status --state failed`", failed,
                     failed == 1 ? "" : "s");
    else
        say(s, "nothing is queued or running any more");
    return failed ? LP_CLI_FAILED : LP_CLI_OK;
}

static int submit(submitting *s, const lp_cli_operands *passed, int64_t period) {
    const submit_options *const o = s->options;
    const lp_submission_options options = {.template = o->template,
                                           .logs = o->logs,
                                           .weights = o->weights,
                                           .work_space = lp_space_find(o->work_space),
                                           .staged = o->staged,
                                           .dry = o->try_only};
    lightpose_error error = {0};
    int open, code = LP_CLI_OK;
    s->fleet.tell = tell_fleet;
    if (lp_submission_make(&s->submission, &options, &s->corpus, lp_corpus_address(&o->corpus), passed, &error) !=
            LIGHTPOSE_OK ||
        (!period && play_round(s, &open, &error) != LIGHTPOSE_OK)) {
        lp_cli_error("%s", error.text);
        code = LP_CLI_FAILED;
    } else if (period) {
        code = watch(s, period * 1000);
        if (code == LP_CLI_OK)
            code = tell_end(s);
    }
    lp_submission_free(&s->submission);
    lp_fleet_free(&s->fleet);
    lp_text_free(&s->staged);
    return code;
}

/* Checks the options after --, which are for `work`. */
static int check_passed(const lp_cli_operands *passed) {
    char **const argv = calloc((size_t)passed->count + 2, sizeof *argv);
    if (!argv)
        return lp_cli_usage(command.name, "no memory");
    argv[0] = (char *)(uintptr_t) "lightpose";
    for (int i = 0; i < passed->count; i++)
        argv[i + 1] = (char *)(uintptr_t)passed->items[i];
    const int code = lp_corpus_work_check(passed->count + 1, argv);
    free(argv);
    return code;
}

int lp_corpus_submit(int argc, char **argv) {
    submit_options o = {.max_jobs = 100, .logs = "lightpose-logs", .limit = LP_SPACE_LIMIT};
    submitting *const s = calloc(1, sizeof *s);
    lp_cli_operands passed = {0};
    double period = 0;
    lp_corpus_options_init(&o.corpus);
    const lp_cli_group groups[] = {{"Submit", own, &o}, LP_CORPUS_GROUP(&o.corpus), {0}};
    int code = s ? lp_cli_parse(&command, groups, argc, argv, &passed) : LP_CLI_FAILED;
    if (code == LP_CLI_GO && o.write_template) {
        code = lp_submission_write_template(o.write_template);
    } else if (code == LP_CLI_GO) {
        s->space.tell = tell_fleet;
        if (o.watch && (!lp_cli_read_duration(o.watch, &period) || period < 1 || period > 1e9))
            code =
                lp_cli_usage(command.name, "option --watch: \"%s\" is not a duration as in 1h, 10m or 1h30m", o.watch);
        if (code == LP_CLI_GO)
            code = lp_space_read_options(command.name, o.limit, o.from, &s->space);
        if (code == LP_CLI_GO && o.staged && !lp_space_find(o.work_space))
            code = lp_cli_usage(command.name, "option --staged needs --work-space, or $LIGHTPOSE_WORK_SPACE");
        if (code == LP_CLI_GO)
            code = check_passed(&passed);
    }
    if (code == LP_CLI_GO) {
        lp_signals_catch();
        s->options = &o;
        code = lp_corpus_begin(&s->corpus, &s->db, &o.corpus);
        if (code == LP_CLI_GO) {
            code = submit(s, &passed, o.try_only ? 0 : (int64_t)period);
            lp_corpus_free(&s->corpus);
            lp_db_close(&s->db);
        }
    }
    lp_cli_operands_free(&passed);
    free(s);
    return code;
}
