/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A reader of JSON text (RFC 8259) for untrusted files: it allocates nothing, does not recurse and does not depend on
 * the locale. The caller states what must come next; anything else is a problem. */

#ifndef LP_BASE_JSON_H
#define LP_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

typedef struct lp_json {
    const char *begin, *at, *end;
    const char *problem; /* what is wrong at `at`; NULL so far. Once set, every call below returns 0 */
} lp_json;

void lp_json_start(lp_json *json, const char *text, size_t length);

/* The first character of the next value ('{', '[', '"', a digit, …); 0 at the end of the text. */
char lp_json_peek(lp_json *json);

/* Enters an object ('{') or array ('['), then goes to each member or element in turn: next returns 1 before each, and 0
 * after the closing bracket. `count` starts at 0 and counts them.
 *
 *     int members = 0;
 *     for (lp_json_enter(json, '{'); lp_json_next(json, '{', &members);) { lp_json_key(…); a value; }
 */
int lp_json_enter(lp_json *json, char bracket);
int lp_json_next(lp_json *json, char bracket, int *count);

/* Reads a string, unescaped, as UTF-8 with a terminating NUL, into `out`; it may not contain a NUL. Unescaped text is
 * never longer than its source. Key also takes the colon. */
int lp_json_string(lp_json *json, char *out, size_t room);
int lp_json_key(lp_json *json, char *out, size_t room);

/* Reads a number. Real accepts any in the range of double; whole only one without fraction and exponent, in that of
 * int64. */
int lp_json_real(lp_json *json, double *value);
int lp_json_whole(lp_json *json, int64_t *value);

/* Whether only white space is left. */
int lp_json_finish(lp_json *json);

#endif
