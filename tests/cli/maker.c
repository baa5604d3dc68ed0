/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Makes the inputs of the command's tests.
 *
 *     maker picture ENCODER FORMAT WIDTH HEIGHT FILE
 *     maker clip ENCODER OPTIONS WIDTH HEIGHT FRAMES FILE [N]  (OPTIONS "": none; half the size from frame N on)
 *     maker raw WIDTH HEIGHT FRAMES                            yuv420p frames on standard output
 *     maker y4m WIDTH HEIGHT FRAMES                            the same as YUV4MPEG2
 *     maker join A B FILE                                      the video of A, then that of B, as streams of one file
 *     maker serve PORTFILE TIMES FILE                          sends FILE to TIMES clients in turn; writes the port of
 *                                                              127.0.0.1 to PORTFILE */

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
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

/* Adds the packets of a file's only stream to stream `at`. */
static int append(AVFormatContext *to, int at, AVFormatContext *from) {
    AVPacket *packet = av_packet_alloc();
    int code = packet ? 0 : -1;
    while (code >= 0 && av_read_frame(from, packet) >= 0) {
        av_packet_rescale_ts(packet, from->streams[0]->time_base, to->streams[at]->time_base);
        packet->stream_index = at;
        packet->pos = -1;
        code = av_interleaved_write_frame(to, packet);
    }
    av_packet_free(&packet);
    return code;
}

static int join(char **argv) {
    AVFormatContext *from[2] = {NULL, NULL}, *to = NULL;
    int code = avformat_alloc_output_context2(&to, NULL, NULL, argv[2]);
    for (int i = 0; i < 2 && code >= 0; i++) {
        AVStream *stream = NULL;
        code = avformat_open_input(&from[i], argv[i], NULL, NULL);
        if (code >= 0)
            code = avformat_find_stream_info(from[i], NULL);
        if (code >= 0 && (stream = avformat_new_stream(to, NULL)))
            code = avcodec_parameters_copy(stream->codecpar, from[i]->streams[0]->codecpar);
        if (stream)
            stream->codecpar->codec_tag = 0;
    }
    if (code >= 0)
        code = avio_open(&to->pb, argv[2], AVIO_FLAG_WRITE);
    if (code >= 0)
        code = avformat_write_header(to, NULL);
    for (int i = 0; i < 2 && code >= 0; i++)
        code = append(to, i, from[i]);
    if (code >= 0)
        code = av_write_trailer(to);
    avformat_close_input(&from[0]);
    avformat_close_input(&from[1]);
    avio_closep(&to->pb);
    avformat_free_context(to);
    return code < 0;
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
    if (argc == 5 && !strcmp(argv[1], "join"))
        return join(argv + 2);
    if (argc == 5 && !strcmp(argv[1], "serve"))
        return serve(argv + 2);
    return 2;
}
