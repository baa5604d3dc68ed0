/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The CPU quota that a container or service manager sets on this process. */

#ifndef LP_BASE_QUOTA_H
#define LP_BASE_QUOTA_H

enum { LP_NO_QUOTA = 1 << 20 };

typedef struct lp_quota {
    double cpus;      /* that the quota allows, perhaps half a one; LP_NO_QUOTA where nothing limits it */
    long long stalls; /* periods in which this group or one above it was stopped, since the group was made */
} lp_quota;

/* Reads cgroup v2 (cpu.max of the group and of each group above) and v1. `self` is /proc/self/cgroup and `root`
 * /sys/fs/cgroup, but for the tests. */
lp_quota lp_quota_read(const char *self, const char *root);

/* Its CPUs rounded up, at least 1; LP_NO_QUOTA where nothing limits it. */
int lp_quota_cpus(const char *self, const char *root);

#endif
