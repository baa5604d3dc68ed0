/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The videos of a corpus. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus/corpus.h"
#include "corpus/text.h"
#include "fail.h"

void lp_corpus_read_video(lp_db_rows *rows, int column, lp_corpus_video *v) {
    v->id = lp_db_get_integer(rows, column);
    v->path = lp_db_get_text(rows, column + 1);
    v->source = lp_db_get_text(rows, column + 2);
    v->name = lp_db_get_text(rows, column + 3);
    v->film = lp_db_get_text(rows, column + 4);
    v->camera = lp_db_get_text(rows, column + 5);
    v->size = lp_db_get_integer(rows, column + 6);
    v->mtime_ns = lp_db_get_integer(rows, column + 7);
    v->sha256 = lp_db_get_text(rows, column + 8);
    v->width = (int)lp_db_get_integer(rows, column + 9);
    v->height = (int)lp_db_get_integer(rows, column + 10);
    v->frames = lp_db_get_integer(rows, column + 11);
    v->fps = lp_db_get_real(rows, column + 12);
    v->rate_num = (int)lp_db_get_integer(rows, column + 13);
    v->rate_den = (int)lp_db_get_integer(rows, column + 14);
    v->time_base_num = (int)lp_db_get_integer(rows, column + 15);
    v->time_base_den = (int)lp_db_get_integer(rows, column + 16);
}

lightpose_status lp_corpus_keep_video(lp_corpus_video *v, char *memory[LP_CORPUS_VIDEO_TEXTS], lightpose_error *error) {
    const char **const texts[LP_CORPUS_VIDEO_TEXTS] = {&v->path, &v->source, &v->name,
                                                       &v->film, &v->camera, &v->sha256};
    for (int i = 0; i < LP_CORPUS_VIDEO_TEXTS; i++) {
        free(memory[i]);
        *texts[i] = memory[i] = strdup(*texts[i] ? *texts[i] : "");
        if (!memory[i])
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a video's names");
    }
    return LIGHTPOSE_OK;
}

lightpose_status lp_corpus_get_video(lp_corpus *corpus, int64_t id, lp_corpus_video *video,
                                     char *memory[LP_CORPUS_VIDEO_TEXTS], lightpose_error *error) {
    lp_db_rows *rows;
    LP_TRY(lp_db_select(corpus->db, &rows, "SELECT " LP_CORPUS_VIDEO_COLUMNS " FROM lp_video v WHERE v.id = $1",
                        LP_DB_VALUES(lp_db_integer(id)), error));
    const int got = lp_db_next(rows, error);
    lightpose_status status = LIGHTPOSE_ERROR_FILE;
    if (got > 0) {
        lp_corpus_read_video(rows, 0, video);
        status = lp_corpus_keep_video(video, memory, error);
    } else if (got == 0) {
        status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s has no video %" PRId64, lp_db_name(corpus->db), id);
    }
    lp_db_rows_close(&rows);
    return status;
}

lightpose_status lp_corpus_find(lp_corpus *corpus, const char *path, int64_t *id, lightpose_error *error) {
    if (lp_db_is_server(lp_db_name(corpus->db)) && !lp_corpus_is_utf8(path))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "%s: the path is not UTF-8, and PostgreSQL stores only UTF-8: rename it", path);
    return lp_db_select_integer(corpus->db, id, NULL, "SELECT id FROM lp_video WHERE path = $1",
                                LP_DB_VALUES(lp_db_text(path)), error);
}

typedef struct adding {
    const lp_corpus *corpus;
    const lp_corpus_video *video;
    int64_t id;
} adding;

/* Fails with the video that has the path or the content already. */
static lightpose_status refuse_twin(lp_db *db, const lp_corpus_video *v, lightpose_error *error) {
    lp_db_rows *rows;
    LP_TRY(lp_db_select(db, &rows, "SELECT path FROM lp_video WHERE path = $1 OR sha256 = $2",
                        LP_DB_VALUES(lp_db_text(v->path), lp_db_text(v->sha256)), error));
    const int got = lp_db_next(rows, error);
    lightpose_status status = got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
    if (got > 0 && !strcmp(lp_db_get_text(rows, 0), v->path))
        status = lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s is in the corpus already", v->source);
    else if (got > 0)
        status = lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s is in the corpus already, as %s: the content is the same",
                         v->source, lp_db_get_text(rows, 0));
    lp_db_rows_close(&rows);
    return status;
}

