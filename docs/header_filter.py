#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Turns the plain comments of a public header into Doxygen's, for docs/Doxyfile. usage: header_filter.py FILE

A comment on lines of its own documents what follows it; one after a declaration documents that; one before an empty line
is about the whole section, and the ruled lines between sections make Doxygen's groups. Other files pass unchanged.
"""

import re
import sys

RULER = re.compile(r"/\* ---- (.*?) -+ \*/$")
PLAIN = re.compile(r"^(\s*)/\*(?=\s)")
TRAILING = re.compile(r"^(.*[;,{\w)])(\s*)/\*(?=\s)")


def group_name(title):
    return "group_" + re.sub(r"\W+", "_", title.lower())


def ends_before_empty_line(lines, start):
    end = start
    while "*/" not in lines[end]:
        end += 1
    return end + 1 < len(lines) and not lines[end + 1].strip()


def c_header(lines):
    """The lines of a C header; its first comment is the licence, its second, if long, the file's."""
    group, seen, in_comment, about = None, 0, False, False
    for number, line in enumerate(lines):
        if not in_comment:
            ruler = RULER.match(line)
            plain = PLAIN.match(line)
            if ruler:
                before = "/** @} */\n" if group else ""
                line = f"{before}/** @defgroup {group_name(ruler[1])} {ruler[1]}\n * @{{ */"
                group = ruler[1]
            elif plain:
                seen += 1
                if seen == 2:
                    line = line.replace("/*", "/** @file\n *", 1)
                elif seen > 2 and group and not plain[1] and ends_before_empty_line(lines, number):
                    # A group cannot be inside itself: leave it, and enter it again after the comment.
                    line = line.replace("/*", f"/** @}} */\n/** @addtogroup {group_name(group)}\n *", 1)
                    about = True
                elif seen > 2:
                    line = line.replace("/*", "/**", 1)
            elif TRAILING.match(line) and not line.startswith("#endif"):
                line = TRAILING.sub(r"\1\2/**<", line)
        if "/*" in line and "*/" not in line[line.rindex("/*"):]:
            in_comment = True
        elif "*/" in line:
            in_comment = False
        yield re.sub(r"example: (begin|end)", "", line)
        if about and not in_comment:
            yield f"/** @addtogroup {group_name(group)}\n * @{{ */"
            about = False
    if group:
        yield "/** @} */"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = file.read().splitlines()
    if sys.argv[1].endswith(".hpp"):
        lines = [re.sub(r"^(\s*)//(?=\s|$)", r"\1///", line) if number > 1 else line for number, line in enumerate(lines)]
        lines = [re.sub(r"^/// C\+\+17 handles", "/// @file\n/// C++17 handles", line) for line in lines]
    elif sys.argv[1].endswith(".h"):
        lines = list(c_header(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
