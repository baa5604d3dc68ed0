/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/quota.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static double cpus_of(long long quota, long long period) {
    return quota > 0 && period > 0 ? (double)quota / (double)period : LP_NO_QUOTA;
}

/* Reads up to two numbers from folder/name; returns how many. "max" is not a number. Not inlined: the path buffers of
 * several functions in one stack frame are too large for a small stack. */
static __attribute__((noinline)) int read_numbers(const char *folder, const char *name, long long *first,
                                                  long long *second) {
    char path[PATH_MAX];

    const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const file = length > 0 && (size_t)length < sizeof path ? fopen(path, "r") : NULL;
    if (!file)
        return 0;
    const int got = fscanf(file, "%lld %lld", first, second);
    fclose(file);
    return got < 0 ? 0 : got;
}

/* How often the group in `folder` was throttled, in either version: a line "nr_throttled 12". */
static __attribute__((noinline)) long long stalls_of(const char *folder) {
    char path[PATH_MAX], line[128];
    long long stalls = 0;

    const int length = snprintf(path, sizeof path, "%s/cpu.stat", folder);
    FILE *const file = length > 0 && (size_t)length < sizeof path ? fopen(path, "r") : NULL;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "nr_throttled %lld", &stalls) == 1)
            break;
    if (file)
        fclose(file);
    return stalls;
}

static void quota_v2(const char *folder, lp_quota *least) {
    long long quota, period;

    if (read_numbers(folder, "cpu.max", &quota, &period) == 2 && cpus_of(quota, period) < least->cpus)
        least->cpus = cpus_of(quota, period);
    least->stalls += stalls_of(folder);
}

static void quota_v1(const char *folder, lp_quota *least) {
    long long quota, period, unused;

    if (read_numbers(folder, "cpu.cfs_quota_us", &quota, &unused) == 1 &&
        read_numbers(folder, "cpu.cfs_period_us", &period, &unused) == 1 && cpus_of(quota, period) < least->cpus)
        least->cpus = cpus_of(quota, period);
    least->stalls += stalls_of(folder);
}

/* The smallest quota from `group` up to the root: the limits of all groups above apply too. Inside a container the
 * group's path may not exist under the mount; its parents, at least the root, then have the quota. */
static void least_up(const char *root, const char *group, void (*look)(const char *, lp_quota *), lp_quota *least) {
    char folder[PATH_MAX];

    const int length = snprintf(folder, sizeof folder, "%s%s", root, strcmp(group, "/") == 0 ? "" : group);
    if (length < 0 || (size_t)length >= sizeof folder)
        return;
    for (;;) {
        look(folder, least);
        char *const slash = strrchr(folder, '/');
        if (!slash || (size_t)(slash - folder) < strlen(root))
            return;
        *slash = '\0';
    }
}

lp_quota lp_quota_read(const char *self, const char *root) {
    char line[PATH_MAX], v1_root[PATH_MAX];
    lp_quota least = {.cpus = LP_NO_QUOTA};

    FILE *const file = fopen(self, "r");
    if (!file)
        return least;
    const int fits = snprintf(v1_root, sizeof v1_root, "%s/cpu", root) < (int)sizeof v1_root;
    /* A line is id:controllers:group; version 2 has id 0 and no controllers. */
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *const controllers = strchr(line, ':');
        char *const group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group = '\0';
        if (strcmp(line, "0:") == 0)
            least_up(root, group + 1, quota_v2, &least);
        else if (fits && (strcmp(controllers, ":cpu") == 0 || strncmp(controllers, ":cpu,", 5) == 0 ||
                          strstr(controllers, ",cpu,") ||
                          (strlen(controllers) > 4 && strcmp(controllers + strlen(controllers) - 4, ",cpu") == 0)))
            least_up(v1_root, group + 1, quota_v1, &least);
    }
    fclose(file);
    return least;
}

int lp_quota_cpus(const char *self, const char *root) {
    const double cpus = lp_quota_read(self, root).cpus;
    const int whole = (int)cpus;

    return cpus < 1 ? 1 : whole + (cpus > whole);
}
