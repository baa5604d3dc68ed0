/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Texts that come from users and files, on their way to JSON, screens and databases. */

#ifndef LP_TOOLS_CORPUS_TEXT_H
#define LP_TOOLS_CORPUS_TEXT_H

#include <jansson.h>

/* A JSON string, in which bytes that are no UTF-8 are U+FFFD; null for NULL. NULL for lack of memory. */
json_t *lp_corpus_json_text(const char *text);

int lp_corpus_is_utf8(const char *text);

/* Prints a text with a question mark for each control character, which a terminal might obey. */
void lp_corpus_print(const char *text);

#endif
