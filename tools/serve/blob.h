/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Bytes shared by several viewers, with a reference count. */

#ifndef LP_TOOLS_SERVE_BLOB_H
#define LP_TOOLS_SERVE_BLOB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lp_blob {
    atomic_int owners;
    int source;
    int64_t number;    /* in its sequence, from 1 */
    int64_t of_source; /* of a line: its number among those of its source, from 1 */
    size_t size;
    char data[];
} lp_blob;

/* Copies the bytes; the blob has one owner. NULL if out of memory. */
lp_blob *lp_blob_create(const void *bytes, size_t size);

/* Adds an owner and returns the blob, which may be NULL. */
lp_blob *lp_blob_share(lp_blob *blob);

/* Removes an owner; the last one frees the blob. *blob may be NULL, and is NULL afterwards. */
void lp_blob_release(lp_blob **blob);

#endif
