/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/provenance.h"

#include <stdio.h>
#include <string.h>

#include "fail.h"

static void fill(lp_corpus_maker *m, const char *version, const char *cpu, const char *engine) {
    snprintf(m->version, sizeof m->version, "%s", version ? version : "");
    snprintf(m->cpu, sizeof m->cpu, "%s", cpu ? cpu : "");
    snprintf(m->engine, sizeof m->engine, "%s", engine ? engine : "");
}

void lp_corpus_maker_here(lp_corpus_maker *maker) {
    lightpose_system system;
    lightpose_system_get(&system);
    fill(maker, lightpose_version(), system.cpu, system.engine);
}

int lp_corpus_maker_equal(const lp_corpus_maker *a, const lp_corpus_maker *b) {
    return !strcmp(a->version, b->version) && !strcmp(a->cpu, b->cpu) && !strcmp(a->engine, b->engine);
}

lightpose_status lp_corpus_maker_find(lp_corpus *corpus, int64_t video, int64_t frame, lp_corpus_maker *maker,
                                      int *found, lightpose_error *error) {
    lp_db_rows *rows;
    LP_TRY(
        lp_db_select(corpus->db, &rows,
                     "SELECT a.version, a.cpu, a.engine FROM lp_block b JOIN lp_attempt a ON a.range_id = b.range_id "
                     "AND a.number = b.attempt WHERE b.video = $1 AND b.first = (SELECT MAX(first) FROM lp_block "
                     "WHERE video = $1 AND first <= $2) AND b.first + b.frames > $2",
                     LP_DB_VALUES(lp_db_integer(video), lp_db_integer(frame)), error));
    const int got = lp_db_next(rows, error);
    *found = got > 0;
    if (got > 0)
        fill(maker, lp_db_get_text(rows, 0), lp_db_get_text(rows, 1), lp_db_get_text(rows, 2));
    lp_db_rows_close(&rows);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
}

lightpose_status lp_corpus_maker_list(lp_corpus *corpus, int64_t video,
                                      void (*take)(void *opaque, const lp_corpus_maker *maker, int64_t frames),
                                      void *opaque, lightpose_error *error) {
    lp_db_rows *rows;
    int got;
    LP_TRY(lp_db_select(corpus->db, &rows,
                        "SELECT version, cpu, engine, CAST(SUM(next - first) AS BIGINT) FROM lp_attempt "
                        "WHERE next > first AND ($1 = 0 OR range_id IN (SELECT id FROM lp_range WHERE video = $1)) "
                        "GROUP BY version, cpu, engine ORDER BY 4 DESC, 1, 2, 3",
                        LP_DB_VALUES(lp_db_integer(video)), error));
    while ((got = lp_db_next(rows, error)) > 0) {
        lp_corpus_maker maker = {0};
        fill(&maker, lp_db_get_text(rows, 0), lp_db_get_text(rows, 1), lp_db_get_text(rows, 2));
        take(opaque, &maker, lp_db_get_integer(rows, 3));
    }
    lp_db_rows_close(&rows);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
}
