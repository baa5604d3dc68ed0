/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "cli_amount.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The number at the start, and what follows it; NULL where there is none. Digits and a point alone: no sign, no
 * exponent, no "inf". */
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
    } units[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    const char *const rest = number_at(text, seconds);
    for (size_t i = 0; rest && i < sizeof units / sizeof *units; i++)
        if (!strcmp(rest, units[i].name)) {
            *seconds *= units[i].seconds;
            return 1;
        }
    return 0;
}

int lp_cli_read_bytes(const char *text, double *bytes) {
    static const char units[] = "KMGT";
    const char *const rest = number_at(text, bytes);
    if (!rest)
        return 0;
    const char *const unit = *rest ? strchr(units, *rest) : NULL;
    if (!unit)
        return !*rest;
    const int binary = !strcmp(rest + 1, "i") || !strcmp(rest + 1, "iB");
    *bytes *= pow(binary ? 1024 : 1000, (double)(unit - units) + 1);
    return binary || !rest[1] || !strcmp(rest + 1, "B");
}
