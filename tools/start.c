/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "start.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "which_weights.h"

static char **arguments; /* as the program was given them; NULL: not kept */

/* libgomp has bound this thread to one CPU by now where it was told to bind; the program started once more would take
 * that for all it may use. */
static int is_bound(void) {
    const char *const bind = getenv("OMP_PROC_BIND");
    return (bind && strcasecmp(bind, "false") != 0) || getenv("OMP_PLACES") || getenv("GOMP_CPU_AFFINITY");
}

/* Threads that wait for each other 60 times a frame must not sleep, nor, when another program has their CPU, spin for
 * long: libgomp's own choice costs half a second a frame then, a short spin nothing. libgomp reads its variables when
 * it is loaded, so the program starts once more with them set. */
void lp_start_over(void) {
    if (!arguments || getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY") || is_bound())
        return;
    if (setenv("GOMP_SPINCOUNT", "1000", 1) == 0)
        execv("/proc/self/exe", arguments); /* where that fails the run is slower, no more */
}

/* A program that runs from its build folder finds the weights of the source tree: the published ones where weights/get
 * has put them there, else the default ones. */
static void find_weights(void) {
    static const char *const names[] = {LP_PUBLISHED_WEIGHTS, LP_DEFAULT_WEIGHTS};
    char folder[PATH_MAX], path[PATH_MAX + 80];
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
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/../../weights/%s", folder, names[i]);
        if (access(path, R_OK) == 0) {
            setenv("LIGHTPOSE_WEIGHTS", path, 1);
            return;
        }
    }
}

void lp_start(char **argv) {
    int count = 0;
    while (argv[count])
        count++;
    find_weights();
    free(arguments);
    arguments = malloc(((size_t)count + 1) * sizeof *arguments);
    if (arguments)
        memcpy(arguments, argv, ((size_t)count + 1) * sizeof *arguments);
}
