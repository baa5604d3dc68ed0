/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/lineage.h"

#include <string.h>
#include <sys/stat.h>

/* FNV-1a. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size) {
    const unsigned char *const from = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ from[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_file(uint64_t hash, const char *path) {
    struct stat about;
    const int64_t size = stat(path, &about) == 0 && S_ISREG(about.st_mode) ? about.st_size : -1;
    return hash_bytes(hash_bytes(hash, path, strlen(path) + 1), &size, sizeof size);
}

static uint64_t hash_range(uint64_t hash, const lp_input_range *range) {
    hash = hash_bytes(hash_bytes(hash, &range->first, sizeof range->first), &range->last, sizeof range->last);
    return hash_bytes(hash_bytes(hash, &range->from, sizeof range->from), &range->to, sizeof range->to);
}

uint64_t lp_lineage(const lp_sources *sources, int first, int last) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int i = first; i <= last; i++) {
        const lp_source *const source = &sources->items[i];
        hash = hash_bytes(hash, &source->kind, sizeof source->kind);
        if (source->kind != LP_SOURCE_PICTURES)
            hash = hash_file(hash, source->text);
        if (source->clipped)
            hash = hash_range(hash, &source->range);
        for (int j = 0; j < source->count; j++)
            hash = hash_file(hash, source->pictures[j]);
    }
    return hash;
}
