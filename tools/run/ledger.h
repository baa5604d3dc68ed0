/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* --report: the outcome of each input of a run, one line of JSON per input. */

#ifndef LP_TOOLS_RUN_LEDGER_H
#define LP_TOOLS_RUN_LEDGER_H

#include <stdint.h>

#include <lightpose/lightpose.h>

typedef enum lp_entry_state {
    LP_ENTRY_PENDING = 0, /* not begun */
    LP_ENTRY_PARTIAL,     /* interrupted: --resume continues it */
    LP_ENTRY_DONE,
    LP_ENTRY_FAILED /* it could not be read to its end, or an output of it could not be written */
} lp_entry_state;

typedef struct lp_entry {
    const char *input;
    lp_entry_state state;
    int64_t frames, people; /* in the results */
    int64_t undecodable;    /* how many of the frames */
    const char *reason;     /* of a failure, or why there was nothing to do; NULL: none */
    double seconds;         /* of this run */
} lp_entry;

typedef struct lp_ledger lp_ledger;

/* Replaces the file; each line is flushed as it is added. "-" is standard output. Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_ledger_open(lp_ledger **ledger, const char *path, lightpose_error *error);

/* Does nothing with NULL. */
LIGHTPOSE_NODISCARD lightpose_status lp_ledger_add(lp_ledger *ledger, const lp_entry *entry, lightpose_error *error);

/* Errors: FILE, if the system reports a failed write only now. *ledger is NULL afterwards in any case. */
LIGHTPOSE_NODISCARD lightpose_status lp_ledger_close(lp_ledger **ledger, lightpose_error *error);

#endif
