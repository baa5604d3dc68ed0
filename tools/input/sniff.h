/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the first bytes of a picture file say, before a decoder sees it: kind, size, EXIF orientation, and whether the
 * file is whole. Decoders tell none of this reliably: most return the upper part of a truncated picture as a success,
 * and refuse a huge one without naming its size. */

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
    int64_t width, height; /* 0 where the file does not say so in the bytes given */
    int orientation;       /* EXIF, 1 to 8; 1 where it says nothing */
    int animated;          /* several pictures in time (GIF, WebP, APNG): it can be read as a video too */
    int whole;             /* 0: it ends before the picture does */
    size_t length;         /* bytes up to the end of the picture, where the format tells; 0: it does not, or not yet */
    int several;           /* the file says that it holds further pictures beside this one (MPO, gain maps) */
} lp_input_sniffed;

/* `size` bytes; for the kind and the size of the picture some kilobytes are enough. */
void lp_input_sniff(lp_input_sniffed *found, const uint8_t *data, size_t size);

/* Bytes behind a picture that tell whether another of its kind follows: padding, and a head. */
enum { LP_SNIFF_BEHIND = 16 };

/* Whether behind the picture another follows, so that it is the first frame of a stream (MJPEG). */
int lp_input_sniff_next(const lp_input_sniffed *found, const uint8_t *data, size_t size);

/* "JPEG", "PNG", … */
const char *lp_input_picture_kind_name(lp_input_picture_kind kind);

#endif
