/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/range.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"

/* Beyond any video; integers up to here are exact as double. */
#define MAX_FRAME   INT64_C(9000000000000000)
#define MAX_SECONDS 1e9

const lp_input_range lp_input_range_all = {0, -1, -1, -1};

/* Reads digits and, if `fraction` is set, an optional point and more digits; moves *text past them. The decimal sign is
 * a point in every locale. */
static int read_number(const char **text, int fraction, double *number) {
    const char *at = *text;
    double scale = 1;
    int digits = 0;
    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++, digits++)
        *number = 10 * *number + (*at - '0');
    if (fraction && digits && *at == '.')
        for (at++; *at >= '0' && *at <= '9'; at++)
            *number += (*at - '0') * (scale /= 10);
    *text = at;
    return digits > 0;
}

/* "90.5s", "1:30.5", "0:01:30". */
static int read_time(const char *text, double *seconds) {
    double part;
    const char *at = text;
    int parts = 1;
    *seconds = 0;
    if (!strchr(text, ':'))
        return read_number(&at, 1, seconds) && !strcmp(at, "s") && *seconds <= MAX_SECONDS;
    for (;; at++, parts++) {
        if (!read_number(&at, 1, &part) || (parts > 1 && part >= 60))
            return 0;
        *seconds = 60 * *seconds + part;
        if (!*at)
            return parts <= 3 && *seconds <= MAX_SECONDS;
        if (*at != ':' || memchr(text, '.', (size_t)(at - text))) /* only seconds have a fraction */
            return 0;
    }
}

static int read_end(const char *text, int64_t *frame, double *seconds) {
    double number;
    const char *at = text;
    *seconds = -1;
    if (read_number(&at, 0, &number) && !*at && number <= (double)MAX_FRAME) {
        *frame = (int64_t)number;
        return 1;
    }
    if (read_time(text, seconds))
        return 1;
    *seconds = -1;
    return 0;
}

int lp_input_range_read_first(lp_input_range *range, const char *text) {
    return read_end(text, &range->first, &range->from);
}

int lp_input_range_read_last(lp_input_range *range, const char *text) {
    return read_end(text, &range->last, &range->to);
}

int lp_input_range_read(lp_input_range *range, const char *text, size_t length) {
    char copy[64];
    *range = lp_input_range_all;
    if (length >= sizeof copy)
        return 0;
    snprintf(copy, sizeof copy, "%.*s", (int)length, text);
    char *const dots = strstr(copy, "..");
    if (!dots)
        return 0;
    *dots = 0;
    const char *const last = dots + 2;
    return (*copy || *last) && (!*copy || lp_input_range_read_first(range, copy)) &&
           (!*last || lp_input_range_read_last(range, last));
}

int lp_input_range_is_empty(const lp_input_range *range) {
    if (range->from >= 0 || range->to >= 0)
        return range->from >= 0 && range->to >= 0 && range->to < range->from;
    return range->last >= 0 && range->last < range->first;
}

/* ---- Messages ---------------------------------------------------------------------------------------------------- */

/* "frame 1500", "0:01:30.500". */
static const char *tell_end(int64_t frame, double seconds, char text[64]) {
    const long long ms = llround(seconds * 1000), minutes = ms / 60000;
    if (seconds < 0)
        snprintf(text, 64, "frame %lld", (long long)frame);
    else
        snprintf(text, 64, "%lld:%02lld:%02lld.%03lld", minutes / 60, minutes % 60, ms / 1000 % 60, ms % 1000);
    return text;
}

lightpose_status lp_input_range_fail_beyond(const lp_input_range *range, int64_t last, double end, const char *name,
                                            lightpose_error *error) {
    char from[64], at[64];
    if (range->from < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: there is no frame %lld; the last is %lld", name,
                       (long long)range->first, (long long)last);
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: there is nothing at %s; its last frame, %lld, is at %s", name,
                   tell_end(0, range->from, from), (long long)last, tell_end(0, end, at));
}

lightpose_status lp_input_range_fail_between(const lp_input_range *range, const char *name, lightpose_error *error) {
    char from[64], to[64];
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: there is no frame from %s to %s", name,
                   tell_end(range->first, range->from, from), tell_end(0, range->to, to));
}

int lp_input_range_tell_short(const lp_input_range *range, int64_t step, int64_t last, double end, double apart,
                              const char *name, char text[512]) {
    char to[64], at[64];
    if (range->to >= 0 ? range->to - end <= apart * (double)step : range->last - last < step)
        return 0;
    if (range->to >= 0)
        snprintf(text, 512, "%s: it ends before %s; its last frame is at %s", name, tell_end(0, range->to, to),
                 tell_end(0, end, at));
    else
        snprintf(text, 512, "%s: there is no frame %lld; the last is %lld", name, (long long)range->last,
                 (long long)last);
    return 1;
}
