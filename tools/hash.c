/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/mem.h>
#include <libavutil/sha.h>

#include "fail.h"

enum { PART = 1 << 16, PARTS_A_TICK = 256 };

/* Feeds the rest of the file to `sha`. */
static lightpose_status hash(FILE *file, const char *path, struct AVSHA *sha, unsigned char *part, int (*tick)(void *),
                             void *opaque, lightpose_error *error) {
    av_sha_init(sha, 256);
    for (size_t got = PART, parts = 1; got == PART; parts++) {
        got = fread(part, 1, PART, file);
        av_sha_update(sha, part, got);
        if (parts % PARTS_A_TICK == 0 && tick && !tick(opaque))
            return lp_fail(error, LIGHTPOSE_ERROR_STATE, "%s: told to stop", path);
    }
    return ferror(file) ? lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno)) : LIGHTPOSE_OK;
}

lightpose_status lp_hash_file(const char *path, char text[LP_HASH_TEXT], int (*tick)(void *opaque), void *opaque,
                              lightpose_error *error) {
    unsigned char digest[32], *const part = malloc(PART);
    struct AVSHA *const sha = av_sha_alloc();
    FILE *const file = fopen(path, "rbe");
    lightpose_status status;
    text[0] = '\0';
    if (!file)
        status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    else if (!part || !sha)
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a checksum");
    else
        status = hash(file, path, sha, part, tick, opaque, error);
    if (status == LIGHTPOSE_OK) {
        av_sha_final(sha, digest);
        for (int i = 0; i < 32; i++)
            snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    if (file)
        fclose(file);
    av_free(sha);
    free(part);
    return status;
}
