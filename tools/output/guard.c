/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/guard.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct lp_output_guard {
    void *keys; /* a tsearch tree of strings: "i DEVICE INODE" of inputs, "n NAME" of names taken */
    int no_clobber;
};

lightpose_status lp_output_guard_create(lp_output_guard **guard, int no_clobber, lightpose_error *error) {
    *guard = calloc(1, sizeof **guard);
    if (!*guard)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of inputs");
    (*guard)->no_clobber = no_clobber;
    return LIGHTPOSE_OK;
}

void lp_output_guard_destroy(lp_output_guard **guard) {
    if (*guard)
        tdestroy((*guard)->keys, free);
    free(*guard);
    *guard = NULL;
}

static int compare(const void *a, const void *b) {
    return strcmp(a, b);
}

/* Returns 1 if the key is new, 0 if it was there, -1 if out of memory. Takes ownership of `key`, which may be NULL. */
static int add(lp_output_guard *guard, char *key) {
    char **const node = key ? tsearch(key, &guard->keys, compare) : NULL;
    if (!node) {
        free(key);
        return -1;
    }
    if (*node == key)
        return 1;
    free(key);
    return 0;
}

static char *input_key(const struct stat *file) {
    char *key;
    return asprintf(&key, "i %llx %llx", (unsigned long long)file->st_dev, (unsigned long long)file->st_ino) < 0 ? NULL
                                                                                                                 : key;
}

lightpose_status lp_output_guard_input(lp_output_guard *guard, const char *path, lightpose_error *error) {
    struct stat file;

    if (stat(path, &file) != 0)
        return LIGHTPOSE_OK;
    if (add(guard, input_key(&file)) < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of inputs");
    return LIGHTPOSE_OK;
}

/* The name after the resolved path of its folder, so that a/x and ./a/x are the same. */
static char *name_key(const char *name) {
    const char *const slash = strrchr(name, '/');
    char *const folder = slash ? strndup(name, (size_t)(slash - name) + 1) : strdup(".");
    char *const resolved = folder ? realpath(folder, NULL) : NULL;
    char *key;
    if (!folder || asprintf(&key, "n %s/%s", resolved ? resolved : folder, slash ? slash + 1 : name) < 0)
        key = NULL;
    free(resolved);
    free(folder);
    return key;
}

lightpose_status lp_output_guard_claim(lp_output_guard *guard, const char *name, lightpose_error *error) {
    if (!guard)
        return LIGHTPOSE_OK;
    switch (add(guard, name_key(name))) {
    case 1:
        return LIGHTPOSE_OK;
    case 0:
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "\"%s\" would be written twice in this run", name);
    default:
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of outputs");
    }
}

void lp_output_guard_release(lp_output_guard *guard, const char *name) {
    char *const key = guard ? name_key(name) : NULL;
    char **const node = key ? tfind(key, &guard->keys, compare) : NULL;
    char *const held = node ? *node : NULL;
    if (held)
        tdelete(key, &guard->keys, compare);
    free(held);
    free(key);
}

int lp_output_guard_is_input(const lp_output_guard *guard, const struct stat *existing) {
    char *const key = guard ? input_key(existing) : NULL;
    const int is_input =
        guard && (!key || tfind(key, &guard->keys, compare) != NULL); /* out of memory: assume that it is */
    free(key);
    return is_input;
}

lightpose_status lp_output_guard_check(const lp_output_guard *guard, const char *path, const struct stat *existing,
                                       lightpose_error *error) {
    if (!guard)
        return LIGHTPOSE_OK;
    if (lp_output_guard_is_input(guard, existing))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "\"%s\" is an input of this run and is not replaced", path);
    if (guard->no_clobber)
        return lp_output_fail_exists(error, path);
    return LIGHTPOSE_OK;
}

int lp_output_guard_no_clobber(const lp_output_guard *guard) {
    return guard && guard->no_clobber;
}

int lp_output_guard_keeps(const lp_output_guard *guard, const char *path) {
    struct stat existing;
    return lp_output_guard_no_clobber(guard) && stat(path, &existing) == 0 && S_ISREG(existing.st_mode);
}

lightpose_status lp_output_fail_exists(lightpose_error *error, const char *path) {
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "\"%s\" exists and is not replaced (--no-clobber)", path);
}

lightpose_status lp_output_fail_errno(lightpose_error *error, const char *path, int number) {
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "\"%s\": cannot write: %s", path, strerror(number));
}

static int make_one(const char *path) {
    struct stat entry;
    if (mkdir(path, 0777) == 0)
        return 0;
    const int number = errno;
    if (stat(path, &entry) == 0)
        return S_ISDIR(entry.st_mode) ? 0 : ENOTDIR;
    return number;
}

lightpose_status lp_output_make_folder(const char *path, lightpose_error *error) {
    if (!*path)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "the folder's name is empty");
    char *const part = strdup(path);
    if (!part)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the path \"%s\"", path);
    int number = 0;
    for (char *slash = part + 1; number == 0 && (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        number = make_one(part);
        *slash = '/';
    }
    if (number == 0)
        number = make_one(part);
    free(part);
    if (number != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "\"%s\": cannot make the folder: %s", path, strerror(number));
    return LIGHTPOSE_OK;
}
