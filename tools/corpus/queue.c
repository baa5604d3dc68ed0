/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fail.h"
#include "output/text.h"

const char *const lp_queue_reason_names[LP_QUEUE_REASONS + 1] = {
    "stopped", "out of time", "missing file", "changed file", "decoding", "network", "disk", "killed", NULL};

/* ---- Claiming ---------------------------------------------------------------------------------------------------- */

static lightpose_status make_token(char token[LP_QUEUE_TOKEN], lightpose_error *error) {
    unsigned char bytes[(LP_QUEUE_TOKEN - 1) / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return LIGHTPOSE_OK;
}

typedef struct claiming {
    const lp_corpus *corpus;
    const lp_queue_worker *worker;
    lp_queue_claim *claim;
} claiming;

/* The first of these rows that no other transaction has locked. */
static lightpose_status pick(lp_db *db, int64_t *id, const char *condition, const char *only, double now,
                             lightpose_error *error) {
    const size_t size = 512 + (only ? strlen(only) : 0);
    char *const sql = malloc(size);
    if (!sql)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a statement");
    snprintf(sql, size, "SELECT id FROM lp_range WHERE %s%s%s%s ORDER BY due, id LIMIT 1%s", condition,
             only ? " AND video IN (" : "", only ? only : "", only ? ")" : "", lp_db_skip_locked(db));
    const lightpose_status status = lp_db_select_integer(db, id, NULL, sql, LP_DB_VALUES(lp_db_real(now)), error);
    free(sql);
    return status;
}

/* Fails a range whose workers died so often that the range must be the cause. */
static lightpose_status give_up(lp_db *db, int64_t id, double now, lightpose_error *error) {
    return lp_db_execute(db, NULL,
                         "UPDATE lp_range SET state = 'failed', owner = NULL, due = 0, finished = $2, "
                         "reason = 'killed', detail = 'its worker vanished ' || tries || ' times without a frame' "
                         "WHERE id = $1",
                         LP_DB_VALUES(lp_db_integer(id), lp_db_real(now)), error);
}

/* Ends the attempt of a worker that vanished. */
static lightpose_status bury(lp_db *db, int64_t id, double now, lightpose_error *error) {
    return lp_db_execute(db, NULL,
                         "UPDATE lp_attempt SET ended = $2, reason = 'killed' WHERE range_id = $1 AND ended IS NULL",
                         LP_DB_VALUES(lp_db_integer(id), lp_db_real(now)), error);
}

/* The last two match leases and back-offs that are void because the clock was set back. */
static const char *const conditions[] = {
    "state = 'running' AND due <= $1", "state = 'queued' AND due <= $1", "state = 'running' AND due > $1 + 2 * lease",
    "state = 'queued' AND due > $1 + 1200", /* 2 * LP_QUEUE_BACKOFF_MOST */
};
_Static_assert(LP_QUEUE_BACKOFF_MOST == 600, "the condition has 2 * 600");

static lightpose_status find_range(lp_db *db, const claiming *c, double now, int64_t *id, lightpose_error *error) {
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        for (;;) {
            int64_t tries;
            LP_TRY(pick(db, id, conditions[i], c->worker->only, now, error));
            if (!*id)
                break;
            if (i % 2 == 1)
                return LIGHTPOSE_OK;
            LP_TRY(bury(db, *id, now, error));
            LP_TRY(lp_db_select_integer(db, &tries, NULL, "SELECT tries FROM lp_range WHERE id = $1",
                                        LP_DB_VALUES(lp_db_integer(*id)), error));
            if (tries < c->corpus->max_attempts)
                return LIGHTPOSE_OK;
            LP_TRY(give_up(db, *id, now, error));
        }
    return LIGHTPOSE_OK;
}

static lightpose_status read_claim(lp_db *db, lp_queue_claim *claim, lightpose_error *error) {
    lp_db_rows *rows;
    LP_TRY(lp_db_select(db, &rows,
                        "SELECT r.first, r.last, r.next, r.attempt, " LP_CORPUS_VIDEO_COLUMNS
                        " FROM lp_range r JOIN lp_video v ON v.id = r.video WHERE r.id = $1",
                        LP_DB_VALUES(lp_db_integer(claim->id)), error));
    lightpose_status status = LIGHTPOSE_OK;
    const int got = lp_db_next(rows, error);
    if (got > 0) {
        claim->first = lp_db_get_integer(rows, 0);
        claim->last = lp_db_get_integer(rows, 1);
        claim->next = lp_db_get_integer(rows, 2);
        claim->attempt = lp_db_get_integer(rows, 3);
        lp_corpus_read_video(rows, 4, &claim->video);
        status = lp_corpus_keep_video(&claim->video, claim->memory, error);
    } else {
        status = got < 0 ? LIGHTPOSE_ERROR_FILE
                         : lp_fail(error, LIGHTPOSE_ERROR_FILE, "range %" PRId64 " is of no video", claim->id);
    }
    lp_db_rows_close(&rows);
    return status;
}

static lightpose_status claim_next(lp_db *db, void *opaque, lightpose_error *error) {
    const claiming *const c = opaque;
    const lp_queue_worker *const w = c->worker;
    lp_queue_claim *const claim = c->claim;
    double now;
    if (claim->id) { /* a repetition: the database may have committed before the connection was lost */
        int64_t ours;
        LP_TRY(lp_db_select_integer(db, &ours, NULL, "SELECT COUNT(*) FROM lp_range WHERE id = $1 AND owner = $2",
                                    LP_DB_VALUES(lp_db_integer(claim->id), lp_db_text(claim->owner)), error));
        if (ours)
            return read_claim(db, claim, error);
    }
    LP_TRY(lp_db_now(db, &now, error));
    LP_TRY(find_range(db, c, now, &claim->id, error));
    if (!claim->id)
        return LIGHTPOSE_OK;
    LP_TRY(lp_db_execute(db, NULL,
                         "UPDATE lp_range SET state = 'running', owner = $2, due = $3, lease = $4, "
                         "attempts = attempts + 1, tries = tries + 1, attempt = attempts + 1, "
                         "started = COALESCE(started, $5), finished = NULL, reason = NULL, detail = NULL WHERE id = $1",
                         LP_DB_VALUES(lp_db_integer(claim->id), lp_db_text(claim->owner), lp_db_real(now + w->lease),
                                      lp_db_real(w->lease), lp_db_real(now)),
                         error));
    LP_TRY(read_claim(db, claim, error));
    return lp_db_execute(
        db, NULL,
        "INSERT INTO lp_attempt (range_id, number, owner, host, process, job, version, weights_sha256, precision_name, "
        "cpu, engine, threads, first, next, started, seen) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $14)",
        LP_DB_VALUES(lp_db_integer(claim->id), lp_db_integer(claim->attempt), lp_db_text(claim->owner),
                     lp_db_text(w->host), lp_db_integer(w->process), lp_db_text(w->job),
                     lp_db_text(lightpose_version()), lp_db_text(w->weights_sha256), lp_db_text(w->precision),
                     lp_db_text(w->cpu), lp_db_text(w->engine), lp_db_integer(w->threads), lp_db_integer(claim->next),
                     lp_db_real(now)),
        error);
}

lightpose_status lp_queue_claim_next(lp_corpus *corpus, const lp_queue_worker *worker, lp_queue_claim *claim,
                                     lightpose_error *error) {
    claiming c = {corpus, worker, claim};
    *claim = (lp_queue_claim){0};
    LP_TRY(make_token(claim->owner, error));
    const lightpose_status status = lp_db_transact(corpus->db, claim_next, &c, error);
    if (status != LIGHTPOSE_OK)
        lp_queue_claim_free(claim);
    return status;
}

void lp_queue_claim_free(lp_queue_claim *claim) {
    for (int i = 0; i < LP_CORPUS_VIDEO_TEXTS; i++)
        free(claim->memory[i]);
    *claim = (lp_queue_claim){0};
}

lightpose_status lp_queue_look(lp_corpus *corpus, lp_queue_outlook *outlook, lightpose_error *error) {
    lp_db_rows *rows;
    double now;
    *outlook = (lp_queue_outlook){0};
    LP_TRY(lp_db_now(corpus->db, &now, error));
    LP_TRY(lp_db_select(corpus->db, &rows,
                        "SELECT COUNT(*), MIN(due) FROM lp_range WHERE state IN ('queued', 'running')", LP_DB_NO_VALUES,
                        error));
    const int got = lp_db_next(rows, error);
    if (got > 0) {
        const double due = lp_db_get_real(rows, 1);
        outlook->open = lp_db_get_integer(rows, 0);
        outlook->wait = isfinite(due) && due > now ? due - now : 0;
    }
    lp_db_rows_close(&rows);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
}

/* ---- Storing ----------------------------------------------------------------------------------------------------- */

typedef struct storing {
    const lp_queue_worker *worker;
    const lp_queue_claim *claim;
    const lp_queue_block *block; /* NULL: none */
    int held;
} storing;

/* Whether the block is stored already, by a transaction that committed just before the connection was lost. */
static lightpose_status is_stored(lp_db *db, const storing *s, int64_t next, int *stored, lightpose_error *error) {
    int64_t count;
    LP_TRY(lp_db_select_integer(
        db, &count, NULL,
        "SELECT COUNT(*) FROM lp_attempt a JOIN lp_range r ON r.id = a.range_id "
        "AND r.attempt = a.number WHERE a.range_id = $1 AND a.owner = $2 AND r.next = $3",
        LP_DB_VALUES(lp_db_integer(s->claim->id), lp_db_text(s->claim->owner), lp_db_integer(next)), error));
    *stored = count > 0;
    return LIGHTPOSE_OK;
}

static lightpose_status insert_block(lp_db *db, const storing *s, int64_t next, double now, lightpose_error *error) {
    const lp_queue_claim *const c = s->claim;
    const lp_queue_block *const b = s->block;
    LP_TRY(lp_db_execute(db, NULL,
                         "INSERT INTO lp_block (video, first, frames, people, range_id, attempt, data) "
                         "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                         LP_DB_VALUES(lp_db_integer(c->video.id), lp_db_integer(c->next), lp_db_integer(b->frames),
                                      lp_db_integer(b->people), lp_db_integer(c->id), lp_db_integer(c->attempt),
                                      lp_db_blob(b->data, b->size)),
                         error));
    LP_TRY(
        lp_db_execute(db, NULL,
                      "INSERT INTO lp_progress (minute, range_id, frames, people, bytes) VALUES ($1, $2, $3, $4, $5) "
                      "ON CONFLICT (minute, range_id) DO UPDATE SET frames = lp_progress.frames + excluded.frames, "
                      "people = lp_progress.people + excluded.people, bytes = lp_progress.bytes + excluded.bytes",
                      LP_DB_VALUES(lp_db_integer((int64_t)(now / 60)), lp_db_integer(c->id), lp_db_integer(b->frames),
                                   lp_db_integer(b->people), lp_db_integer((int64_t)b->size)),
                      error));
    return lp_db_execute(db, NULL,
                         "UPDATE lp_attempt SET next = $3, seen = $4, ended = CASE WHEN $5 = 1 THEN $4 END "
                         "WHERE range_id = $1 AND number = $2",
                         LP_DB_VALUES(lp_db_integer(c->id), lp_db_integer(c->attempt), lp_db_integer(next),
                                      lp_db_real(now), lp_db_integer(next == c->last)),
                         error);
}