/* Finds a name that no other video has: NAME, NAME_2, ... */
static lightpose_status find_name(lp_db *db, const char *wanted, char *name, size_t size, lightpose_error *error) {
    snprintf(name, size, "%s", wanted);
    for (int number = 2;; number++) {
        int64_t id;
        int taken;
        LP_TRY(lp_db_select_integer(db, &id, &taken, "SELECT id FROM lp_video WHERE name = $1",
                                    LP_DB_VALUES(lp_db_text(name)), error));
        if (!taken)
            return LIGHTPOSE_OK;
        snprintf(name, size, "%.*s_%d", (int)size - 16, wanted, number);
    }
}

static lightpose_status add_ranges(lp_db *db, const adding *a, lightpose_error *error) {
    int64_t id;
    LP_TRY(lp_db_select_integer(db, &id, NULL, "SELECT COALESCE(MAX(id), 0) FROM lp_range", LP_DB_NO_VALUES, error));
    return lp_db_execute(
        db, NULL,
        "WITH RECURSIVE part (n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM part "
        "WHERE (n + 1) * $3 < $4) INSERT INTO lp_range (id, video, first, last, next, state, due, lease, attempts, "
        "tries, attempt) SELECT $1 + n + 1, $2, n * $3, CASE WHEN (n + 1) * $3 < $4 THEN (n + 1) * $3 ELSE $4 END, "
        "n * $3, 'queued', 0, 0, 0, 0, 0 FROM part",
        LP_DB_VALUES(lp_db_integer(id), lp_db_integer(a->id), lp_db_integer(a->corpus->range_frames),
                     lp_db_integer(a->video->frames)),
        error);
}

static lightpose_status add(lp_db *db, void *opaque, lightpose_error *error) {
    adding *const a = opaque;
    const lp_corpus_video *const v = a->video;
    char name[512];
    double now;
    int64_t there;
    if (a->id) { /* a repetition: the database may have committed before the connection was lost */
        LP_TRY(lp_db_select_integer(db, &there, NULL, "SELECT COUNT(*) FROM lp_video WHERE id = $1 AND path = $2",
                                    LP_DB_VALUES(lp_db_integer(a->id), lp_db_text(v->path)), error));
        if (there)
            return LIGHTPOSE_OK;
    }
    /* Locks the row, so that one video is added at a time: otherwise PostgreSQL would let two choose the same ids. */
    LP_TRY(lp_db_execute(db, NULL, "UPDATE lp_corpus SET one = 1", LP_DB_NO_VALUES, error));
    LP_TRY(refuse_twin(db, v, error));
    LP_TRY(find_name(db, v->name, name, sizeof name, error));
    LP_TRY(lp_db_select_integer(db, &a->id, NULL, "SELECT COALESCE(MAX(id), 0) + 1 FROM lp_video", LP_DB_NO_VALUES,
                                error));
    LP_TRY(lp_db_now(db, &now, error));
    LP_TRY(
        lp_db_execute(db, NULL,
                      "INSERT INTO lp_video (id, path, source, name, film, camera, size, mtime_ns, sha256, width, "
                      "height, frames, fps, rate_num, "
                      "rate_den, time_base_num, time_base_den, added) "
                      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
                      LP_DB_VALUES(lp_db_integer(a->id), lp_db_text(v->path), lp_db_text(v->source), lp_db_text(name),
                                   lp_db_text(v->film ? v->film : v->name), lp_db_text(v->camera ? v->camera : ""),
                                   lp_db_integer(v->size), lp_db_integer(v->mtime_ns), lp_db_text(v->sha256),
                                   lp_db_integer(v->width), lp_db_integer(v->height), lp_db_integer(v->frames),
                                   lp_db_real(v->fps), lp_db_integer(v->rate_num), lp_db_integer(v->rate_den),
                                   lp_db_integer(v->time_base_num), lp_db_integer(v->time_base_den), lp_db_real(now)),
                      error));
    return add_ranges(db, a, error);
}

lightpose_status lp_corpus_add(lp_corpus *corpus, const lp_corpus_video *video, int64_t *id, lightpose_error *error) {
    adding a = {corpus, video, 0};
    const lightpose_status status = lp_db_transact(corpus->db, add, &a, error);
    *id = a.id;
    return status;
}
