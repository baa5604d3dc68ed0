/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Checks of weights files that must be refused with LIGHTPOSE_ERROR_WEIGHTS and certain words in the message. */

#ifndef TESTS_REFUSE_WEIGHTS_H
#define TESTS_REFUSE_WEIGHTS_H

#include "edit_weights.h"

/* A valid file to start from: int8 with ranges, since that has the most parts. Made and freed by a group's set-up and
 * tear-down. */
extern unsigned char *valid;
extern size_t valid_size;
int make_valid(void **state);
int free_valid(void **state);

void refused(const unsigned char *bytes, size_t size, const char *words);
void refused_text(const char *header, const char *words); /* a header without data */
void refused_parts(parts *file, const char *words);       /* frees the parts */

#endif
