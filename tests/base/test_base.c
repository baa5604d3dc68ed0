/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "check.h"

#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "base/cpu.h"
#include "base/mem.h"
#include "base/quota.h"
#include "base/status.h"
#include "base/threads.h"

static void memory_is_zeroed_and_aligned(void **state) {
    (void)state;
    for (size_t count = 0; count < 300; count += 37) {
        unsigned char *const bytes = lp_calloc(count, 3);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % LP_ALIGN, 0);
        for (size_t i = 0; i < count * 3; i++)
            assert_int_equal(bytes[i], 0);
        lp_free(bytes);
    }
}

static void sizes_that_overflow_give_no_memory(void **state) {
    (void)state;
    assert_null(lp_calloc(SIZE_MAX, 2));
    assert_null(lp_calloc(SIZE_MAX / 2 + 1, 2));
    assert_null(lp_calloc(1, SIZE_MAX - 8));
}

static void the_nth_allocation_fails(void **state) {
    (void)state;
    lp_mem_fail_at(3);
    for (int i = 1; i <= 4; i++) {
        void *const pointer = lp_calloc(1, 1);
        assert_int_equal(pointer == NULL, i == 3);
        lp_free(pointer);
    }
}

static void growing_keeps_what_was_there(void **state) {
    void *array = NULL;
    size_t capacity = 0;

    (void)state;
    for (size_t count = 1; count < 5000; count = count * 3 / 2 + 1) {
        const size_t before = capacity;
        assert_int_equal(lp_grow(&array, &capacity, count, sizeof(int)), 0);
        assert_true(capacity >= count);
        for (size_t i = 0; i < before; i++)
            assert_int_equal(((int *)array)[i], (int)i);
        for (size_t i = before; i < capacity; i++)
            ((int *)array)[i] = (int)i;
    }
    const size_t before = capacity;
    void *const kept = array;
    lp_mem_fail_at(1);
    assert_int_equal(lp_grow(&array, &capacity, capacity + 1, sizeof(int)), -1);
    assert_ptr_equal(array, kept);
    assert_int_equal(capacity, before);
    lp_free(array);
}

static void the_first_failure_wins(void **state) {
    lightpose_error error = {0};

    (void)state;
    assert_int_equal(lp_fail(&error, LIGHTPOSE_ERROR_LIMIT, "side %d", 40000), LIGHTPOSE_ERROR_LIMIT);
    assert_int_equal(lp_fail(&error, LIGHTPOSE_ERROR_MEMORY, "later"), LIGHTPOSE_ERROR_MEMORY);
    assert_int_equal(error.status, LIGHTPOSE_ERROR_LIMIT);
    assert_string_equal(error.text, "side 40000");
    assert_int_equal(lp_fail(NULL, LIGHTPOSE_ERROR_MEMORY, "nobody listens"), LIGHTPOSE_ERROR_MEMORY);
}

