/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Checksums of files. */

#ifndef LP_TOOLS_HASH_H
#define LP_TOOLS_HASH_H

#include <lightpose/lightpose.h>

enum { LP_HASH_TEXT = 65 }; /* 64 hexadecimal digits and a zero */

/* SHA-256 of a file, as sha256sum prints it. `tick` is called every 16 MiB and stops the reading by returning 0; it may
 * be NULL. Errors: FILE, MEMORY, STATE (stopped by `tick`). */
LIGHTPOSE_NODISCARD lightpose_status lp_hash_file(const char *path, char text[LP_HASH_TEXT], int (*tick)(void *opaque),
                                                  void *opaque, lightpose_error *error);

#endif
