/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A preload library that makes one of a program's system calls fail: the n-th of a kind on files below a folder. The
 * kernel traps the calls (seccomp), so it does not matter whether the program, the C library or FFmpeg makes them.
 *
 *     FAULT=KIND:N:WHAT   KIND: read, write, open, close, sync (fdatasync), name (rename and link), truncate, copy
 *                         (of a descriptor), remove, folder (mkdir); N: 1 is the first; WHAT: an error number;
 *                         "short": half of the bytes are read or written; "none": the call works, and is only
 *                         recorded; a "+" at the end: all calls of the kind from the n-th on
 *     FAULT_UNDER=PATH    the prefix of the file's name in the kernel: "/tmp/x/", or "pipe:"
 *     FAULT_TOLD=FILE     gets a line with the file's name when a call fails
 *
 * The name of a descriptor is looked up in /proc. A relative name is taken as relative to the working folder, even if
 * the call names another one. */

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* ---- Which calls ------------------------------------------------------------------------------------------------- */

/* at: the argument with the descriptor or the name; count: the argument with the number of bytes, -1: none. */
typedef struct trapped {
    const char *kind;
    int number, at, count, by_name;
} trapped;

static const trapped calls[] = {
    {"read", SYS_read, 0, 2, 0},        {"read", SYS_pread64, 0, 2, 0},    {"write", SYS_write, 0, 2, 0},
    {"write", SYS_pwrite64, 0, 2, 0},   {"close", SYS_close, 0, -1, 0},    {"truncate", SYS_ftruncate, 0, -1, 0},
    {"sync", SYS_fdatasync, 0, -1, 0},  {"copy", SYS_fcntl, 0, -1, 0}, /* only F_DUPFD_CLOEXEC */
    {"open", SYS_openat, 1, -1, 1},     {"name", SYS_linkat, 3, -1, 1},    {"name", SYS_renameat2, 3, -1, 1},
    {"remove", SYS_unlinkat, 1, -1, 1}, {"folder", SYS_mkdirat, 1, -1, 1},
#ifdef __x86_64__ /* it has the older calls too */
    {"open", SYS_open, 0, -1, 1},       {"name", SYS_link, 1, -1, 1},      {"name", SYS_rename, 1, -1, 1},
    {"name", SYS_renameat, 3, -1, 1},   {"remove", SYS_unlink, 0, -1, 1},  {"folder", SYS_mkdir, 0, -1, 1},
#endif
};

enum { CALLS = sizeof calls / sizeof *calls, PATH_BYTES = 4096 };

/* ---- The only place from which calls are not trapped ------------------------------------------------------------- */

long faulty_call(long number, long a, long b, long c, long d, long e, long f);
extern const char faulty_passes[];

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
__asm__(".text\n.globl faulty_call\n.hidden faulty_call\n.type faulty_call, @function\nfaulty_call:\n"
        "mov %rdi, %rax\nmov %rsi, %rdi\nmov %rdx, %rsi\nmov %rcx, %rdx\nmov %r8, %r10\nmov %r9, %r8\n"
        "mov 8(%rsp), %r9\nsyscall\n.globl faulty_passes\n.hidden faulty_passes\nfaulty_passes:\nret\n");
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
__asm__(".text\n.globl faulty_call\n.hidden faulty_call\n.type faulty_call, @function\nfaulty_call:\n"
        "mov x8, x0\nmov x0, x1\nmov x1, x2\nmov x2, x3\nmov x3, x4\nmov x4, x5\nmov x5, x6\nsvc #0\n"
        ".globl faulty_passes\n.hidden faulty_passes\nfaulty_passes:\nret\n");
#else
#error "no system call is known for this CPU"
#endif

/* ---- What fails -------------------------------------------------------------------------------------------------- */

static struct {
    const char *kind;
    int nth, number, is_short, is_none, stays; /* number: the error's */
    const char *under, *told;
    size_t under_size;
    atomic_int seen;
} fault;

static int begins(const char *path) {
    return strncmp(path, fault.under, fault.under_size) == 0;
}

/* Gets the name of the file that a call is about. Returns 0 if it is not below the folder. */
static int is_below(const trapped *call, const long *args, char *path) {
    char proc[40] = "/proc/self/fd/", digits[12];
    long got;

    if (call->by_name && ((const char *)args[call->at])[0] == '/') {
        snprintf(path, PATH_BYTES, "%s", (const char *)args[call->at]);
        return begins(path);
    }
    if (call->by_name) {
        got = faulty_call(SYS_getcwd, (long)path, PATH_BYTES - 1, 0, 0, 0, 0);
        if (got <= 0)
            return 0;
        path[got - 1] = '/';
        snprintf(path + got, PATH_BYTES - (size_t)got, "%s", (const char *)args[call->at]);
        return begins(path);
    }
    int at = sizeof digits - 1;
    digits[at] = '\0';
    for (unsigned long n = (unsigned long)args[call->at]; (n || at == sizeof digits - 1) && at > 0; n /= 10)
        digits[--at] = (char)('0' + n % 10);
    strcpy(proc + 14, digits + at);
    got = faulty_call(SYS_readlinkat, AT_FDCWD, (long)proc, (long)path, PATH_BYTES - 1, 0, 0);
    if (got <= 0)
        return 0;
    path[got] = '\0';
    return begins(path);
}

