#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Writes the network as ONNX, with the weights of a weights file, for other engines to run.

OUT/pose_f32.onnx       float32
OUT/pose_int8_qdq.onnx  int8: QuantizeLinear and DequantizeLinear around activations, with the file's ranges, and int8
                        weights with a scale per output channel. Only if the file has ranges.

Engines quantise activations with one scale per tensor, but the file has one per channel where a depthwise layer reads.
After a ReLU the difference can be moved into the scales of the weights on both sides, which changes no int8 value, and
is done here. After an ELU it cannot: the depthwise layers there stay float.

Input "data": 1 x 3 x height x width, float32, pixel values 0 to 255, channels B, G, R. Outputs: the last stage's part
affinity fields (38 maps) and heatmaps (19 maps). Needs Debian's python3-onnx and python3-numpy.

usage: make_onnx.py OUT [--weights FILE] [--size HEIGHTxWIDTH]
"""
import argparse
import json
import os
import sys

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "weights"))
import arch          # noqa: E402
import weights_file  # noqa: E402
from tensors import ConvertError  # noqa: E402

OPSET, IR_VERSION = 13, 7
ACTIVATIONS = {arch.RELU: "Relu", arch.ELU: "Elu"}
NUMPY = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2"), "I8": np.dtype("i1")}


class Weights:
    """A weights file's tensors as numpy arrays, and its ranges."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        weights_file.describe(data)  # refuses a file that the library would refuse
        self.entries, self.begin = weights_file.header(data)
        self.data = data
        metadata = self.entries["__metadata__"]
        self.variant = metadata["variant"]
        self.input_scale = float(metadata["input_scale"])
        self.ranges = json.loads(metadata.get("activation_ranges") or "{}")

    def stored(self, name):
        entry = self.entries[name]
        first, last = (self.begin + offset for offset in entry["data_offsets"])
        values = np.frombuffer(self.data[first:last], NUMPY[entry["dtype"]]).reshape(entry["shape"])
        if entry["dtype"] == "BF16":
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return values

    def bias(self, layer):
        return self.stored(layer.name + ".bias").astype(np.float32)

    def int8(self, layer):
        """int8 weights and their scale per output channel: the file's own, or made from its floats."""
        values = self.stored(layer.name + ".weight")
        if values.dtype == np.int8:
            return values, self.stored(layer.name + ".scale")
        most = np.abs(values.astype(np.float32)).reshape(len(values), -1).max(axis=1)
        scale = np.where(most > 0, most / 127, 1).astype(np.float32)
        return np.rint(values / scale.reshape(-1, 1, 1, 1)).astype(np.int8), scale

    def float32(self, layer):
        values = self.stored(layer.name + ".weight").astype(np.float32)
        if layer.name + ".scale" in self.entries:
            values = values * self.stored(layer.name + ".scale").reshape(-1, 1, 1, 1)
        return values


