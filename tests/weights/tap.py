# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Runs a unittest module and prints TAP, a line per test."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
SOURCE = os.environ.get("LIGHTPOSE_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
WEIGHTS = os.path.join(SOURCE, "weights")
SHARED = os.environ.get("LIGHTPOSE_SHARED", os.path.join(SOURCE, "..", "shared"))
sys.path.insert(0, WEIGHTS)


class Result(unittest.TestResult):
    count = 0

    def line(self, state, test, rest=""):
        self.count += 1
        name = test.shortDescription() or test.id().split(".", 1)[-1]
        print(f"{state} {self.count} - {name.replace('#', '')}{rest}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line("ok", test, f" # SKIP {reason}")

    def failed(self, test, error):
        self.line("not ok", test)
        for line in self._exc_info_to_string(error, test).splitlines():
            print(f"# {line}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.failed(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.failed(test, err)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    print(f"1..{suite.countTestCases()}", flush=True)
    result = Result()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
