/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/json.h"

#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_ROOM = 128 }; /* characters of the longest number accepted */

void lp_json_start(lp_json *json, const char *text, size_t length) {
    *json = (lp_json){text, text, text + length, NULL};
}

static int fail(lp_json *json, const char *problem) {
    if (!json->problem)
        json->problem = problem;
    return 0;
}

char lp_json_peek(lp_json *json) {
    while (json->at < json->end && strchr(" \t\n\r", *json->at) && *json->at)
        json->at++;
    return json->at < json->end && !json->problem ? *json->at : 0;
}

/* Skips white space and takes one character. */
static int take(lp_json *json, char wanted, const char *problem) {
    if (lp_json_peek(json) != wanted)
        return fail(json, problem);
    json->at++;
    return 1;
}

int lp_json_enter(lp_json *json, char bracket) {
    return take(json, bracket, bracket == '{' ? "expected an object" : "expected an array");
}

int lp_json_next(lp_json *json, char bracket, int *count) {
    if (lp_json_peek(json) == (bracket == '{' ? '}' : ']')) {
        json->at++;
        return 0;
    }
    if (json->problem || (*count > 0 && !take(json, ',', bracket == '{' ? "expected , or }" : "expected , or ]")))
        return 0;
    if (*count == INT_MAX)
        return fail(json, "too many members");
    ++*count;
    return 1;
}

/* ---- Strings ----------------------------------------------------------------------------------------------------- */

/* Four hexadecimal digits. */
static int take_hex(lp_json *json, unsigned *value) {
    *value = 0;
    for (int i = 0; i < 4; i++) {
        const char c = json->at < json->end ? *json->at : 0;
        const char lower = (char)(c | 32);
        if (c >= '0' && c <= '9')
            *value = *value * 16 + (unsigned)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            *value = *value * 16 + (unsigned)(lower - 'a' + 10);
        else
            return fail(json, "expected four hexadecimal digits after \\u");
        json->at++;
    }
    return 1;
}

/* What follows \u: a character, or the first of a surrogate pair; takes the second one too. */
static int take_unicode(lp_json *json, unsigned *character) {
    unsigned low;

    if (!take_hex(json, character))
        return 0;
    if (*character == 0)
        return fail(json, "a NUL in a string");
    if (*character < 0xd800 || *character > 0xdfff)
        return 1;
    if (*character > 0xdbff || json->end - json->at < 2 || json->at[0] != '\\' || json->at[1] != 'u')
        return fail(json, "half a surrogate pair");
    json->at += 2;
    if (!take_hex(json, &low))
        return 0;
    if (low < 0xdc00 || low > 0xdfff)
        return fail(json, "half a surrogate pair");
    *character = 0x10000 + ((*character - 0xd800) << 10) + (low - 0xdc00);
    return 1;
}

static int write_utf8(unsigned character, char out[4]) {
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    const int length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--, character >>= 6)
        out[i] = (char)(0x80 | (character & 0x3f));
    out[0] = (char)((0xf00 >> length & 0xf0) | character);
    return length;
}

/* What follows a backslash, as UTF-8. */
static int take_escape(lp_json *json, char out[4], int *length) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char name = json->at < json->end ? *json->at++ : 0;
    const char *const found = name ? strchr(names, name) : NULL;
    unsigned character;

    *length = 1;
    if (found) {
        out[0] = values[found - names];
        return 1;
    }
    if (name != 'u')
        return fail(json, "an unknown escape in a string");
    if (!take_unicode(json, &character))
        return 0;
    *length = write_utf8(character, out);
    return 1;
}

