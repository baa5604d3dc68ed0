/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/slurm.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "corpus/child.h"
#include "fail.h"
#include "run/signals.h"

/* Seconds for a command, characters of a message. Slurm's commands give up by themselves after about a minute if they
 * cannot reach the controller. */
enum { PATIENCE = 180, SAID = 400 };

static int go_on(void *opaque) {
    (void)opaque;
    return !atomic_load(&lp_stop_requested);
}

/* Runs a command; if it fails, the error has its own message. */
static lightpose_status call(const char *const *argv, const char *const *variables, lp_text *out,
                             lightpose_error *error) {
    const lp_child child = {.argv = argv, .variables = variables, .seconds = PATIENCE, .go_on = go_on};
    lp_text err = {0};
    int code;
    lightpose_status status = lp_child_run(&child, &code, out, &err, error);
    if (status == LIGHTPOSE_OK && code != 0)
        status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s failed: %.*s", argv[0], SAID,
                         err.size ? err.data : "it gave no reason");
    lp_text_free(&err);
    return status;
}

/* ---- squeue ------------------------------------------------------------------------------------------------------ */

/* Jobs in any other state are running or pending. */
static int has_ended(const char *state) {
    static const char *const ended[] = {"COMPLETING", "COMPLETED", "CANCELLED", "FAILED",        "TIMEOUT",
                                        "NODE_FAIL",  "PREEMPTED", "BOOT_FAIL", "OUT_OF_MEMORY", "DEADLINE"};
    for (size_t i = 0; i < sizeof ended / sizeof *ended; i++)
        if (!strcmp(state, ended[i]))
            return 1;
    return 0;
}

/* "ARRAY|TASK|STATE|REASON" */
static void read_job(lp_slurm_jobs *jobs, char *line) {
    char *fields[4], *rest = line;
    for (int i = 0; i < 4; i++)
        fields[i] = rest ? strsep(&rest, i < 3 ? "|" : "\n") : NULL;
    if (!fields[3] || has_ended(fields[2]))
        return;
    lp_slurm_job *const job = &jobs->items[jobs->count++];
    *job = (lp_slurm_job){.running = strcmp(fields[2], "PENDING") != 0};
    snprintf(job->id, sizeof job->id, "%.30s_%.30s", fields[0], fields[1]);
    snprintf(job->reason, sizeof job->reason, "%.47s", fields[3]);
    jobs->running += job->running;
}

lightpose_status lp_slurm_list(lp_slurm_jobs *jobs, const char *name, lightpose_error *error) {
    char user[32], names[128];
    lp_text out = {0};
    *jobs = (lp_slurm_jobs){0};
    snprintf(user, sizeof user, "--user=%lu", (unsigned long)getuid());
    snprintf(names, sizeof names, "--name=%s", name);
    const char *const argv[] = {"squeue", "--noheader",           "--array", "--states=all", user,
                                names,    "--format=%F|%K|%T|%r", NULL};
    lightpose_status status = call(argv, NULL, &out, error);
    size_t lines = 1;
    for (size_t i = 0; status == LIGHTPOSE_OK && i < out.size; i++)
        lines += out.data[i] == '\n';
    jobs->items = calloc(lines, sizeof *jobs->items);
    if (status == LIGHTPOSE_OK && !jobs->items)
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a list of jobs");
    if (status == LIGHTPOSE_OK)
        for (char *rest = out.data, *line; rest && (line = strsep(&rest, "\n"));)
            read_job(jobs, line);
    else
        lp_slurm_jobs_free(jobs);
    lp_text_free(&out);
    return status;
}

void lp_slurm_jobs_free(lp_slurm_jobs *jobs) {
    free(jobs->items);
    *jobs = (lp_slurm_jobs){0};
}

/* ---- sbatch ------------------------------------------------------------------------------------------------------ */

lightpose_status lp_slurm_command(const lp_slurm_array *a, const char ***argv, lp_text *memory,
                                  lightpose_error *error) {
    size_t offsets[3], count = 0;
    lp_text_clear(memory);
    offsets[0] = memory->size;
    lp_text_add(memory, "--array=1-");
    lp_text_integer(memory, a->count);
    lp_text_bytes(memory, "", 1);
    offsets[1] = memory->size;
    lp_text_add(memory, "--job-name=");
    lp_text_add(memory, a->name);
    lp_text_bytes(memory, "", 1);
    offsets[2] = memory->size;
    lp_text_add(memory, "--output=");
    lp_text_add(memory, a->logs);
    lp_text_add(memory, "/%A_%a.log");
    lp_text_bytes(memory, "", 1);
    LP_TRY(lp_text_check(memory, error));
    while (a->job[count])
        count++;
    *argv = malloc((count + 7) * sizeof **argv);
    if (!*argv)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a command line");
    const char **next = *argv;
    *next++ = "sbatch";
    *next++ = "--parsable";
    for (int i = 0; i < 3; i++)
        *next++ = memory->data + offsets[i];
    *next++ = a->script;
    memcpy(next, a->job, (count + 1) * sizeof *next);
    return LIGHTPOSE_OK;
}

/* "1234" or "1234;cluster" */
static lightpose_status read_id(const char *text, char id[32], lightpose_error *error) {
    int digits = 0;
    while (digits < 31 && isdigit((unsigned char)text[digits]))
        digits++;
    if (!digits || (text[digits] && !strchr(";\n", text[digits])))
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "sbatch gave no job number, but \"%.*s\"",
                       (int)strcspn(text, "\n") < 100 ? (int)strcspn(text, "\n") : 100, text);
    snprintf(id, 32, "%.*s", digits, text);
    return LIGHTPOSE_OK;
}

lightpose_status lp_slurm_submit(const lp_slurm_array *array, char id[32], lightpose_error *error) {
    const char **argv = NULL;
    lp_text memory = {0}, out = {0}, variable = {0};
    *id = 0;
    lp_text_add(&variable, "LIGHTPOSE_DB=");
    lp_text_add(&variable, array->address);
    lp_text_bytes(&variable, "", 1);
    lightpose_status status = lp_text_check(&variable, error);
    if (status == LIGHTPOSE_OK)
        status = lp_slurm_command(array, &argv, &memory, error);
    const char *const variables[] = {variable.data, NULL}; /* not an argument, which everybody could see */
    if (status == LIGHTPOSE_OK)
        status = call(argv, variables, &out, error);
    if (status == LIGHTPOSE_OK)
        status = read_id(out.data, id, error);
    free(argv);
    lp_text_free(&memory);
    lp_text_free(&out);
    lp_text_free(&variable);
    return status;
}
