/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A preload library that sets a program's wall clock, and no other clock. $CLOCK_OFFSET names a file of eight bytes in
 * the machine's byte order: the nanoseconds to add to the system's time. Writing to the file sets the clock at once. */

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#pragma GCC visibility push(default)

static const volatile int64_t *offset;

__attribute__((constructor)) static void open_offset(void) {
    const char *const path = getenv("CLOCK_OFFSET");
    const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *const map = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    if (map != MAP_FAILED)
        offset = map;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    enum { SECOND = 1000000000 };
    const int code = (int)syscall(SYS_clock_gettime, clock, now);
    if (code == 0 && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        const int64_t moved = (int64_t)now->tv_sec * SECOND + now->tv_nsec + *offset;
        now->tv_sec = (time_t)(moved / SECOND);
        now->tv_nsec = (long)(moved % SECOND);
    }
    return code;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    *now = (struct timeval){exact.tv_sec, exact.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *to) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (to)
        *to = exact.tv_sec;
    return exact.tv_sec;
}

#pragma GCC visibility pop
