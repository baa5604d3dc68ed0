/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/address.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char mask[] = "***";

/* A value of at least this many characters may be a key, whatever its name. */
enum { KEY_LENGTH = 16 };

static size_t scheme_length(const char *text) {
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || (length && text[length] && strchr("+-.", text[length])))
        length++;
    return length && isalpha((unsigned char)*text) && !strncmp(text + length, "://", 3) ? length : 0;
}

int lp_address_is(const char *text) {
    return scheme_length(text) > 0;
}

static int has_scheme(const char *text, const char *const *schemes) {
    const size_t length = scheme_length(text);
    for (; length && *schemes; schemes++)
        if (strlen(*schemes) == length && !strncasecmp(text, *schemes, length))
            return 1;
    return 0;
}

int lp_address_is_stream(const char *text) {
    static const char *const streams[] = {"rtsp", "rtsps", "rtmp", "rtmps", "rtp", "udp", "srt", "tcp", NULL};
    return has_scheme(text, streams);
}

int lp_address_is_http(const char *text) {
    static const char *const http[] = {"http", "https", NULL};
    return has_scheme(text, http);
}

/* ---- Masking ----------------------------------------------------------------------------------------------------- */

typedef struct writer {
    char *to; /* has room for every character of the address to become a mask */
} writer;

static void put(writer *w, const char *text, size_t length) {
    memcpy(w->to, text, length);
    w->to += length;
    *w->to = 0;
}

static int is_secret_name(const char *name, size_t length) {
    static const char *const words[] = {"pass", "pwd",   "token", "key", "auth", "sig",  "secret", "cred",
                                        "user", "login", "sess",  "jwt", "code", "hash", NULL};
    for (int i = 0; words[i]; i++)
        for (size_t at = 0; at + strlen(words[i]) <= length; at++)
            if (!strncasecmp(name + at, words[i], strlen(words[i])))
                return 1;
    return 0;
}

/* Long, with letters and digits, and without a dot, which a file name would have. */
static int looks_like_key(const char *part, size_t length) {
    int letters = 0, digits = 0;
    for (size_t i = 0; i < length; i++) {
        if (part[i] == '.')
            return 0;
        letters += isalpha((unsigned char)part[i]) != 0;
        digits += isdigit((unsigned char)part[i]) != 0;
    }
    return length >= KEY_LENGTH && letters && digits;
}

static const char *put_path(writer *w, const char *at) {
    while (*at == '/') {
        const size_t length = strcspn(at + 1, "/?#");
        put(w, "/", 1);
        if (looks_like_key(at + 1, length))
            put(w, mask, sizeof mask - 1);
        else
            put(w, at + 1, length);
        at += 1 + length;
    }
    return at;
}

/* "?name=value&..." and "#...", which may also hold a token. */
static void put_query(writer *w, const char *at) {
    while (*at) {
        const size_t part = 1 + strcspn(at + 1, "&?#"), name = strcspn(at, "=");
        const size_t shown = name < part ? name + 1 : part;
        put(w, at, shown);
        if (name < part && (is_secret_name(at, name) || part - shown >= KEY_LENGTH))
            put(w, mask, sizeof mask - 1);
        else
            put(w, at + shown, part - shown);
        at += part;
    }
}

char *lp_address_masked(const char *text) {
    char *const masked = malloc(strlen(text) * (sizeof mask - 1) + sizeof mask);
    const size_t scheme = scheme_length(text);
    writer w = {masked};
    if (!masked)
        return NULL;
    const char *at = text + (scheme ? scheme + 3 : 0);
    put(&w, text, (size_t)(at - text));
    const size_t host = strcspn(at, "/?#");
    const char *const user_end = scheme ? memrchr(at, '@', host) : NULL;
    if (user_end) {
        put(&w, mask, sizeof mask - 1);
        put(&w, user_end, host - (size_t)(user_end - at));
    } else {
        put(&w, at, host);
    }
    put_query(&w, put_path(&w, at + host));
    return masked;
}

char *lp_address_name(const char *text) {
    char *const masked = lp_address_masked(text);
    if (!masked)
        return NULL;
    char *const start = masked + scheme_length(masked) + 3;
    start[strcspn(start, "?#")] = 0;
    char *end = start + strlen(start);
    while (end > start && end[-1] == '/')
        *--end = 0;
    char *part = strrchr(start, '/');
    /* Without a usable path: the host, without user and port. */
    if (!part || strstr(part, mask)) {
        char *const user = strrchr(start, '@');
        part = user ? user : start - 1;
        part[1 + strcspn(part + 1, ":/")] = 0;
    }
    char *const name = strdup(part + 1);
    free(masked);
    return name;
}
