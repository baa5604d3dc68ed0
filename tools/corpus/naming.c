/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/naming.h"

#include <string.h>

#include "fail.h"

static const char film[] = "{film}", camera[] = "{camera}";

static int begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* The length of the wildcard at the beginning of a pattern; 0 for a plain character. */
static size_t wildcard(const char *pattern) {
    return begins(pattern, film) ? sizeof film - 1 : begins(pattern, camera) ? sizeof camera - 1 : *pattern == '*';
}

lightpose_status lp_naming_check(const char *pattern, lightpose_error *error) {
    static const char *const both[] = {film, camera};
    int found = 0, stars = 0;
    for (int i = 0; i < 2; i++) {
        const char *const at = strstr(pattern, both[i]);
        found += at != NULL;
        if (at && strstr(at + 1, both[i]))
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "the pattern \"%s\" has %s twice", pattern, both[i]);
    }
    if (!found)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "the pattern \"%s\" has neither {film} nor {camera}; one is \"{film}/{camera}.mp4\"", pattern);
    for (const char *at = pattern; *at; at += wildcard(at) ? wildcard(at) : 1) {
        const size_t size = wildcard(at);
        stars += *at == '*';
        if (!size && (*at == '{' || *at == '}'))
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                           "the pattern \"%s\" has a \"%c\" of neither {film} nor {camera}", pattern, *at);
        if (size && wildcard(at + size))
            return lp_fail(
                error, LIGHTPOSE_ERROR_ARGUMENT,
                "the pattern \"%s\" does not say where {film}, {camera} or * end: put a character between them",
                pattern);
    }
    if (stars > 4) /* the time of the search grows exponentially with their number */
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "the pattern \"%s\" has %d stars; the limit is 4", pattern,
                       stars);
    return LIGHTPOSE_OK;
}

static int match(lp_naming *naming, const char *pattern, const char *text) {
    const size_t size = wildcard(pattern);
    if (!size)
        return *pattern == *text && (!*pattern || match(naming, pattern + 1, text + 1));
    char *const to = begins(pattern, film) ? naming->film : begins(pattern, camera) ? naming->camera : NULL;
    const size_t least = to ? 1 : 0;
    for (size_t most = strcspn(text, "/") + 1; most-- > least;)
        if (most < LP_NAMING_TEXT && match(naming, pattern + size, text + most)) {
            for (size_t i = 0; to && i < most; i++) /* as in names of results */
                to[i] = (char)((unsigned char)text[i] < ' ' ? '_' : text[i]);
            if (to)
                to[most] = '\0';
            return 1;
        }
    return 0;
}

lightpose_status lp_naming_match(lp_naming *naming, const char *pattern, const char *path, lightpose_error *error) {
    const char *at = path + strlen(path);
    int slashes = 0;
    for (const char *c = pattern; *c; c++)
        slashes += *c == '/';
    while (at > path && (at[-1] != '/' || slashes-- > 0))
        at--;
    *naming = (lp_naming){0};
    if (match(naming, pattern, at))
        return LIGHTPOSE_OK;
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s does not end like \"%s\", which gives film and camera", path,
                   pattern);
}

lightpose_status lp_naming_check_camera(const char *text, lightpose_error *error) {
    for (const char *c = text; *c; c++)
        if (*c == '/' || (unsigned char)*c < ' ')
            return lp_fail(
                error, LIGHTPOSE_ERROR_ARGUMENT,
                "a camera's name becomes part of files' names: it has neither slashes nor control characters");
    if (strlen(text) > 64)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "the camera's name has %zu bytes; the limit is 64",
                       strlen(text));
    return LIGHTPOSE_OK;
}
