#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts single tests in meson's logs. usage: count.py BUILD...

Prints the tests that failed or were skipped, then one line with the totals. meson counts programs, but each of ours has
many tests and prints TAP. A program that fails without a failed test counts as one failure. The exit status is 1 if
anything failed or nothing ran.
"""
import json
import re
import sys

LINE = re.compile(r"^(ok|not ok)\b\s*\d*\s*-?\s*([^#]*)(?:#\s*(\S*)\s*(.*))?$")


def tests_of(record):
    """Returns the names of one program's tests: (passed, failed, skipped)."""
    passed, failed, skipped = [], [], []
    for line in record.get("stdout", "").splitlines():
        match = LINE.match(line.strip())
        if not match:
            continue
        state, name, directive, reason = match.groups()
        name = f"{record['name']}: {name.strip()}"
        if directive and directive.upper() == "SKIP":
            skipped.append(f"{name} ({reason})" if reason else name)
        elif state == "ok":
            passed.append(name)
        else:
            failed.append(name)
    if record["result"] not in ("OK", "SKIP", "EXPECTEDFAIL") and not failed:
        failed.append(f"{record['name']}: ended with {record['result']}")
    elif not passed and not failed and not skipped:
        (skipped if record["result"] == "SKIP" else passed).append(record["name"])
    return passed, failed, skipped


def main():
    totals = ([], [], [])
    for build in sys.argv[1:]:
        with open(f"{build}/meson-logs/testlog.json", encoding="utf-8") as log:
            for line in log:
                for total, found in zip(totals, tests_of(json.loads(line))):
                    total += [f"{build}: {name}" for name in found]
    passed, failed, skipped = totals
    for word, names in (("skipped", skipped), ("FAILED", failed)):
        for name in names:
            print(f"{word} {name}")
    print(f"{len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
