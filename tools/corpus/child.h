/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Other programs, without a shell between: each argument arrives as it is, whatever is in it. */

#ifndef LP_TOOLS_CORPUS_CHILD_H
#define LP_TOOLS_CORPUS_CHILD_H

#include "output/text.h"

typedef struct lp_child {
    const char *const *argv;      /* argv[0] is looked for in $PATH; ended by NULL */
    const char *const *variables; /* "NAME=VALUE", besides those of this process; ended by NULL; may be NULL */
    int seconds;                  /* how long it may take; 0: as long as it likes */
    int (*go_on)(void *opaque);   /* asked several times a second; 0 ends the program; may be NULL */
    void *opaque;
} lp_child;

/* Runs a program to its end. *code is its exit status, or 128 and the number of the signal that ended it. `out` and
 * `err` get what it writes, up to a megabyte each, without newlines at the end of `err`; both end with a zero that does
 * not count. Errors: FILE (cannot be started), STATE (took too long, or was told to end), MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_child_run(const lp_child *child, int *code, lp_text *out, lp_text *err,
                                                  lightpose_error *error);

#endif