/* One unescaped character of 1 to 4 bytes: in its shortest form, not a surrogate, at most U+10FFFF. */
static int take_utf8(lp_json *json, char out[4], int *length) {
    const unsigned char *const s = (const unsigned char *)json->at;
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};

    *length = s[0] < 0x80 ? 1 : s[0] >= 0xc0 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : 4;
    if (s[0] < 0x20)
        return fail(json, "a control character in a string");
    if ((s[0] >= 0x80 && s[0] < 0xc0) || s[0] >= 0xf8 || json->end - json->at < *length)
        return fail(json, "a string that is not UTF-8");
    unsigned character = *length == 1 ? s[0] : s[0] & (0x7fu >> *length);
    for (int i = 1; i < *length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return fail(json, "a string that is not UTF-8");
        character = character << 6 | (s[i] & 0x3f);
    }
    if (character < least[*length] || (character >= 0xd800 && character <= 0xdfff) || character > 0x10ffff)
        return fail(json, "a string that is not UTF-8");
    memcpy(out, s, (size_t)*length);
    json->at += *length;
    return 1;
}

int lp_json_string(lp_json *json, char *out, size_t room) {
    size_t used = 0;

    if (!take(json, '"', "expected a string"))
        return 0;
    while (json->at < json->end && *json->at != '"') {
        char character[4];
        int length, taken;
        if (*json->at == '\\') {
            json->at++;
            taken = take_escape(json, character, &length);
        } else {
            taken = take_utf8(json, character, &length);
        }
        if (!taken)
            return 0;
        if (used + (size_t)length >= room)
            return fail(json, "a string that is too long");
        memcpy(out + used, character, (size_t)length);
        used += (size_t)length;
    }
    if (room == 0 || json->at == json->end)
        return fail(json, "an unterminated string");
    json->at++;
    out[used] = 0;
    return 1;
}

int lp_json_key(lp_json *json, char *out, size_t room) {
    return lp_json_string(json, out, room) && take(json, ':', "expected : after a key");
}

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

static size_t digits(const char *text, const char *end) {
    size_t count = 0;
    while (text + count < end && text[count] >= '0' && text[count] <= '9')
        count++;
    return count;
}

/* The length of the number at `at`, 0 if there is none. *whole: it has no fraction and no exponent. */
static size_t number_length(const lp_json *json, int *whole) {
    const char *at = json->at;

    *whole = 1;
    if (at < json->end && *at == '-')
        at++;
    const size_t before = digits(at, json->end);
    if (before == 0 || (before > 1 && *at == '0'))
        return 0;
    at += before;
    if (at < json->end && *at == '.') {
        const size_t after = digits(at + 1, json->end);
        if (after == 0)
            return 0;
        at += 1 + after;
        *whole = 0;
    }
    if (at < json->end && (*at | 32) == 'e') {
        at += at + 1 < json->end && (at[1] == '+' || at[1] == '-') ? 2 : 1;
        const size_t exponent = digits(at, json->end);
        if (exponent == 0)
            return 0;
        at += exponent;
        *whole = 0;
    }
    return (size_t)(at - json->at);
}

int lp_json_real(lp_json *json, double *value) {
    char text[NUMBER_ROOM];
    int whole;

    lp_json_peek(json);
    const size_t length = json->problem ? 0 : number_length(json, &whole);
    if (length == 0)
        return fail(json, "expected a number");
    if (length >= sizeof text)
        return fail(json, "a number with too many digits");
    memcpy(text, json->at, length);
    text[length] = 0;
    /* JSON's decimal point is that of the "C" locale, whatever locale the application set. */
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain)
        return fail(json, "no \"C\" locale for a number");
    *value = strtod_l(text, NULL, plain);
    freelocale(plain);
    if (!isfinite(*value))
        return fail(json, "a number beyond the range of double");
    json->at += length;
    return 1;
}

int lp_json_whole(lp_json *json, int64_t *value) {
    int whole, negative;

    lp_json_peek(json);
    const size_t length = json->problem ? 0 : number_length(json, &whole);
    if (length == 0 || !whole)
        return fail(json, "expected an integer");
    negative = *json->at == '-';
    *value = 0;
    for (size_t i = (size_t)negative; i < length; i++) {
        const int digit = json->at[i] - '0';
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, negative ? -digit : digit, value))
            return fail(json, "an integer beyond 64 bits");
    }
    json->at += length;
    return 1;
}

int lp_json_finish(lp_json *json) {
    return (lp_json_peek(json) == 0 && json->at == json->end && !json->problem) || fail(json, "text after the end");
}