static lightpose_status store(lp_db *db, void *opaque, lightpose_error *error) {
    storing *const s = opaque;
    const lp_queue_claim *const c = s->claim;
    const int64_t next = c->next + s->block->frames;
    const int ends = next == c->last;
    int64_t changed;
    double now;
    LP_TRY(lp_db_now(db, &now, error));
    LP_TRY(lp_db_execute(db, &changed,
                         "UPDATE lp_range SET next = $4, tries = 0, due = $5, state = $6, "
                         "owner = CASE WHEN $7 = 1 THEN NULL ELSE owner END, "
                         "finished = CASE WHEN $7 = 1 THEN $8 ELSE finished END "
                         "WHERE id = $1 AND owner = $2 AND state = 'running' AND next = $3",
                         LP_DB_VALUES(lp_db_integer(c->id), lp_db_text(c->owner), lp_db_integer(c->next),
                                      lp_db_integer(next), lp_db_real(ends ? 0 : now + s->worker->lease),
                                      lp_db_text(ends ? "done" : "running"), lp_db_integer(ends), lp_db_real(now)),
                         error));
    s->held = changed == 1;
    return s->held ? insert_block(db, s, next, now, error) : is_stored(db, s, next, &s->held, error);
}

lightpose_status lp_queue_store(lp_corpus *corpus, const lp_queue_worker *worker, lp_queue_claim *claim,
                                const lp_queue_block *block, int *held, lightpose_error *error) {
    storing s = {worker, claim, block, 0};
    if (block->frames < 1 || block->frames > claim->last - claim->next)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "%d frames from frame %" PRId64 " on; the range ends at %" PRId64, block->frames, claim->next,
                       claim->last);
    LP_TRY(lp_db_transact(corpus->db, store, &s, error));
    *held = s.held;
    claim->next += s.held ? block->frames : 0;
    return LIGHTPOSE_OK;
}

