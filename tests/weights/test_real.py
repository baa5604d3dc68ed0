#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Published weights, from the shared data folder: what is converted against other readers and other runs of them."""

import lzma
import math
import os
import struct
import subprocess
import sys
import tempfile
import unittest

import tap
import arch
import convert
import manifest
import weights_file
from safetensors_reader import File

FOLDER = os.path.join(tap.SHARED, "weights")
INT8 = os.path.join(FOLDER, arch.OMZ, "FP16-INT8", arch.OMZ)
RANDOM = os.path.join(FOLDER, "pytorch-random")
FORWARD = os.environ.get("LIGHTPOSE_FORWARD", "")


def python_with_numpy():
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run([python, "-c", "import numpy"], capture_output=True).returncode == 0:
            return python
    return None


def npy(path):
    with open(path, "rb") as file:
        data = file.read()
    begin = 10 + struct.unpack("<H", data[8:10])[0]
    return struct.unpack(f"<{(len(data) - begin) // 4}f", data[begin:])


@unittest.skipUnless(os.path.isdir(FOLDER), "no shared data folder beside the repository")
class Real(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def convert(self, path, dtype="keep"):
        data, _ = convert.convert({p: convert.read_file(p) for p in convert.with_values([path])}, dtype)
        weights_file.describe(data)
        return File(data)

    def maps(self, file):
        """The last stage's maps for an input of chance: heatmaps and pafs."""
        if not os.path.exists(FORWARD):
            self.skipTest("LIGHTPOSE_FORWARD names no program")
        with open(self.path("weights"), "wb") as out:
            out.write(file.data)
        outputs = [self.path("heatmaps"), self.path("pafs")]
        subprocess.run([FORWARD, self.path("weights"), os.path.join(RANDOM, "input.npy"), *outputs], check=True)
        values = []
        for output in outputs:
            with open(output, "rb") as made:
                data = made.read()
            values.append(struct.unpack(f"<{len(data) // 4}f", data))
        return values

    def near(self, found, wanted, most, mean=math.inf):
        differences = [abs(a - b) for a, b in zip(found, wanted)]
        self.assertEqual(len(found), len(wanted))
        self.assertLess(max(differences), most)
        self.assertLess(sum(differences) / len(differences), mean)

    def test_the_int8_build_is_the_one_in_the_manifest(self):
        for suffix in (".xml", ".bin"):
            entry = manifest.identify(convert.read_file(INT8 + suffix), manifest.read())
            self.assertEqual((entry.source, entry.licence), ("omz-2021.4/FP16-INT8", "Apache-2.0"))
        self.assertTrue(self.convert(INT8 + ".xml").metadata["source"].startswith("omz-2021.4/FP16-INT8 "))

    def test_the_int8_build_keeps_its_int8_and_ranges(self):
        file = self.convert(INT8 + ".xml")
        self.assertEqual(file.metadata["input_scale"], "0.0039215087890625")
        self.assertEqual({e["dtype"] for n, e in file.header.items() if n.endswith(".weight")}, {"I8"})
        self.assertEqual(len(file.ranges), 63)
        self.assertEqual(file.ranges["data"], [-0.505859375, 0.501953125])
        self.assertEqual(file.ranges["Mconv1_stage2_L1/res"], [0.0, 6.37890625])
        per_channel = [name for name, pair in file.ranges.items() if isinstance(pair[0], list)]
        read = [layer.source for layer in arch.layers(arch.OMZ) if layer.depthwise]
        self.assertEqual(per_channel, read)

    def test_dropped_zero_points_change_little(self):
        kept, computed = self.convert(INT8 + ".xml"), self.convert(INT8 + ".xml", "f32")
        for layer in arch.layers(arch.OMZ):
            scales = kept.values(layer.name + ".scale")
            self.near(kept.dequantised(layer.name), computed.dequantised(layer.name), max(scales) * 2 ** -16)

    def test_another_reader_finds_the_same_numbers(self):
        python = python_with_numpy()
        if not python:
            self.skipTest("no Python with numpy")
        script = ("import sys; sys.path.insert(0, sys.argv[1]); import ir, numpy\n"
                  "g = ir.load(sys.argv[2] + '.xml', sys.argv[2] + '.bin')\n"
                  "for i in g.layers:\n"
                  "    if g.type(i) in ('Convolution', 'GroupConvolution'):\n"
                  "        v = numpy.ascontiguousarray(g.const(g.ins(i)[1]), numpy.float32)\n"
                  "        b = [j for j in g.consumers[i] if g.type(j) == 'Add']\n"
                  "        b = g.const(g.ins(b[0])[1]).astype(numpy.float32) if b else numpy.zeros(v.shape[0])\n"
                  "        print(g.name(i), v.tobytes().hex(), b.astype('<f4').tobytes().hex())\n")
        out = subprocess.run([python, "-c", script, FOLDER, INT8], capture_output=True, check=True, text=True,
                             env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}).stdout
        file, seen = self.convert(INT8 + ".xml", "f32"), set()
        for line in out.splitlines():
            name, weights, bias = line.split(" ")
            name = name.removesuffix("/WithoutBiases")
            for part, found in (("weight", weights), ("bias", bias)):
                data = bytes.fromhex(found)
                self.assertEqual(file.values(f"{name}.{part}"), list(struct.unpack(f"<{len(data) // 4}f", data)), name)
            seen.add(name)
        self.assertEqual(seen, {layer.name for layer in arch.layers(arch.OMZ)})

    def test_the_float_builds_agree_with_the_int8_build(self):
        python = python_with_numpy()
        if not python:
            self.skipTest("no Python with numpy, which makes the FP32 and FP16 builds of the int8 one")
        subprocess.run([python, "-B", os.path.join(FOLDER, "make_fp32_ir.py"), self.folder.name], check=True,
                       capture_output=True)
        int8 = self.convert(INT8 + ".xml")
        fp32, fp16 = (self.convert(self.path(f"{kind}/{arch.OMZ}.xml")) for kind in ("FP32", "FP16"))
        for layer in arch.layers(arch.OMZ):
            exact = int8.dequantised(layer.name)
            self.near(fp32.dequantised(layer.name), exact, 1e-4)
            for half, value in zip(fp16.dequantised(layer.name), exact):  # rounded once, after the zero point
                self.assertLessEqual(abs(half - value), abs(value) * 2 ** -11 + 2e-5)
            self.near(fp32.values(layer.name + ".bias"), int8.values(layer.name + ".bias"), 1e-4)
        exact = self.maps(int8)
        for file, most, mean in ((fp32, 1e-4, 1e-5), (fp16, 0.03, 3e-4)):
            for found, wanted in zip(self.maps(file), exact):
                self.near(found, wanted, most, mean)

    def test_checkpoints_give_the_reference_network_s_maps(self):
        for container in ("legacy", "zip"):
            with lzma.open(os.path.join(RANDOM, f"checkpoint_{container}.pth.xz")) as file:
                data = file.read()
            maps = self.maps(File(convert.convert({"x.pth": data})[0]))
            for found, name in zip(maps, ("heatmaps", "pafs")):
                self.near(found, npy(os.path.join(RANDOM, name + ".npy")), 2e-6)


if __name__ == "__main__":
    tap.main()
