#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""The convert.py command: its inputs, and outputs that stay whole whatever fails."""

import json
import os
import stat

import tap
import arch
import weights_file
from ir_maker import make
from safetensors_reader import File
from tool_case import BIN, MAKER, NAMES, XML, Case


class Convert(Case):
    def setUp(self):
        super().setUp()
        self.xml, self.bin = (self.write(f"in/{name}", data) for name, data in zip(NAMES, (XML, BIN)))

    def convert(self, *arguments):
        return self.run_tool("convert.py", *arguments)

    def test_the_bin_is_found_beside_the_xml_or_named(self):
        self.assertEqual(self.convert(self.xml, "-o", self.output)[0], 0)
        whole = self.read_output()
        self.assertEqual(self.convert(self.bin, self.xml, "-o", self.output)[0], 0)
        self.assertEqual(self.read_output(), whole)

    def test_inputs_that_are_none(self):
        for arguments, words in (((self.path("no.xml"),), "no.xml: No such file"),
                                 ((self.folder,), "Is a directory"),
                                 ((self.bin,), "the magic number is damaged"),
                                 ((self.xml, self.xml), "neither an .xml and a .bin, nor one checkpoint or weights file"),
                                 ((self.xml, self.bin, self.bin + "x"), "No such file")):
            code, said = self.convert(*arguments, "-o", self.output)
            self.assertEqual(code, 1)
            self.assertIn(words, said)
            self.nothing_left()

    def test_a_weights_file_in_int8(self):
        plain = make("FP32")
        xml, _ = self.write("plain/a.xml", plain.graph.xml()), self.write("plain/a.bin", bytes(plain.graph.blob))
        floats, bytes_ = self.path("out/f.safetensors"), self.path("out/i.safetensors")
        self.assertEqual(self.convert(xml, "-o", floats, "--metadata", "licence=mine")[0], 0)
        code, said = self.convert(floats, "-o", bytes_, "--dtype", "i8", "--metadata", "accuracy=AP 1")
        self.assertEqual(code, 0, said)
        with open(floats, "rb") as file:
            given, metadata = weights_file.read(file.read())
        with open(bytes_, "rb") as file:
            rounded, kept = weights_file.read(file.read())
        self.assertNotEqual(kept["checksum"], metadata["checksum"])
        self.assertEqual(kept, {**metadata, "accuracy": "AP 1", "checksum": kept["checksum"]})
        self.assertEqual(kept["licence"], "mine")
        for layer in arch.layers(arch.OMZ):
            scales, numbers = rounded[layer.name + ".scale"].values(), rounded[layer.name + ".weight"].values()
            row = len(numbers) // len(scales)
            for i, value in enumerate(given[layer.name + ".weight"].values()):
                scale = scales[i // row]
                self.assertLessEqual(abs(numbers[i] * scale - value), 0.5001 * scale, layer.name)
            self.assertEqual(max(map(abs, numbers)), 127)
            self.assertEqual(rounded[layer.name + ".bias"].values(), given[layer.name + ".bias"].values())
        code, said = self.convert(floats, "-o", bytes_, "--metadata", "variant=x")
        self.assertEqual(code, 2, said)
        self.assertIn("KEY of source, licence, accuracy, ranges_source", said)

    def test_an_input_is_never_the_output(self):
        os.symlink(self.bin, self.path("in/link"))
        for output in (self.bin, self.path("in/../in/" + NAMES[1]), self.path("in/link")):
            code, said = self.convert(self.xml, "-o", output)
            self.assertEqual(code, 1)
            self.assertIn("is an input too", said)
        with open(self.bin, "rb") as file:
            self.assertEqual(file.read(), BIN)

    def test_a_failure_leaves_the_old_output(self):
        self.write("out/x.safetensors", b"old")
        self.write("in/" + NAMES[1], BIN[:-1])
        self.assertEqual(self.convert(self.xml, "-o", self.output)[0], 1)
        self.assertEqual(self.read_output(), b"old")
        self.assertEqual(os.listdir(self.path("out")), ["x.safetensors"])

    def test_ranges_of_a_file(self):
        plain = make("FP32")
        xml, _ = self.write("plain/a.xml", plain.graph.xml()), self.write("plain/a.bin", bytes(plain.graph.blob))
        table = dict(MAKER.graph.expected_ranges)
        ranges = self.write("ranges.json", json.dumps({**table, "data": [-9, 9], arch.OUTPUTS[0]: [0, 1]}).encode())
        code, said = self.convert(xml, "-o", self.output, "--ranges", ranges)
        self.assertEqual(code, 0, said)
        # `data` follows from this input's scale, whatever the table was measured with.
        self.assertEqual(File(self.read_output()).ranges, {**table, "data": [-0.5, 127 / 256]})
        for change, words in (({"conv1": None}, "range of conv1: not two numbers"),
                              ({"conv1": [0, 0]}, "range of conv1: a low end that is not below"),
                              ({"conv1": [[0] * 31, [1] * 31]}, "range of conv1: 31 and 31 numbers, not 32 each"),
                              ({"conv1": [True, 2]}, "range of conv1: 0 and 1 numbers"),
                              ({"conv9": [0, 1]}, "range of conv9: the network has no such tensor")):
            self.write("ranges.json", json.dumps({**table, **change}).encode())
            code, said = self.convert(xml, "-o", self.output, "--ranges", ranges)
            self.assertEqual(code, 1)
            self.assertIn(words, said)
        del table["conv2_1/dw"]
        for text, words in ((json.dumps(table), "range of conv2_1/dw: missing"), ("[]", "not a JSON object"),
                            ("{", "not JSON"), ('{"conv1": [0, NaN]}', "range of")):
            self.write("ranges.json", text.encode())
            code, said = self.convert(xml, "-o", self.output, "--ranges", ranges)
            self.assertEqual(code, 1)
            self.assertIn(words, said)

    def test_what_is_no_file_is_not_replaced(self):
        os.mkfifo(self.path("out/pipe"))
        for output in (self.path("out"), self.path("out/pipe")):
            code, said = self.convert(self.xml, "-o", output)
            self.assertEqual(code, 1)
            self.assertIn("not a file; it will not be replaced by one", said)
        self.assertTrue(stat.S_ISFIFO(os.stat(self.path("out/pipe")).st_mode))
        self.assertEqual(os.listdir(self.path("out")), ["pipe"])

    def test_a_link_stays_a_link(self):
        self.write("else/y.safetensors", b"old")
        os.symlink(self.path("else/y.safetensors"), self.output)
        self.assertEqual(self.convert(self.xml, "-o", self.output)[0], 0)
        self.assertTrue(os.path.islink(self.output))
        weights_file.describe(self.read_output())

    def test_a_disk_that_is_full(self):
        """The limit on the size of a file stands for the full disk: the write fails half way."""
        self.write("out/x.safetensors", b"old")
        limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)); "
        code, said = self.run_tool("convert.py", self.xml, "-o", self.output, before=limit)
        self.assertEqual(code, 1)
        self.assertIn("x.safetensors: File too large", said)
        self.assertEqual(self.read_output(), b"old")
        self.assertEqual(os.listdir(self.path("out")), ["x.safetensors"])


if __name__ == "__main__":
    tap.main()
