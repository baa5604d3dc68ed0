/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "which_weights.h"

static int weights_of_source;

/* A program that runs from its build folder finds the weights of the source tree: the published ones if weights/get
 * has fetched them, else the default ones. */
static void find_weights(void) {
    static const char *const names[] = {LP_PUBLISHED_WEIGHTS, LP_DEFAULT_WEIGHTS};
    char source[PATH_MAX], path[PATH_MAX + 80];
    const char *const given = getenv("LIGHTPOSE_WEIGHTS");

    const ssize_t length = readlink("/proc/self/exe", source, sizeof source - 1);
    if ((given && *given) || length <= 0)
        return;
    source[length] = '\0';
    for (int parts = 0; parts < 3; parts++) { /* SOURCE/build/tools/lightpose */
        char *const slash = strrchr(source, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
    snprintf(path, sizeof path, "%s/meson.build", source);
    if (access(path, R_OK) != 0)
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/weights/%s", source, names[i]);
        if (access(path, R_OK) == 0) {
            setenv("LIGHTPOSE_WEIGHTS", path, 1);
            weights_of_source = 1;
            return;
        }
    }
}

int lp_start_weights_are_of_source(void) {
    return weights_of_source;
}

void lp_start_standard_files(void) {
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            _exit(126); /* no message can be printed */
}

int lp_start_output_is_whole(void) {
    const int failed = ferror(stdout), ended = fflush(stdout), code = ended ? errno : 0;
    if ((!failed && !ended) || code == EPIPE || (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY)
        return 1;
    lp_cli_error("standard output: cannot write%s%s", code ? ": " : "", code ? strerror(code) : "");
    return 0;
}

void lp_start(void) {
    find_weights();
}
