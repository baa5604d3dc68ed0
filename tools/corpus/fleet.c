/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/fleet.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

void lp_fleet_free(lp_fleet *fleet) {
    free(fleet->arrays);
    fleet->arrays = NULL;
    fleet->count = 0;
}

lightpose_status lp_fleet_add(lp_fleet *fleet, lp_corpus *corpus, const char *id, int count, lightpose_error *error) {
    double now;
    lp_fleet_array *const more = realloc(fleet->arrays, (size_t)(fleet->count + 1) * sizeof *more);
    if (!more)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a list of jobs");
    fleet->arrays = more;
    LP_TRY(lp_db_now(corpus->db, &now, error));
    lp_fleet_array *const array = &more[fleet->count++];
    *array = (lp_fleet_array){.count = count, .submitted = now};
    snprintf(array->id, sizeof array->id, "%s", id);
    return LIGHTPOSE_OK;
}

/* ---- Submitted arrays -------------------------------------------------------------------------------------------- */

static int is_of_array(const char *job, const char *id) {
    const size_t size = strlen(id);
    return !strncmp(job, id, size) && job[size] == '_';
}

static int has_jobs(const lp_slurm_jobs *jobs, const char *id) {
    for (int i = 0; i < jobs->count; i++)
        if (is_of_array(jobs->items[i].id, id))
            return 1;
    return 0;
}

/* The last line of a job's log. */
static void read_last_line(const char *path, char *line, size_t size) {
    char bytes[2048];
    FILE *const file = fopen(path, "r");
    *line = 0;
    if (!file)
        return;
    if (fseek(file, -(long)(sizeof bytes - 1), SEEK_END) != 0)
        rewind(file);
    size_t got = fread(bytes, 1, sizeof bytes - 1, file);
    fclose(file);
    while (got && strchr("\n\r ", bytes[got - 1]))
        got--;
    bytes[got] = 0;
    const char *const newline = strrchr(bytes, '\n');
    snprintf(line, size, "%.*s", (int)size - 1, newline ? newline + 1 : bytes);
}

static void tell(const lp_fleet *fleet, const lp_fleet_array *array, int64_t claimed, const char *logs) {
    char text[PATH_MAX + 1024], path[PATH_MAX + 64], line[400];
    snprintf(path, sizeof path, "%s/%s_1.log", logs, array->id);
    read_last_line(path, line, sizeof line);
    if (claimed)
        snprintf(text, sizeof text, "array %s: %" PRId64 " of its %d jobs have claimed no range; see %s/%s_*.log",
                 array->id, array->count - claimed, array->count, logs, array->id);
    else
        snprintf(text, sizeof text, "array %s: no job has claimed a range; see %s%s%s", array->id, path,
                 *line ? ", which ends: " : ", which is empty or missing", line);
    if (fleet->tell)
        fleet->tell(fleet->opaque, text);
}

/* Counts the ranges that jobs may claim and that meet a condition on $1. */
static lightpose_status count_where(const lp_fleet *fleet, lp_corpus *corpus, int64_t *count, const char *condition,
                                    double value, lightpose_error *error) {
    const size_t size = 512 + (fleet->only ? strlen(fleet->only) : 0);
    char *const sql = malloc(size);
    if (!sql)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a statement");
    snprintf(sql, size, "SELECT COUNT(*) FROM lp_range WHERE %s%s%s%s", condition, fleet->only ? " AND video IN (" : "",
             fleet->only ? fleet->only : "", fleet->only ? ")" : "");
    const lightpose_status status =
        lp_db_select_integer(corpus->db, count, NULL, sql, LP_DB_VALUES(lp_db_real(value)), error);
    free(sql);
    return status;
}

