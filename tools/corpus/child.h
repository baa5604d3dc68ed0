/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Runs other programs without a shell, so that arguments need no quoting. */

#ifndef LP_TOOLS_CORPUS_CHILD_H
#define LP_TOOLS_CORPUS_CHILD_H

#include "output/text.h"

typedef struct lp_child {
    const char *const *argv;      /* argv[0] is looked up in $PATH; ended by NULL */
    const char *const *variables; /* "NAME=VALUE", in addition to this process's; ended by NULL; may be NULL */
    int seconds;                  /* time limit; 0: none */
    int (*go_on)(void *opaque);   /* called several times a second; 0 ends the program; may be NULL */
    void *opaque;
} lp_child;

/* Runs a program to its end. *code is its exit status, or 128 plus the number of the signal that ended it. `out` and
 * `err` get what it writes, up to a megabyte each, `err` without trailing newlines. Both are followed by a zero byte
 * that their sizes do not count. Errors: FILE (cannot be started), STATE (timeout, or ended by go_on), MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_child_run(const lp_child *child, int *code, lp_text *out, lp_text *err,
                                                  lightpose_error *error);

#endif