static lightpose_status renew(lp_db *db, void *opaque, lightpose_error *error) {
    storing *const s = opaque;
    int64_t changed;
    double now;
    LP_TRY(lp_db_now(db, &now, error));
    LP_TRY(lp_db_execute(
        db, &changed, "UPDATE lp_range SET due = $3 WHERE id = $1 AND owner = $2 AND state = 'running'",
        LP_DB_VALUES(lp_db_integer(s->claim->id), lp_db_text(s->claim->owner), lp_db_real(now + s->worker->lease)),
        error));
    s->held = changed == 1;
    if (!s->held)
        return LIGHTPOSE_OK;
    return lp_db_execute(db, NULL, "UPDATE lp_attempt SET seen = $3 WHERE range_id = $1 AND number = $2",
                         LP_DB_VALUES(lp_db_integer(s->claim->id), lp_db_integer(s->claim->attempt), lp_db_real(now)),
                         error);
}

lightpose_status lp_queue_renew(lp_corpus *corpus, const lp_queue_worker *worker, const lp_queue_claim *claim,
                                int *held, lightpose_error *error) {
    storing s = {worker, claim, NULL, 0};
    LP_TRY(lp_db_transact(corpus->db, renew, &s, error));
    *held = s.held;
    return LIGHTPOSE_OK;
}

