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

static lp_quota quota_now(void) {
    return lp_quota_read("/proc/self/cgroup", "/sys/fs/cgroup");
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
    /* After the name, which is in brackets and may hold anything: the state, 10 numbers, then the two times. */
    const char *const after_name = strrchr(read_line("/proc/self/stat", line, sizeof line), ')');
    if (after_name &&
        sscanf(after_name, ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lf %lf", &own_user, &own_system) == 2)
        load.own = own_user + own_system;
    load.stalls = (double)quota_now().stalls;
    return load;
}

void machine_load_add(machine_load *sum, const machine_load *before, const machine_load *after) {
    sum->busy += after->busy - before->busy;
    sum->total += after->total - before->total;
    sum->own += after->own - before->own;
    sum->stolen += after->stolen - before->stolen;
    sum->stalls += after->stalls - before->stalls;
}

static double share_of_cpus(double ticks, const machine_load *passed) {
    return passed->total > 0 && ticks > 0 ? ticks / passed->total * (double)sysconf(_SC_NPROCESSORS_ONLN) : 0;
}

double machine_others(const machine_load *passed) {
    return share_of_cpus(passed->busy - passed->own, passed);
}

double machine_stolen(const machine_load *passed) {
    return share_of_cpus(passed->stolen, passed);
}

/* A file's first line, without its blanks at the end; a number of kHz in it. */
static const char *read_in(const char *folder, const char *name, char *line, size_t size) {
    char path[512];

    snprintf(path, sizeof path, "%s/cpufreq/%s", folder, name);
    return read_line(path, line, size);
}

void machine_clock(const char *cpu, char *text, size_t size) {
    char governor[64], driver[64], preference[64], number[64];

    text[0] = '\0';
    read_in(cpu, "scaling_governor", governor, sizeof governor);
    read_in(cpu, "scaling_driver", driver, sizeof driver);
    read_in(cpu, "energy_performance_preference", preference, sizeof preference);
    const double highest = atof(read_in(cpu, "cpuinfo_max_freq", number, sizeof number)) / 1e6;
    const double allowed = atof(read_in(cpu, "scaling_max_freq", number, sizeof number)) / 1e6;
    /* The drivers that leave the clock to the CPU call their normal mode "powersave"; with them the energy preference
     * decides. */
    const int own_choice = strcmp(driver, "intel_pstate") == 0 || strcmp(driver, "amd-pstate-epp") == 0;
    if (strcmp(governor, "conservative") == 0 || (strcmp(governor, "powersave") == 0 && !own_choice))
        snprintf(text, size, "governor: '%s' holds the clock down; 'performance' does not", governor);
    else if (own_choice && strstr(preference, "power"))
        snprintf(text, size, "governor: the energy preference is '%s'; 'performance' is faster", preference);
    else if (allowed > 0 && allowed < 0.99 * highest)
        snprintf(text, size, "governor: the clock is held to %.2f of %.2f GHz", allowed, highest);
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
    const lp_quota quota = quota_now();
    const char *const limit = getenv("ONEDNN_MAX_CPU_ISA") ? getenv("ONEDNN_MAX_CPU_ISA") : getenv("DNNL_MAX_CPU_ISA");

    cpu_name(name, sizeof name);
    read_in("/sys/devices/system/cpu/cpu0", "scaling_governor", governor, sizeof governor);
    return json_pack("{s:s, s:s, s:i, s:i, s:o, s:s, s:s, s:s, s:s}", "cpu", name, "features", lp_cpu_describe(),
                     "cpus_online", (int)sysconf(_SC_NPROCESSORS_ONLN), "cpus_usable", lp_threads_available(), "quota",
                     quota.cpus < LP_NO_QUOTA ? json_real(quota.cpus) : json_null(), "governor", governor, "isa_limit",
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

static void add_isa(json_t *causes, lightpose_precision precision) {
    const unsigned features = lp_cpu_features(), vnni = LP_CPU_AVX_VNNI | LP_CPU_AVX512_VNNI;

    if (getenv("ONEDNN_MAX_CPU_ISA") || getenv("DNNL_MAX_CPU_ISA"))
        add_cause(causes, "ISA: limited by the environment to %s", lp_cpu_describe());
    else if (features & LP_CPU_NEON && precision == LIGHTPOSE_PRECISION_INT8 && !(features & LP_CPU_DOTPROD))
        add_cause(causes, "ISA: this CPU has no dot product of bytes, which takes a third of the instructions in int8");
    else if (features & LP_CPU_NEON)
        return;
    else if (!(features & LP_CPU_AVX2))
        add_cause(causes, "ISA: this CPU has no AVX2");
    else if (precision == LIGHTPOSE_PRECISION_INT8 && !(features & vnni))
        add_cause(causes, "ISA: this CPU has no VNNI, which doubles the speed of int8");
}

static void add_cpus(json_t *causes, const machine_load *passed, int threads, int contexts) {
    const int online = (int)sysconf(_SC_NPROCESSORS_ONLN), allowed = lp_threads_allowed();
    const int usable = lp_threads_available();
    const lp_quota quota = quota_now();

    if (threads * contexts > usable)
        add_cause(causes, "oversubscription: %d context%s x %d threads on %d usable CPU%s", contexts,
                  contexts > 1 ? "s" : "", threads, usable, usable > 1 ? "s" : "");
    if (allowed < online)
        add_cause(causes, "affinity: %d of %d CPUs may be used", allowed, online);
    if (quota.cpus < threads * contexts)
        add_cause(causes, "quota: the cgroup allows %.2f CPUs", quota.cpus);
    if (passed->stalls > 0)
        add_cause(causes, "quota: the cgroup throttled this process in %.0f periods", passed->stalls);
}

void machine_causes(json_t *causes, const machine_load *passed, int threads, int contexts,
                    lightpose_precision precision) {
    const int online = (int)sysconf(_SC_NPROCESSORS_ONLN);
    const double others = machine_others(passed), stolen = machine_stolen(passed);
    char clock[256];

    add_cpus(causes, passed, threads, contexts);
    if (others > 0.15)
        add_cause(causes, "busy machine: other programs used %.2f of %d CPUs", others, online);
    if (stolen > 0.05)
        add_cause(causes, "busy host: the hypervisor took %.2f of %d CPUs", stolen, online);
    add_isa(causes, precision);
    machine_clock("/sys/devices/system/cpu/cpu0", clock, sizeof clock);
    if (*clock)
        add_cause(causes, "%s", clock);
}
