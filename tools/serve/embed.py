#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the page into C. usage: embed.py PAGE.html PAGE.c

The policy names the hashes of the page's own script and style, so that a browser runs no other.
"""
import base64
import hashlib
import re
import sys

with open(sys.argv[1], "rb") as file:
    page = file.read()


def source(tag):
    inside, = re.findall(b"<%b>(.*?)</%b>" % (tag, tag), page, re.DOTALL)
    return "'sha256-" + base64.b64encode(hashlib.sha256(inside).digest()).decode() + "'"


policy = "; ".join(["default-src 'none'", "img-src 'self' data:", "connect-src 'self'", f"script-src {source(b'script')}",
                    f"style-src {source(b'style')}", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])
rows = [", ".join(str(byte) for byte in page[i:i + 24]) for i in range(0, len(page), 24)]
with open(sys.argv[2], "w", encoding="ascii") as file:
    file.write('#include "serve/page.h"\n\n'
               f'const char lp_page_policy[] = "{policy}";\n'
               f"const size_t lp_page_size = {len(page)};\n"
               "const unsigned char lp_page[] = {\n    " + ",\n    ".join(rows) + "};\n")
