/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/census.h"

#include <math.h>
#include <string.h>

#include "fail.h"

const char *const lp_range_state_names[LP_RANGE_STATES + 1] = {"queued", "running",   "done",
                                                               "failed", "cancelled", NULL};

static lightpose_status count_states(lp_corpus *corpus, lp_census *c, lightpose_error *error) {
    lp_db_rows *rows;
    int got;
    LP_TRY(lp_db_select(corpus->db, &rows,
                        "SELECT state, COUNT(*), CAST(SUM(last - first) AS BIGINT), CAST(SUM(next - first) AS BIGINT), "
                        "CAST(SUM(CASE WHEN state = 'queued' AND due > $1 THEN 1 ELSE 0 END) AS BIGINT), MIN(started), "
                        "MAX(finished) FROM lp_range GROUP BY state",
                        LP_DB_VALUES(lp_db_real(c->now)), error));
    while ((got = lp_db_next(rows, error)) > 0) {
        const double started = lp_db_get_real(rows, 5), finished = lp_db_get_real(rows, 6);
        int state = 0;
        while (state < LP_RANGE_STATES - 1 && strcmp(lp_db_get_text(rows, 0), lp_range_state_names[state]) != 0)
            state++;
        c->states[state].ranges = lp_db_get_integer(rows, 1);
        c->states[state].frames = lp_db_get_integer(rows, 2);
        c->states[state].stored = lp_db_get_integer(rows, 3);
        c->waiting += lp_db_get_integer(rows, 4);
        c->ranges += c->states[state].ranges;
        c->frames += c->states[state].frames;
        c->stored += c->states[state].stored;
        if (isfinite(started) && (!c->started || started < c->started))
            c->started = started;
        if (isfinite(finished) && finished > c->last)
            c->last = finished;
    }
    lp_db_rows_close(&rows);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
}

static lightpose_status count_videos(lp_corpus *corpus, lp_census *c, lightpose_error *error) {
    lp_db_rows *rows;
    LP_TRY(lp_db_select(corpus->db, &rows,
                        "SELECT COUNT(*), CAST(SUM(CASE WHEN done = ranges THEN 1 ELSE 0 END) AS BIGINT), "
                        "CAST(SUM(CASE WHEN failed > 0 THEN 1 ELSE 0 END) AS BIGINT) FROM (SELECT COUNT(*) AS ranges, "
                        "SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS done, "
                        "SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS failed FROM lp_range GROUP BY video) v",
                        LP_DB_NO_VALUES, error));
    const int got = lp_db_next(rows, error);
    if (got > 0) {
        c->videos = lp_db_get_integer(rows, 0);
        c->complete = lp_db_get_integer(rows, 1);
        c->failed = lp_db_get_integer(rows, 2);
    }
    lp_db_rows_close(&rows);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
}

/* Sums progress: over all time, and since the start of the previous minute. */
static lightpose_status sum_progress(lp_corpus *corpus, lp_census *c, lightpose_error *error) {
    const int64_t minute = (int64_t)(c->now / 60) - 1;
    lp_db_rows *rows;
    LP_TRY(lp_db_select(corpus->db, &rows,
                        "SELECT CAST(COALESCE(SUM(people), 0) AS BIGINT), "
                        "CAST(COALESCE(SUM(CASE WHEN minute >= $1 THEN frames ELSE 0 END), 0) AS BIGINT), "
                        "(SELECT MAX(seen) FROM lp_attempt), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM lp_progress",
                        LP_DB_VALUES(lp_db_integer(minute)), error));
    const int got = lp_db_next(rows, error);
    if (got > 0) {
        const double from = fmax((double)minute * 60, c->started), recent = (double)lp_db_get_integer(rows, 1);
        c->people = lp_db_get_integer(rows, 0);
        c->block_bytes = lp_db_get_integer(rows, 3);
        if (c->states[LP_RANGE_RUNNING].ranges && c->now > from)
            c->fps_now = recent / fmax(c->now - from, 1);
        c->last = fmax(c->last, lp_db_get_real(rows, 2)); /* fmax ignores NaN */
    }
    lp_db_rows_close(&rows);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
}

