/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Takes a weights file apart and puts it together again, for files with a single fault. */

#ifndef TESTS_EDIT_WEIGHTS_H
#define TESTS_EDIT_WEIGHTS_H

#include <jansson.h>
#include <stddef.h>

typedef struct parts {
    json_t *header;
    unsigned char *data; /* after the header */
    size_t size;
} parts;

/* Takes a valid file apart; header and data are copies. */
parts take_apart(const unsigned char *bytes, size_t size);
void free_parts(parts *parts);

/* Makes the file of these parts; freed with free(). */
unsigned char *put_together(const parts *parts, size_t *size);

/* Makes the file of a header as text, and data; freed with free(). */
unsigned char *with_header(const char *text, size_t length, const unsigned char *data, size_t data_size, size_t *size);

/* The start of a tensor's data. */
unsigned char *data_of(const parts *parts, const char *tensor);

#endif
