/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/file_map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_TAIL = 200 };

const char *lp_path_tail(const char *path) {
    const size_t length = strlen(path);
    return length > PATH_TAIL ? path + length - PATH_TAIL : path;
}

static lightpose_status fail(const char *path, const char *why, lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", lp_path_tail(path), why);
}

static lightpose_status map(unsigned char **bytes, size_t *size, int descriptor, const char *path,
                            lightpose_error *error) {
    struct stat info;

    if (fstat(descriptor, &info) != 0)
        return fail(path, strerror(errno), error);
    if (!S_ISREG(info.st_mode))
        return fail(path, S_ISDIR(info.st_mode) ? "a directory, not a file" : "a device or pipe, not a file", error);
    if (info.st_size == 0)
        return fail(path, "empty", error);
    void *const mapping = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapping == MAP_FAILED)
        return fail(path, strerror(errno), error);
    *bytes = mapping;
    *size = (size_t)info.st_size;
    return LIGHTPOSE_OK;
}

lightpose_status lp_map_file(unsigned char **bytes, size_t *size, const char *path, lightpose_error *error) {
    /* O_NONBLOCK, because opening a pipe without a writer must not hang the program. */
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (descriptor < 0)
        return fail(path, strerror(errno), error);
    const lightpose_status status = map(bytes, size, descriptor, path, error);
    close(descriptor);
    return status;
}

void lp_unmap_file(unsigned char *bytes, size_t size) {
    munmap(bytes, size);
}
