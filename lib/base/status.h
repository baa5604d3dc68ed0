/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Failing: every internal function that can fail returns a lightpose_status and writes its detail here. */

#ifndef LP_BASE_STATUS_H
#define LP_BASE_STATUS_H

#include <lightpose/lightpose.h>

/* Records a failure in `error` unless it is NULL or already holds one, and returns `status`. */
__attribute__((format(printf, 3, 4))) lightpose_status lp_fail(lightpose_error *error, lightpose_status status,
                                                               const char *format, ...);
#ifdef __clang_analyzer__ /* It analyses one file at a time, so it does not see that lp_fail returns `status`. */
#define lp_fail(error, status, ...) (lp_fail(error, status, __VA_ARGS__), (status))
#endif

/* Clears the error of the previous call. Accepts NULL. */
static inline void lp_error_clear(lightpose_error *error) {
    if (error) {
        error->status = LIGHTPOSE_OK;
        error->text[0] = 0;
    }
}

/* Forwards the failure of a call from the current function. For functions that have nothing to undo. */
#define LP_TRY(call)                                                                                                   \
    do {                                                                                                               \
        const lightpose_status lp_try_status = (call);                                                                 \
        if (lp_try_status != LIGHTPOSE_OK)                                                                             \
            return lp_try_status;                                                                                      \
    } while (0)

#endif
