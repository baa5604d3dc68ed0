#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""The models that bench/peers/make_onnx.py writes, run by a small interpreter of ONNX in numpy: float32 equals the network
in plain loops (tests/weights/forward.c), int8 is close to it. Needs onnx and numpy, and skips without them."""

import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "weights"))
import tap  # noqa: E402

try:
    import numpy as np
    import onnx
    from onnx import numpy_helper
except ImportError:
    np = onnx = None
    DEBIAN = "/usr/bin/python3"
    if sys.executable != DEBIAN and os.path.exists(DEBIAN) and not os.environ.get("LIGHTPOSE_ONNX_TRIED"):
        os.environ["LIGHTPOSE_ONNX_TRIED"] = "1"
        os.execv(DEBIAN, [DEBIAN, *sys.argv])

MAKE = os.path.join(tap.SOURCE, "bench", "peers", "make_onnx.py")
SYNTHETIC = os.environ.get("LIGHTPOSE_SYNTHETIC", "")
FORWARD = os.environ.get("LIGHTPOSE_FORWARD", "")
REAL = os.path.join(tap.WEIGHTS, "human-pose-estimation-0001.safetensors")
HEATMAPS, FIELDS = "Mconv7_stage2_L2", "Mconv7_stage2_L1"


def conv(x, weight, bias, kernel_shape, strides, dilations, pads, group):
    kernel, stride, dilation, pad = kernel_shape[0], strides[0], dilations[0], pads[0]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    height = (x.shape[2] + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
    width = (x.shape[3] + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
    total = np.zeros((1, weight.shape[0], height, width))
    for row in range(kernel):
        for column in range(kernel):
            y, left = row * dilation, column * dilation
            part = padded[:, :, y:y + stride * (height - 1) + 1:stride, left:left + stride * (width - 1) + 1:stride]
            tap_weights = weight[:, :, row, column].astype(np.float64)
            total += (part * tap_weights[:, 0].reshape(1, -1, 1, 1) if group > 1
                      else np.einsum("oi,nihw->nohw", tap_weights, part))
    return total + bias.reshape(1, -1, 1, 1)


def per_axis(values, parameter, axis):
    return parameter if np.ndim(parameter) == 0 else parameter.reshape([-1 if i == axis else 1 for i in range(values.ndim)])


def run(model, data):
    """Every value of the graph by its name, in double precision."""
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    values["data"] = data.astype(np.float64)
    for node in model.graph.node:
        inputs = [values[name] for name in node.input]
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        values[node.output[0]] = {
            "Sub": lambda: inputs[0] - inputs[1],
            "Mul": lambda: inputs[0] * inputs[1],
            "Add": lambda: inputs[0] + inputs[1],
            "Relu": lambda: np.maximum(inputs[0], 0),
            "Elu": lambda: np.where(inputs[0] > 0, inputs[0], np.expm1(np.minimum(inputs[0], 0))),
            "Concat": lambda: np.concatenate(inputs, axis=attributes["axis"]),
            "Identity": lambda: inputs[0],
            "Conv": lambda: conv(*inputs, **attributes),
            "QuantizeLinear": lambda: np.clip(np.rint(inputs[0] / inputs[1]) + inputs[2], 0, 255).astype(np.uint8),
            "DequantizeLinear": lambda: (inputs[0].astype(np.float64) - per_axis(inputs[0], inputs[2], attributes.get("axis"))
                                         ) * per_axis(inputs[0], inputs[1], attributes.get("axis")),
        }[node.op_type]()
    return values


def rms(values):
    return float(np.sqrt(np.mean(values ** 2)))


def picture(height, width):
    rows, columns = np.mgrid[0:height, 0:width]
    planes = [128 + 100 * np.sin(rows / (5 + c) + columns / 7) for c in range(3)]
    return np.rint(np.clip(np.stack(planes)[None], 0, 255)).astype(np.float32)


@unittest.skipUnless(onnx, "python3-onnx or python3-numpy is not installed")
class Onnx(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def make(self, weights, *arguments, status=0):
        done = subprocess.run([sys.executable, MAKE, self.folder, "--weights", weights, *arguments], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done.stderr

    def model(self, name):
        return onnx.load(os.path.join(self.folder, name))

    def plain(self, weights, data):
        """Heatmaps and fields of the network in plain loops, from its input after normalisation."""
        with open(weights, "rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            scale = float(json.loads(file.read(length))["__metadata__"]["input_scale"])
        paths = [os.path.join(self.folder, name) for name in ("in.npy", "heatmaps", "fields")]
        np.save(paths[0], ((data - 128) * np.float32(scale)).astype("<f4"))
        subprocess.run([FORWARD, weights, *paths], check=True)
        shape = (1, -1, data.shape[2] // 8, data.shape[3] // 8)
        return [np.fromfile(path, "<f4").reshape(shape) for path in paths[1:]]

    def test_float32_equals_plain_loops(self):
        self.make(SYNTHETIC, "--size", "32x48")
        data = picture(32, 48)
        values = run(self.model("pose_f32.onnx"), data)
        heatmaps, fields = self.plain(SYNTHETIC, data)
        self.assertEqual((heatmaps.shape[1], fields.shape[1]), (19, 38))
        self.assertLess(np.abs(values[HEATMAPS] - heatmaps).max(), 1e-4 * max(1, np.abs(heatmaps).max()))
        self.assertLess(np.abs(values[FIELDS] - fields).max(), 1e-4 * max(1, np.abs(fields).max()))
        self.assertGreater(rms(heatmaps), 1e-3)

    @unittest.skipUnless(os.path.exists(REAL), "the published weights are not here (weights/get)")
    def test_int8_is_close_to_float32(self):
        self.make(REAL, "--size", "64x96")
        data = picture(64, 96)
        exact, rounded = (run(self.model(name), data) for name in ("pose_f32.onnx", "pose_int8_qdq.onnx"))
        for name in (HEATMAPS, FIELDS):
            self.assertLess(rms(exact[name] - rounded[name]), 0.005)
            self.assertGreater(rms(exact[name] - rounded[name]), 1e-5)

    @unittest.skipUnless(os.path.exists(REAL), "the published weights are not here (weights/get)")
    def test_int8_convolutions_read_bytes(self):
        self.make(REAL, "--size", "64x96")
        graph = self.model("pose_int8_qdq.onnx").graph
        kind = {node.output[0]: node.op_type for node in graph.node}
        floats = [node.name for node in graph.node if node.op_type == "Conv"
                  and [kind.get(name) for name in node.input[:2]] != ["DequantizeLinear"] * 2]
        self.assertEqual(floats, [f"conv4_3_CPM/dw{i}:conv" for i in (1, 2, 3)])

    def test_without_ranges_there_is_no_int8(self):
        path = os.path.join(self.folder, "plain.safetensors")
        with open(SYNTHETIC, "rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            header, data = json.loads(file.read(length)), file.read()
        header["__metadata__"].pop("activation_ranges", None)
        text = json.dumps(header).encode()
        text += b" " * (-(8 + len(text)) % 64)
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + data)
        self.assertIn("pose_int8_qdq.onnx: not written", self.make(path, "--size", "32x48"))
        self.assertTrue(os.path.exists(os.path.join(self.folder, "pose_f32.onnx")))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "pose_int8_qdq.onnx")))

    def test_bad_arguments_are_named(self):
        self.assertIn("multiples of 8, not 100x100", self.make(SYNTHETIC, "--size", "100x100", status=2))
        self.assertIn("'large' is not HEIGHTxWIDTH", self.make(SYNTHETIC, "--size", "large", status=2))
        self.assertIn("absent: ", self.make("absent", status=1))
        self.assertIn(MAKE + ": ", self.make(MAKE, status=1))


if __name__ == "__main__":
    tap.main()
