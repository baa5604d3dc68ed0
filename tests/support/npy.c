/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "npy.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The header is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (19, 32, 57), } */
static int parse(npy *array, const char *header, const char *type, size_t *element) {
    char descr[32];
    const char *shape = strstr(header, "'shape': (");

    snprintf(descr, sizeof descr, "'descr': '%s'", type);
    if (!shape || !strstr(header, descr) || !strstr(header, "'fortran_order': False"))
        return -1;
    shape += strlen("'shape': (");
    array->count = 1;
    for (array->dimensions = 0; *shape >= '0' && *shape <= '9' && array->dimensions < NPY_DIMENSIONS;) {
        char *end;
        array->count *= array->shape[array->dimensions++] = strtoul(shape, &end, 10);
        shape = end + strspn(end, ", ");
    }
    *element = (size_t)(type[2] - '0');
    return *shape == ')' ? 0 : -1;
}

int npy_read(npy *array, const char *path, const char *type) {
    FILE *const file = fopen(path, "rb");
    unsigned char start[10];
    char header[1024] = "";
    size_t length, element = 0;
    int result = -1;

    *array = (npy){0};
    if (!file)
        return -1;
    if (fread(start, 1, sizeof start, file) == sizeof start && memcmp(start, "\x93NUMPY\x01", 7) == 0) {
        length = start[8] + 256u * start[9];
        if (length < sizeof header && fread(header, 1, length, file) == length &&
            parse(array, header, type, &element) == 0) {
            array->data = malloc(array->count * element);
            if (array->data && fread(array->data, element, array->count, file) == array->count && fgetc(file) == EOF)
                result = 0;
        }
    }
    fclose(file);
    if (result) {
        free(array->data);
        array->data = NULL;
    }
    return result;
}

int shared_path(char *path, size_t size, const char *name) {
    const char *const shared = getenv("LIGHTPOSE_SHARED");
    const int length = shared ? snprintf(path, size, "%s/%s", shared, name) : -1;

    return length > 0 && (size_t)length < size && access(path, R_OK) == 0;
}
