/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Calls the function in the header's example, which the test cuts out and compiles beside this. C99. */

#include <stdint.h>
#include <stdlib.h>

int find_people(const char *weights, const uint8_t *bgr, int width, int height);

int main(int argc, char **argv) {
    enum { WIDTH = 64, HEIGHT = 48 };
    uint8_t *const bgr = calloc(WIDTH * HEIGHT, 3);
    const int status = argc == 2 && bgr ? find_people(argv[1], bgr, WIDTH, HEIGHT) : 2;

    free(bgr);
    return status;
}
