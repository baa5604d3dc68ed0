/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The page of `status --html`: page.html, which serve/embed.py turns into C, with the JSON of a status in it. */

#ifndef LP_TOOLS_CORPUS_PAGE_H
#define LP_TOOLS_CORPUS_PAGE_H

#include <jansson.h>
#include <stddef.h>

#include "fail.h"

extern const unsigned char lp_corpus_page[];
extern const size_t lp_corpus_page_size;

/* Replaces the page at `path` atomically. The page reloads itself every `seconds`; 0: never. Errors: FILE; ARGUMENT if
 * the existing file is not a page; MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_page_write(const char *path, const json_t *status, int seconds,
                                                          lightpose_error *error);

#endif
