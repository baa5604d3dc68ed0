/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Texts from users and files, made safe for JSON, terminals and databases. */

#ifndef LP_TOOLS_CORPUS_TEXT_H
#define LP_TOOLS_CORPUS_TEXT_H

#include <jansson.h>

/* A JSON string, with U+FFFD for bytes that are not UTF-8; JSON's null if `text` is NULL. NULL if out of memory. */
json_t *lp_corpus_json_text(const char *text);

int lp_corpus_is_utf8(const char *text);

/* Prints a text with a question mark for each control character, which a terminal might interpret. */
void lp_corpus_print(const char *text);

#endif
