# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Makes OpenVINO IRs of the network with values by chance: every kind and version that the converter reads, and, after
a change to the graph, some that it must not."""

import copy
import functools
import math
import random
import struct
from xml.sax.saxutils import quoteattr

import arch

SCALE = 1 / 256


def chance_values(seed, count):
    """Numbers of 8 bits, so that float16 has them exactly."""
    return [(b - 128) / 1024 for b in random.Random(seed).randbytes(count)]


class Graph:
    def __init__(self, constant):
        self.nodes, self.blob, self.float = {}, bytearray(), constant
        self.expected, self.expected_ranges = {}, {}

    def add(self, name, kind, inputs=(), **attributes):
        self.nodes[name] = {"type": kind, "inputs": list(inputs), "attributes": attributes}
        return name

    def const(self, name, kind, shape, values):
        """A stored constant; on graphs of version 11 float16 passes through a Convert, as OpenVINO writes it."""
        code = {"f32": "f", "f16": "e", "i8": "b", "i64": "q"}[kind]
        data = struct.pack(f"<{len(values)}{code}", *values)
        self.add(name, "Const", element_type=kind, offset=len(self.blob), shape=",".join(map(str, shape)),
                 size=len(data))
        self.blob += data
        if kind == "f16" and self.float == "f16+convert":
            return self.add(name + "/convert", "Convert", [name], destination_type="f32")
        return name

    def floats(self, name, shape, values):
        return self.const(name, self.float.split("+")[0], shape, values)

    def xml(self, version=10):
        ids = {name: i for i, name in enumerate(self.nodes)}
        lines = [f'<?xml version="1.0"?><net name="{arch.OMZ}" version="{version}"><layers>']
        edges = []
        for name, node in self.nodes.items():
            data = " ".join(f"{key}={quoteattr(str(value))}" for key, value in node["attributes"].items())
            lines.append(f'<layer id="{ids[name]}" name={quoteattr(name)} type="{node["type"]}"><data {data}/></layer>')
            edges += [f'<edge from-layer="{ids.get(source, 9999)}" from-port="0" to-layer="{ids[name]}" to-port="{port}"/>'
                      for port, source in enumerate(node["inputs"])]
        return "".join([*lines, "</layers><edges>", *edges, "</edges></net>"]).encode()


@functools.lru_cache(maxsize=None)
def _made(*arguments):
    return Maker(*arguments)


def make(kind="FP32", version=10, normalisation="multiply, add"):
    """A Maker whose graph may be changed; the values are made once."""
    made = copy.copy(_made(kind, version, normalisation))
    made.graph = copy.copy(made.graph)
    made.graph.blob = bytearray(made.graph.blob)
    made.graph.nodes = {name: {**node, "inputs": list(node["inputs"]), "attributes": dict(node["attributes"])}
                        for name, node in made.graph.nodes.items()}
    return made


class Maker:
    """`kind` is FP32, FP16 or INT8; `normalisation` one of the shapes in which releases write it."""

    def __init__(self, kind="FP32", version=10, normalisation="multiply, add", seed=1):
        self.int8 = kind == "INT8"
        self.graph = Graph("f32" if kind == "FP32" else "f16+convert" if version == 11 else "f16")
        self.seed, self.outputs, self.quantised = seed, {}, {}
        self.normalise(normalisation)
        for layer in arch.layers(arch.OMZ):
            if layer.source == arch.CONCAT and arch.CONCAT not in self.outputs:
                inputs = [self.read(name) for name in arch.CONCAT_INPUTS]
                self.outputs[arch.CONCAT] = self.graph.add(arch.CONCAT, "Concat", inputs, axis=1)
            self.layer(layer)
        for name in arch.OUTPUTS:
            self.graph.add(name + "/sink_port_0", "Result", [self.outputs[name]])

    def chance(self, count):
        self.seed += 1
        return chance_values(self.seed, count)

    def normalise(self, shape):
        g = self.graph
        node, scale = g.add("data", "Parameter", element_type="f32", shape="1,3,256,456"), 1.0
        for step in shape.split(", "):
            if step == "multiply":
                node = g.add("data/scale", "Multiply", [node, g.floats("scale", (1, 1, 1, 1), [SCALE])])
                scale *= SCALE
            elif step == "add":
                node = g.add("data/mean", "Add", [node, g.floats("mean", (1, 3, 1, 1), [-128 * scale] * 3)])
            else:
                node = g.add("data/mean", "Subtract", [node, g.floats("mean", (1, 3, 1, 1), [128 * scale] * 3)])
        self.outputs["data"], self.scale = node, scale

    def read(self, name):
        """The node to read a tensor from: in the int8 kind one FakeQuantize serves all its readers."""
        if not self.int8 or name == arch.CONCAT:
            return self.outputs[name]
        if name not in self.quantised:
            channels = arch.ranged_tensors(arch.OMZ)[name]
            per_channel = any(l.depthwise and l.source == name for l in arch.layers(arch.OMZ))
            count = channels if per_channel else 1
            low = [-1 - i / 128 for i in range(count)]
            high = [2 + i / 128 for i in range(count)]
            shape = (1, count, 1, 1) if per_channel else ()
            bounds = [self.graph.floats(f"{name}/bound{i}", shape, low if i % 2 == 0 else high) for i in range(4)]
            self.quantised[name] = self.graph.add(name + "/fq", "FakeQuantize", [self.outputs[name], *bounds],
                                                  levels=256)
            self.graph.expected_ranges[name] = [low, high] if per_channel else [low[0], high[0]]
        return self.quantised[name]

    def weight(self, layer):
        g, name, shape = self.graph, layer.name, layer.shape
        grouped = (shape[0], 1, *shape[1:]) if layer.depthwise else shape
        count = math.prod(shape)
        self.seed += 1
        if not self.int8:
            values = chance_values(self.seed, count)
            g.expected[name + ".weight"] = values
            return g.floats(name + "/values", grouped, values)
        steps = [b - 128 for b in random.Random(self.seed).randbytes(count)]
        scales = [(1 + i % 7) / 1024 for i in range(shape[0])]
        zeros = [2.0 ** -17 * (-1) ** i for i in range(shape[0])]
        g.expected[name + ".weight"], g.expected[name + ".scale"] = steps, scales
        node = g.add(name + "/to_f16", "Convert", [g.const(name + "/steps", "i8", shape, steps)], destination_type="f16")
        per_output = (shape[0], 1, 1, 1)
        node = g.add(name + "/minus_zp", "Subtract", [node, g.floats(name + "/zp", per_output, zeros)])
        node = g.add(name + "/times", "Multiply", [node, g.floats(name + "/scales", per_output, scales)])
        if layer.depthwise:
            node = g.add(name + "/reshape", "Reshape", [node, g.const(name + "/shape", "i64", (5,), grouped)],
                         special_zero="true")
        return node

    def layer(self, layer):
        g, name = self.graph, layer.name
        plain = name in ("conv1",) or layer.depthwise  # Intel's names, some with a suffix and some without
        pair = lambda value: f"{value},{value}"
        node = g.add(name if plain else name + "/WithoutBiases",
                     "GroupConvolution" if layer.depthwise else "Convolution",
                     [self.read(layer.source), self.weight(layer)], strides=pair(layer.stride),
                     dilations=pair(layer.dilation), pads_begin=pair(layer.pad), pads_end=pair(layer.pad),
                     auto_pad="explicit")
        if name in ("conv4_3_CPM/dw1", "conv4_3_CPM/dw2", "conv4_3_CPM/dw3"):
            g.expected[name + ".bias"] = [0.0] * layer.outputs
        else:
            g.expected[name + ".bias"] = self.chance(layer.outputs)
            bias = g.floats(name + "/bias", (1, layer.outputs, 1, 1), g.expected[name + ".bias"])
            node = g.add(name + "/add", "Add", [node, bias])
        if layer.activation != arch.LINEAR:
            kind, attributes = ("ReLU", {}) if layer.activation == arch.RELU else ("Elu", {"alpha": 1})
            node = g.add("relu/" + name, kind, [node], **attributes)
        self.outputs[name] = node
        if layer.sum:
            inputs = [self.read(layer.add), self.read(name)]
            self.outputs[layer.sum] = g.add(layer.sum, "Add", inputs)