/* ---- Giving back ------------------------------------------------------------------------------------------------- */

typedef struct ending {
    const lp_corpus *corpus;
    const lp_queue_claim *claim;
    lp_queue_reason reason;
    const char *detail;
} ending;

static lightpose_status end(lp_db *db, void *opaque, lightpose_error *error) {
    const ending *const e = opaque;
    const lp_queue_claim *const c = e->claim;
    const int failure = e->reason != LP_QUEUE_STOPPED && e->reason != LP_QUEUE_TIME;
    int64_t tries, changed;
    double now;
    LP_TRY(lp_db_now(db, &now, error));
    LP_TRY(lp_db_select_integer(db, &tries, NULL, "SELECT tries FROM lp_range WHERE id = $1",
                                LP_DB_VALUES(lp_db_integer(c->id)), error));
    const int final = failure && (e->reason == LP_QUEUE_CHANGED || tries >= e->corpus->max_attempts);
    const double pause = LP_QUEUE_BACKOFF_FIRST * exp2((double)(tries > 1 && tries < 20 ? tries - 1 : 0));
    const double due = final || !failure ? 0 : now + (pause < LP_QUEUE_BACKOFF_MOST ? pause : LP_QUEUE_BACKOFF_MOST);
    LP_TRY(lp_db_execute(
        db, &changed,
        "UPDATE lp_range SET state = $3, owner = NULL, due = $4, tries = tries - $5, reason = $6, "
        "detail = $7, finished = CASE WHEN $3 = 'failed' THEN $8 ELSE finished END "
        "WHERE id = $1 AND owner = $2 AND state = 'running'",
        LP_DB_VALUES(lp_db_integer(c->id), lp_db_text(c->owner), lp_db_text(final ? "failed" : "queued"),
                     lp_db_real(due), lp_db_integer(!failure && tries > 0),
                     lp_db_text(lp_queue_reason_names[e->reason]), lp_db_text(e->detail), lp_db_real(now)),
        error));
    return lp_db_execute(db, NULL,
                         "UPDATE lp_attempt SET ended = COALESCE(ended, $3), reason = COALESCE(reason, $4), "
                         "detail = COALESCE(detail, $5) WHERE range_id = $1 AND number = $2",
                         LP_DB_VALUES(lp_db_integer(c->id), lp_db_integer(c->attempt), lp_db_real(now),
                                      lp_db_text(lp_queue_reason_names[e->reason]), lp_db_text(e->detail)),
                         error);
}

