/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Viewers of /live.mjpg, for scripts/proofs: usage: viewers PORT FAST SLOW SECONDS [PATH]. FAST of them take all that
 * comes, without looking at it, so that they cost as little as they can; SLOW read one byte a second. Prints the bytes
 * that the fast ones took and the processor seconds that all of this took. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int view(int port, const char *path) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    char request[256];
    const int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) ||
        send(fd, request, (size_t)size, 0) != size) {
        perror("viewers");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv) {
    if (argc < 5 || argc > 6) {
        fprintf(stderr, "usage: viewers PORT FAST SLOW SECONDS [PATH]\n");
        return 2;
    }
    const int port = atoi(argv[1]), fast = atoi(argv[2]), slow = atoi(argv[3]);
    const char *const path = argc == 6 ? argv[5] : "/live.mjpg";
    int *const tardy = calloc((size_t)slow + 1, sizeof *tardy);
    const int wait = epoll_create1(0);
    if (!tardy || wait < 0)
        return 1;
    for (int i = 0; i < fast; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = view(port, path)};
        epoll_ctl(wait, EPOLL_CTL_ADD, event.data.fd, &event);
    }
    for (int i = 0; i < slow; i++)
        tardy[i] = view(port, path);
    const double end = now() + atof(argv[4]);
    double tick = 0;
    long long taken = 0;
    for (double time = now(); time < end; time = now()) {
        struct epoll_event events[64];
        const int count = epoll_wait(wait, events, 64, 100);
        for (int i = 0; i < count; i++) {
            /* TCP throws the bytes away without a copy. */
            const ssize_t size = recv(events[i].data.fd, NULL, 1 << 20, MSG_TRUNC | MSG_DONTWAIT);
            if (size > 0)
                taken += size;
            else if (!size)
                epoll_ctl(wait, EPOLL_CTL_DEL, events[i].data.fd, NULL);
        }
        if (time >= tick) {
            char byte;
            tick = time + 1;
            for (int i = 0; i < slow; i++)
                (void)!recv(tardy[i], &byte, 1, MSG_DONTWAIT);
        }
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("%lld %.3f\n", taken,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec));
    free(tardy);
    return 0;
}
