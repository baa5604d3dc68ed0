/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A reader of JSON text (RFC 8259) for untrusted files: it allocates nothing, recurses nowhere and does not
 * look at the locale. The caller says what must come next, and anything else is a problem. */

#ifndef LP_BASE_JSON_H
#define LP_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

typedef struct lp_json {
    const char *begin, *at, *end;
    const char *problem; /* what is wrong at `at`; NULL so far. Once set, every call below returns 0 */
} lp_json;

void lp_json_start(lp_json *json, const char *text, size_t length);

/* The first character of what comes next ('{', '[', '"', a digit, …); 0 at the end of the text. */
char lp_json_peek(lp_json *json);

/* Goes into an object ('{') or array ('['), and then to each member or element in turn: next returns 1 before each and
 * 0 after the last, behind the bracket. `count` starts at 0 and counts them.
 *
 *     int members = 0;
 *     for (lp_json_enter(json, '{'); lp_json_next(json, '{', &members);) { lp_json_key(…); a value; }
 */
int lp_json_enter(lp_json *json, char bracket);
int lp_json_next(lp_json *json, char bracket, int *count);

/* A string, unescaped, as UTF-8 with a closing NUL, into `out`; it may not hold a NUL itself. Unescaped text is never
 * longer than what stands in the file. Key also takes the colon. */
int lp_json_string(lp_json *json, char *out, size_t room);
int lp_json_key(lp_json *json, char *out, size_t room);

/* Any number; whole takes only one without fraction and exponent, within int64. Real fails beyond the range of double.
 */
int lp_json_real(lp_json *json, double *value);
int lp_json_whole(lp_json *json, int64_t *value);

/* Whether only white space is left. */
int lp_json_finish(lp_json *json);

#endif
