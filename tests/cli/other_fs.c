/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A preload library that makes statfs report a file system of type $OTHER_FS, in hexadecimal, for all files. */

#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

__attribute__((visibility("default"))) int statfs(const char *path, struct statfs *about);

int statfs(const char *path, struct statfs *about) {
    const char *const type = getenv("OTHER_FS");
    (void)path;
    memset(about, 0, sizeof *about);
    about->f_type = (long)strtoul(type ? type : "0", NULL, 16);
    return 0;
}
