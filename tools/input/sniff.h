/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Finds the kind, size and EXIF orientation of a picture file, and whether it is complete, before it is decoded.
 * Decoders report none of this reliably: most return the upper part of a truncated picture as a success, and refuse a
 * huge one without naming its size. */

#ifndef LP_TOOLS_INPUT_SNIFF_H
#define LP_TOOLS_INPUT_SNIFF_H

#include <stddef.h>
#include <stdint.h>

typedef enum lp_input_picture_kind {
    LP_PICTURE_NONE = 0, /* perhaps a video, perhaps nothing */
    LP_PICTURE_JPEG,
    LP_PICTURE_PNG,
    LP_PICTURE_WEBP,
    LP_PICTURE_BMP,
    LP_PICTURE_TIFF,
    LP_PICTURE_GIF,
    LP_PICTURE_HEIF, /* HEIC and AVIF */
    LP_PICTURE_JXL,
    LP_PICTURE_JP2,
    LP_PICTURE_PNM, /* PBM, PGM, PPM, binary or not, and PAM */
    LP_PICTURE_KINDS
} lp_input_picture_kind;

typedef struct lp_input_sniffed {
    lp_input_picture_kind kind;
    int64_t width, height; /* 0: not in the bytes given */
    int orientation;       /* of EXIF, 1 to 8; 1 if there is none */
    int animated;          /* an animation (GIF, WebP, APNG) */
    int whole;             /* 0: the file ends before the picture does */
    size_t length;         /* bytes up to the end of the picture; 0: unknown from the format or from the bytes given */
    int several;           /* the file says that it holds further pictures (MPO, gain maps) */
} lp_input_sniffed;

/* Looks at the first `size` bytes of a file. A few kilobytes are enough for the kind and size of the picture. */
void lp_input_sniff(lp_input_sniffed *found, const uint8_t *data, size_t size);

/* Bytes after a picture that show whether another of its kind follows: padding and a header. */
enum { LP_SNIFF_BEHIND = 16 };

/* Whether another picture of the same kind follows, so that this one is the first frame of a stream (MJPEG). */
int lp_input_sniff_next(const lp_input_sniffed *found, const uint8_t *data, size_t size);

/* "JPEG", "PNG", … */
const char *lp_input_picture_kind_name(lp_input_picture_kind kind);

#endif
