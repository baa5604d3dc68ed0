#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""convert.py on inputs that were changed: an OpenVINO IR, a checkpoint of either kind, a weights file, a table of
ranges. Each is refused with a message, or what comes of it is a valid weights file; nothing else is raised, nothing
hangs, nothing is half-written.

usage: test_changed.py [--minutes N]    without: a fixed number of changes, the same every time, as TAP
"""

import json
import os
import random
import re
import resource
import signal
import struct
import sys
import tempfile
import time
import unittest

import tap
import arch
import checkpoint_maker
import convert
import weights_file
from tensors import CHECKSUM, ConvertError, checksum
from tool_case import BIN, XML, Case

PATIENCE = 60  # seconds of the processor for one input; a whole one takes two or three
MEMORY = 8 << 30

# What texts break on.
TEXTS = ("", " ", "0", "-1", "1", "2", "3", "1,1", "0,0", "-1,-1", "1,1,1,1,1", "nan", "inf", "-inf", "1e999", "1.5",
         "9" * 30, "9" * 5000, "0x10", "1,", ",", "\u0660", "\u00b2", "i8", "f16", "f32", "i64", "u4", "boolean",
         "Const", "Convert", "Reshape", "Multiply", "Subtract", "Add", "Convolution", "GroupConvolution",
         "FakeQuantize", "Concat", "Result", "Parameter", "ReLU", "true", "&#0;", "&x;", "\ud7ff", "../x")
VALUES = (None, True, False, 0, -1, 1, 1.5, 1e300, -0.0, 2 ** 63, -2 ** 63, 10 ** 400, "", "x", "\ud800", "\0", [], {},
          [0], [[]], {"": None}, [0, 1], [-1, -1], "F32", "F16", "I8", "F64", float("nan"), float("inf"))


# ---- Changes ---------------------------------------------------------------------------------------------------------

def change_bytes(chance, data):
    """Sets, takes out, doubles or cuts, at one to four places."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(data) + 1), chance.randint(1, 8)
        kind = chance.randrange(16)
        if kind < 9 and at < len(data):
            data[at] = chance.choice((chance.randrange(256), *b"\0\xff\x80\"<>&{}[],:-0.9eN(tRq]\n"))
        elif kind < 12:
            del data[at:at + length]
        elif kind < 15:
            data[at:at] = data[at:at + length]
        elif len(data) > 1:
            del data[at:]
    return bytes(data)


def change_xml(chance, xml):
    """One to three attributes get another value, or an element goes, or comes twice."""
    for _ in range(chance.randint(1, 3)):
        text = xml.decode(errors="replace")
        kind = chance.randrange(8)
        if kind < 5:
            found = list(re.finditer(r'="([^"]*)"', text))
            if not found:
                break
            place, other = chance.choice(found), chance.choice(found)
            value = chance.choice((chance.choice(TEXTS), other.group(1)))
        else:
            found = list(re.finditer(r"<(?:layer|data|edge)[^>]*/?>(?:</layer>)?", text))
            if not found:
                break
            place = chance.choice(found)
            value = "" if kind < 7 else 2 * place.group()
        begin, end = place.span(1) if kind < 5 else place.span()
        value = value.replace('"', "") if kind < 5 else value
        errors = "surrogatepass" if chance.randrange(8) == 0 else "replace"
        xml = (text[:begin] + value + text[end:]).encode(errors=errors)
    return xml


def change_json(chance, root):
    """A member somewhere gets another value or name, or goes."""
    root = json.loads(json.dumps(root))
    for _ in range(chance.randint(1, 3)):
        node = root
        while True:
            if not isinstance(node, (dict, list)) or not node:
                break
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = chance.choice(keys)
            if chance.randrange(3) and isinstance(node[key], (dict, list)) and node[key]:
                node = node[key]
                continue
            kind = chance.randrange(6)
            if kind == 0:
                del node[key]
            elif kind == 1 and isinstance(node, dict):
                node[str(chance.choice(VALUES))] = node[key]
            else:
                node[key] = chance.choice(VALUES)
            break
    return root


# ---- Inputs ----------------------------------------------------------------------------------------------------------

def dumps(value):
    return json.dumps(value).encode(errors="surrogatepass")


