/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "serve/blob.h"

#include <stdlib.h>
#include <string.h>

lp_blob *lp_blob_create(const void *bytes, size_t size) {
    lp_blob *const blob = malloc(sizeof *blob + size);
    if (!blob)
        return NULL;
    *blob = (lp_blob){.size = size};
    atomic_init(&blob->owners, 1);
    memcpy(blob->data, bytes, size);
    return blob;
}

lp_blob *lp_blob_share(lp_blob *blob) {
    if (blob)
        atomic_fetch_add(&blob->owners, 1);
    return blob;
}

void lp_blob_release(lp_blob **blob) {
    if (*blob && atomic_fetch_sub(&(*blob)->owners, 1) == 1)
        free(*blob);
    *blob = NULL;
}
