/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/text.h"

#include <stdio.h>

#include "cli.h"
#include "output/text.h"

json_t *lp_corpus_json_text(const char *text) {
    json_t *value = text ? json_string(text) : json_null();
    if (value)
        return value;
    lp_text clean = {0};
    (void)lp_text_utf8(&clean, text);
    if (!clean.failed)
        value = json_stringn(clean.data, clean.size);
    lp_text_free(&clean);
    return value;
}

int lp_corpus_is_utf8(const char *text) {
    json_t *const value = json_string(text);
    json_decref(value);
    return value != NULL;
}

void lp_corpus_print(const char *text) {
    for (; *text; text++)
        putchar(lp_cli_is_control(*text) ? '?' : *text);
}
