# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Walks an IR's graph beside the network's table and takes weights, biases, normalisation and ranges on the way."""

import math

import arch
from ir import Constants, Inputs
from tensors import ConvertError, from_values

# Zero points up to this many quantisation steps are dropped where int8 is kept. Intel's own are 2^-17 in magnitude, a
# remnant of its arithmetic: less than float16, in which the IR computes, can add to a weight of one step or more.
ZERO_POINT_LIMIT = 2.0 ** -16

# The pixel value that becomes zero; and how far, relatively, the graph's constants may be from it.
MIDDLE, MIDDLE_TOLERANCE = 128, 1e-6

SUFFIX = "/WithoutBiases"
ACTIVATIONS = {"ReLU": arch.RELU, "Elu": arch.ELU}


class Flow:
    """What a node computes: the input (scale and offsets so far), a convolution before its activation, or a tensor."""

    def __init__(self, tensor=None, layer=None, scale=None, offsets=None):
        self.tensor, self.layer, self.scale, self.offsets = tensor, layer, scale, offsets


class Walk:
    def __init__(self, blob, dtype):
        self.constants, self.dtype = Constants(blob), dtype
        self.layers = {layer.name: layer for layer in arch.layers(arch.OMZ)}
        self.sums = {frozenset((layer.name, layer.add)): layer.sum for layer in self.layers.values() if layer.sum}
        self.weights, self.scales, self.biases, self.ranges = {}, {}, {}, {}
        self.flows, self.outputs, self.input_scale = {}, set(), None

    def run(self, nodes):
        steps = {"Parameter": self.parameter, "Multiply": self.multiply, "Add": self.add, "Subtract": self.add,
                 "Convolution": self.convolution, "GroupConvolution": self.convolution, "ReLU": self.activation,
                 "Elu": self.activation, "FakeQuantize": self.fake_quantize, "Concat": self.concat,
                 "Result": self.result, "Convert": self.convert}
        for node in nodes:
            if node.is_constant:
                continue
            if node.type not in steps:
                raise ConvertError(f"node {node.name}: {node.type} is not part of {arch.OMZ}")
            self.flows[node.id] = steps[node.type](node)
        missing = [name for name in self.layers if name not in self.weights]
        if missing:
            raise ConvertError(f"layer {missing[0]} is missing ({len(self.weights)} of {len(self.layers)} found)")
        if self.outputs != set(arch.OUTPUTS):
            raise ConvertError(f"the outputs are {sorted(self.outputs)}, not {sorted(arch.OUTPUTS)}")

    def inputs(self, node):
        """The flows a node reads, then its constants."""
        return ([self.flows[n.id] for n in node.inputs if n.id in self.flows],
                Inputs(node.name, [n for n in node.inputs if n.id not in self.flows]))

    def flow(self, node):
        flows, constants = self.inputs(node)
        if len(flows) != 1:
            raise ConvertError(f"node {node.name}: {node.type} of {len(flows)} inputs where one belongs")
        return flows[0], constants

    def name(self, flow, node):
        """The tensor that a flow is once nothing more is done to it."""
        if flow.tensor:
            return flow.tensor
        if flow.layer:
            if flow.layer.activation != arch.LINEAR:
                raise ConvertError(f"node {node.name}: reads {flow.layer.name} before its {flow.layer.activation}")
            return flow.layer.name
        self.normalisation(flow, node)
        return "data"

    def normalisation(self, flow, node):
        """The input must be (p - MIDDLE) * scale, alike in every channel, as the library computes it."""
        scale = flow.scale
        if not scale > 0 or not all(abs(o / scale + MIDDLE) <= MIDDLE * MIDDLE_TOLERANCE for o in flow.offsets):
            raise ConvertError(f"node {node.name}: the input is p * {scale!r} + {list(flow.offsets)!r}, "
                               f"not (p - {MIDDLE}) * {scale!r}")
        self.input_scale = scale

    def parameter(self, node):
        if any(flow and flow.scale is not None for flow in self.flows.values()):
            raise ConvertError(f"node {node.name}: a second input")
        return Flow(scale=1.0, offsets=(0.0,))

    def multiply(self, node):
        flow, constants = self.flow(node)
        if flow.scale is None:
            raise ConvertError(f"node {node.name}: a multiplication inside the network")
        factors = set(self.constants.floats(constants[0]))
        if len(factors) != 1:
            raise ConvertError(f"node {node.name}: channels scaled unlike each other, by {sorted(factors)}")
        factor = factors.pop()
        return Flow(scale=flow.scale * factor, offsets=tuple(o * factor for o in flow.offsets))

    def add(self, node):
        flows, constants = self.inputs(node)
        if len(flows) == 2 and node.type == "Add":
            names = frozenset(self.name(flow, node) for flow in flows)
            if names not in self.sums:
                raise ConvertError(f"node {node.name}: the sum of {' and '.join(sorted(names))} is not in the network")
            return Flow(tensor=self.sums[names])
        flow, constants = self.flow(node)
        values = self.constants.floats(constants[0])
        if flow.scale is not None:
            sign = -1 if node.type == "Subtract" else 1
            if node.type == "Subtract" and node.inputs[0].is_constant:
                raise ConvertError(f"node {node.name}: subtracts the input from a constant")
            if len(values) not in (1, 3):
                raise ConvertError(f"node {node.name}: {len(values)} offsets for 3 channels")
            return Flow(scale=flow.scale, offsets=tuple(flow.offsets[i % len(flow.offsets)] + sign * values[i % len(values)]
                                                        for i in range(3)))
        if not flow.layer or node.type != "Add" or flow.layer.name in self.biases:
            raise ConvertError(f"node {node.name}: a constant added where the network has none")
        if len(values) != flow.layer.outputs:
            raise ConvertError(f"{flow.layer.name}.bias: {len(values)} values, not {flow.layer.outputs}")
        self.biases[flow.layer.name] = self.constants.tensor(constants[0]).reshaped((flow.layer.outputs,))
        return Flow(layer=flow.layer)

    def convert(self, node):
        return self.flow(node)[0]

    def convolution(self, node):
        flow, constants = self.flow(node)
        name = node.name.removesuffix(SUFFIX)
        layer = self.layers.get(name)
        if layer is None or name in self.weights:
            raise ConvertError(f"node {node.name}: {'a second' if layer else 'no'} layer \"{name}\" in {arch.OMZ}")
        source = self.name(flow, node)
        if source != layer.source:
            raise ConvertError(f"layer {name}: reads {source}, not {layer.source}")
        for key, value in (("strides", layer.stride), ("dilations", layer.dilation), ("pads_begin", layer.pad),
                           ("pads_end", layer.pad)):
            if node.integers(key) != [value, value]:
                raise ConvertError(f"layer {name}: {key} {node.integers(key)}, not {[value, value]}")
        if node.attributes.get("auto_pad", "explicit") not in ("explicit", "notset"):
            raise ConvertError(f"layer {name}: auto_pad \"{node.attributes['auto_pad']}\", not explicit")
        self.take_weight(layer, constants[0], (node.type == "GroupConvolution"))
        return Flow(layer=layer)

    def take_weight(self, layer, node, grouped):
        name = layer.name + ".weight"
        quantised = self.constants.quantised(node)
        stored = quantised[0] if quantised else self.constants.tensor(node)
        if stored is None:
            raise ConvertError(f"{name}: a {node.type} where stored weights belong")
        outputs, inputs, rows, columns = layer.shape
        expected = (outputs, 1, inputs, rows, columns) if layer.depthwise else layer.shape
        if stored.shape != expected or grouped != layer.depthwise:
            raise ConvertError(f"{name}: shape {list(stored.shape)}, not {list(expected)}")
        stored = stored.reshaped(layer.shape)
        if not quantised:
            self.weights[layer.name] = stored
            return
        _, zero_points, scales = quantised
        if not all(math.isfinite(s) and s > 0 for s in scales):
            raise ConvertError(f"{layer.name}.scale: {min(scales)!r}; every scale must be above 0")
        if self.dtype == "keep":
            if max(map(abs, zero_points)) > ZERO_POINT_LIMIT:
                raise ConvertError(f"{name}: zero point {max(zero_points, key=abs)!r}; up to {ZERO_POINT_LIMIT!r} is "
                                   "dropped, more needs --dtype f32 or f16")
            self.weights[layer.name] = stored
            self.scales[layer.name] = from_values(layer.name + ".scale", "F32", (outputs,), scales)
            return
        values, count = stored.values(), math.prod(layer.shape[1:])
        dequantised = []
        for output, (zero, scale) in enumerate(zip(zero_points, scales)):
            dequantised += [(q - zero) * scale for q in values[output * count:(output + 1) * count]]
        self.weights[layer.name] = from_values(name, "F32", layer.shape, dequantised)

    def activation(self, node):
        flow, _ = self.flow(node)
        kind = ACTIVATIONS[node.type]
        if not flow.layer or flow.layer.activation != kind:
            raise ConvertError(f"node {node.name}: {kind} after {self.describe(flow)}, where the network has none")
        if kind == arch.ELU and not self.is_one(node.attributes.get("alpha")):
            raise ConvertError(f"node {node.name}: alpha {node.attributes.get('alpha')}, not 1")
        return Flow(tensor=flow.layer.name)

    @staticmethod
    def is_one(text):
        try:
            return float(text) == 1.0
        except (TypeError, ValueError):
            return False

    @staticmethod
    def describe(flow):
        return flow.tensor or (flow.layer and flow.layer.name) or "the input"

    def fake_quantize(self, node):
        flow, constants = self.flow(node)
        name = self.name(flow, node)
        channels = arch.ranged_tensors(arch.OMZ).get(name)
        if channels is None:
            raise ConvertError(f"node {node.name}: quantises {name}, which stays float in this library")
        if len(constants) != 4:
            raise ConvertError(f"node {node.name}: {len(constants)} bounds, not 4")
        low, high, out_low, out_high = (list(self.constants.floats(n)) for n in constants)
        if (low, high) != (out_low, out_high):
            raise ConvertError(f"node {node.name}: scales {name} on the way")
        if len(low) == len(high) == 1:
            bounds = [low[0], high[0]]
        elif len(low) == len(high) == channels:
            bounds = [low, high]
        else:
            raise ConvertError(f"node {node.name}: {len(low)} and {len(high)} bounds for {channels} channels of {name}")
        if self.ranges.setdefault(name, bounds) != bounds:
            raise ConvertError(f"node {node.name}: a second, different range for {name}")
        return Flow(tensor=name)

    def concat(self, node):
        flows, _ = self.inputs(node)
        names = tuple(self.name(flow, node) for flow in flows)
        if names != arch.CONCAT_INPUTS or node.attributes.get("axis") not in ("1", "-3"):
            raise ConvertError(f"node {node.name}: joins {list(names)}, not {list(arch.CONCAT_INPUTS)} along axis 1")
        return Flow(tensor=arch.CONCAT)

    def result(self, node):
        flow, _ = self.flow(node)
        self.outputs.add(self.name(flow, node))
