/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A weights file taken apart and put together again, to be wrong in one place. */

#ifndef TESTS_EDIT_WEIGHTS_H
#define TESTS_EDIT_WEIGHTS_H

#include <jansson.h>
#include <stddef.h>

typedef struct parts {
    json_t *header;
    unsigned char *data; /* behind the header */
    size_t size;
} parts;

/* Takes apart a valid file; both hold memory of their own. */
parts take_apart(const unsigned char *bytes, size_t size);
void free_parts(parts *parts);

/* The file of these parts; free(). */
unsigned char *put_together(const parts *parts, size_t *size);

/* The file of a header as text, and data. */
unsigned char *with_header(const char *text, size_t length, const unsigned char *data, size_t data_size, size_t *size);

/* Where a tensor's data are. */
unsigned char *data_of(const parts *parts, const char *tensor);

#endif
