/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The server on a made-up run, with strangers that ask for everything at once, read some of it and go; for
 * ThreadSanitizer (scripts/deep-check serve). usage: storm SECONDS. Every page must have been answered, and the end
 * must come while viewers are there. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <lightpose/lightpose.h>

#include "run/work.h"
#include "serve/server.h"

enum { WIDTH = 160, HEIGHT = 120, STRANGERS = 12, SOURCES = 2 };

static const char *const pages[] = {"/",
                                    "/live.mjpg",
                                    "/live.mjpg?plain=1&source=b",
                                    "/snapshot.jpg",
                                    "/poses",
                                    "/poses?events=1",
                                    "/metrics",
                                    "/status",
                                    "/healthz",
                                    "/nowhere"};
enum { PAGES = sizeof pages / sizeof *pages };

#define PATIENCE_NS INT64_C(60000000000) /* for a machine that is busy */

static atomic_int done, answered[PAGES];
static int port;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

/* Asks, reads up to `most` bytes. */
static void ask(int page, size_t most) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct timeval patience = {.tv_sec = 1};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    char text[4096];
    const int size = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", pages[page]);
    if (fd < 0)
        fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (!connect(fd, (const struct sockaddr *)&address, sizeof address) &&
        send(fd, text, (size_t)size, MSG_NOSIGNAL) == size)
        for (size_t got = 0; got < most && !atomic_load(&done);) {
            const ssize_t count = recv(fd, text, sizeof text, 0);
            if (count <= 0)
                break;
            if (!got && count > 12 && !memcmp(text, "HTTP/1.1 ", 9))
                atomic_fetch_add(&answered[page], 1);
            got += (size_t)count;
        }
    close(fd);
}

static void *stranger(void *opaque) {
    uint32_t random = (uint32_t)(uintptr_t)opaque;
    for (unsigned page = random; !atomic_load(&done); page++) {
        random = random * 1664525 + 1013904223;
        ask((int)(page % PAGES), (size_t)(random >> 20) * 20);
    }
    return NULL;
}

/* Stays to the end. */
static void *viewer(void *opaque) {
    ask((int)(intptr_t)opaque, SIZE_MAX);
    return NULL;
}

static int count_missing(void) {
    int count = 0;
    for (int i = 0; i < PAGES; i++)
        count += !atomic_load(&answered[i]);
    return count;
}

static void frame(lp_server *server, lp_gauges *gauges, int64_t number, const lightpose_image *image,
                  lightpose_result *people) {
    const int source = (int)(number % SOURCES);
    const lp_output_frame made = {.index = number / SOURCES,
                                  .time = (double)number * 0.01,
                                  .width = WIDTH,
                                  .height = HEIGHT,
                                  .result = people,
                                  .picture = image};
    lp_source_gauges *const g = &gauges->sources[source];
    lp_gauge_set(&g->phase, LP_PHASE_RUNNING);
    lp_gauge_add(&g->frames, 1);
    lp_gauge_set(&g->last_ns, lp_work_now());
    lp_server_frame(server, source, &made);
}

int main(int argc, char **argv) {
    static uint8_t pixels[WIDTH * HEIGHT * 3 / 2];
    static char names[SOURCES][2] = {"a", "b"};
    static lp_source_gauges sources[SOURCES] = {{.name = names[0]}, {.name = names[1]}};
    lp_gauges gauges = {.started_ns = lp_work_now(), .count = SOURCES, .sources = sources};
    lp_server_options options = {.address = "127.0.0.1:0", .viewers = 64, .healthy_seconds = 10, .gauges = &gauges};
    lightpose_error error = {0};
    lightpose_result *people;
    lp_server *server;
    pthread_t threads[STRANGERS + 4];
    const double seconds = argc > 1 ? atof(argv[1]) : 2;
    lightpose_pose pose = {.score = 10, .keypoint_count = LIGHTPOSE_KEYPOINTS, .id = 3};
    for (int i = 0; i < LIGHTPOSE_KEYPOINTS; i++)
        pose.keypoints[i] = (lightpose_keypoint){
            .x = (float)(20 + 5 * i), .y = (float)(20 + 4 * i), .score = 1, .state = LIGHTPOSE_DETECTED};
    lp_output_options_default(&options.output);
    if (lightpose_result_create(&people, &error) || lightpose_result_assign(people, &pose, 1, &error) ||
        lp_server_open(&server, &options, &error)) {
        fprintf(stderr, "storm: %s\n", error.text);
        return 1;
    }
    port = atoi(strrchr(lp_server_url(server), ':') + 1);
    for (int i = 0; i < SOURCES; i++) {
        const lp_output_stream stream = {
            .kind = LP_STREAM_CAMERA, .name = sources[i].name, .source = sources[i].name, .number = i};
        lp_server_begin(server, i, &stream);
    }
    for (intptr_t i = 0; i < STRANGERS + 4; i++)
        if (i < STRANGERS ? pthread_create(&threads[i], NULL, stranger, (void *)(i + 1))
                          : pthread_create(&threads[i], NULL, viewer, (void *)(i - STRANGERS + 1)))
            fail("pthread_create");
    const lightpose_image image = {.planes = {pixels, pixels + WIDTH * HEIGHT},
                                   .strides = {WIDTH, WIDTH},
                                   .width = WIDTH,
                                   .height = HEIGHT,
                                   .format = LIGHTPOSE_NV12};
    const int64_t begin = lp_work_now(), end = begin + (int64_t)(seconds * 1e9);
    for (int64_t number = 0; lp_work_now() < end || (count_missing() && lp_work_now() < begin + PATIENCE_NS);
         number++) {
        const struct timespec pause = {.tv_nsec = 5000000};
        memset(pixels, (int)(number % 200), WIDTH * HEIGHT);
        frame(server, &gauges, number, &image, people);
        nanosleep(&pause, NULL);
    }
    lp_server_close(&server);
    atomic_store(&done, 1);
    for (int i = 0; i < STRANGERS + 4; i++)
        pthread_join(threads[i], NULL);
    lightpose_result_destroy(&people);
    for (int i = 0; i < PAGES; i++)
        printf("%s: %d answers\n", pages[i], atomic_load(&answered[i]));
    return count_missing() != 0;
}
