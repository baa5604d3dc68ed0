/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The pictures that an evaluation looks at: those that the labels list, and a folder of others without people. */

#ifndef LP_TOOLS_EVAL_PICTURES_H
#define LP_TOOLS_EVAL_PICTURES_H

#include <stdatomic.h>

#include "eval/labels.h"
#include "input/image.h"

/* One picture. Once decoded it stays, as far as the budget goes. */
typedef struct lp_picture {
    char *path;
    int width, height; /* as the labels say; 0 where they do not */
    uint8_t *pixels;   /* without gaps, or NULL: not decoded, or no room */
    lightpose_image image;
} lp_picture;

typedef struct lp_pictures {
    lp_picture *list; /* first those of the labels, in their order, then the folder's, by name */
    size_t count, capacity, labelled;
    _Atomic int64_t budget;  /* bytes that may still be kept; YUV is kept always */
    lightpose_format format; /* what the library sees: NV12 or I420, else BGR24 */
} lp_pictures;

enum { LP_PICTURES_BUDGET_MB = 1024 };

/* labels->images in `folder`. FILE names a picture that is not there, and how many are missing. */
lightpose_status lp_pictures_from_labels(lp_pictures *pictures, const lp_labels *labels, const char *folder,
                                         lightpose_error *error);

/* Every file of a folder that begins like a picture; none is an error. */
lightpose_status lp_pictures_add_folder(lp_pictures *pictures, const char *folder, lightpose_error *error);

/* Decodes into `reader` where the picture is not kept; *image is valid until the reader is used again. A picture of
 * another size than the labels say is an error. One picture must not be read by two threads at once. */
lightpose_status lp_pictures_read(lp_pictures *pictures, size_t index, lp_input_picture *reader, lightpose_image *image,
                                  lightpose_error *error);

void lp_pictures_free(lp_pictures *pictures);

#endif
