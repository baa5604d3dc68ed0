/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The part of an input that is read: from a frame or a time to another. */

#ifndef LP_TOOLS_INPUT_RANGE_H
#define LP_TOOLS_INPUT_RANGE_H

#include <stddef.h>
#include <stdint.h>

#include <lightpose/lightpose.h>

/* Both ends belong to it. Times are seconds since the first frame, as players show them; where one is not negative it
 * holds in place of the number. */
typedef struct lp_input_range {
    int64_t first, last; /* frames from 0; last -1: to the end */
    double from, to;
} lp_input_range;

/* Frames whose times differ by less are at the same time: containers and texts round. */
#define LP_INPUT_RANGE_SAME 1e-6

/* Everything. */
extern const lp_input_range lp_input_range_all;

/* Reads an end: "1500" is a frame, "0:01:30", "1:30.5" and "90.5s" are times. 0: it is none of these. */
int lp_input_range_read_first(lp_input_range *range, const char *text);
int lp_input_range_read_last(lp_input_range *range, const char *text);

/* Reads "FIRST..LAST", "FIRST.." or "..LAST", of which `length` characters of `text` are the range. */
int lp_input_range_read(lp_input_range *range, const char *text, size_t length);

/* Whether it ends before it begins, as far as can be told without the input. */
int lp_input_range_is_empty(const lp_input_range *range);

/* What is said of a range and of the input called `name`, whose last frame has the number `last` and comes `end`
 * seconds after the first. Beyond the end: it begins there. Between: there is no frame in it. Both are ARGUMENT. Short:
 * 1 where it goes on beyond the end by `step` frames or more; frames come `apart` seconds after each other. */
lightpose_status lp_input_range_fail_beyond(const lp_input_range *range, int64_t last, double end, const char *name,
                                            lightpose_error *error);
lightpose_status lp_input_range_fail_between(const lp_input_range *range, const char *name, lightpose_error *error);
int lp_input_range_tell_short(const lp_input_range *range, int64_t step, int64_t last, double end, double apart,
                              const char *name, char text[512]);

#endif
