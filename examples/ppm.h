/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Reads a binary PPM (P6, 8 bits) into RGB pixels. It is enough for the examples; programs have their own images. */

#ifndef EXAMPLE_PPM_H
#define EXAMPLE_PPM_H

#include <lightpose/lightpose.h>
#include <stdio.h>
#include <stdlib.h>

/* Returns 0 and a view of pixels that the caller frees (image->planes[0]), or -1 with a message printed. */
static inline int ppm_read(const char *path, lightpose_image *image) {
    int width = 0, height = 0, depth = 0;
    uint8_t *pixels = NULL;
    FILE *const file = fopen(path, "rb");

    *image = (lightpose_image){.format = LIGHTPOSE_RGB24};
    if (!file) {
        perror(path);
        return -1;
    }
    if (fscanf(file, "P6 %d %d %d", &width, &height, &depth) == 3 && fgetc(file) != EOF && depth == 255 && width > 0 &&
        height > 0 && width <= 32768 && height <= 32768)
        pixels = malloc((size_t)width * (size_t)height * 3);
    if (!pixels || fread(pixels, (size_t)width * 3, (size_t)height, file) != (size_t)height) {
        fprintf(stderr, "%s: not a whole binary PPM of 8 bits\n", path);
        free(pixels);
        fclose(file);
        return -1;
    }
    fclose(file);
    image->planes[0] = pixels;
    image->strides[0] = (ptrdiff_t)width * 3;
    image->width = width;
    image->height = height;
    return 0;
}

static inline void ppm_free(lightpose_image *image) {
    free((void *)(uintptr_t)image->planes[0]); /* the view is const, but ppm_read allocated the memory */
    image->planes[0] = NULL;
}

#endif
