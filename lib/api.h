/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Shared by the exported functions. */

#ifndef LP_API_H
#define LP_API_H

#include "base/status.h"

/* The first statement of every exported function that takes an error. */
#define ENTER(error) lp_error_clear(error)

/* Refuses an argument that is NULL; the error names it. */
#define NEED(argument, error)                                                                                          \
    do {                                                                                                               \
        if (!(argument))                                                                                               \
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: " #argument " is NULL", __func__);                    \
    } while (0)

/* Refuses a structure with a reserved field that is not zero. */
#define NEED_RESERVED(structure, error)                                                                                \
    do {                                                                                                               \
        for (size_t need_i = 0; need_i < sizeof(structure)->reserved / sizeof *(structure)->reserved; need_i++)        \
            if ((structure)->reserved[need_i])                                                                         \
                return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,                                                        \
                               "%s: " #structure "->reserved[%zu] is %d; it must be 0", __func__, need_i,              \
                               (structure)->reserved[need_i]);                                                         \
    } while (0)

#endif
