/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A file as memory. */

#ifndef LP_BASE_FILE_MAP_H
#define LP_BASE_FILE_MAP_H

#include "base/status.h"

/* Maps a regular file that is not empty, for reading. The file must not be truncated while it is mapped. FILE. */
lightpose_status lp_map_file(unsigned char **bytes, size_t *size, const char *path, lightpose_error *error);
void lp_unmap_file(unsigned char *bytes, size_t size);

/* A path, or only the end of one that would leave no room for the rest of an error text. */
const char *lp_path_tail(const char *path);

#endif
