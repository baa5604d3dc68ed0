/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Errors in the command: the helpers of the library (lib/base/status.h), and the texts of FFmpeg's errors. */

#ifndef LP_TOOLS_FAIL_H
#define LP_TOOLS_FAIL_H

#include "../lib/base/status.h"

/* The text of an FFmpeg error code, in a buffer of at least 64 bytes. */
const char *lp_tool_av_text(int code, char *buffer, int size);

#endif
