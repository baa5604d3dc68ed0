/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "serve/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"

enum {
    BACKLOG = 64,
    OWN_FILES = 48, /* of the process, without connections and sources */
    FILES_OF_A_SOURCE = 8
};

/* ---- The address ------------------------------------------------------------------------------------------------- */

static int is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static lightpose_status resolve(const char *address, struct addrinfo **found, lightpose_error *error) {
    char host[256] = "127.0.0.1";
    const char *const colon = strrchr(address, ':'), *const port = colon ? colon + 1 : address;
    const int bracketed = *address == '[';
    const char *const from = address + bracketed;
    const size_t size = !colon ? 0 : (size_t)(colon - from) - (bracketed && colon > from && colon[-1] == ']');
    char *end;
    errno = 0;
    const long number = strtol(port, &end, 10);
    if (!*port || *end || errno || number < 0 || number > 65535 || *port < '0' || *port > '9' || size >= sizeof host ||
        (colon && size == 0) || (bracketed && (!colon || colon[-1] != ']')) ||
        (!bracketed && colon && memchr(address, ':', (size_t)(colon - address))))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "\"%s\" is not an address to serve on: HOST:PORT, [IPV6]:PORT, or a PORT from 0 to 65535",
                       address);
    if (size) {
        memcpy(host, from, size);
        host[size] = 0;
    }
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    const int code = getaddrinfo(host, port, &hints, found);
    return code == 0
               ? LIGHTPOSE_OK
               : lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "cannot serve on \"%s\": %s", address, gai_strerror(code));
}

lightpose_status lp_listen_check(const char *address, int *loopback, lightpose_error *error) {
    struct addrinfo *found = NULL;
    *loopback = 0;
    LP_TRY(resolve(address, &found, error));
    *loopback = is_loopback(found->ai_addr);
    freeaddrinfo(found);
    return LIGHTPOSE_OK;
}

/* Writes the URL of the address that the socket is bound to. */
static void write_url(lp_listen *l) {
    struct sockaddr_storage own;
    socklen_t size = sizeof own;
    char host[128] = "?", port[16] = "?";
    if (getsockname(l->fd, (struct sockaddr *)&own, &size) == 0)
        getnameinfo((const struct sockaddr *)&own, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(l->url, sizeof l->url, strchr(host, ':') ? "http://[%s]:%s/" : "http://%s:%s/", host, port);
}

lightpose_status lp_listen_open(lp_listen *l, const char *address, lightpose_error *error) {
    struct addrinfo *found = NULL;
    const int on = 1;
    *l = (lp_listen){.fd = -1};
    LP_TRY(resolve(address, &found, error));
    l->loopback = is_loopback(found->ai_addr);
    l->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int ready = l->fd >= 0 && setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                      bind(l->fd, found->ai_addr, found->ai_addrlen) == 0 && listen(l->fd, BACKLOG) == 0;
    const int code = errno;
    freeaddrinfo(found);
    if (ready) {
        write_url(l);
        return LIGHTPOSE_OK;
    }
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "cannot serve on %s: %s%s", address, strerror(code),
                   code == EADDRINUSE ? "; another program uses this port: give --serve another" : "");
}

/* ---- Open files -------------------------------------------------------------------------------------------------- */

lightpose_status lp_listen_make_room(int connections, int sources, lightpose_error *error) {
    const rlim_t least = (rlim_t)connections + OWN_FILES, good = least + (rlim_t)sources * FILES_OF_A_SOURCE;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "the limit of open files cannot be read: %s", strerror(errno));
    if (limit.rlim_cur >= good)
        return LIGHTPOSE_OK;
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max < good ? limit.rlim_max : good;
    const rlim_t got = limit.rlim_cur > before && setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
    return got >= least
               ? LIGHTPOSE_OK
               : lp_fail(error, LIGHTPOSE_ERROR_FILE,
                         "the server's %d connections and the run's files need %llu open files, and this process may "
                         "have %llu: raise its hard limit (ulimit -Hn, LimitNOFILE=), or lower --viewers",
                         connections, (unsigned long long)least, (unsigned long long)got);
}

/* ---- The token --------------------------------------------------------------------------------------------------- */

static int is_token(const char *token) {
    const size_t size = strlen(token);
    if (size < LP_TOKEN_SHORTEST || size > LP_TOKEN_LONGEST)
        return 0;
    for (const char *c = token; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr(";,\"\\", *c))
            return 0;
    return 1;
}

lightpose_status lp_listen_read_token(const char *path, char token[LP_TOKEN_LONGEST + 1], lightpose_error *error) {
    char line[LP_TOKEN_LONGEST + 8];
    struct stat about;
    FILE *const file = fopen(path, "re");
    if (!file)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "the token file \"%s\": %s", path, strerror(errno));
    const int open_to_all = fstat(fileno(file), &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & 07);
    errno = 0;
    const int got = fgets(line, sizeof line, file) != NULL, code = ferror(file) ? errno : 0;
    fclose(file);
    if (code)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "the token file \"%s\": %s", path, strerror(code));
    if (open_to_all)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE,
                       "the token file \"%s\" is accessible to everybody on this machine: chmod 600 it", path);
    if (got)
        line[strcspn(line, "\r\n")] = 0;
    if (!got || !is_token(line))
        return lp_fail(
            error, LIGHTPOSE_ERROR_ARGUMENT,
            "the first line of the token file \"%s\" is not a token: %d to %d characters without spaces, quotes, "
            "backslashes, commas and semicolons; `openssl rand -hex 24` makes one",
            path, LP_TOKEN_SHORTEST, LP_TOKEN_LONGEST);
    memcpy(token, line, strlen(line) + 1);
    return LIGHTPOSE_OK;
}
