/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* AMX where the operating system refuses its registers: a filter of system calls refuses them on any CPU. */

#include "check.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cpu.h"

enum { REFUSED = 0, GRANTED = 1, NO_FILTER = 2 };

static int refuse_arch_prctl(void) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_arch_prctl, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof rules / sizeof *rules, rules};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void tiles_are_done_without_where_they_are_refused(void **unused) {
    const unsigned all = LP_CPU_AVX2 | LP_CPU_AVX512 | LP_CPU_AMX_INT8 | LP_CPU_AMX_BF16;
    int status;
    (void)unused;

    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!refuse_arch_prctl())
            _exit(NO_FILTER);
        _exit(lp_cpu_ask_for_tiles(all) == (LP_CPU_AVX2 | LP_CPU_AVX512) ? REFUSED : GRANTED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_FILTER) {
        print_message("# not here: no filters of system calls\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), REFUSED);
}

static void other_features_need_no_permission(void **unused) {
    (void)unused;

    assert_int_equal(lp_cpu_ask_for_tiles(LP_CPU_AVX2 | LP_CPU_AVX512_BF16), LP_CPU_AVX2 | LP_CPU_AVX512_BF16);
    assert_int_equal(lp_cpu_ask_for_tiles(0), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tiles_are_done_without_where_they_are_refused),
    cmocka_unit_test(other_features_need_no_permission),
};

int main(void) {
    return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
