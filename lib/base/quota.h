/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The CPU quota that a container or service manager sets on this process. */

#ifndef LP_BASE_QUOTA_H
#define LP_BASE_QUOTA_H

enum { LP_NO_QUOTA = 1 << 20 };

/* CPUs that the cgroup quota allows, rounded up, at least 1; LP_NO_QUOTA where nothing limits it. Reads cgroup v2
 * (cpu.max of the group and of each group above) and v1. `self` is /proc/self/cgroup and `root` /sys/fs/cgroup, but
 * for the tests. */
int lp_quota_cpus(const char *self, const char *root);

#endif