static void long_details_are_cut_not_overrun(void **state) {
    lightpose_error error = {0};
    char text[2000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)lp_fail(&error, LIGHTPOSE_ERROR_FILE, "%s", text);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

static void every_status_has_its_own_name(void **state) {
    (void)state;
    for (int a = LIGHTPOSE_OK; a <= LIGHTPOSE_ERROR_ENGINE; a++) {
        assert_string_not_equal(lightpose_status_get_name((lightpose_status)a), "unknown");
        for (int b = LIGHTPOSE_OK; b < a; b++)
            assert_string_not_equal(lightpose_status_get_name((lightpose_status)a),
                                    lightpose_status_get_name((lightpose_status)b));
    }
    assert_string_equal(lightpose_status_get_name((lightpose_status)99), "unknown");
}

/* ---- Quota: a made-up /proc/self/cgroup and /sys/fs/cgroup */

static char root[64];

static void write_file(const char *name, const char *text) {
    char path[256];

    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int make_root(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/lightpose-quota-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state) {
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", root);
    return system(command);
}

static int quota(const char *self) {
    char path[256];

    write_file("self", self);
    snprintf(path, sizeof path, "%s/self", root);
    return lp_quota_cpus(path, root);
}

static void quota_of_version_2(void **state) {
    (void)state;
    write_file("a/b/cpu.max", "50000 100000\n");
    assert_int_equal(quota("0::/a/b\n"), 1); /* half a core is one thread */
    write_file("a/b/cpu.max", "150000 100000\n");
    assert_int_equal(quota("0::/a/b\n"), 2);
    write_file("a/b/cpu.max", "max 100000\n");
    assert_int_equal(quota("0::/a/b\n"), LP_NO_QUOTA);
    write_file("a/cpu.max", "300000 100000\n"); /* a group above limits too */
    assert_int_equal(quota("0::/a/b\n"), 3);
    write_file("cpu.max", "100000 100000\n"); /* as in a container that sees only its own root */
    assert_int_equal(quota("0::/not/mounted/here\n"), 1);
}

static void quota_of_version_1(void **state) {
    (void)state;
    write_file("cpu/g/cpu.cfs_quota_us", "250000\n");
    write_file("cpu/g/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota("4:memory:/g\n3:cpu,cpuacct:/g\n"), 3);
    assert_int_equal(quota("3:cpuacct,cpu:/g\n"), 3);
    assert_int_equal(quota("3:cpu:/g\n"), 3);
    assert_int_equal(quota("3:cpuset:/g\n2:cpuacct:/g\n"), LP_NO_QUOTA);
    write_file("cpu/g/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(quota("3:cpu:/g\n"), LP_NO_QUOTA);
}

/* What is told beside the whole number: half a core, and how often the group and those above it were stopped. */
static void quota_tells_fractions_and_stalls(void **state) {
    char self[256];

    (void)state;
    snprintf(self, sizeof self, "%s/self", root);
    write_file("h/b/cpu.max", "50000 100000\n");
    write_file("h/b/cpu.stat", "usage_usec 1\nnr_periods 9\nnr_throttled 4\n");
    write_file("h/cpu.stat", "nr_periods 9\nnr_throttled 3\n");
    write_file("cpu/h/cpu.cfs_quota_us", "25000\n");
    write_file("cpu/h/cpu.cfs_period_us", "100000\n");
    write_file("cpu/h/cpu.stat", "nr_throttled 20\n");
    write_file("self", "0::/h/b\n");
    assert_true(lp_quota_read(self, root).cpus == 0.5);
    assert_int_equal(lp_quota_read(self, root).stalls, 7);
    write_file("self", "3:cpu:/h\n0::/\n");
    assert_true(lp_quota_read(self, root).cpus == 0.25);
    assert_int_equal(lp_quota_read(self, root).stalls, 20);
    assert_int_equal(lp_quota_cpus(self, root), 1);
}

static void quota_survives_nonsense(void **state) {
    (void)state;
    write_file("n/cpu.max", "zero 100000\n");
    assert_int_equal(quota("0::/n\n"), LP_NO_QUOTA);
    write_file("n/cpu.max", "100000 0\n");
    assert_int_equal(quota("0::/n\n"), LP_NO_QUOTA);
    write_file("n/cpu.max", "");
    assert_int_equal(quota("0::/n\nnot a line\n::\n"), LP_NO_QUOTA);
    assert_int_equal(lp_quota_cpus("/nonexistent/self", root), LP_NO_QUOTA);
}

/* ---- Threads and CPU */

static void threads_follow_the_affinity_mask(void **state) {
    cpu_set_t all, one;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    assert_in_range(lp_threads_available(), 1, CPU_COUNT(&all));
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(lp_threads_available(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
}

static void the_isa_limit_of_onednn_limits_us_too(void **state) {
    (void)state;
    unsetenv("DNNL_MAX_CPU_ISA");
    setenv("ONEDNN_MAX_CPU_ISA", "SSE41", 1);
    assert_int_equal(lp_cpu_features(), 0);
    assert_string_equal(lp_cpu_describe(), "baseline");
    setenv("ONEDNN_MAX_CPU_ISA", "avx2", 1);
    assert_int_equal(lp_cpu_features() & ~(unsigned)LP_CPU_AVX2, 0);
    unsetenv("ONEDNN_MAX_CPU_ISA");
    setenv("DNNL_MAX_CPU_ISA", "AVX512_CORE", 1);
    assert_int_equal(lp_cpu_features() & ~(unsigned)(LP_CPU_AVX2 | LP_CPU_AVX512), 0);
    unsetenv("DNNL_MAX_CPU_ISA");
    const unsigned all = lp_cpu_features();
#if defined(__x86_64__)
    assert_int_equal(!!(all & LP_CPU_AVX2), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
    assert_int_equal(!!(all & LP_CPU_AVX512_VNNI), !!__builtin_cpu_supports("avx512vnni"));
#elif defined(__aarch64__)
    assert_true(all & LP_CPU_NEON); /* part of the architecture */
    assert_int_equal(!!(all & LP_CPU_DOTPROD), !!(getauxval(AT_HWCAP) & HWCAP_ASIMDDP));
    assert_int_equal(!!(all & LP_CPU_I8MM), !!(getauxval(AT_HWCAP2) & HWCAP2_I8MM));
    setenv("ONEDNN_MAX_CPU_ISA", "NEON", 1);
    assert_int_equal(lp_cpu_features(), LP_CPU_NEON);
    assert_string_equal(lp_cpu_describe(), "NEON");
    setenv("ONEDNN_MAX_CPU_ISA", "neon_dotprod", 1);
    assert_int_equal(lp_cpu_features(), all & (LP_CPU_NEON | LP_CPU_DOTPROD));
    unsetenv("ONEDNN_MAX_CPU_ISA");
#else
    assert_int_equal(all, 0);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(sizes_that_overflow_give_no_memory),
        cmocka_unit_test(the_nth_allocation_fails),
        cmocka_unit_test(growing_keeps_what_was_there),
        cmocka_unit_test(the_first_failure_wins),
        cmocka_unit_test(long_details_are_cut_not_overrun),
        cmocka_unit_test(every_status_has_its_own_name),
        cmocka_unit_test_setup_teardown(quota_of_version_2, make_root, remove_root),
        cmocka_unit_test_setup_teardown(quota_of_version_1, make_root, remove_root),
        cmocka_unit_test_setup_teardown(quota_tells_fractions_and_stalls, make_root, remove_root),
        cmocka_unit_test_setup_teardown(quota_survives_nonsense, make_root, remove_root),
        cmocka_unit_test(threads_follow_the_affinity_mask),
        cmocka_unit_test(the_isa_limit_of_onednn_limits_us_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
