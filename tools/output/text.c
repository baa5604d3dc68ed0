/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/text.h"

#include "output/file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES = 400 }; /* %.9f of the largest double has 319 characters, and a decimal sign of a few bytes */

void lp_text_free(lp_text *text) {
    free(text->data);
    *text = (lp_text){0};
}

void lp_text_bytes(lp_text *text, const char *bytes, size_t size) {
    if (text->failed || size == 0)
        return;
    if (size > text->capacity - text->size) {
        size_t capacity = text->capacity ? text->capacity : 4096;
        while (capacity - text->size < size && capacity <= SIZE_MAX / 2)
            capacity *= 2;
        char *const bigger = capacity - text->size < size ? NULL : realloc(text->data, capacity);
        if (!bigger) {
            text->failed = 1;
            return;
        }
        text->data = bigger;
        text->capacity = capacity;
    }
    memcpy(text->data + text->size, bytes, size);
    text->size += size;
}

void lp_text_add(lp_text *text, const char *string) {
    lp_text_bytes(text, string, strlen(string));
}

void lp_text_integer(lp_text *text, int64_t value) {
    char digits[24];
    const int size = snprintf(digits, sizeof digits, "%" PRId64, value);
    lp_text_bytes(text, digits, (size_t)size);
}

/* Replaces the locale's decimal sign, which may have several bytes, by a point. Returns the length. */
static size_t point(char *number) {
    char *to = number;
    for (const char *from = number; *from;) {
        if (strchr("0123456789+-e", *from)) {
            *to++ = *from++;
            continue;
        }
        *to++ = '.';
        while (*from && !strchr("0123456789+-e", *from))
            from++;
    }
    *to = '\0';
    return (size_t)(to - number);
}

/* ---- Numbers of ordinary results, without printf, which takes ten times as long ---------------------------------- */

enum { MAX_SHIFT = 12 };
static const double power[MAX_SHIFT + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};

/* `value` * 10^shift to the nearest integer, ties to even, as printf rounds. The product is exact before it is rounded:
 * a float's 24 bits, and the 28 of 5^12. */
static uint64_t shifted(double value, int shift) {
    return (uint64_t)nearbyint(value * power[shift]);
}

static int is_float(double value) {
    return fabs(value) <= 1e30 && (double)(float)value == value;
}

/* Writes `integer` / 10^shift without trailing zeros to the `end` of a buffer; returns where it begins. */
static char *write_shifted(char *end, uint64_t integer, int shift, int negative) {
    char *at = end;
    while (shift > 0 && integer % 10 == 0) {
        integer /= 10;
        shift--;
    }
    const int is_zero = integer == 0;
    if (shift > 0) {
        for (; shift > 0; shift--, integer /= 10)
            *--at = (char)('0' + integer % 10);
        *--at = '.';
    }
    do
        *--at = (char)('0' + integer % 10);
    while (integer /= 10);
    if (negative && !is_zero)
        *--at = '-';
    return at;
}

/* Returns 0 if the number is not an ordinary one. */
static int add_ordinary(lp_text *text, double value, int digits) {
    const double size = fabs(value);
    int exponent = 0; /* 10^exponent <= size < 10^(exponent + 1) */
    char buffer[32], *const end = buffer + sizeof buffer;

    if (digits > 9 || !is_float(value) || !(size >= 1e-4 && size < power[digits]))
        return 0;
    while (size >= power[exponent + 1]) /* at most power[digits] */
        exponent++;
    while (exponent <= 0 && size * power[-exponent] < 1) /* at least -4 */
        exponent--;
    uint64_t integer = shifted(size, digits - 1 - exponent);
    if (integer >= (uint64_t)power[digits]) { /* rounded up to one more digit, which is a zero */
        integer /= 10;
        if (++exponent == digits)
            return 0;
    }
    const char *const start = write_shifted(end, integer, digits - 1 - exponent, value < 0);
    lp_text_bytes(text, start, (size_t)(end - start));
    return 1;
}

