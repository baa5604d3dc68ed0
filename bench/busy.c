/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "busy.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child of a program with threads: nothing but system calls. */
static void spin(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    if (getppid() != parent)
        _exit(1);
    for (volatile unsigned turns = 0;; turns++)
        ;
}

int busy_start(busy *all, int count) {
    const pid_t parent = getpid();

    all->count = 0;
    while (all->count < count) {
        const pid_t pid = fork();
        if (pid == 0)
            spin(parent);
        if (pid < 0) {
            busy_stop(all);
            return -1;
        }
        all->pids[all->count++] = pid;
    }
    return 0;
}

void busy_stop(busy *all) {
    for (int i = 0; i < all->count; i++)
        kill(all->pids[i], SIGKILL);
    for (int i = 0; i < all->count; i++)
        waitpid(all->pids[i], NULL, 0);
    all->count = 0;
}