/* Judges an array whose jobs have ended. It is bad if they claimed nothing although a range was free all the time. */
static lightpose_status judge(lp_fleet *fleet, lp_corpus *corpus, const lp_fleet_array *array, const char *logs,
                              lightpose_error *error) {
    char prefix[40];
    int64_t claimed, claimable;
    snprintf(prefix, sizeof prefix, "%s_", array->id);
    LP_TRY(lp_db_select_integer(corpus->db, &claimed, NULL,
                                "SELECT COUNT(DISTINCT job) FROM lp_attempt WHERE SUBSTR(job, 1, $2) = $1",
                                LP_DB_VALUES(lp_db_text(prefix), lp_db_integer((int64_t)strlen(prefix))), error));
    LP_TRY(count_where(fleet, corpus, &claimable, "state = 'queued' AND due <= $1", array->submitted, error));
    if (claimed)
        fleet->bad = 0;
    if (claimed >= array->count || !claimable)
        return LIGHTPOSE_OK;
    tell(fleet, array, claimed, logs);
    fleet->bad += !claimed;
    fleet->is_hopeless = fleet->bad >= LP_FLEET_MOST_BAD;
    return fleet->is_hopeless ? lp_fail(error, LIGHTPOSE_ERROR_STATE,
                                        "the jobs of %d arrays in a row have claimed no range: giving up; look at the "
                                        "logs in %s, fix the cause, and submit again",
                                        fleet->bad, logs)
                              : LIGHTPOSE_OK;
}

static lightpose_status judge_all(lp_fleet *fleet, lp_corpus *corpus, const lp_slurm_jobs *jobs, const char *logs,
                                  lightpose_error *error) {
    for (int i = 0; i < fleet->count;) {
        if (has_jobs(jobs, fleet->arrays[i].id)) {
            i++;
            continue;
        }
        LP_TRY(judge(fleet, corpus, &fleet->arrays[i], logs, error));
        memmove(&fleet->arrays[i], &fleet->arrays[i + 1], (size_t)(--fleet->count - i) * sizeof *fleet->arrays);
    }
    return LIGHTPOSE_OK;
}

/* ---- The plan ---------------------------------------------------------------------------------------------------- */

/* Counts ranges by state. *free: those that a worker could claim within LP_FLEET_IDLE seconds; *held: those that these
 * jobs work on. */
static lightpose_status count_ranges(const lp_fleet *fleet, lp_corpus *corpus, const lp_slurm_jobs *jobs,
                                     lp_fleet_plan *plan, int64_t *free, int64_t *held, lightpose_error *error) {
    lp_db_rows *rows;
    double now;
    int got;
    *held = 0;
    LP_TRY(lp_db_now(corpus->db, &now, error));
    LP_TRY(lp_db_select_integer(corpus->db, &plan->queued, NULL, "SELECT COUNT(*) FROM lp_range WHERE state = 'queued'",
                                LP_DB_NO_VALUES, error));
    LP_TRY(count_where(fleet, corpus, free,
                       "state IN ('queued', 'running') AND due <= $1 + "
                       "CASE WHEN state = 'queued' THEN " LP_FLEET_IDLE_TEXT " ELSE 0 END",
                       now, error));
    LP_TRY(lp_db_select(corpus->db, &rows,
                        "SELECT a.job, r.due FROM lp_range r LEFT JOIN lp_attempt a ON a.range_id = r.id "
                        "AND a.number = r.attempt WHERE r.state = 'running'",
                        LP_DB_NO_VALUES, error));
    while ((got = lp_db_next(rows, error)) > 0) {
        const char *const job = lp_db_get_text(rows, 0);
        plan->running++;
        for (int i = 0; job && lp_db_get_real(rows, 1) > now && i < jobs->count; i++)
            *held += jobs->items[i].running && !strcmp(jobs->items[i].id, job);
    }
    lp_db_rows_close(&rows);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
}

lightpose_status lp_fleet_make_plan(lp_fleet *fleet, lp_corpus *corpus, const lp_slurm_jobs *jobs, int most,
                                    const char *logs, lp_fleet_plan *plan, lightpose_error *error) {
    int64_t free, held;
    *plan = (lp_fleet_plan){0};
    LP_TRY(judge_all(fleet, corpus, jobs, logs, error));
    LP_TRY(count_ranges(fleet, corpus, jobs, plan, &free, &held, error));
    const int64_t coming = jobs->count - held; /* each of these jobs will claim a range */
    int64_t count = free - coming;
    if (count > most - jobs->count)
        count = most - jobs->count;
    if (count > 1 && fleet->bad)
        count = 1;
    plan->count = count > 0 ? (int)count : 0;
    return LIGHTPOSE_OK;
}
