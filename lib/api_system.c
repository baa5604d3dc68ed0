/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The exported function that reports what the library runs on. */

#include "api.h"
#include "base/cpu.h"
#include "base/quota.h"
#include "base/threads.h"
#include "default_weights.h"
#include "image/opencv_bridge.h"

#include <stdio.h>

#include <oneapi/dnnl/dnnl_version.h>

#define TEXT(number)  #number
#define VALUE(number) TEXT(number)

void lightpose_system_get(lightpose_system *system) {
    if (!system)
        return;
    const char *const drawing = lp_cv_version();
    const int quota = lp_quota_cpus("/proc/self/cgroup", "/sys/fs/cgroup");
    *system = (lightpose_system){
        .cpu = lp_cpu_describe(),
        .engine = "oneDNN " VALUE(DNNL_VERSION_MAJOR) "." VALUE(DNNL_VERSION_MINOR) "." VALUE(DNNL_VERSION_PATCH),
        .drawing = drawing ? drawing : "none",
        .default_weights = lp_default_weights(),
        .threads = lp_threads_available(),
        .cpus = lp_threads_allowed(),
        .quota = quota == LP_NO_QUOTA ? 0 : quota,
    };
}
