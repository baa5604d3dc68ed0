/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "default_weights.h"

#include <stdlib.h>
#include <unistd.h>

const char *lp_default_weights(void) {
    static const char published[] = LP_WEIGHTS_FOLDER "/human-pose-estimation-0001.safetensors";
    const char *const named = getenv("LIGHTPOSE_WEIGHTS");

    if (named && *named)
        return named;
    return access(published, R_OK) == 0 ? published : LP_WEIGHTS_FOLDER "/default.safetensors";
}
