/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

lightpose_status(lp_fail)(lightpose_error *error, lightpose_status status, const char *format, ...) {
    if (error && error->status == LIGHTPOSE_OK) {
        va_list args;
        error->status = status;
        va_start(args, format);
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
    }
    return status;
}
