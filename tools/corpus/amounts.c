/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/amounts.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int lp_read_duration(const char *text, int64_t *seconds) {
    *seconds = 0;
    do {
        char *end;
        errno = 0;
        const long long number = isdigit((unsigned char)*text) ? strtoll(text, &end, 10) : -1;
        if (number < 0 || errno || number > 100000000)
            return 0;
        const int unit = *end == 'd' ? 86400 : *end == 'h' ? 3600 : *end == 'm' ? 60 : *end == 's' ? 1 : 0;
        if (!unit)
            return 0;
        *seconds += number * unit;
        text = end + 1;
    } while (*text);
    return 1;
}

int lp_read_moment(const char *text, int64_t *seconds) {
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"};
    const time_t now = time(NULL);
    struct tm local;
    if (*text == '+')
        return lp_read_duration(text + 1, seconds);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        local = (struct tm){.tm_isdst = -1};
        const char *const end = strptime(text, forms[i], &local);
        if (end && !*end) {
            *seconds = (int64_t)mktime(&local) - now;
            return 1;
        }
    }
    localtime_r(&now, &local);
    local.tm_sec = 0;
    local.tm_isdst = -1;
    const char *const end = strptime(text, "%H:%M", &local);
    if (!end || *end)
        return 0;
    *seconds = (int64_t)mktime(&local) - now;
    if (*seconds <= 0) /* tomorrow */
        *seconds += 86400;
    return 1;
}

/* Digits, and perhaps a point and digits: without strtod, which reads the locale's point, "inf" and "0x". */
int lp_read_size(const char *text, int64_t *bytes) {
    static const char units[] = "kMGT";
    int64_t whole = 0, scale = 1, parts = 0, part = 1;
    if (!isdigit((unsigned char)*text))
        return 0;
    for (; isdigit((unsigned char)*text); text++) {
        if (whole > 1000000000000000)
            return 0;
        whole = 10 * whole + (*text - '0');
    }
    if (*text == '.')
        for (text++; isdigit((unsigned char)*text); text++)
            if (part < 1000000) {
                parts = 10 * parts + (*text - '0');
                part *= 10;
            }
    const char *const unit = *text ? strchr(units, *text) : NULL;
    if (*text && (!unit || text[1]))
        return 0;
    for (const char *u = units; unit && u <= unit; u++)
        scale *= 1000;
    if (whole > INT64_MAX / scale - 1)
        return 0;
    *bytes = whole * scale + (parts * scale) / part; /* parts below 1e6, scale at most 1e12 */
    return 1;
}
