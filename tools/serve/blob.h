/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Bytes that several viewers share: they are made once, and go when the last has sent them. */

#ifndef LP_TOOLS_SERVE_BLOB_H
#define LP_TOOLS_SERVE_BLOB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lp_blob {
    atomic_int owners;
    int source;
    int64_t number; /* in its sequence, from 1 */
    size_t size;
    char data[];
} lp_blob;

/* A copy of the bytes, with one owner; NULL for lack of memory. */
lp_blob *lp_blob_create(const void *bytes, size_t size);

/* One more owner. Returns the blob. NULL is fine. */
lp_blob *lp_blob_share(lp_blob *blob);

/* One owner less. NULL is fine; *blob is NULL afterwards. */
void lp_blob_release(lp_blob **blob);

#endif
