/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/checksum.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* The entry with the smallest key above `last`, or NULL: sorts without allocation. */
static const lp_metadata *next_entry(const lp_metadata *metadata, int count, const char *last) {
    const lp_metadata *next = NULL;

    for (int i = 0; i < count; i++)
        if ((!last || strcmp(metadata[i].key, last) > 0) && (!next || strcmp(metadata[i].key, next->key) < 0))
            next = &metadata[i];
    return next;
}

void lp_checksum(char text[LP_CHECKSUM_ROOM], const void *data, size_t size, const lp_metadata *metadata, int count) {
    uLong sum = crc32_z(crc32_z(0, NULL, 0), data, size);
    const lp_metadata *entry = NULL;

    while ((entry = next_entry(metadata, count, entry ? entry->key : NULL)))
        if (strcmp(entry->key, LP_CHECKSUM_KEY) != 0) {
            sum = crc32_z(sum, (const Bytef *)entry->key, strlen(entry->key) + 1);
            sum = crc32_z(sum, (const Bytef *)entry->value, strlen(entry->value) + 1);
        }
    snprintf(text, LP_CHECKSUM_ROOM, LP_CHECKSUM_KIND "%08lx", sum & 0xffffffffUL);
}
