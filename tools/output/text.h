/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Growing text for the formats: numbers with a point in every locale, strings quoted for JSON and CSV. */

#ifndef LP_TOOLS_OUTPUT_TEXT_H
#define LP_TOOLS_OUTPUT_TEXT_H

#include <lightpose/lightpose.h>

typedef struct lp_text {
    char *data;
    size_t size, capacity;
    int failed; /* out of memory; nothing is added any more */
} lp_text;

void lp_text_free(lp_text *text);
static inline void lp_text_clear(lp_text *text) {
    text->size = 0;
    text->failed = 0;
}

void lp_text_bytes(lp_text *text, const char *bytes, size_t size);
void lp_text_add(lp_text *text, const char *string);
void lp_text_integer(lp_text *text, int64_t value);

/* At most `digits` (1 to 17) significant digits, no trailing zeros, an exponent as in C's %g. With 6 digits it is what
 * a C++ stream writes. `value` must be finite, as for the functions below. */
void lp_text_number(lp_text *text, double value, int digits);

/* At most `decimals` (0 to 9) digits after the point, no trailing zeros, never "-0". */
void lp_text_decimals(lp_text *text, double value, int decimals);

/* The fewest significant digits (6 to 9) that give the same float when read back. */
void lp_text_float(lp_text *text, float value);

/* In quotes, escaped. Bytes that are not UTF-8 become U+FFFD, since JSON allows no other text. */
void lp_text_json(lp_text *text, const char *string);
void lp_text_json_part(lp_text *text, const char *string, size_t size); /* its first `size` bytes */

/* Unchanged, except bytes that are not UTF-8, which become U+FFFD. Returns the number of those. */
int lp_text_utf8(lp_text *text, const char *string);

/* A CSV field, quoted if necessary (RFC 4180). */
void lp_text_csv(lp_text *text, const char *string);

/* Errors: MEMORY, if the text has failed. */
lightpose_status lp_text_check(const lp_text *text, lightpose_error *error);

#endif