class Inputs:
    """Makes changed inputs of every kind: {path: bytes}, and options."""

    kinds = ("xml", "xml bytes", "bin", "weights", "weights bytes", "checkpoint", "zip", "ranges")

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        data, _ = convert.convert({"a.xml": XML, "a.bin": BIN}, sources={})
        self.weights = data
        self.header, begin = weights_file.header(data)
        self.data = data[begin:]
        self.state = checkpoint_maker.tensors(checkpoint_maker.state())
        self.checkpoint = checkpoint_maker.legacy({"state_dict": self.state})
        self.zipped = checkpoint_maker.zipped({"state_dict": self.state})
        self.ranges = json.loads(self.header["__metadata__"]["activation_ranges"])

    def signed(self, header, data):
        """The weights file of a header, its checksum right, where it can be."""
        metadata = header.get("__metadata__") if isinstance(header, dict) else None
        try:
            metadata[CHECKSUM] = checksum([data], metadata)
        except (TypeError, AttributeError, UnicodeError, KeyError):
            pass
        text = dumps(header)
        return struct.pack("<Q", len(text)) + text + data

    def head_changed(self, chance, data, most):
        """Most of what can be wrong stands in the first bytes and the last."""
        most = min(most, len(data))
        if chance.randrange(2):
            return change_bytes(chance, data[:most]) + data[most:]
        return data[:-most] + change_bytes(chance, data[-most:])

    def make(self, chance, kind):
        dtype = chance.choice(("keep", "keep", "keep", "keep", "f16", "f32", "i8"))
        if kind == "xml":
            return {"a.xml": change_xml(chance, XML), "a.bin": BIN}, {"dtype": dtype}
        if kind == "xml bytes":
            return {"a.xml": change_bytes(chance, XML), "a.bin": BIN}, {"dtype": dtype}
        if kind == "bin":
            return {"a.xml": XML, "a.bin": change_bytes(chance, BIN)}, {"dtype": "keep"}
        if kind == "weights":
            return {"a.safetensors": self.signed(change_json(chance, self.header), self.data)}, {"dtype": dtype}
        if kind == "weights bytes":
            return {"a.safetensors": self.head_changed(chance, self.weights, 30000)}, {"dtype": "keep"}
        if kind == "checkpoint":
            return {"a.pth": self.head_changed(chance, self.checkpoint, 20000)}, {"dtype": "keep"}
        if kind == "zip":
            return {"a.pth": self.head_changed(chance, self.zipped, 20000)}, {"dtype": "keep"}
        path = os.path.join(self.folder.name, "ranges.json")
        with open(path, "wb") as file:
            changed = dumps(change_json(chance, self.ranges))
            file.write(changed if chance.randrange(3) else change_bytes(chance, changed))
        return {"a.safetensors": self.weights}, {"dtype": "keep", "ranges": path}


def too_long(*_):
    raise TimeoutError(f"more than {PATIENCE} seconds of the processor")


def attempt(files, options):
    """1 where a valid weights file comes of the input, 0 where it is refused; anything else is raised."""
    signal.signal(signal.SIGPROF, too_long)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        data, lines = convert.convert(files, sources={}, **options)
    except ConvertError as error:
        if not str(error):
            raise AssertionError("refused without a word") from None
        return 0
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    weights_file.read(data)
    assert lines
    return 1


def limit_memory():
    """A damaged length that asks for all memory fails at once."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


# ---- The two ways to run it ------------------------------------------------------------------------------------------

class Changed(unittest.TestCase):
    """A fixed number of changes of each kind."""

    COUNTS = {"xml": 40, "xml bytes": 20, "bin": 2, "weights": 10, "weights bytes": 12, "checkpoint": 10, "zip": 10,
              "ranges": 3}

    @classmethod
    def setUpClass(cls):
        limit_memory()
        cls.inputs = Inputs()

    def run_kind(self, kind):
        for seed in range(self.COUNTS[kind]):
            try:
                attempt(*self.inputs.make(random.Random(f"{kind} {seed}"), kind))
            except BaseException as error:
                raise AssertionError(f"{kind}, seed {seed}") from error

    def test_unchanged_inputs_are_taken(self):
        self.assertEqual(attempt({"a.safetensors": self.inputs.weights}, {}), 1)
        self.assertEqual(attempt({"a.pth": self.inputs.zipped}, {}), 1)


for number, name in enumerate(Inputs.kinds):
    def test(self, kind=name):
        self.run_kind(kind)
    test.__doc__ = f"changes of {name}"
    setattr(Changed, f"test_{number}", test)


class Program(Case):
    """The command itself: exit status, message, and what is left."""

    def test_nothing_is_half_written(self):
        inputs = Inputs()
        for seed, kind in enumerate(Inputs.kinds):
            files, options = inputs.make(random.Random(seed), kind)
            paths = [self.write(f"in/{name}", data) for name, data in files.items()]
            ranges = ("--ranges", options["ranges"]) if "ranges" in options else ()
            code, said = self.run_tool("convert.py", *paths, *ranges, "--dtype", options["dtype"], "-o", self.output)
            self.assertIn(code, (0, 1))
            self.assertTrue(said)
            if code == 0:
                weights_file.read(self.read_output())
                os.unlink(self.output)
            self.nothing_left()


def fuzz(minutes):
    """Changes by chance for so long; the first fault ends it, its files left in the current folder."""
    limit_memory()
    inputs, began, counts, taken = Inputs(), time.monotonic(), dict.fromkeys(Inputs.kinds, 0), 0
    while time.monotonic() - began < 60 * minutes:
        kind = min(counts, key=lambda k: counts[k] / Changed.COUNTS[k])
        seed = random.SystemRandom().getrandbits(64)
        files, options = inputs.make(random.Random(seed), kind)
        counts[kind] += 1
        try:
            taken += attempt(files, options)
        except BaseException:
            for name, data in files.items():
                with open(f"changed-{seed}-{name}", "wb") as file:
                    file.write(data)
            print(f"{kind}: changed-{seed}-*, {options}")
            raise
    print(f"stat::number_of_executed_units: {sum(counts.values())}")
    print(f"{taken} were taken; {counts}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--minutes"]:
        fuzz(float(sys.argv[2]))
    else:
        tap.main()
