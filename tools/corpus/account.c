/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus/text.h"
#include "fail.h"

static const char *const members[] = {"lightpose", "weights_sha256", "precision", "instruction_set", "engine", "host"};
enum { MEMBERS = sizeof members / sizeof *members };

static lightpose_status fail_memory(lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the description of a video");
}

static json_int_t frames_of(const json_t *maker) {
    return json_integer_value(json_object_get(maker, "frames"));
}

static int are_equal(const json_t *a, const json_t *b) {
    for (int i = 0; i < MEMBERS; i++)
        if (!json_equal(json_object_get(a, members[i]), json_object_get(b, members[i])))
            return 0;
    return 1;
}

/* The object of an account that equals `like`, which is added if there is none. NULL if out of memory. */
static json_t *find(json_t *account, const json_t *like) {
    json_t *maker;
    size_t i;
    json_array_foreach(account, i, maker) {
        if (are_equal(maker, like))
            return maker;
    }
    maker = json_object();
    for (i = 0; maker && i < MEMBERS; i++)
        if (json_object_set(maker, members[i], json_object_get(like, members[i])) != 0)
            return json_decref(maker), NULL;
    if (!maker || json_object_set_new(maker, "frames", json_integer(0)) != 0)
        return json_decref(maker), NULL;
    return json_array_append_new(account, maker) == 0 ? maker : NULL;
}

static int add_frames(json_t *maker, json_int_t count) {
    return maker && json_object_set_new(maker, "frames", json_integer(frames_of(maker) + count)) == 0;
}

/* Adds frames `first` to `next` - 1; calls must be in ascending order. */
static int add_range(json_t *maker, json_int_t first, json_int_t next) {
    json_t *ranges = json_object_get(maker, "ranges");
    if (!ranges && json_object_set_new(maker, "ranges", ranges = json_array()) != 0)
        return 0;
    json_t *const last = json_array_get(ranges, json_array_size(ranges) - 1); /* NULL if empty */
    if (last && json_integer_value(json_array_get(last, 1)) == first)
        return json_array_set_new(last, 1, json_integer(next)) == 0;
    return json_array_append_new(ranges, json_pack("[I, I]", first, next)) == 0;
}

/* Insertion sort, since an account is short. */
static void sort(json_t *account) {
    for (size_t i = 1; i < json_array_size(account); i++)
        for (size_t k = i; k > 0 && frames_of(json_array_get(account, k)) > frames_of(json_array_get(account, k - 1));
             k--) {
            json_t *const less = json_incref(json_array_get(account, k - 1));
            json_array_set(account, k - 1, json_array_get(account, k));
            json_array_set_new(account, k, less);
        }
}

static int add_row(json_t *account, lp_db_rows *rows) {
    json_t *const like = json_object();
    const int64_t first = lp_db_get_integer(rows, MEMBERS), next = lp_db_get_integer(rows, MEMBERS + 1);
    int good = like != NULL;
    for (int i = 0; i < MEMBERS && good; i++)
        good = json_object_set_new(like, members[i], lp_corpus_json_text(lp_db_get_text(rows, i))) == 0;
    json_t *const maker = good ? find(account, like) : NULL;
    good = add_frames(maker, next - first) && add_range(maker, first, next);
    json_decref(like);
    return good;
}

lightpose_status lp_account_take(json_t **account, lp_corpus *corpus, int64_t video, lightpose_error *error) {
    lp_db_rows *rows;
    int got = 1, good = 1;
    *account = NULL;
    LP_TRY(
        lp_db_select(corpus->db, &rows,
                     "SELECT a.version, a.weights_sha256, a.precision_name, a.cpu, a.engine, a.host, a.first, a.next "
                     "FROM lp_range r JOIN lp_attempt a ON a.range_id = r.id "
                     "WHERE r.video = $1 AND a.next > a.first ORDER BY a.first",
                     LP_DB_VALUES(lp_db_integer(video)), error));
    json_t *const made = json_array();
    while (made && good && (got = lp_db_next(rows, error)) > 0)
        good = add_row(made, rows);
    lp_db_rows_close(&rows);
    if (got >= 0 && made && good) {
        sort(made);
        *account = made;
        return LIGHTPOSE_OK;
    }
    json_decref(made);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : fail_memory(error);
}

lightpose_status lp_account_add(json_t *sum, const json_t *account, lightpose_error *error) {
    json_t *maker;
    size_t i;
    json_array_foreach(account, i, maker) {
        if (!add_frames(find(sum, maker), frames_of(maker)))
            return fail_memory(error);
    }
    sort(sum);
    return LIGHTPOSE_OK;
}

int lp_account_values(const json_t *account, const char *member, char *text, size_t size) {
    const size_t makers = json_array_size(account);
    size_t used = 0;
    int count = 0;
    *text = '\0';
    for (size_t i = 0; i < makers; i++) {
        const json_t *const value = json_object_get(json_array_get(account, i), member);
        size_t before = 0;
        while (before < i && !json_equal(json_object_get(json_array_get(account, before), member), value))
            before++;
        if (before < i)
            continue;
        const char *const word = json_string_value(value);
        const size_t more = strlen(word ? word : "") + (count ? 3 : 0);
        if (used + more < size) {
            snprintf(text + used, size - used, "%s%s", count ? " + " : "", word ? word : "");
            used += more;
        }
        count++;
    }
    return count;
}

char *lp_account_about(const json_t *account, const lp_corpus *corpus, const json_t *options) {
    char version[128], precision[64], set[128], engine[128];
    (void)lp_account_values(account, "lightpose", version, sizeof version);
    (void)lp_account_values(account, "precision", precision, sizeof precision);
    (void)lp_account_values(account, "instruction_set", set, sizeof set);
    (void)lp_account_values(account, "engine", engine, sizeof engine);
    json_t *const root =
        json_pack("{s:s, s:o, s:{s:o, s:s}, s:s, s:s, s:s, s:O, s:O}", "lightpose", version, "corpus",
                  lp_corpus_json_text(corpus->name), "weights", "file", lp_corpus_json_text(corpus->weights), "sha256",
                  corpus->weights_sha256, "precision", precision, "instruction_set", set, "engine", engine, "options",
                  options, "made_by", account);
    char *const whole = root ? json_dumps(root, JSON_COMPACT) : NULL;
    char *const about = whole ? strndup(whole + 1, strlen(whole) - 2) : NULL; /* without the braces */
    free(whole);
    json_decref(root);
    return about;
}
