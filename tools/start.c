/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "start.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A program that runs from its build folder finds the weights that weights/get put into the source tree. */
static void find_weights(void) {
    static const char name[] = "weights/human-pose-estimation-0001.safetensors";
    char folder[PATH_MAX], path[PATH_MAX + sizeof name + 8];
    const char *const given = getenv("LIGHTPOSE_WEIGHTS");

    const ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if ((given && *given) || length <= 0)
        return;
    folder[length] = '\0';
    char *const slash = strrchr(folder, '/'); /* SOURCE/build/tools/lightpose */
    if (!slash)
        return;
    *slash = '\0';
    snprintf(path, sizeof path, "%s/../../meson.build", folder);
    if (access(path, R_OK) != 0)
        return;
    snprintf(path, sizeof path, "%s/../../%s", folder, name);
    if (access(path, R_OK) == 0)
        setenv("LIGHTPOSE_WEIGHTS", path, 1);
}

void lp_start(void) {
    find_weights();
}
