/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "fail.h"

#include <stdarg.h>
#include <stdio.h>

#include <libavutil/error.h>

lightpose_status lp_tool_fail(lightpose_error *error, lightpose_status status, const char *format, ...) {
    if (error && error->status == LIGHTPOSE_OK) {
        va_list args;
        error->status = status;
        va_start(args, format);
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
    }
    return status;
}

const char *lp_tool_av_text(int code, char *buffer, int size) {
    if (av_strerror(code, buffer, (size_t)size) < 0)
        snprintf(buffer, (size_t)size, "error %d", code);
    return buffer;
}
