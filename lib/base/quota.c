/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/quota.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static int cpus_of(long long quota, long long period) {
    if (quota <= 0 || period <= 0)
        return LP_NO_QUOTA;
    const long long cpus = quota / period + (quota % period != 0);
    return cpus < LP_NO_QUOTA ? (int)cpus : LP_NO_QUOTA;
}

/* Reads up to two numbers from folder/name; returns how many. "max" is none. */
static int read_numbers(const char *folder, const char *name, long long *first, long long *second) {
    char path[PATH_MAX];

    const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const file = length > 0 && (size_t)length < sizeof path ? fopen(path, "r") : NULL;
    if (!file)
        return 0;
    const int got = fscanf(file, "%lld %lld", first, second);
    fclose(file);
    return got < 0 ? 0 : got;
}

static int quota_v2(const char *folder) {
    long long quota, period;
    return read_numbers(folder, "cpu.max", &quota, &period) == 2 ? cpus_of(quota, period) : LP_NO_QUOTA;
}

static int quota_v1(const char *folder) {
    long long quota, period, unused;
    if (read_numbers(folder, "cpu.cfs_quota_us", &quota, &unused) != 1 ||
        read_numbers(folder, "cpu.cfs_period_us", &period, &unused) != 1)
        return LP_NO_QUOTA;
    return cpus_of(quota, period);
}

/* The least quota from `group` up to the root: a limit on any group above binds too. Inside a container the group's
 * path may not exist under the mount; its parents, in the end the root itself, then answer. */
static int least_up(const char *root, const char *group, int (*quota)(const char *)) {
    char folder[PATH_MAX];
    int least = LP_NO_QUOTA;

    const int length = snprintf(folder, sizeof folder, "%s%s", root, group);
    if (length < 0 || (size_t)length >= sizeof folder)
        return least;
    for (;;) {
        const int here = quota(folder);
        if (here < least)
            least = here;
        char *const slash = strrchr(folder, '/');
        if (!slash || (size_t)(slash - folder) < strlen(root))
            return least;
        *slash = '\0';
    }
}

int lp_quota_cpus(const char *self, const char *root) {
    char line[PATH_MAX], v1_root[PATH_MAX];
    int least = LP_NO_QUOTA;

    FILE *const file = fopen(self, "r");
    if (!file)
        return least;
    const int fits = snprintf(v1_root, sizeof v1_root, "%s/cpu", root) < (int)sizeof v1_root;
    /* A line is id:controllers:group; version 2 has id 0 and no controllers. */
    while (fgets(line, sizeof line, file)) {
        int here = LP_NO_QUOTA;
        line[strcspn(line, "\n")] = '\0';
        char *const controllers = strchr(line, ':');
        char *const group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group = '\0';
        if (strcmp(line, "0:") == 0)
            here = least_up(root, group + 1, quota_v2);
        else if (fits && (strcmp(controllers, ":cpu") == 0 || strncmp(controllers, ":cpu,", 5) == 0 ||
                          strstr(controllers, ",cpu,") ||
                          (strlen(controllers) > 4 && strcmp(controllers + strlen(controllers) - 4, ",cpu") == 0)))
            here = least_up(v1_root, group + 1, quota_v1);
        if (here < least)
            least = here;
    }
    fclose(file);
    return least < 1 ? 1 : least;
}
