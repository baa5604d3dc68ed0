/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Arrays of the shared golden data, and where that data is. */

#ifndef TESTS_NPY_H
#define TESTS_NPY_H

#include <stddef.h>

enum { NPY_DIMENSIONS = 4 };

typedef struct npy {
    int dimensions;
    size_t shape[NPY_DIMENSIONS];
    size_t count; /* of elements */
    void *data;   /* freed with free() */
} npy;

/* Reads a C-ordered array of `type` ("|u1", "<f4"). Returns 0, or -1 where the file is missing, of another type, or
 * shorter or longer than it says. */
int npy_read(npy *array, const char *path, const char *type);

/* Writes the path of NAME in the shared data folder; 0 where there is no such file or folder. */
int shared_path(char *path, size_t size, const char *name);

#endif