def quantisation(low, high):
    """Scale and zero point of unsigned bytes for values from low to high."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255
    return np.float32(scale), np.uint8(np.clip(np.rint(-low / scale), 0, 255))


class Graph:
    """ONNX nodes and initialisers. `value` maps a tensor of the network to the ONNX value that its readers take, which
    is the tensor divided by `divisor` per channel; `quantised` holds the tensors that are bytes there."""

    def __init__(self, weights, int8):
        self.weights, self.int8 = weights, int8
        self.nodes, self.constants = [], []
        self.value, self.divisor, self.quantised = {}, {}, set()

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def node(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def define(self, tensor, value, bounds):
        """Makes `value` the network's `tensor`, in bytes if it has bounds."""
        if bounds:
            scale, zero = quantisation(*bounds)
            parameters = [self.constant(tensor + ":scale", scale), self.constant(tensor + ":zero", zero)]
            value = self.node("QuantizeLinear", [value, *parameters], tensor + ":q")
            value = self.node("DequantizeLinear", [value, *parameters], tensor + ":dq")
            self.quantised.add(tensor)
        self.value[tensor] = value

    def bounds(self, tensor, layer=None):
        """The range of a tensor as one pair, or None for one that stays float."""
        if not self.int8 or tensor not in self.weights.ranges:
            return None
        low, high = self.weights.ranges[tensor]
        if not isinstance(high, list):
            return low, high
        if not layer or layer.activation != arch.RELU or layer.add:
            return None
        self.divisor[tensor] = np.array(high, np.float32)
        return 0.0, 1.0

    def input(self):
        value = self.node("Sub", ["data", self.constant("data:mean", np.float32(128))], "data:centred")
        scale = self.constant("data:factor", np.float32(self.weights.input_scale))
        self.define("data", self.node("Mul", [value, scale], "data:scaled"), self.bounds("data"))

    def weight(self, layer, factor):
        """The weights times `factor` per output channel."""
        if layer.source not in self.quantised:
            return self.constant(layer.name + ":w", self.weights.float32(layer) * factor.reshape(-1, 1, 1, 1))
        values, scale = self.weights.int8(layer)
        parameters = [self.constant(layer.name + ":ws", scale * factor),
                      self.constant(layer.name + ":wz", np.zeros(len(scale), np.int8))]
        return self.node("DequantizeLinear", [self.constant(layer.name + ":w", values), *parameters],
                         layer.name + ":wdq", axis=0)

    def layer(self, layer):
        bounds = self.bounds(layer.name, layer)
        divisor = self.divisor.get(layer.name, np.ones(layer.outputs, np.float32))
        factor = self.divisor.get(layer.source, np.float32(1)) / divisor  # of a source per channel: depthwise
        inputs = [self.value[layer.source], self.weight(layer, factor),
                  self.constant(layer.name + ":b", self.weights.bias(layer) / divisor)]
        value = self.node("Conv", inputs, layer.name + ":conv", kernel_shape=[layer.kernel] * 2,
                          strides=[layer.stride] * 2, dilations=[layer.dilation] * 2, pads=[layer.pad] * 4,
                          group=layer.outputs if layer.depthwise else 1)
        if layer.activation in ACTIVATIONS:
            value = self.node(ACTIVATIONS[layer.activation], [value], layer.name + ":activation")
        self.define(layer.name, value, bounds)
        if layer.add:
            value = self.node("Add", [self.value[layer.name], self.value[layer.add]], layer.sum + ":add")
            self.define(layer.sum, value, self.bounds(layer.sum))

    def concat(self):
        parts = [self.bounds(part) for part in arch.CONCAT_INPUTS]
        bounds = all(parts) and (min(low for low, _ in parts), max(high for _, high in parts))
        value = self.node("Concat", [self.value[part] for part in arch.CONCAT_INPUTS], arch.CONCAT + ":concat", axis=1)
        self.define(arch.CONCAT, value, bounds)


def model(weights, height, width, int8):
    graph = Graph(weights, int8)
    graph.input()
    for layer in arch.layers(weights.variant):
        if layer.source == arch.CONCAT and arch.CONCAT not in graph.value:
            graph.concat()
        graph.layer(layer)
    outputs = []
    for name, maps in zip(arch.OUTPUTS, (38, 19)):
        graph.nodes.append(helper.make_node("Identity", [graph.value[name]], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, maps, height // 8, width // 8]))
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, height, width])
    made = helper.make_model(helper.make_graph(graph.nodes, weights.variant, [data], outputs, graph.constants),
                             opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                             producer_name="liblightpose")
    checker.check_model(made)
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--weights", default=os.path.join(ROOT, "weights", "human-pose-estimation-0001.safetensors"))
    parser.add_argument("--size", default="256x456")
    options = parser.parse_args()
    try:
        height, width = (int(word) for word in options.size.split("x"))
    except ValueError:
        parser.error(f"--size: {options.size!r} is not HEIGHTxWIDTH")
    if height <= 0 or width <= 0 or height % 8 or width % 8:
        parser.error(f"--size: height and width must be multiples of 8, not {options.size}")
    try:
        weights = Weights(options.weights)
        os.makedirs(options.out, exist_ok=True)
    except (OSError, ConvertError) as error:
        sys.exit(f"make_onnx.py: {options.weights}: {error}")
    for name, int8 in (("pose_f32.onnx", False), ("pose_int8_qdq.onnx", True)):
        if int8 and not weights.ranges:
            print(f"{name}: not written: {options.weights} has no activation ranges", file=sys.stderr)
            continue
        path = os.path.join(options.out, name)
        save(model(weights, height, width, int8), path)
        print(f"{path}: {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
