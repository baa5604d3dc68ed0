#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns a page into C. usage: embed.py PAGE.html PAGE.c HEADER NAME

NAME and NAME_size are the page. The Content-Security-Policy has the hashes of the page's own script and style, so that
a browser runs no other. It replaces @POLICY@ in the page; a page without @POLICY@ has it in NAME_policy, for the server
to send.
"""
import base64
import hashlib
import re
import sys

source, target, header, name = sys.argv[1:]
with open(source, "rb") as file:
    page = file.read()


def hash_of(tag):
    inside, = re.findall(b"<%b>(.*?)</%b>" % (tag, tag), page, re.DOTALL)
    return "'sha256-" + base64.b64encode(hashlib.sha256(inside).digest()).decode() + "'"


alone = b"@POLICY@" in page
policy = "; ".join(["default-src 'none'", *(["img-src data:"] if alone else ["img-src 'self' data:", "connect-src 'self'"]),
                    f"script-src {hash_of(b'script')}", f"style-src {hash_of(b'style')}", "base-uri 'none'", "form-action 'none'",
                    *([] if alone else ["frame-ancestors 'none'"])]) # browsers accept this one only in a header
page = page.replace(b"@POLICY@", policy.encode())
rows = [", ".join(str(byte) for byte in page[i:i + 24]) for i in range(0, len(page), 24)]
with open(target, "w", encoding="ascii") as file:
    file.write(f'#include "{header}"\n\n' + ("" if alone else f'const char {name}_policy[] = "{policy}";\n') +
               f"const size_t {name}_size = {len(page)};\n"
               f"const unsigned char {name}[] = {{\n    " + ",\n    ".join(rows) + "};\n")
