/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "fail.h"

#include <stdio.h>

#include <libavutil/error.h>

const char *lp_tool_av_text(int code, char *buffer, int size) {
    if (av_strerror(code, buffer, (size_t)size) < 0)
        snprintf(buffer, (size_t)size, "error %d", code);
    return buffer;
}
