/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the exported functions share. */

#ifndef LP_API_H
#define LP_API_H

#include "base/status.h"

/* Refuses an argument that is NULL, by its name. */
#define NEED(argument, error)                                                                                          \
    do {                                                                                                               \
        if (!(argument))                                                                                               \
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: " #argument " is NULL", __func__);                    \
    } while (0)

#endif
