/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The CPU quota that a container or service manager sets on this process. */

#ifndef LP_BASE_QUOTA_H
#define LP_BASE_QUOTA_H

enum { LP_NO_QUOTA = 1 << 20 };

typedef struct lp_quota {
    double cpus;      /* CPUs that the quota allows, perhaps 0.5; LP_NO_QUOTA if there is no limit */
    long long stalls; /* periods in which this group or one above it was throttled, since the group was created */
} lp_quota;

/* Reads cgroup v2 (cpu.max of the group and of each group above) and v1. `self` is /proc/self/cgroup and `root`
 * /sys/fs/cgroup, except in tests. */
lp_quota lp_quota_read(const char *self, const char *root);

/* The quota's CPUs rounded up, at least 1; LP_NO_QUOTA if there is no limit. */
int lp_quota_cpus(const char *self, const char *root);

#endif
