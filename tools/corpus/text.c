/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/text.h"

#include <stdio.h>

#include "output/text.h"

json_t *lp_corpus_json_text(const char *text) {
    json_t *value = text ? json_string(text) : json_null();
    if (value)
        return value;
    lp_text quoted = {0};
    lp_text_json(&quoted, text);
    if (!quoted.failed)
        value = json_loadb(quoted.data, quoted.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    lp_text_free(&quoted);
    return value;
}

int lp_corpus_is_utf8(const char *text) {
    json_t *const value = json_string(text);
    json_decref(value);
    return value != NULL;
}

void lp_corpus_print(const char *text) {
    for (; *text; text++)
        putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}
