/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the benchmark reads of the machine, on made-up ones, and its quantiles. */

#include "check.h"

#include <stdio.h>
#include <sys/stat.h>

#include "machine.h"
#include "samples.h"

static char cpu[64];

static int make_cpu(void **state) {
    char folder[128];

    (void)state;
    snprintf(cpu, sizeof cpu, "/tmp/lightpose-cpu-XXXXXX");
    if (!mkdtemp(cpu))
        return -1;
    snprintf(folder, sizeof folder, "%s/cpufreq", cpu);
    return mkdir(folder, 0700);
}

static int remove_cpu(void **state) {
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", cpu);
    return system(command);
}

static void write_file(const char *name, const char *text) {
    char path[256];

    snprintf(path, sizeof path, "%s/cpufreq/%s", cpu, name);
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s\n", text);
    fclose(file);
}

static void assert_clock(const char *words) {
    char text[256];

    machine_clock(cpu, text, sizeof text);
    if (*words ? !strstr(text, words) : *text)
        fail_msg("\"%s\" is not about \"%s\"", text, words);
}

static void what_holds_the_clock_down_is_named(void **state) {
    (void)state;
    assert_clock(""); /* a virtual machine has none of these files */
    write_file("scaling_driver", "acpi-cpufreq");
    write_file("scaling_governor", "performance");
    write_file("cpuinfo_max_freq", "3700000");
    write_file("scaling_max_freq", "3700000");
    assert_clock("");
    write_file("scaling_governor", "powersave");
    assert_clock("governor: 'powersave' holds the clock down");
    write_file("scaling_governor", "schedutil");
    assert_clock("");
    write_file("scaling_max_freq", "1200000");
    assert_clock("held to 1.20 of 3.70 GHz");
}

/* The ordinary mode of these drivers has the same name as the slow one of the others. */
static void a_driver_with_a_mind_of_its_own_is_understood(void **state) {
    (void)state;
    write_file("scaling_driver", "intel_pstate");
    write_file("scaling_governor", "powersave");
    write_file("energy_performance_preference", "balance_performance");
    assert_clock("");
    write_file("energy_performance_preference", "balance_power");
    assert_clock("the energy preference is 'balance_power'");
}

static json_t *causes_of(const machine_load *passed, int threads, int contexts) {
    json_t *const causes = json_array();
    machine_causes(causes, passed, threads, contexts, LIGHTPOSE_PRECISION_F32);
    return causes;
}

static int names(const json_t *causes, const char *words) {
    size_t i;
    json_t *cause;
    int found = 0;

    json_array_foreach(causes, i, cause) {
        found += strstr(json_string_value(cause), words) != NULL;
    }
    return found;
}

static void shares_of_the_machine_are_named(void **state) {
    const machine_load quiet = {.busy = 100, .total = 100, .own = 100};
    const machine_load busy = {.busy = 100, .total = 100, .own = 50, .stolen = 0};
    const machine_load stolen = {.busy = 50, .total = 100, .own = 50, .stolen = 50};
    const machine_load stopped = {.busy = 100, .total = 100, .own = 100, .stalls = 3};
    const machine_load *const all[] = {&quiet, &busy, &stolen, &stopped};
    const char *const words[] = {"nothing", "busy machine: other programs used", "busy host: the hypervisor took",
                                 "throttled this process in 3 periods"};

    (void)state;
    for (int i = 0; i < 4; i++)
        for (int j = 1; j < 4; j++) {
            json_t *const causes = causes_of(all[i], 1, 1);
            assert_int_equal(names(causes, words[j]), i == j);
            json_decref(causes);
        }
    json_t *const causes = causes_of(&quiet, 1000, 3);
    assert_int_equal(names(causes, "oversubscription: 3 contexts x 1000 threads"), 1);
    json_decref(causes);
}

static void quantiles_are_those_of_the_sorted_list(void **state) {
    samples list = {0};

    (void)state;
    assert_true(samples_median(&list) == 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(samples_add(&list, (i * 7919) % 1000), 0);
    assert_true(samples_quantile(&list, 0) == 0);
    assert_true(samples_median(&list) == 500);
    assert_true(samples_quantile(&list, 0.95) == 950);
    assert_true(samples_quantile(&list, 1) == 999);
    samples_free(&list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_holds_the_clock_down_is_named, make_cpu, remove_cpu),
        cmocka_unit_test_setup_teardown(a_driver_with_a_mind_of_its_own_is_understood, make_cpu, remove_cpu),
        cmocka_unit_test(shares_of_the_machine_are_named),
        cmocka_unit_test(quantiles_are_those_of_the_sorted_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
