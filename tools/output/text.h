/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Text that grows, for the formats: numbers with a point in every locale, strings quoted for JSON and CSV. */

#ifndef LP_TOOLS_OUTPUT_TEXT_H
#define LP_TOOLS_OUTPUT_TEXT_H

#include <lightpose/lightpose.h>

typedef struct lp_text {
    char *data;
    size_t size, capacity;
    int failed; /* memory ran out; nothing is added from there on */
} lp_text;

void lp_text_free(lp_text *text);
static inline void lp_text_clear(lp_text *text) {
    text->size = 0;
    text->failed = 0;
}

void lp_text_bytes(lp_text *text, const char *bytes, size_t size);
void lp_text_add(lp_text *text, const char *string);
void lp_text_integer(lp_text *text, int64_t value);

/* At most `digits` (1 to 17) significant digits, no trailing zeros, an exponent where C's %g has one: what a C++ stream
 * writes with digits 6. `value` is finite, as in all that follow. */
void lp_text_number(lp_text *text, double value, int digits);

/* At most `decimals` (0 to 9) digits after the point, no trailing zeros, never "-0". */
void lp_text_decimals(lp_text *text, double value, int decimals);

/* As few significant digits (6 to 9) as give the same float when read back. */
void lp_text_float(lp_text *text, float value);

/* Between quotes, escaped. Bytes that are no UTF-8 become U+FFFD: JSON knows no other text. */
void lp_text_json(lp_text *text, const char *string);
void lp_text_json_part(lp_text *text, const char *string, size_t size); /* its first `size` bytes */

/* As it is, but for bytes that are no UTF-8, which become U+FFFD. Returns how many those were. */
int lp_text_utf8(lp_text *text, const char *string);

/* A CSV field, quoted where it needs to be (RFC 4180). */
void lp_text_csv(lp_text *text, const char *string);

/* MEMORY where it ran out. */
lightpose_status lp_text_check(const lp_text *text, lightpose_error *error);

#endif
