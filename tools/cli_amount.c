/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "cli_amount.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Reads the number at the start and returns the rest of the text; NULL if there is none. Only digits and a point are
 * allowed: no sign, exponent or "inf". */
static const char *number_at(const char *text, double *number) {
    const size_t size = strspn(text, "0123456789.");
    char *end = NULL;
    const locale_t c =
        size && size < 64 && isdigit((unsigned char)*text) ? newlocale(LC_NUMERIC_MASK, "C", (locale_t)0) : (locale_t)0;
    if (!c)
        return NULL;
    char copy[64];
    memcpy(copy, text, size);
    copy[size] = '\0';
    *number = strtod_l(copy, &end, c);
    freelocale(c);
    return end == copy + size && isfinite(*number) ? text + size : NULL;
}

int lp_cli_read_number(const char *text, double *number) {
    const char *const rest = number_at(text, number);
    return rest && !*rest;
}

int lp_cli_read_duration(const char *text, double *seconds) {
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"d", 86400}, {"h", 3600}, {"ms", 1e-3}, {"m", 60}, {"s", 1}}; /* "ms" before its prefix "m" */
    double before = INFINITY;
    *seconds = 0;
    do {
        double number = 0, unit = 0;
        text = number_at(text, &number);
        for (size_t i = 0; text && i < sizeof units / sizeof *units && !(unit > 0); i++)
            if (!strncmp(text, units[i].name, strlen(units[i].name))) {
                unit = units[i].seconds;
                text += strlen(units[i].name);
            }
        if (!(unit > 0 && unit < before))
            return 0;
        *seconds += number * unit;
        before = unit;
    } while (*text);
    return isfinite(*seconds);
}

/* Seconds from now to a local time. */
static double seconds_to(struct tm *local) {
    return difftime(mktime(local), time(NULL));
}

int lp_cli_read_moment(const char *text, double *seconds) {
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"};
    const time_t now = time(NULL);
    struct tm local;
    if (*text == '+')
        return lp_cli_read_duration(text + 1, seconds);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        local = (struct tm){.tm_isdst = -1};
        const char *const end = strptime(text, forms[i], &local);
        if (end && !*end)
            return *seconds = seconds_to(&local), 1;
    }
    localtime_r(&now, &local);
    local.tm_sec = 0;
    local.tm_isdst = -1;
    const char *const end = strptime(text, "%H:%M", &local);
    if (!end || *end)
        return 0;
    *seconds = seconds_to(&local);
    if (*seconds <= 0) { /* tomorrow, at the same time of day */
        local.tm_mday++;
        local.tm_isdst = -1;
        *seconds = seconds_to(&local);
    }
    return 1;
}

int lp_cli_read_bytes(const char *text, double *bytes) {
    static const char units[] = "KMGT";
    const char *const rest = number_at(text, bytes);
    if (!rest)
        return 0;
    const char *const unit = *rest ? strchr(units, *rest == 'k' ? 'K' : *rest) : NULL;
    if (!unit)
        return !*rest;
    const int binary = !strcmp(rest + 1, "i") || !strcmp(rest + 1, "iB");
    *bytes *= pow(binary ? 1024 : 1000, (double)(unit - units) + 1);
    return binary || !rest[1] || !strcmp(rest + 1, "B");
}
