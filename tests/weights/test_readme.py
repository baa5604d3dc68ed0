#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""The converter's table of layers is the one in weights/README.md, to which the library's is held too."""

import math
import os
import unittest

import tap
import arch
import manifest


def row(layer, graph):
    added = f"`{layer.add}` = `{layer.sum}`" if layer.sum else "-"
    return (f"| `{layer.name}` | {list(layer.shape)} | {layer.stride} | {layer.dilation} | `{layer.source}` | "
            f"{layer.activation} | {added} | {graph} |")


class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(tap.WEIGHTS, "README.md"), encoding="utf-8") as file:
            cls.lines = file.read().splitlines()

    def test_the_table_of_layers(self):
        rows = [line for line in self.lines if line.startswith("| `") and line.count("|") == 9]
        expected = {graph: [row(layer, graph) for layer in arch.layers(variant)]
                    for graph, variant in (("omz", arch.OMZ), ("pytorch", arch.PYTORCH))}
        for graph, wanted in expected.items():
            found = [line for line in rows if line.endswith(f" {graph} |") or line.endswith(" both |")]
            self.assertEqual([line.rsplit("|", 2)[0] for line in found], [line.rsplit("|", 2)[0] for line in wanted])
        self.assertEqual(len(rows), len(set(rows)))

    def test_the_numbers(self):
        text = " ".join(self.lines)
        for variant in (arch.OMZ, arch.PYTORCH):
            count = sum(math.prod(layer.shape) + layer.outputs for layer in arch.layers(variant))
            self.assertIn(f"{count:,}".replace(",", " "), text)
            self.assertIn(f"{len(arch.ranged_tensors(variant))} in ", text)


class Manifest(unittest.TestCase):
    def test_every_source_is_whole(self):
        sources = manifest.read()
        self.assertEqual(next(iter(sources)), "omz-2021.4/FP16-INT8")
        for name, entries in sources.items():
            self.assertIn(entries[0].variant, (arch.OMZ, arch.PYTORCH))
            self.assertEqual(len({entry.variant for entry in entries}), 1)
            if entries[0].variant == arch.OMZ:
                self.assertEqual([os.path.splitext(e.file)[1] for e in entries], [".xml", ".bin"], name)
            for entry in entries:
                self.assertTrue(entry.address.startswith("https://") and entry.address.endswith("/" + entry.file))
                if entry.checksum:
                    algorithm, digest = entry.checksum.split(":")
                    self.assertEqual(len(digest), {"sha256": 64, "sha384": 96}[algorithm])


if __name__ == "__main__":
    tap.main()
