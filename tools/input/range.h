/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The part of an input that is read, from one frame or time to another. */

#ifndef LP_TOOLS_INPUT_RANGE_H
#define LP_TOOLS_INPUT_RANGE_H

#include <stddef.h>
#include <stdint.h>

#include <lightpose/lightpose.h>

/* Both ends are included. Times are seconds since the first frame, as players show them; a time that is not negative
 * replaces the number. */
typedef struct lp_input_range {
    int64_t first, last; /* frames from 0; last -1: to the end */
    double from, to;
} lp_input_range;

/* Times that differ by less are equal: containers and texts round. */
#define LP_INPUT_RANGE_SAME 1e-6

/* Everything. */
extern const lp_input_range lp_input_range_all;

/* Reads an end: "1500" is a frame, "0:01:30", "1:30.5" and "90.5s" are times. Returns 0 for any other text. */
int lp_input_range_read_first(lp_input_range *range, const char *text);
int lp_input_range_read_last(lp_input_range *range, const char *text);

/* Reads "FIRST..LAST", "FIRST.." or "..LAST" from the first `length` characters of `text`. Returns 0 for any other. */
int lp_input_range_read(lp_input_range *range, const char *text, size_t length);

/* Whether the range ends before it begins, as far as that is known without the input. */
int lp_input_range_is_empty(const lp_input_range *range);

/* Messages about a range of the input `name`, whose last frame has the number `last` and comes `end` seconds after the
 * first. fail_beyond: the range begins after the last frame. fail_between: the range has no frame. Both return
 * ARGUMENT. tell_short: returns 1 with a text if the range ends at least `step` frames after the last one; frames are
 * `apart` seconds apart. */
lightpose_status lp_input_range_fail_beyond(const lp_input_range *range, int64_t last, double end, const char *name,
                                            lightpose_error *error);
lightpose_status lp_input_range_fail_between(const lp_input_range *range, const char *name, lightpose_error *error);
int lp_input_range_tell_short(const lp_input_range *range, int64_t step, int64_t last, double end, double apart,
                              const char *name, char text[512]);

#endif