void lp_text_number(lp_text *text, double value, int digits) {
    char number[NUMBER_BYTES];
    if (add_ordinary(text, value, digits))
        return;
    snprintf(number, sizeof number, "%.*g", digits, value + 0.0); /* -0 + 0 is 0 */
    lp_text_bytes(text, number, point(number));
}

void lp_text_decimals(lp_text *text, double value, int decimals) {
    char number[NUMBER_BYTES];
    if (is_float(value) && fabs(value) < 1e6) {
        char *const end = number + sizeof number;
        const char *const start = write_shifted(end, shifted(fabs(value), decimals), decimals, value < 0);
        lp_text_bytes(text, start, (size_t)(end - start));
        return;
    }
    snprintf(number, sizeof number, "%.*f", decimals, value);
    size_t size = point(number);
    if (memchr(number, '.', size)) {
        while (number[size - 1] == '0')
            size--;
        if (number[size - 1] == '.')
            size--;
    }
    if (size == 2 && !memcmp(number, "-0", 2))
        lp_text_bytes(text, "0", 1);
    else
        lp_text_bytes(text, number, size);
}

void lp_text_float(lp_text *text, float value) {
    char number[NUMBER_BYTES];
    for (int digits = 6; digits <= 9; digits++) { /* 9 are always enough for a float */
        snprintf(number, sizeof number, "%.*g", digits, (double)value + 0.0);
        if (strtof(number, NULL) == value) /* before point(): both follow the locale */
            break;
    }
    lp_text_bytes(text, number, point(number));
}

/* Bytes of the UTF-8 character at `string`, of which `left` may be read, or 0: no overlong forms, no surrogates, none
 * above U+10FFFF. */
static size_t character(const unsigned char *string, size_t left) {
    const unsigned char first = string[0];
    const size_t size = first < 0x80   ? 1
                        : first < 0xc2 ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
    if (size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((string[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && string[1] < 0xa0) || (first == 0xed && string[1] > 0x9f) ||
        (first == 0xf0 && string[1] < 0x90) || (first == 0xf4 && string[1] > 0x8f))
        return 0;
    return size;
}

void lp_text_json_part(lp_text *text, const char *string, size_t size) {
    const unsigned char *next = (const unsigned char *)string, *const end = next + size;
    lp_text_bytes(text, "\"", 1);
    while (next < end) {
        const size_t bytes = character(next, (size_t)(end - next));
        char escape[8];
        if (bytes == 0)
            lp_text_add(text, "\xef\xbf\xbd");
        else if (*next == '"' || *next == '\\')
            lp_text_bytes(text, escape, (size_t)snprintf(escape, sizeof escape, "\\%c", *next));
        else if (*next < 0x20)
            lp_text_bytes(text, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", *next));
        else
            lp_text_bytes(text, (const char *)next, bytes);
        next += bytes ? bytes : 1;
    }
    lp_text_bytes(text, "\"", 1);
}

void lp_text_json(lp_text *text, const char *string) {
    lp_text_json_part(text, string, strlen(string));
}

int lp_text_utf8(lp_text *text, const char *string) {
    int others = 0;
    for (size_t left = strlen(string), bytes; left; string += bytes ? bytes : 1, left -= bytes ? bytes : 1) {
        bytes = character((const unsigned char *)string, left);
        lp_text_bytes(text, bytes ? string : "\xef\xbf\xbd", bytes ? bytes : 3);
        others += !bytes;
    }
    return others;
}

void lp_text_csv(lp_text *text, const char *string) {
    if (!strpbrk(string, ",\"\r\n") && *string != ' ' && (!*string || string[strlen(string) - 1] != ' ')) {
        lp_text_add(text, string);
        return;
    }
    lp_text_bytes(text, "\"", 1);
    for (; *string; string++) {
        lp_text_bytes(text, string, 1);
        if (*string == '"')
            lp_text_bytes(text, string, 1);
    }
    lp_text_bytes(text, "\"", 1);
}

lightpose_status lp_text_check(const lp_text *text, lightpose_error *error) {
    if (text->failed)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the results of a frame");
    return LIGHTPOSE_OK;
}
