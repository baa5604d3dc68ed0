/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Failing, in the command: the library's status and error, as in the library itself. */

#ifndef LP_TOOLS_FAIL_H
#define LP_TOOLS_FAIL_H

#include <lightpose/lightpose.h>

/* Records a failure in `error` unless it is NULL or already holds one, and returns `status`. */
__attribute__((format(printf, 3, 4))) lightpose_status lp_tool_fail(lightpose_error *error, lightpose_status status,
                                                                    const char *format, ...);

/* What an FFmpeg error code means, in a buffer of at least 64 bytes. */
const char *lp_tool_av_text(int code, char *buffer, int size);

#endif
