/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* --report: how each input of a run went, a line of JSON for each. */

#ifndef LP_TOOLS_RUN_LEDGER_H
#define LP_TOOLS_RUN_LEDGER_H

#include <stdint.h>

#include <lightpose/lightpose.h>

typedef enum lp_entry_state {
    LP_ENTRY_PENDING = 0, /* not begun */
    LP_ENTRY_PARTIAL,     /* interrupted: --resume goes on with it */
    LP_ENTRY_DONE,
    LP_ENTRY_FAILED /* it could not be read to its end, or some output of it could not be written */
} lp_entry_state;

typedef struct lp_entry {
    const char *input;
    lp_entry_state state;
    int64_t frames, people; /* in the results */
    int64_t undecodable;    /* frames of them */
    const char *reason;     /* of a failure, or why nothing was to do; NULL: there is none */
    double seconds;         /* this run's */
} lp_entry;

typedef struct lp_ledger lp_ledger;

/* Replaces the file; each line is there as soon as it is added. "-" is standard output. FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_ledger_open(lp_ledger **ledger, const char *path, lightpose_error *error);

/* NULL ledgers take everything. */
LIGHTPOSE_NODISCARD lightpose_status lp_ledger_add(lp_ledger *ledger, const lp_entry *entry, lightpose_error *error);

/* FILE where the system tells only now that a line was not written. *ledger is NULL afterwards in either case. */
LIGHTPOSE_NODISCARD lightpose_status lp_ledger_close(lp_ledger **ledger, lightpose_error *error);

#endif
