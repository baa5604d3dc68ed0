/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Writes a random weights file with ranges for int8, for tests that start programs. */

#include <stdio.h>
#include <stdlib.h>

#include "synthetic.h"

int main(int argc, char **argv) {
    size_t size;

    if (argc != 2)
        return 2;
    unsigned char *const bytes = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_I8, 1, 1, &size);
    FILE *const file = bytes ? fopen(argv[1], "wb") : NULL;
    const int written = file && fwrite(bytes, 1, size, file) == size;
    const int closed = file && fclose(file) == 0;
    free(bytes);
    return written && closed ? 0 : 1;
}
