/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Reads /poses from `lightpose serve` and prints where people are, one frame per line. New here: HTTP/1.0, which sends
 * the lines without framing until the connection ends.
 * usage: read_poses HOST PORT [TOKEN] */

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

static FILE *ask(const char *host, const char *port, const char *token) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return NULL;
    const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FILE *server = NULL;
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0)
        server = fdopen(fd, "r+");
    if (!server && fd >= 0)
        close(fd);
    freeaddrinfo(found);
    if (server) {
        fprintf(server, "GET /poses HTTP/1.0\r\nHost: localhost\r\n");
        if (token)
            fprintf(server, "Authorization: Bearer %s\r\n", token);
        fprintf(server, "\r\n");
        fflush(server);
    }
    return server;
}

static void print_frame(json_t *frame) {
    json_t *const people = json_object_get(frame, "people");
    printf("frame %lld: %zu people", (long long)json_integer_value(json_object_get(frame, "frame")),
           json_array_size(people));
    for (size_t i = 0; i < json_array_size(people); i++) {
        json_t *const person = json_array_get(people, i);
        json_t *const nose = json_array_get(json_object_get(person, "keypoints"), 0);
        printf("; %lld: nose at %.0f, %.0f", (long long)json_integer_value(json_object_get(person, "id")),
               json_number_value(json_array_get(nose, 0)), json_number_value(json_array_get(nose, 1)));
    }
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv) {
    char *line = NULL;
    size_t capacity = 0;
    int status = 0;
    if (argc < 3) {
        fprintf(stderr, "usage: read_poses HOST PORT [TOKEN]\n");
        return 2;
    }
    FILE *const server = ask(argv[1], argv[2], argc > 3 ? argv[3] : NULL);
    if (!server || getline(&line, &capacity, server) < 0) {
        fprintf(stderr, "read_poses: no answer from %s, port %s\n", argv[1], argv[2]);
        status = 1;
    } else if (!strstr(line, " 200 ")) {
        fprintf(stderr, "read_poses: the server says: %s", line);
        status = 1;
    }
    while (status == 0 && getline(&line, &capacity, server) > 2) /* headers, up to the empty line */
        continue;
    while (status == 0 && getline(&line, &capacity, server) > 0) {
        json_t *const frame = json_loads(line, 0, NULL);
        if (frame)
            print_frame(frame);
        json_decref(frame);
    }
    if (server)
        fclose(server);
    free(line);
    return status;
}
