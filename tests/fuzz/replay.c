/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Runs a fuzz target without a fuzzer, on its kept corpus and its made seeds and on a set number of changes to them,
 * the same every time. Prints TAP. An input that ends the program is left in the current folder as failed-NAME.
 *
 * usage: replay_NAME CORPUS CHANGES    the corpus, and so many changes to all of it together
 *        replay_NAME --seeds FOLDER    writes the made seeds
 *        replay_NAME FILE...           these files */

#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#pragma weak fuzz_seed
#pragma weak LLVMFuzzerInitialize

enum { MOST_BYTES = 1 << 20, MOST_PLACES = 4 };

/* ---- The input at work ------------------------------------------------------------------------------------------- */

static const uint8_t *current;
static size_t current_size;
static char failed_path[256];

static void keep_input(int signal_number) {
    const int file = open(failed_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file >= 0 && current_size)
        (void)!write(file, current, current_size);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void run(const uint8_t *data, size_t size) {
    /* A block of its own size, so that the sanitizer sees a byte read behind it. */
    uint8_t *const exact = malloc(size ? size : 1);
    if (!exact)
        exit(2);
    memcpy(exact, data, size);
    current = exact;
    current_size = size;
    LLVMFuzzerTestOneInput(exact, size);
    current_size = 0;
    free(exact);
}

/* ---- Changes ----------------------------------------------------------------------------------------------------- */

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

/* Sets, takes out, or doubles some bytes at one place. Returns the new size, at most the old. */
static size_t change(uint8_t *data, size_t size) {
    const size_t at = chance(size), length = 1 + chance(8);

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

static void run_changed(const uint8_t *seed, size_t size) {
    static uint8_t data[MOST_BYTES];
    size_t left = size;

    memcpy(data, seed, size);
    for (uint32_t places = 1 + chance(MOST_PLACES); places > 0; places--)
        left = change(data, left);
    run(data, left);
}

/* ---- The corpus -------------------------------------------------------------------------------------------------- */

typedef struct entry {
    char name[256];
    uint8_t *data;
    size_t size;
} entry;

static int is_visible(const struct dirent *item) {
    return item->d_name[0] != '.';
}

static uint8_t *read_file(const char *path, size_t *size) {
    uint8_t *const data = malloc(MOST_BYTES);
    FILE *const file = fopen(path, "rbe");

    if (!data || !file) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    *size = fread(data, 1, MOST_BYTES, file);
    fclose(file);
    return data;
}

/* The files of the folder by name, then the made seeds. */
static entry *gather(const char *folder, int *count) {
    struct dirent **names = NULL;
    const int files = scandir(folder, &names, is_visible, alphasort);
    entry *entries = calloc((size_t)(files > 0 ? files : 0) + 64, sizeof *entries);
    char path[4096];

    for (*count = 0; entries && *count < files; ++*count) {
        entry *const e = &entries[*count];
        snprintf(e->name, sizeof e->name, "%.250s", names[*count]->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, names[*count]->d_name);
        e->data = read_file(path, &e->size);
        e->data = realloc(e->data, e->size + 1);
        free(names[*count]);
    }
    free(names);
    for (int i = 0; entries && fuzz_seed && i < 64; i++, ++*count) {
        entry *const e = &entries[*count];
        if (!(e->data = fuzz_seed(i, &e->size)))
            break;
        snprintf(e->name, sizeof e->name, "made seed %d", i);
    }
    return entries;
}

static void replay(const char *folder, int changes) {
    int count;
    entry *const entries = gather(folder, &count);

    if (!entries || count == 0) {
        fprintf(stderr, "%s: there is no corpus\n", folder);
        exit(2);
    }
    for (int i = 0; i < count; i++)
        run(entries[i].data, entries[i].size);
    printf("ok 1 - %d kept inputs\n", count);
    fflush(stdout);
    for (int i = 0; i < changes; i++) {
        const entry *const e = &entries[(size_t)i % (size_t)count];
        if (e->size < MOST_BYTES)
            run_changed(e->data, e->size);
    }
    printf("ok 2 - %d changes of them\n1..2\n", changes);
    for (int i = 0; i < count; i++)
        free(entries[i].data);
    free(entries);
}

static int write_seeds(const char *folder) {
    char path[4096];
    size_t size;

    for (int i = 0; fuzz_seed; i++) {
        uint8_t *const seed = fuzz_seed(i, &size);
        if (!seed)
            break;
        snprintf(path, sizeof path, "%s/seed-%d", folder, i);
        FILE *const file = fopen(path, "wbe");
        const int good = file && fwrite(seed, 1, size, file) == size;
        free(seed);
        if ((file && fclose(file) != 0) || !good) {
            fprintf(stderr, "cannot write %s\n", path);
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv) {
    static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM};
    const char *const slash = strrchr(argv[0], '/'), *const program = slash ? slash + 1 : argv[0];

    snprintf(failed_path, sizeof failed_path, "failed-%.200s", strncmp(program, "replay_", 7) ? program : program + 7);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], keep_input);
    if (argc == 3 && !strcmp(argv[1], "--seeds"))
        return write_seeds(argv[2]);
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    const int changes = argc == 3 ? atoi(argv[2]) : 0;
    if (changes > 0) {
        replay(argv[1], changes);
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        size_t size;
        uint8_t *const data = read_file(argv[i], &size);
        run(data, size);
        free(data);
        printf("# %s\n", argv[i]);
    }
    return 0;
}
