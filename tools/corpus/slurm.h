/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Jobs of a corpus in Slurm, through its commands sbatch and squeue. */

#ifndef LP_TOOLS_CORPUS_SLURM_H
#define LP_TOOLS_CORPUS_SLURM_H

#include "corpus/corpus.h"
#include "output/text.h"

typedef struct lp_slurm_job {
    char id[64];     /* ARRAY_TASK, as workers record it */
    char reason[48]; /* why it waits */
    int running;     /* else it waits to start */
} lp_slurm_job;

typedef struct lp_slurm_jobs {
    lp_slurm_job *items;
    int count, running;
} lp_slurm_jobs;

/* The user's jobs of this name that are running or pending. Errors: FILE, with squeue's message; MEMORY, STATE. */
LIGHTPOSE_NODISCARD lightpose_status lp_slurm_list(lp_slurm_jobs *jobs, const char *name, lightpose_error *error);
void lp_slurm_jobs_free(lp_slurm_jobs *jobs);

/* The array of jobs to submit. */
typedef struct lp_slurm_array {
    const char *name;       /* of the jobs */
    const char *logs;       /* folder of their logs, LOGS/ARRAY_TASK.log */
    const char *script;     /* a file */
    const char *const *job; /* the script's arguments, ended by NULL */
    const char *address;    /* of the database, for $LIGHTPOSE_DB */
    int count;
} lp_slurm_array;

/* The command line of sbatch, ended by NULL; `memory` holds its strings. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_slurm_command(const lp_slurm_array *array, const char ***argv, lp_text *memory,
                                                      lightpose_error *error);

/* Submits the array. `id` gets its number. Errors: FILE, with sbatch's message; MEMORY, STATE. */
LIGHTPOSE_NODISCARD lightpose_status lp_slurm_submit(const lp_slurm_array *array, char id[32], lightpose_error *error);

#endif
