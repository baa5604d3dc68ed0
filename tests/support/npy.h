/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Reads arrays of the shared golden data, and finds that data. */

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

/* Reads a C-ordered array of `type` ("|u1", "<f4"). Returns 0, or -1 if the file is missing, has another type, or is
 * shorter or longer than its header says. */
int npy_read(npy *array, const char *path, const char *type);

/* Writes the path of NAME in the shared data folder. Returns 0 if it does not exist. */
int shared_path(char *path, size_t size, const char *name);

#endif
