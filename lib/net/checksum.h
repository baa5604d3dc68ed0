/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The checksum of a weights file, by which damaged files are refused. weights/README.md defines it. */

#ifndef LP_NET_CHECKSUM_H
#define LP_NET_CHECKSUM_H

#include <stddef.h>

#define LP_CHECKSUM_KEY  "checksum"
#define LP_CHECKSUM_KIND "crc32:"

enum { LP_CHECKSUM_ROOM = sizeof LP_CHECKSUM_KIND + 8 };

/* An entry of the file's metadata. */
typedef struct lp_metadata {
    const char *key, *value;
} lp_metadata;

/* The checksum of a file with these data and metadata. Entries may be in any order, with or without the checksum's own;
 * keys are unique. */
void lp_checksum(char text[LP_CHECKSUM_ROOM], const void *data, size_t size, const lp_metadata *metadata, int count);

#endif
