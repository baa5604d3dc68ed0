/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/census_json.h"

#include <math.h>

#include "corpus/text.h"
#include "fail.h"

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static lightpose_status fail_memory(lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the status");
}

static json_t *row_object(const lp_census_row *r) {
    return json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "range",
        (json_int_t)r->range, "video", lp_corpus_json_text(r->name), "film", lp_corpus_json_text(r->film), "camera",
        lp_corpus_json_text(r->camera && *r->camera ? r->camera : NULL), "path", lp_corpus_json_text(r->path), "state",
        r->state, "from", (json_int_t)r->first, "to", (json_int_t)r->last, "frames", (json_int_t)(r->next - r->first),
        "attempts", (json_int_t)r->attempts, "started", number(r->started), "finished", number(r->finished), "host",
        lp_corpus_json_text(r->host), "job", lp_corpus_json_text(r->job), "cpu", lp_corpus_json_text(r->cpu), "version",
        lp_corpus_json_text(r->version), "reason", lp_corpus_json_text(r->reason), "detail",
        lp_corpus_json_text(r->detail));
}

static json_t *census_object(const lp_corpus *corpus, const lp_census *c) {
    json_t *const by_state = json_object();
    for (int i = 0; i < LP_RANGE_STATES; i++)
        json_object_set_new(by_state, lp_range_state_names[i], json_integer(c->states[i].ranges));
    return json_pack(
        "{s:o, s:o, s:o, s:s, s:s, s:f, s:o, s:o, s:{s:I, s:I, s:I}, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:o}",
        "corpus", lp_corpus_json_text(corpus->name), "database", lp_corpus_json_text(lp_db_name(corpus->db)),
        "settings", lp_corpus_json_text(corpus->settings), "precision", corpus->precision, "weights_sha256",
        corpus->weights_sha256, "now", c->now, "created", number(corpus->created), "started",
        c->started > 0 ? json_real(c->started) : json_null(), "videos", "all", (json_int_t)c->videos, "complete",
        (json_int_t)c->complete, "failed", (json_int_t)c->failed, "ranges", (json_int_t)c->ranges, "states", by_state,
        "waiting", (json_int_t)c->waiting, "frames", (json_int_t)c->frames, "stored", (json_int_t)c->stored, "people",
        (json_int_t)c->people, "block_bytes", (json_int_t)c->block_bytes, "fps_now", c->fps_now, "fps_mean",
        c->fps_mean, "seconds_left", c->seconds_left >= 0 ? json_real(c->seconds_left) : json_null());
}

static lightpose_status add_history(lp_corpus *corpus, double now, json_t *object, lightpose_error *error) {
    json_t *const points = json_array();
    lp_db_rows *rows;
    int minutes, got, lacking = 0;
    lightpose_status status = lp_census_history(corpus, now, &minutes, &rows, error);
    if (status == LIGHTPOSE_OK) {
        while ((got = lp_db_next(rows, error)) > 0)
            lacking |= json_array_append_new(points, json_pack("{s:I, s:I, s:I, s:I}", "time",
                                                               (json_int_t)lp_db_get_integer(rows, 0) * minutes * 60,
                                                               "frames", (json_int_t)lp_db_get_integer(rows, 1),
                                                               "people", (json_int_t)lp_db_get_integer(rows, 2),
                                                               "bytes", (json_int_t)lp_db_get_integer(rows, 3)));
        lp_db_rows_close(&rows);
        lacking |=
            json_object_set_new(object, "history", json_pack("{s:i, s:O}", "seconds", minutes * 60, "points", points));
        status = got < 0 ? LIGHTPOSE_ERROR_FILE : lacking ? fail_memory(error) : LIGHTPOSE_OK;
    }
    json_decref(points);
    return status;
}

static lightpose_status add_rows(lp_corpus *corpus, const lp_queue_filter *filter, int64_t limit, json_t *object,
                                 lightpose_error *error) {
    json_t *const list = json_array();
    lp_db_rows *rows;
    lp_census_row row;
    int got, lacking = 0;
    lightpose_status status = lp_census_ranges(corpus, filter, limit, &rows, error);
    if (status == LIGHTPOSE_OK) {
        while ((got = lp_db_next(rows, error)) > 0) {
            lp_census_read_row(rows, &row);
            lacking |= json_array_append_new(list, row_object(&row));
        }
        lp_db_rows_close(&rows);
        lacking |= json_object_set(object, "rows", list);
        status = got < 0 ? LIGHTPOSE_ERROR_FILE : lacking ? fail_memory(error) : LIGHTPOSE_OK;
    }
    json_decref(list);
    return status;
}

lightpose_status lp_census_json(lp_corpus *corpus, const lp_census *census, const lp_queue_filter *filter,
                                int64_t limit, json_t **object, lightpose_error *error) {
    *object = census_object(corpus, census);
    if (!*object)
        return fail_memory(error);
    lightpose_status status = add_history(corpus, census->now, *object, error);
    if (status == LIGHTPOSE_OK && filter)
        status = add_rows(corpus, filter, limit, *object, error);
    if (status != LIGHTPOSE_OK) {
        json_decref(*object);
        *object = NULL;
    }
    return status;
}
