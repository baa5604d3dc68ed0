/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Runs a fuzz target on its seeds and on a set number of changes to each, the same every time; or on the files named.
 * With a fuzzer at hand, link the target with -fsanitize=fuzzer instead. Prints TAP.
 * usage: fuzz_NAME [FILE...] */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGES = 4000 /* of a small seed */, WORK = 1 << 30 /* bytes in all for a large one */, MOST_PLACES = 4 };

static uint32_t state = 1;

static uint32_t chance(size_t below) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return below ? state % (uint32_t)below : 0;
}

/* What text and lengths break on, more often than any byte. */
static uint8_t a_byte(void) {
    static const char likely[] = "\"\\{}[],:0123456789-+.eE u\0\xff\x80\x7f";
    return chance(4) ? (uint8_t)likely[chance(sizeof likely - 1)] : (uint8_t)chance(256);
}

/* Sets, takes out, or doubles some bytes near one place. Returns the new size, at most the old. */
static size_t change(uint8_t *data, size_t size, size_t reach) {
    const size_t at = chance(reach), length = 1 + chance(8);

    if (at + length > size)
        return size;
    switch (chance(4)) {
    case 0:
        memmove(data + at, data + at + length, size - at - length);
        return size - length;
    case 1:
        if (at + 2 * length <= size)
            memmove(data + at + length, data + at, length);
        return size;
    default:
        data[at] = a_byte();
        return size;
    }
}

/* Returns the number of changes. */
static int replay_seed(const uint8_t *seed, size_t size) {
    const size_t reach = fuzz_reach(seed, size);
    const int changes = size > WORK / CHANGES ? (int)(WORK / size) : CHANGES;

    LLVMFuzzerTestOneInput(seed, size);
    for (int i = 0; i < changes; i++) {
        uint8_t *const data = malloc(size ? size : 1);
        if (!data)
            exit(2);
        memcpy(data, seed, size);
        size_t left = size;
        for (uint32_t places = 1 + chance(MOST_PLACES); places > 0; places--)
            left = change(data, left, chance(8) && reach < left ? reach : left);
        /* A block of its own size, so that the sanitizer sees a byte read behind it. */
        uint8_t *const exact = realloc(data, left ? left : 1);
        LLVMFuzzerTestOneInput(exact ? exact : data, left);
        free(exact ? exact : data);
    }
    return changes;
}

static int replay_file(const char *path) {
    FILE *const file = fopen(path, "rb");
    static uint8_t data[64 << 20];

    if (!file) {
        fprintf(stderr, "cannot read %s\n", path);
        return 1;
    }
    const size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    return LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv) {
    size_t size;
    int count = 0;

    for (int i = 1; i < argc; i++)
        if (replay_file(argv[i]) != 0)
            return 1;
    if (argc > 1)
        return 0;
    for (uint8_t *seed; (seed = fuzz_seed(count, &size)); count++) {
        const int changes = replay_seed(seed, size);
        free(seed);
        printf("ok %d - seed %d, %zu bytes, and %d changes of it\n", count + 1, count, size, changes);
        fflush(stdout);
    }
    printf("1..%d\n", count);
    return 0;
}
