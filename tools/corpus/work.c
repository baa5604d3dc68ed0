/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose corpus work`: claims ranges, one after another, and finds the people in their frames. */

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli_amount.h"
#include "corpus/session.h"
#include "corpus/space.h"
#include "corpus/source.h"
#include "corpus/worker.h"
#include "fail.h"
#include "run/signals.h"
#include "run/work.h"

typedef struct work_options {
    lp_corpus_options corpus;
    const char *weights, *until, *work_space;
    int threads, once, quiet, idle_exit, margin, staged;
    int64_t max_ranges;
    float lease, store_every;
} work_options;

static const lp_cli_option own[] = {
    {"weights", 'w', "FILE",
     "weights file; it has to be the one of `init` (default: $LIGHTPOSE_WEIGHTS, else the "
     "installed one)",
     LP_CLI_AT(TEXT, work_options, weights)},
    {"threads", 't', "N", "number of threads (0: all CPUs that this process may use)",
     LP_CLI_AT(INT, work_options, threads), .max = 1024},
    {"once", 0, NULL, "work on one range, if there is one now, and exit", LP_CLI_AT(FLAG, work_options, once)},
    {"max-ranges", 0, "N", "exit after N ranges (0: no limit)", LP_CLI_AT(INT64, work_options, max_ranges),
     .max = 1e12},
    {"idle-exit", 0, "SECONDS",
     "exit when there was nothing to claim for this long (default: when every range is done, failed or cancelled)",
     LP_CLI_AT(INT, work_options, idle_exit), .max = 1e9},
    {"until", 0, "TIME",
     "stop in time before TIME: 18:30, 2026-12-24T18:30, or +DURATION as in +90m, +11h30m (default: the end of the "
     "Slurm "
     "job, $SLURM_JOB_END_TIME)",
     LP_CLI_AT(TEXT, work_options, until)},
    {"margin", 0, "SECONDS", "stop this long before the end of a Slurm job or --until (60)",
     LP_CLI_AT(INT, work_options, margin), .max = 86400},
    {"lease", 0, "SECONDS", "others take over a range when nothing was heard of its worker for this long (60)",
     LP_CLI_AT(NUMBER, work_options, lease), .min = 1, .max = 86400},
    {"store-every", 0, "SECONDS",
     "store frames this often, and at least every 250; a worker that is killed loses no more (2)",
     LP_CLI_AT(NUMBER, work_options, store_every), .min = 0.01, .max = 3600},
    {"work-space", 0, "FOLDER",
     "read the copies that `stage` has made there (default: $LIGHTPOSE_WORK_SPACE; without it, or without a copy, the "
     "originals)",
     LP_CLI_AT(TEXT, work_options, work_space)},
    {"staged", 0, NULL,
     "claim only ranges of videos that have a copy there, for machines that cannot read the originals",
     LP_CLI_AT(FLAG, work_options, staged)},
    {"quiet", 'q', NULL, "print errors only", LP_CLI_AT(FLAG, work_options, quiet)},
    {0}};

static const lp_cli_command command = {
    "corpus work", NULL,
    "Works on ranges until all are done, failed or cancelled. Start it as often as you like, on as many machines as "
    "reach\n"
    "the database and the videos: each range has one worker, and a worker that dies is replaced by another. Ctrl-C "
    "and\n"
    "SIGTERM stop it after the frames in work; stored frames are kept, and the next worker continues from there.",
    "    lightpose corpus work\n"
    "    lightpose corpus work --db postgresql://me@server/films --until +11h30m\n"
    "    lightpose corpus work --once --threads 8\n"};

/* ---- Time -------------------------------------------------------------------------------------------------------- */

/* *deadline_ms is when to stop, by the monotonic clock; 0: never. Returns LP_CLI_GO, or an exit code after a message.
 */
static int read_deadline(const work_options *o, int64_t *deadline_ms) {
    const char *const slurm = getenv("SLURM_JOB_END_TIME");
    double seconds = 0;
    *deadline_ms = 0;
    if (o->until && (!lp_cli_read_moment(o->until, &seconds) || seconds > 1e12))
        return lp_cli_usage(command.name,
                            "option --until: \"%s\" is not a time as in 18:30, 2026-12-24T18:30 or +11h30m", o->until);
    if (!o->until && slurm && atoll(slurm) > 0)
        seconds = (double)(atoll(slurm) - (int64_t)time(NULL));
    else if (!o->until)
        return LP_CLI_GO;
    *deadline_ms = lp_work_now() / 1000000 + (int64_t)((seconds - o->margin) * 1000);
    if (*deadline_ms <= 0)
        *deadline_ms = 1;
    return LP_CLI_GO;
}

/* ---- The worker -------------------------------------------------------------------------------------------------- */

typedef struct work_state {
    const work_options *options;
    lp_corpus corpus;
    lp_corpus_settings given; /* on this command line */
    lp_corpus_settings settings;
    lp_worker worker;
    char host[128], job[64], sha256[LP_HASH_TEXT], space[PATH_MAX];
    lightpose_system system;
    lp_text staged; /* ids of the videos with a copy */
    int64_t ranges; /* claimed */
    int failed;
} work_state;

enum { GROUPS = 5 };

static void make_groups(work_options *o, lp_corpus_settings *settings, lp_cli_group groups[GROUPS]) {
    const lp_cli_group all[GROUPS] = {
        {"Work", own, o},
        LP_CORPUS_GROUP(&o->corpus),
        {"Network and decoder, as the corpus has them", settings->network, &settings->run.model},
        {"Input, as the corpus has it", settings->input, &settings->run},
        {0}};
    memcpy(groups, all, sizeof all);
}

/* Options of `init` on this command line must equal the corpus's: parses them again, on top of those. */
static int check_settings(work_state *s, work_options *o, int argc, char **argv) {
    lp_corpus_settings stored;
    lightpose_error error = {0};
    lp_cli_group groups[GROUPS];
    lp_cli_operands none = {0};
    lightpose_settings *const network = &s->settings.run.model.settings;
    char text[256];
    int code = LP_CLI_FAILED;
    lp_corpus_settings_init(&stored);
    make_groups(o, &s->settings, groups);
    if (lp_corpus_settings_read(&stored, s->corpus.settings, &error) != LIGHTPOSE_OK ||
        lp_corpus_settings_read(&s->settings, s->corpus.settings, &error) != LIGHTPOSE_OK) {
        lp_cli_error("%s", error.text);
    } else {
        if (s->given.run.model.settings.extra_heights[0]) /* clear them: each option would add one */
            memset(network->extra_heights, 0, sizeof network->extra_heights);
        code = lp_cli_parse(&command, groups, argc, argv, &none);
        if (code == LP_CLI_GO && lp_corpus_settings_differ(&stored, &s->settings, text))
            code = lp_cli_usage(command.name, "the settings of the corpus in %s were fixed when it was made: %s",
                                lp_db_name(s->corpus.db), text);
    }
    lp_cli_operands_free(&none);
    lp_corpus_settings_free(&stored);
    return code;
}

static void introduce(work_state *s) {
    static const char *const variables[] = {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID"};
    const char *const task = getenv("SLURM_ARRAY_TASK_ID"), *const array = getenv("SLURM_ARRAY_JOB_ID");
    lp_queue_worker *const who = &s->worker.who;
    if (gethostname(s->host, sizeof s->host - 1) != 0)
        snprintf(s->host, sizeof s->host, "unknown");
    if (array && task)
        snprintf(s->job, sizeof s->job, "%.30s_%.30s", array, task);
    for (size_t i = 0; i < sizeof variables / sizeof *variables && !*s->job; i++)
        if (getenv(variables[i]))
            snprintf(s->job, sizeof s->job, "%.60s", getenv(variables[i]));
    lightpose_system_get(&s->system);
    who->host = s->host;
    who->job = *s->job ? s->job : NULL;
    who->process = getpid();
    who->weights_sha256 = s->sha256;
    who->cpu = s->system.cpu;
    who->engine = s->system.engine;
    who->threads = s->options->threads ? s->options->threads : s->system.threads;
    who->lease = (double)s->options->lease;
}

/* Finds the corpus's folder in the work space. It need not exist yet. */
static int find_space(work_state *s) {
    const char *const place = lp_space_find(s->options->work_space);
    char tag[LP_CORPUS_TAG];
    if (!place)
        return s->options->staged
                   ? lp_cli_usage(command.name, "option --staged needs --work-space, or $LIGHTPOSE_WORK_SPACE")
                   : LP_CLI_GO;
    lp_corpus_get_tag(&s->corpus, tag);
    if (snprintf(s->space, sizeof s->space, "%s/%s", place, tag) >= (int)sizeof s->space)
        return lp_cli_usage(command.name, "the path of the work space is too long: %.100s...", place);
    s->worker.space = s->space;
    return LP_CLI_GO;
}

static void tell_end(work_state *s, const lp_queue_claim *c, lp_worker_end end, int64_t from, double seconds,
                     const lightpose_error *error) {
    char range[128];
    snprintf(range, sizeof range, "%.60s, frames %" PRId64 " to %" PRId64, c->video.name, c->first, c->last - 1);
    if (end == LP_WORKER_FAILED)
        lp_cli_error("%s: %s", range, error->text);
    else if (end == LP_WORKER_BROKEN)
        lp_cli_error("%s", error->text);
    if (end == LP_WORKER_FAILED || s->options->quiet)
        return;
    static const char *const words[] = {"done",    "failed", "taken away from this worker", "its copy has gone",
                                        "stopped", "stopped"};
    printf("%s: %s; %" PRId64 " frames, %.1f a second\n", range, words[end], c->next - from,
           seconds > 0 ? (double)(c->next - from) / seconds : 0);
    fflush(stdout);
}

/* Works on one range. Returns 0 if the worker has to end. */
static int work_on(work_state *s, lp_queue_claim *claim) {
    lightpose_error error = {0};
    const int64_t start = lp_work_now(), from = claim->next;
    const lp_worker_end end = lp_worker_run(&s->worker, claim, &error);
    s->ranges++;
    s->failed |= end == LP_WORKER_FAILED || end == LP_WORKER_BROKEN;
    tell_end(s, claim, end, from, (double)(lp_work_now() - start) * 1e-9, &error);
    return end != LP_WORKER_BROKEN && end != LP_WORKER_STOPPED;
}

static void pause_ms(int64_t ms) {
    for (const int64_t until = lp_work_now() + ms * 1000000;
         lp_work_now() < until && !atomic_load(&lp_stop_requested);) {
        const struct timespec pause = {0, 50000000};
        nanosleep(&pause, NULL);
    }
}

/* How long to wait before the next claim; -1: exit. */
static int64_t wait_for(work_state *s, int64_t idle_since_ms, lightpose_error *error) {
    const work_options *const o = s->options;
    const int64_t idle = lp_work_now() / 1000000 - idle_since_ms;
    lp_queue_outlook outlook;
    if (o->once || (o->idle_exit >= 0 && idle >= (int64_t)o->idle_exit * 1000))
        return -1;
    if (lp_queue_look(&s->corpus, &outlook, error) != LIGHTPOSE_OK)
        return -1;
    if (!outlook.open && o->idle_exit < 0)
        return -1;
    return outlook.wait > 0 && outlook.wait < 5 ? (int64_t)(outlook.wait * 1000) + 50 : outlook.open ? 1000 : 5000;
}

static int work_all(work_state *s) {
    const work_options *const o = s->options;
    int64_t idle_since = lp_work_now() / 1000000;
    lightpose_error error = {0};
    while (!atomic_load(&lp_stop_requested) && !lp_worker_is_out_of_time(&s->worker)) {
        lp_queue_claim claim = {0};
        if (o->staged && lp_space_list(s->space, &s->staged, &error) != LIGHTPOSE_OK)
            break;
        s->worker.who.only = o->staged ? s->staged.data : NULL;
        if (lp_queue_claim_next(&s->corpus, &s->worker.who, &claim, &error) != LIGHTPOSE_OK)
            break;
        if (claim.id) {
            const int more = work_on(s, &claim);
            lp_queue_claim_free(&claim);
            idle_since = lp_work_now() / 1000000;
            if (!more || o->once || (o->max_ranges && s->ranges >= o->max_ranges))
                break;
            continue;
        }
        const int64_t wait = wait_for(s, idle_since, &error);
        if (wait < 0)
            break;
        pause_ms(wait);
    }
    if (error.status != LIGHTPOSE_OK) {
        lp_cli_error("%s", error.text);
        s->failed = 1;
    }
    if (!o->quiet)
        printf("%" PRId64 " range%s, %" PRId64 " frames; storing took %.2f s\n", s->ranges, s->ranges == 1 ? "" : "s",
               s->worker.frames, (double)s->worker.store_ns * 1e-9);
    return lp_signals_caught() ? 128 + lp_signals_caught() : s->failed ? LP_CLI_FAILED : LP_CLI_OK;
}

int lp_corpus_work_check(int argc, char **argv) {
    work_options o = {0};
    lp_corpus_settings settings;
    lp_cli_group groups[GROUPS];
    lp_cli_operands none;
    lp_corpus_options_init(&o.corpus);
    lp_corpus_settings_init(&settings);
    make_groups(&o, &settings, groups);
    const int code = lp_cli_parse(&command, groups, argc, argv, &none);
    lp_corpus_settings_free(&settings);
    return code == LP_CLI_OK ? lp_cli_usage("corpus submit", "--help is no option for a job") : code;
}

int lp_corpus_work(int argc, char **argv) {
    work_options o = {.idle_exit = -1, .margin = 60, .lease = 60, .store_every = 2};
    work_state s = {.options = &o};
    lp_cli_group groups[GROUPS];
    lp_cli_operands none;
    lightpose_error error = {0};
    lp_db *db;
    lp_corpus_options_init(&o.corpus);
    lp_corpus_settings_init(&s.given);
    lp_corpus_settings_init(&s.settings);
    make_groups(&o, &s.given, groups);
    int code = lp_cli_parse(&command, groups, argc, argv, &none);
    if (code == LP_CLI_GO)
        code = read_deadline(&o, &s.worker.deadline_ms);
    if (code == LP_CLI_GO) {
        lp_signals_catch();
        code = lp_corpus_begin(&s.corpus, &db, &o.corpus);
    }
    if (code == LP_CLI_GO) {
        introduce(&s);
        code = check_settings(&s, &o, argc, argv);
        if (code == LP_CLI_GO)
            code = find_space(&s);
        if (code == LP_CLI_GO) {
            s.settings.run.model.settings.threads = o.threads;
            s.worker.corpus = &s.corpus;
            s.worker.block_seconds = (double)o.store_every;
            s.worker.settings = &s.settings;
            code = lp_corpus_load_model(&s.corpus, &s.settings, o.weights, &s.worker.model, s.sha256,
                                        &s.worker.who.precision, &error) == LIGHTPOSE_OK
                       ? work_all(&s)
                       : (lp_cli_error("%s", error.text), LP_CLI_FAILED);
        }
        lightpose_model_destroy(&s.worker.model);
        lp_text_free(&s.staged);
        lp_corpus_free(&s.corpus);
        lp_db_close(&db);
    }
    lp_corpus_settings_free(&s.given);
    lp_corpus_settings_free(&s.settings);
    return code;
}
