/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Failing, in the command: the library's status and error, as in the library itself. */

#ifndef LP_TOOLS_FAIL_H
#define LP_TOOLS_FAIL_H

#include <lightpose/lightpose.h>

/* Records a failure in `error` unless it is NULL or already holds one, and returns `status`. */
__attribute__((format(printf, 3, 4))) lightpose_status lp_tool_fail(lightpose_error *error, lightpose_status status,
                                                                    const char *format, ...);

/* Returns a failure to the caller, where there is nothing to undo. */
#define LP_TOOL_TRY(call)                                                                                              \
    do {                                                                                                               \
        const lightpose_status lp_tool_status = (call);                                                                \
        if (lp_tool_status != LIGHTPOSE_OK)                                                                            \
            return lp_tool_status;                                                                                     \
    } while (0)

/* What an FFmpeg error code means, in a buffer of at least 64 bytes. */
const char *lp_tool_av_text(int code, char *buffer, int size);

#endif
