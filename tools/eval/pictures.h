/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The pictures of an evaluation: those that the labels list, and a folder of pictures without people. */

#ifndef LP_TOOLS_EVAL_PICTURES_H
#define LP_TOOLS_EVAL_PICTURES_H

#include <stdatomic.h>

#include "eval/labels.h"
#include "input/image.h"

/* One picture. It is kept once decoded, within the budget. */
typedef struct lp_picture {
    char *path;
    int width, height; /* from the labels; 0 if they do not say */
    uint8_t *pixels;   /* without padding; NULL: not decoded yet, or beyond the budget */
    lightpose_image image;
} lp_picture;

typedef struct lp_pictures {
    lp_picture *list; /* first those of the labels, in their order, then the folder's, by name */
    size_t count, capacity, labelled;
    _Atomic int64_t budget;  /* bytes that may still be kept; YUV pictures are always kept */
    lightpose_format format; /* given to the library: NV12 or I420, else BGR24 */
} lp_pictures;

enum { LP_PICTURES_BUDGET_MB = 1024 };

/* Lists labels->images in `folder`. Errors: FILE, with the first picture that cannot be read and their number. */
lightpose_status lp_pictures_from_labels(lp_pictures *pictures, const lp_labels *labels, const char *folder,
                                         lightpose_error *error);

/* Adds every file of a folder that begins like a picture. It is an error if there is none. */
lightpose_status lp_pictures_add_folder(lp_pictures *pictures, const char *folder, lightpose_error *error);

/* Decodes into `reader` if the picture is not kept; *image is valid until the reader is used again. A size other than
 * that in the labels is an error. Two threads must not read the same picture at once. */
lightpose_status lp_pictures_read(lp_pictures *pictures, size_t index, lp_input_picture *reader, lightpose_image *image,
                                  lightpose_error *error);

void lp_pictures_free(lp_pictures *pictures);

#endif
