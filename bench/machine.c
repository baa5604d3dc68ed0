/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lightpose/lightpose.h>

#include "base/cpu.h"
#include "base/quota.h"
#include "base/threads.h"
#include "net/dnn.h"

/* The first line of a file in /proc or /sys, or "". */
static const char *read_line(const char *path, char *line, size_t size) {
    FILE *const file = fopen(path, "r");
    line[0] = '\0';
    if (file) {
        if (!fgets(line, (int)size, file))
            line[0] = '\0';
        fclose(file);
    }
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static double throttled_periods(void) {
    char line[256];
    double periods = 0;
    FILE *const file = fopen("/sys/fs/cgroup/cpu.stat", "r");

    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "nr_throttled %lf", &periods) == 1)
            break;
    if (file)
        fclose(file);
    return periods;
}

machine_load machine_load_now(void) {
    machine_load load = {0};
    char line[1024];
    double user, nice, system, idle, wait, irq, soft, steal, own_user = 0, own_system = 0;

    if (sscanf(read_line("/proc/stat", line, sizeof line), "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system,
               &idle, &wait, &irq, &soft, &steal) == 8) {
        load.busy = user + nice + system + irq + soft;
        load.stolen = steal;
        load.total = load.busy + idle + wait + steal;
    }
    /* after the name in brackets, which may hold anything: state, 10 numbers, then the two times */
    const char *const after_name = strrchr(read_line("/proc/self/stat", line, sizeof line), ')');
    if (after_name &&
        sscanf(after_name, ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lf %lf", &own_user, &own_system) == 2)
        load.own = own_user + own_system;
    load.quota_stalls = throttled_periods();
    return load;
}

static double share_of_cpus(double ticks, const machine_load *before, const machine_load *after) {
    const double total = after->total - before->total;
    return total > 0 ? ticks / total * (double)sysconf(_SC_NPROCESSORS_ONLN) : 0;
}

double machine_others(const machine_load *before, const machine_load *after) {
    const double others = share_of_cpus(after->busy - before->busy - (after->own - before->own), before, after);
    return others > 0 ? others : 0;
}

double machine_stolen(const machine_load *before, const machine_load *after) {
    return share_of_cpus(after->stolen - before->stolen, before, after);
}

static void cpu_name(char *name, size_t size) {
    char line[512];
    FILE *const file = fopen("/proc/cpuinfo", "r");

    snprintf(name, size, "unknown");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(name, size, "%s", strchr(line, ':') + 2);
            break;
        }
    if (file)
        fclose(file);
}

json_t *machine_json(void) {
    char name[256], governor[128], onednn[64];
    const int quota = lp_quota_cpus("/proc/self/cgroup", "/sys/fs/cgroup");
    const char *const limit = getenv("ONEDNN_MAX_CPU_ISA") ? getenv("ONEDNN_MAX_CPU_ISA") : getenv("DNNL_MAX_CPU_ISA");

    cpu_name(name, sizeof name);
    read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", governor, sizeof governor);
    return json_pack("{s:s, s:s, s:i, s:i, s:o, s:s, s:s, s:s, s:s}", "cpu", name, "features", lp_cpu_describe(),
                     "cpus_online", (int)sysconf(_SC_NPROCESSORS_ONLN), "cpus_usable", lp_threads_available(), "quota",
                     quota == LP_NO_QUOTA ? json_null() : json_integer(quota), "governor", governor, "isa_limit",
                     limit ? limit : "", "lightpose", lightpose_version(), "onednn",
                     lp_dnn_version(onednn, sizeof onednn));
}

__attribute__((format(printf, 2, 3))) static void add_cause(json_t *causes, const char *format, ...) {
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_array_append_new(causes, json_string(text));
}

void machine_causes(json_t *causes, const machine_load *before, const machine_load *after, int threads, int contexts) {
    char line[128];
    const int online = (int)sysconf(_SC_NPROCESSORS_ONLN), usable = lp_threads_available();
    const int quota = lp_quota_cpus("/proc/self/cgroup", "/sys/fs/cgroup");
    const double others = machine_others(before, after), stolen = machine_stolen(before, after);

    if (threads * contexts > usable)
        add_cause(causes, "oversubscription: %d contexts x %d threads on %d usable CPUs", contexts, threads, usable);
    if (usable < online)
        add_cause(causes, "affinity or quota: %d of %d CPUs may be used", usable, online);
    if (quota < LP_NO_QUOTA && after->quota_stalls > before->quota_stalls)
        add_cause(causes, "quota: the cgroup stopped this process in %.0f periods",
                  after->quota_stalls - before->quota_stalls);
    if (others > 0.15)
        add_cause(causes, "busy machine: other programs used %.2f of %d CPUs", others, online);
    if (stolen > 0.05)
        add_cause(causes, "busy host: the hypervisor took %.2f of %d CPUs", stolen, online);
    if (getenv("ONEDNN_MAX_CPU_ISA") || getenv("DNNL_MAX_CPU_ISA"))
        add_cause(causes, "ISA: limited by the environment to %s", lp_cpu_describe());
    else if (!(lp_cpu_features() & LP_CPU_AVX2))
        add_cause(causes, "ISA: this CPU has no AVX2");
    read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", line, sizeof line);
    if (strcmp(line, "powersave") == 0 || strcmp(line, "conservative") == 0)
        add_cause(causes, "governor: '%s' holds the clock down; 'performance' does not", line);
}
