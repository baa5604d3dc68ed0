/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the tests of the formats share: frames, writing them, and reading JSON again. */

#ifndef TESTS_FORMATS_H
#define TESTS_FORMATS_H

#include "people.h"
#include "scratch.h"

#include "output/output.h"

#include <jansson.h>

/* "in/clip.mp4", 640 x 360; and pictures. */
extern const lp_output_stream formats_video, formats_images;

lp_output_frame formats_frame(const lightpose_result *people, int64_t index); /* of formats_video, at index / 25 s */
lp_output_frame formats_image(const lightpose_result *people, int64_t index, const char *name);

/* Writes frames of one stream with the named writer; returns the file's text, freed by the caller. */
char *formats_write(const char *writer, const lp_output_options *options, const lp_output_stream *stream,
                    const lp_output_frame *frames, int count);

json_t *formats_parse(const char *text);        /* one whole value, without duplicate keys */
const char *formats_keys(json_t *object);       /* in order, separated by spaces; valid until the next call */
double formats_at(json_t *array, size_t index); /* a number of an array */

/* Half of the last of three decimals, and a float's rounding. */
#define FORMATS_PIXEL 0.0005001

#endif
