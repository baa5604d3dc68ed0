/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* page.html, which embed.py turns into C at build time. */

#ifndef LP_TOOLS_SERVE_PAGE_H
#define LP_TOOLS_SERVE_PAGE_H

#include <stddef.h>

extern const unsigned char lp_page[];
extern const size_t lp_page_size;

/* Its Content-Security-Policy: only its own script and style, and data from this server. */
extern const char lp_page_policy[];

#endif