lightpose_status lp_census_take(lp_corpus *corpus, lp_census *c, lightpose_error *error) {
    *c = (lp_census){.seconds_left = -1};
    LP_TRY(lp_db_now(corpus->db, &c->now, error));
    LP_TRY(count_states(corpus, c, error));
    LP_TRY(count_videos(corpus, c, error));
    LP_TRY(sum_progress(corpus, c, error));
    const int64_t left = c->states[LP_RANGE_QUEUED].frames - c->states[LP_RANGE_QUEUED].stored +
                         c->states[LP_RANGE_RUNNING].frames - c->states[LP_RANGE_RUNNING].stored;
    const double end = c->states[LP_RANGE_RUNNING].ranges ? c->now : fmin(c->last, c->now);
    if (c->started && end > c->started)
        c->fps_mean = (double)c->stored / (end - c->started);
    const double fps = c->fps_now > 0 ? c->fps_now : c->fps_mean;
    if (left == 0)
        c->seconds_left = 0;
    else if (fps > 0 && c->states[LP_RANGE_RUNNING].ranges)
        c->seconds_left = (double)left / fps;
    return LIGHTPOSE_OK;
}

lightpose_status lp_census_ranges(lp_corpus *corpus, const lp_queue_filter *f, int64_t most, lp_db_rows **rows,
                                  lightpose_error *error) {
    return lp_db_select(
        corpus->db, rows,
        "SELECT r.id, r.video, r.first, r.last, r.next, r.attempts, v.name, v.film, v.camera, v.path, r.state, a.host, "
        "a.job, r.reason, "
        "r.detail, a.cpu, a.version, r.started, r.finished, r.due FROM lp_range r JOIN lp_video v ON v.id = r.video "
        "LEFT JOIN lp_attempt a ON a.range_id = r.id AND a.number = r.attempt "
        "WHERE ($1 = 0 OR r.video = $1) AND ($2 = 0 OR r.id = $2) AND ($3 = '' OR r.state = $3) "
        "AND ($4 = '' OR r.reason = $4) AND ($6 = '' OR v.film = $6) AND ($7 = '' OR v.camera = $7) ORDER BY r.video, "
        "r.first LIMIT $5",
        LP_DB_VALUES(lp_db_integer(f->video), lp_db_integer(f->range), lp_db_text(f->state ? f->state : ""),
                     lp_db_text(f->reason ? f->reason : ""), lp_db_integer(most > 0 ? most : INT64_MAX),
                     lp_db_text(f->film ? f->film : ""), lp_db_text(f->camera ? f->camera : "")),
        error);
}

void lp_census_read_row(lp_db_rows *rows, lp_census_row *row) {
    *row = (lp_census_row){.range = lp_db_get_integer(rows, 0),
                           .video = lp_db_get_integer(rows, 1),
                           .first = lp_db_get_integer(rows, 2),
                           .last = lp_db_get_integer(rows, 3),
                           .next = lp_db_get_integer(rows, 4),
                           .attempts = lp_db_get_integer(rows, 5),
                           .name = lp_db_get_text(rows, 6),
                           .film = lp_db_get_text(rows, 7),
                           .camera = lp_db_get_text(rows, 8),
                           .path = lp_db_get_text(rows, 9),
                           .state = lp_db_get_text(rows, 10),
                           .host = lp_db_get_text(rows, 11),
                           .job = lp_db_get_text(rows, 12),
                           .reason = lp_db_get_text(rows, 13),
                           .detail = lp_db_get_text(rows, 14),
                           .cpu = lp_db_get_text(rows, 15),
                           .version = lp_db_get_text(rows, 16),
                           .started = lp_db_get_real(rows, 17),
                           .finished = lp_db_get_real(rows, 18),
                           .due = lp_db_get_real(rows, 19)};
}

lightpose_status lp_census_history(lp_corpus *corpus, double now, int *minutes, lp_db_rows **rows,
                                   lightpose_error *error) {
    static const int steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440};
    const int count = sizeof steps / sizeof *steps;
    int64_t first;
    int at = 0;
    LP_TRY(lp_db_select_integer(corpus->db, &first, NULL, "SELECT COALESCE(MIN(minute), $1) FROM lp_progress",
                                LP_DB_VALUES(lp_db_integer((int64_t)(now / 60))), error));
    const int64_t span = (int64_t)(now / 60) - first + 1;
    while (at < count - 1 && span > (int64_t)LP_CENSUS_HISTORY * steps[at])
        at++;
    *minutes = steps[at];
    while (span > (int64_t)LP_CENSUS_HISTORY * *minutes)
        *minutes += steps[at]; /* beyond a day, multiples of a day */
    return lp_db_select(corpus->db, rows,
                        "SELECT minute / $1, CAST(SUM(frames) AS BIGINT), CAST(SUM(people) AS BIGINT), "
                        "CAST(SUM(bytes) AS BIGINT) FROM lp_progress GROUP BY 1 ORDER BY 1",
                        LP_DB_VALUES(lp_db_integer(*minutes)), error);
}
