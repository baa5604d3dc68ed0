/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"

extern char **environ;

enum { MOST = 1 << 20, TICK_MS = 200, GRACE_MS = 5000 };

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whether two "NAME=VALUE" have the same name. */
static int same_name(const char *a, const char *b) {
    const size_t size = strcspn(a, "=");
    return !strncmp(a, b, size + 1);
}

/* This process's variables, replaced and extended by `variables`. One allocation; the strings are not copied. */
static const char **make_environment(const char *const *variables) {
    size_t count = 0, more = 0, at = 0;
    while (environ[count])
        count++;
    while (variables && variables[more])
        more++;
    const char **const all = malloc((count + more + 1) * sizeof *all);
    if (!all)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        int replaced = 0;
        for (size_t k = 0; k < more; k++)
            replaced |= same_name(variables[k], environ[i]);
        if (!replaced)
            all[at++] = environ[i];
    }
    for (size_t k = 0; k < more; k++)
        all[at++] = variables[k];
    all[at] = NULL;
    return all;
}

/* Starts the program with default signal handling: this process ignores SIGPIPE. */
static int start(const lp_child *child, const char **environment, int out, int err, pid_t *process) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t defaults, none;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    const int code = posix_spawnp(process, child->argv[0], &files, &attributes, (char *const *)(uintptr_t)child->argv,
                                  (char *const *)(uintptr_t)environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

/* Reads what is available. Returns 0 at the end. */
static int drain(int from, lp_text *to) {
    char bytes[4096];
    const ssize_t got = read(from, bytes, sizeof bytes);
    if (got > 0 && to->size < MOST)
        lp_text_bytes(to, bytes, (size_t)got);
    return got > 0 || (got < 0 && errno == EINTR);
}

/* Reads both pipes until they are closed or the program has ended: its children may keep them open for days. Returns 0
 * if the program has to be ended. */
static int listen_to(const lp_child *child, const int from[2], lp_text *const to[2], pid_t process, int *gone,
                     int *state) {
    const int64_t until = child->seconds ? now_ms() + (int64_t)child->seconds * 1000 : INT64_MAX;
    struct pollfd files[2] = {{.fd = from[0], .events = POLLIN}, {.fd = from[1], .events = POLLIN}};
    while (files[0].fd >= 0 || files[1].fd >= 0) {
        if (!*gone && (now_ms() > until || (child->go_on && !child->go_on(child->opaque))))
            return 0;
        const int ready = poll(files, 2, *gone ? 0 : TICK_MS);
        if (ready <= 0 && *gone)
            break;
        for (int i = 0; i < 2 && ready > 0; i++)
            if (files[i].fd >= 0 && files[i].revents && !drain(files[i].fd, to[i]))
                files[i].fd = -1;
        *gone |= waitpid(process, state, WNOHANG) == process;
    }
    return 1;
}

static int wait_for(pid_t process, int *state, int64_t ms) {
    for (const int64_t until = now_ms() + ms; now_ms() < until;) {
        const struct timespec pause = {0, 20000000};
        if (waitpid(process, state, WNOHANG) != 0)
            return 1;
        nanosleep(&pause, NULL);
    }
    return 0;
}

static void end(pid_t process, int *state) {
    kill(process, SIGTERM);
    if (wait_for(process, state, GRACE_MS))
        return;
    kill(process, SIGKILL);
    while (waitpid(process, state, 0) < 0 && errno == EINTR) {
    }
}

static void close_both(int pipe[2]) {
    for (int i = 0; i < 2; i++)
        if (pipe[i] >= 0)
            close(pipe[i]);
    pipe[0] = pipe[1] = -1;
}

static lightpose_status finish(lp_text *out, lp_text *err, lightpose_error *error) {
    lp_text *const both[] = {out, err};
    while (err->size && (err->data[err->size - 1] == '\n' || err->data[err->size - 1] == ' '))
        err->size--;
    for (int i = 0; i < 2; i++) {
        lp_text_bytes(both[i], "", 1);
        LP_TRY(lp_text_check(both[i], error));
        both[i]->size--;
    }
    return LIGHTPOSE_OK;
}

lightpose_status lp_child_run(const lp_child *child, int *code, lp_text *out, lp_text *err, lightpose_error *error) {
    int outs[2] = {-1, -1}, errs[2] = {-1, -1}, state = 0, gone = 0;
    const char **const environment = make_environment(child->variables);
    pid_t process;
    lp_text_clear(out);
    lp_text_clear(err);
    if (!environment || pipe2(outs, O_CLOEXEC) != 0 || pipe2(errs, O_CLOEXEC) != 0) {
        close_both(outs);
        free(environment);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s cannot be started: %s", child->argv[0], strerror(errno));
    }
    const int failed = start(child, environment, outs[1], errs[1], &process);
    close(outs[1]);
    close(errs[1]);
    outs[1] = errs[1] = -1;
    free(environment);
    if (failed) {
        close_both(outs);
        close_both(errs);
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s cannot be started: %s", child->argv[0], strerror(failed));
    }
    const int from[2] = {outs[0], errs[0]};
    lp_text *const to[2] = {out, err};
    const int whole = listen_to(child, from, to, process, &gone, &state);
    close_both(outs);
    close_both(errs);
    if (!whole) {
        end(process, &state);
        return lp_fail(error, LIGHTPOSE_ERROR_STATE, "%s was ended: interrupted, or it took more than %d seconds",
                       child->argv[0], child->seconds);
    }
    while (!gone && waitpid(process, &state, 0) < 0 && errno == EINTR) {
    }
    *code = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    return finish(out, err, error);
}
