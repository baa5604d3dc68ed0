/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose corpus status`: the state of a corpus. */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "corpus/census.h"
#include "corpus/census_json.h"
#include "corpus/page.h"
#include "corpus/session.h"
#include "corpus/text.h"
#include "fail.h"
#include "run/report.h"
#include "run/signals.h"

typedef struct status_options {
    lp_corpus_options corpus;
    lp_corpus_track track;
    const char *video, *html;
    int state_index, reason_index, ranges, json, watch;
    int64_t limit;
} status_options;

static const char *const states[] = {"any", "queued", "running", "done", "failed", "cancelled", NULL};
static const char *const reasons[] = {"any",          "stopped",   "out of time", "missing file",
                                      "changed file", "decoding",  "network",     "disk",
                                      "killed",       "cancelled", NULL};

static const lp_cli_option own[] = {
    {"ranges", 'r', NULL, "also print a row for each range", LP_CLI_AT(FLAG, status_options, ranges)},
    {"video", 0, "NAME", "rows of this video only", LP_CLI_AT(TEXT, status_options, video)},
    {"state", 0, "STATE", "rows in this state only: queued, running, done, failed or cancelled",
     LP_CLI_AT(CHOICE, status_options, state_index), .choices = states},
    {"reason", 0, "REASON",
     "rows that ended for this reason only: \"missing file\", \"changed file\", decoding, network, disk, killed, ...",
     LP_CLI_AT(CHOICE, status_options, reason_index), .choices = reasons},
    {"limit", 0, "N", "at most N rows (0: all)", LP_CLI_AT(INT64, status_options, limit), .max = 1e12},
    {"json", 0, NULL, "print one JSON object", LP_CLI_AT(FLAG, status_options, json)},
    {"html", 0, "FILE",
     "write a page with plots and a row for each range instead, which needs nothing but itself (\"-\": to standard "
     "output)",
     LP_CLI_AT(TEXT, status_options, html)},
    {"watch", 0, "SECONDS", "print or write it again every SECONDS until stopped; the page reloads itself",
     LP_CLI_AT(INT, status_options, watch), .min = 1, .max = 86400},
    {0}};

static const lp_cli_command command = {
    "corpus status", NULL,
    "Prints what is queued, running, done and failed, how fast it goes and how long it will take. Options that choose\n"
    "rows print them.",
    "    lightpose corpus status\n"
    "    lightpose corpus status --state failed --camera a1\n"
    "    lightpose corpus status --watch 10\n"
    "    lightpose corpus status --json --ranges\n"
    "    lightpose corpus status --html status.html --watch 60\n"};

static const char *moment(double time, char text[32]) {
    const time_t whole = (time_t)time;
    struct tm local;
    snprintf(text, 32, "-");
    if (isfinite(time) && time > 0 && localtime_r(&whole, &local))
        (void)strftime(text, 32, "%Y-%m-%d %H:%M:%S", &local);
    return text;
}

static const char *duration(double seconds, char text[32]) {
    const int64_t s = llround(seconds);
    if (seconds < 0)
        snprintf(text, 32, "unknown");
    else if (s >= 86400)
        snprintf(text, 32, "%" PRId64 " d %" PRId64 " h", s / 86400, s % 86400 / 3600);
    else if (s >= 3600)
        snprintf(text, 32, "%" PRId64 " h %" PRId64 " min", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        snprintf(text, 32, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
    else
        snprintf(text, 32, "%" PRId64 " s", s);
    return text;
}

static double share(int64_t part, int64_t whole) {
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_census(const lp_corpus *corpus, const lp_census *c) {
    char text[32], other[32];
    printf("%s in %s: %s, made %s\n", corpus->name, lp_db_name(corpus->db), corpus->precision,
           moment(corpus->created, text));
    printf("videos       %" PRId64 ": %" PRId64 " complete, %" PRId64 " failed\n", c->videos, c->complete, c->failed);
    printf("ranges       %" PRId64 ": ", c->ranges);
    for (int i = 0; i < LP_RANGE_STATES; i++)
        if (i != LP_RANGE_CANCELLED || c->states[i].ranges)
            printf("%s%" PRId64 " %s", i ? ", " : "", c->states[i].ranges, lp_range_state_names[i]);
    if (c->waiting)
        printf("; %" PRId64 " of the queued wait after a failure", c->waiting);
    printf("\nframes       %" PRId64 " of %" PRId64 " (%.1f %%), %" PRId64 " people, %.1f MB\n", c->stored, c->frames,
           share(c->stored, c->frames), c->people, (double)c->block_bytes * 1e-6);
    printf("speed        %.1f frames a second now, %.1f since the start\n", c->fps_now, c->fps_mean);
    printf("time         started %s, %s left\n", moment(c->started, text), duration(c->seconds_left, other));
}

static void print_row(const lp_census_row *r) {
    char started[32];
    printf("%-9s  %-24s  %-8s  %10" PRId64 "  %10" PRId64 "  %10" PRId64 "  %-19s  %-16s  %3" PRId64 "  %s%s", r->state,
           r->film, *r->camera ? r->camera : "-", r->first, r->last, r->next - r->first, moment(r->started, started),
           r->host ? r->host : "-", r->attempts, r->reason ? r->reason : "", r->detail && *r->detail ? ": " : "");
    lp_corpus_print(r->detail ? r->detail : "");
    putchar('\n');
}

static lightpose_status print_rows(lp_corpus *corpus, const lp_queue_filter *filter, int64_t limit,
                                   lightpose_error *error) {
    lp_db_rows *rows;
    lp_census_row row;
    int got;
    LP_TRY(lp_census_ranges(corpus, filter, limit, &rows, error));
    printf("\n%-9s  %-24s  %-8s  %10s  %10s  %10s  %-19s  %-16s  %3s  %s\n", "status", "film", "camera", "from", "to",
           "frames", "started", "host", "try", "reason");
    while ((got = lp_db_next(rows, error)) > 0) {
        lp_census_read_row(rows, &row);
        print_row(&row);
    }
    lp_db_rows_close(&rows);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
}

static lightpose_status print_json(const status_options *o, const json_t *object, lightpose_error *error) {
    if (o->html)
        LP_TRY(lp_corpus_page_write(o->html, object, o->watch, error));
    if (o->json && (json_dumpf(object, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF))
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "standard output cannot be written to");
    return LIGHTPOSE_OK;
}

static lightpose_status print_once(const status_options *o, lp_corpus *corpus, lightpose_error *error) {
    lp_queue_filter filter = {.state = o->state_index ? states[o->state_index] : NULL,
                              .reason = o->reason_index ? reasons[o->reason_index] : NULL,
                              .film = o->track.film,
                              .camera = o->track.camera};
    const int rows = o->ranges || o->track.film || o->track.camera || o->state_index || o->reason_index || o->video ||
                     o->limit || o->html;
    lp_census census;
    if (o->video)
        LP_TRY(lp_corpus_find_video(corpus, o->video, &filter.video, error));
    LP_TRY(lp_census_take(corpus, &census, error));
    if (!o->json && !o->html) {
        print_census(corpus, &census);
        return rows ? print_rows(corpus, &filter, o->limit, error) : LIGHTPOSE_OK;
    }
    json_t *object;
    LP_TRY(lp_census_json(corpus, &census, rows ? &filter : NULL, o->limit, &object, error));
    const lightpose_status status = print_json(o, object, error);
    json_decref(object);
    return status;
}

static void pause_seconds(int seconds) {
    for (int i = 0; i < 20 * seconds && !atomic_load(&lp_stop_requested); i++) {
        const struct timespec pause = {0, 50000000};
        nanosleep(&pause, NULL);
    }
}

int lp_corpus_status(int argc, char **argv) {
    status_options o = {0};
    lp_cli_operands none;
    lp_corpus corpus;
    lightpose_error error = {0};
    lp_db *db;
    lp_corpus_options_init(&o.corpus);
    const lp_cli_group groups[] = {
        {"Status", own, &o}, LP_CORPUS_TRACK_GROUP(&o.track), LP_CORPUS_GROUP(&o.corpus), {0}};
    int code = lp_cli_parse(&command, groups, argc, argv, &none);
    if (code == LP_CLI_GO && o.html && !strcmp(o.html, "-") && (o.json || o.watch))
        code = lp_cli_usage(command.name, "--html - goes with neither --json nor --watch; name a file");
    if (code == LP_CLI_GO) {
        lp_signals_catch();
        code = lp_corpus_begin(&corpus, &db, &o.corpus);
    }
    if (code != LP_CLI_GO)
        return code;
    code = LP_CLI_OK;
    do {
        if (o.watch && !o.json && !o.html && isatty(STDOUT_FILENO))
            fputs("\033[H\033[J", stdout);
        if (print_once(&o, &corpus, &error) != LIGHTPOSE_OK) {
            lp_cli_error("%s", error.text);
            code = LP_CLI_FAILED;
        }
        if (fflush(stdout) != 0)
            code = lp_report_reader_is_gone() ? LP_CLI_CLOSED : LP_CLI_FAILED;
        if (o.watch)
            pause_seconds(o.watch);
    } while (o.watch && code == LP_CLI_OK && !atomic_load(&lp_stop_requested));
    lp_corpus_free(&corpus);
    lp_db_close(&db);
    return code;
}
