/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "scratch.h"

#include <dirent.h>
#include <ftw.h>
#include <locale.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RING = 16, PATH_BYTES = 4096 };
static char ring[RING][PATH_BYTES];
static int turn;

static char *next_path(void) {
    return ring[turn++ % RING];
}

const char *scratch_folder(void) {
    const char *const base = getenv("TMPDIR");
    char *const path = next_path();
    snprintf(path, PATH_BYTES, "%s/lightpose-test-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    char *const kept = strdup(path); /* the ring would forget it; a test program makes few */
    assert_non_null(kept);
    return kept;
}

const char *scratch_path(const char *folder, const char *name) {
    char *const path = next_path();
    assert_true(snprintf(path, PATH_BYTES, "%s/%s", folder, name) < PATH_BYTES);
    return path;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path);
}

void scratch_remove(const char *folder) {
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free((char *)(uintptr_t)folder);
}

int scratch_entries(const char *folder) {
    DIR *const directory = opendir(folder);
    int count = 0;
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

void scratch_write(const char *path, const char *text) {
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

char *scratch_read(const char *path, size_t *size) {
    FILE *const file = fopen(path, "r");
    if (!file)
        return NULL;
    struct stat status;
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *const bytes = malloc((size_t)status.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)status.st_size, file), status.st_size);
    bytes[status.st_size] = '\0';
    if (size)
        *size = (size_t)status.st_size;
    fclose(file);
    return bytes;
}

void scratch_expect(const char *path, const char *text) {
    char *const bytes = scratch_read(path, NULL);
    if (!bytes)
        fail_msg("%s is not there", path);
    assert_string_equal(bytes, text);
    free(bytes);
}

void scratch_comma_locale(void) {
    const char *const folder = scratch_folder();
    char command[PATH_BYTES + 100];

    scratch_write(scratch_path(folder, "source"),
                  "LC_CTYPE\nEND LC_CTYPE\nLC_NUMERIC\ndecimal_point \",\"\nthousands_sep \".\"\ngrouping 3;3\n"
                  "END LC_NUMERIC\n");
    snprintf(command, sizeof command, "cd %s && localedef -c --no-archive -i source ./comma >/dev/null 2>&1", folder);
    (void)!system(command); /* it complains of the other categories; what counts is whether it can be used */
    setenv("LOCPATH", folder, 1);
    const int set = setlocale(LC_NUMERIC, "comma") != NULL;
    unsetenv("LOCPATH");
    scratch_remove(folder);
    if (!set) {
        print_message("# no locale with a decimal comma can be made here (localedef)\n");
        skip();
    }
    char number[8];
    snprintf(number, sizeof number, "%.1f", 1.5);
    assert_string_equal(number, "1,5");
}

void scratch_plain_locale(void) {
    setlocale(LC_ALL, "C");
}
