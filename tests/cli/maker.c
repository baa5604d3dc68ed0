/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Makes the inputs of the command's tests.
 *
 *     maker picture ENCODER FORMAT WIDTH HEIGHT FILE
 *     maker clip ENCODER OPTIONS WIDTH HEIGHT FRAMES FILE [N]  (OPTIONS "": none; from frame N on of half the size)
 *     maker raw WIDTH HEIGHT FRAMES                            yuv420p frames on standard output
 *     maker y4m WIDTH HEIGHT FRAMES                            the same as YUV4MPEG2
 *     maker serve PORTFILE TIMES FILE                          sends FILE to each of TIMES callers, and hangs up; the
 *                                                              port of 127.0.0.1 is written to PORTFILE */

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libavutil/log.h>

#include "clip.h"
#include "media.h"

static int make_picture(char **argv) {
    size_t size;
    uint8_t *const data = media_encode(argv[0], argv[1], atoi(argv[2]), atoi(argv[3]), &size);
    const int failed = !data || media_write(argv[4], data, size) < 0;
    free(data);
    return failed;
}

static int make_clip(char **argv) {
    const clip spec = {.path = argv[5],
                       .encoder = argv[0],
                       .options = *argv[1] ? argv[1] : NULL,
                       .format = strcmp(argv[0], "mjpeg") ? NULL : "yuvj420p",
                       .width = atoi(argv[2]),
                       .height = atoi(argv[3]),
                       .frames = atoi(argv[4]),
                       .new_size_at = argv[6] ? atoi(argv[6]) : 0};
    return clip_make(&spec) < 0;
}

static int make_frames(char **argv, int with_header) {
    const int width = atoi(argv[0]), height = atoi(argv[1]), frames = atoi(argv[2]);
    if (with_header)
        printf("YUV4MPEG2 W%d H%d F25:1 C420mpeg2\n", width, height);
    for (int n = 0; n < frames; n++) {
        if (with_header)
            puts("FRAME");
        for (int i = 0; i < width * height; i++)
            putchar(40 + (i % width + i / width + 3 * n) % 160);
        for (int i = 0; i < 2 * ((width + 1) / 2) * ((height + 1) / 2); i++)
            putchar(110 + i % 40);
    }
    return fflush(stdout) != 0;
}

static int serve(char **argv) {
    const int times = atoi(argv[1]), listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    size_t size;
    uint8_t *const data = media_read(argv[2], &size);
    if (!data || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    char port[16];
    snprintf(port, sizeof port, "%d\n", ntohs(address.sin_port));
    if (media_write(argv[0], port, strlen(port)) < 0)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < times; i++) {
        const int caller = accept(listener, NULL, NULL);
        for (size_t sent = 0; caller >= 0 && sent < size;) {
            const ssize_t part = write(caller, data + sent, size - sent);
            if (part <= 0)
                break;
            sent += (size_t)part;
        }
        close(caller);
    }
    close(listener);
    free(data);
    return 0;
}

int main(int argc, char **argv) {
    av_log_set_level(AV_LOG_QUIET);
    if (argc == 7 && !strcmp(argv[1], "picture"))
        return make_picture(argv + 2);
    if ((argc == 8 || argc == 9) && !strcmp(argv[1], "clip"))
        return make_clip(argv + 2);
    if (argc == 5 && (!strcmp(argv[1], "raw") || !strcmp(argv[1], "y4m")))
        return make_frames(argv + 2, argv[1][0] == 'y');
    if (argc == 5 && !strcmp(argv[1], "serve"))
        return serve(argv + 2);
    return 2;
}