lightpose_status lp_queue_end(lp_corpus *corpus, const lp_queue_claim *claim, lp_queue_reason reason,
                              const char *detail, lightpose_error *error) {
    lp_text clean = {0}; /* PostgreSQL accepts only UTF-8 */
    if (detail) {
        (void)lp_text_utf8(&clean, detail);
        lp_text_bytes(&clean, "", 1);
    }
    ending e = {corpus, claim, reason, clean.failed ? NULL : clean.data};
    const lightpose_status status = lp_db_transact(corpus->db, end, &e, error);
    lp_text_free(&clean);
    return status;
}

/* ---- Requests of users ------------------------------------------------------------------------------------------- */

typedef struct asking {
    const lp_queue_filter *filter;
    const char *sql;
    int64_t count;
} asking;

static lightpose_status ask(lp_db *db, void *opaque, lightpose_error *error) {
    asking *const a = opaque;
    const lp_queue_filter *const f = a->filter;
    return lp_db_execute(db, &a->count, a->sql,
                         LP_DB_VALUES(lp_db_integer(f->video), lp_db_integer(f->range),
                                      lp_db_text(f->state ? f->state : ""), lp_db_text(f->reason ? f->reason : ""),
                                      lp_db_text(f->film ? f->film : ""), lp_db_text(f->camera ? f->camera : "")),
                         error);
}

#define CHOSEN                                                                                                         \
    " AND ($1 = 0 OR video = $1) AND ($2 = 0 OR id = $2) AND ($3 = '' OR state = $3) AND ($4 = '' OR reason = $4) "    \
    "AND ($5 = '' OR video IN (SELECT id FROM lp_video WHERE film = $5)) "                                             \
    "AND ($6 = '' OR video IN (SELECT id FROM lp_video WHERE camera = $6))"

static lightpose_status change(lp_corpus *corpus, const lp_queue_filter *filter, const char *sql, int64_t *count,
                               lightpose_error *error) {
    asking a = {filter, sql, 0};
    const lightpose_status status = lp_db_transact(corpus->db, ask, &a, error);
    *count = a.count;
    return status;
}

lightpose_status lp_queue_retry(lp_corpus *corpus, const lp_queue_filter *filter, int64_t *count,
                                lightpose_error *error) {
    return change(corpus, filter,
                  "UPDATE lp_range SET state = 'queued', due = 0, tries = 0, owner = NULL, finished = NULL "
                  "WHERE state IN ('failed', 'cancelled')" CHOSEN,
                  count, error);
}

lightpose_status lp_queue_cancel(lp_corpus *corpus, const lp_queue_filter *filter, int64_t *count,
                                 lightpose_error *error) {
    return change(corpus, filter,
                  "UPDATE lp_range SET state = 'cancelled', due = 0, owner = NULL, reason = 'cancelled', detail = NULL "
                  "WHERE state IN ('queued', 'running', 'failed')" CHOSEN,
                  count, error);
}
