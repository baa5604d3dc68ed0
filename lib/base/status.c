/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

lightpose_status lp_fail(lightpose_error *error, lightpose_status status, const char *format, ...) {
    if (error && error->status == LIGHTPOSE_OK) {
        va_list args;
        error->status = status;
        va_start(args, format);
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
    }
    return status;
}

const char *lightpose_status_get_name(lightpose_status status) {
    switch (status) {
    case LIGHTPOSE_OK:
        return "ok";
    case LIGHTPOSE_ERROR_ARGUMENT:
        return "argument";
    case LIGHTPOSE_ERROR_MEMORY:
        return "memory";
    case LIGHTPOSE_ERROR_FILE:
        return "file";
    case LIGHTPOSE_ERROR_WEIGHTS:
        return "weights";
    case LIGHTPOSE_ERROR_IMAGE:
        return "image";
    case LIGHTPOSE_ERROR_LIMIT:
        return "limit";
    case LIGHTPOSE_ERROR_UNSUPPORTED:
        return "unsupported";
    case LIGHTPOSE_ERROR_NOT_FINITE:
        return "not finite";
    case LIGHTPOSE_ERROR_STATE:
        return "state";
    case LIGHTPOSE_ERROR_ENGINE:
        return "engine";
    }
    return "unknown";
}