static void tell(const char *path) {
    const long file =
        faulty_call(SYS_openat, AT_FDCWD, (long)fault.told, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600, 0, 0);
    if (file < 0)
        return;
    faulty_call(SYS_write, file, (long)path, (long)strlen(path), 0, 0, 0);
    faulty_call(SYS_write, file, (long)"\n", 1, 0, 0, 0);
    faulty_call(SYS_close, file, 0, 0, 0, 0, 0);
}

static int is_due(void) {
    const int nth = atomic_fetch_add(&fault.seen, 1) + 1;
    return nth == fault.nth || (fault.stays && nth > fault.nth);
}

static long answer(long number, long *args) {
    char path[PATH_BYTES];
    const trapped *call = calls;

    while (call->number != number || strcmp(call->kind, fault.kind) != 0)
        call++;
    const int counts = (number != SYS_fcntl || args[1] == F_DUPFD_CLOEXEC) && is_below(call, args, path) && is_due();
    if (!counts)
        return faulty_call(number, args[0], args[1], args[2], args[3], args[4], args[5]);
    tell(path);
    if (fault.is_short || fault.is_none) {
        if (fault.is_short)
            args[call->count] = (args[call->count] + 1) / 2;
        return faulty_call(number, args[0], args[1], args[2], args[3], args[4], args[5]);
    }
    if (number == SYS_close) /* the kernel closes the descriptor even if it reports an error */
        (void)faulty_call(number, args[0], 0, 0, 0, 0, 0);
    return -fault.number;
}

static void on_trap(int signal, siginfo_t *info, void *context) {
    ucontext_t *const at = context;
    (void)signal;
#if defined(__x86_64__)
    greg_t *const r = at->uc_mcontext.gregs;
    long args[] = {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]};
    r[REG_RAX] = answer(info->si_syscall, args);
#else
    unsigned long long *const r = at->uc_mcontext.regs;
    long args[] = {(long)r[0], (long)r[1], (long)r[2], (long)r[3], (long)r[4], (long)r[5]};
    r[0] = (unsigned long long)answer(info->si_syscall, args);
#endif
}

/* ---- The trap ---------------------------------------------------------------------------------------------------- */

enum { HEAD = 6 };

/* Traps calls of the kind, except those from faulty_call. */
static int set_trap(void) {
    const uint64_t passes = (uint64_t)(uintptr_t)faulty_passes;
    struct sock_filter code[HEAD + CALLS + 2];
    unsigned short size = 0, kinds = 0;

    for (int i = 0; i < CALLS; i++)
        kinds += strcmp(calls[i].kind, fault.kind) == 0;
    if (kinds == 0)
        return -1;
    code[size++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer));
    code[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)passes, 0, 2);
    code[size++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4);
    code[size++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(passes >> 32), (uint8_t)(kinds + 1), 0);
    code[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0, left = kinds; i < CALLS; i++)
        if (strcmp(calls[i].kind, fault.kind) == 0)
            code[size++] =
                (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i].number, (uint8_t)left--, 0);
    code[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    const struct sock_fprog program = {.len = size, .filter = code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0
               ? 0
               : -1;
}

/* "KIND:N:WHAT". */
static int parse(char *text) {
    char *const nth = strchr(text, ':'), *const what = nth ? strchr(nth + 1, ':') : NULL;
    if (!what)
        return -1;
    *nth = *what = '\0';
    fault.kind = text;
    fault.nth = atoi(nth + 1);
    fault.stays = what[strlen(what + 1)] == '+';
    fault.is_short = strncmp(what + 1, "short", 5) == 0;
    fault.is_none = strncmp(what + 1, "none", 4) == 0;
    fault.number = atoi(what + 1);
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    char *const text = getenv("FAULT");
    const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER};

    if (!text)
        return;
    fault.under = getenv("FAULT_UNDER");
    fault.told = getenv("FAULT_TOLD");
    if (!fault.under || !fault.told || parse(strdup(text)) != 0)
        _exit(90);
    fault.under_size = strlen(fault.under);
    if (sigaction(SIGSYS, &action, NULL) != 0 || set_trap() != 0)
        _exit(91);
}
