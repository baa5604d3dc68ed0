/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What `submit` passes to Slurm: a job's script and its arguments, the folder of logs, the address of the database. */

#ifndef LP_TOOLS_CORPUS_SUBMISSION_H
#define LP_TOOLS_CORPUS_SUBMISSION_H

#include <limits.h>

#include "cli.h"
#include "corpus/session.h"
#include "corpus/slurm.h"

typedef struct lp_submission_options {
    const char *template;   /* NULL: the built-in script */
    const char *logs;       /* made if it does not exist, except in a dry run */
    const char *weights;    /* NULL: the job's default */
    const char *work_space; /* NULL: none */
    int staged, dry;
} lp_submission_options;

typedef struct lp_submission {
    char name[LP_CORPUS_TAG]; /* of the jobs */
    char program[PATH_MAX], logs[PATH_MAX], script[PATH_MAX], address[PATH_MAX];
    int owns_script;
    const char **job; /* the script's arguments, ended by NULL: PROGRAM OPTION... */
} lp_submission;

/* `passed` are options for the workers; its strings and those of `options` must outlive the submission. Free it in any
 * case. Errors: FILE, ARGUMENT, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_submission_make(lp_submission *submission, const lp_submission_options *options,
                                                        const lp_corpus *corpus, const char *address,
                                                        const lp_cli_operands *passed, lightpose_error *error);
void lp_submission_free(lp_submission *submission);

/* An array of `count` jobs, which points into the submission. */
lp_slurm_array lp_submission_array(const lp_submission *submission, int count);

/* Prints the script and the command that would submit `count` jobs. `database` is the address without secrets. Errors:
 * FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_submission_print(const lp_submission *submission, const char *database,
                                                         int count, lightpose_error *error);

/* Writes the built-in script to a new file. Returns the exit status, after a message. */
int lp_submission_write_template(const char *path);

#endif
