# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Reads human-pose-estimation-0001 from an OpenVINO IR (version 10 or 11; FP32, FP16 or FP16-INT8).

The graph is walked from the input to the outputs and every node must be where the network's table has it: an IR of
another network, or of another release with another graph, is refused by the name of the first node that differs.
"""

import math
import struct
import xml.etree.ElementTree

from tensors import ConvertError, Tensor

ELEMENTS = {"f32": ("F32", 4), "f16": ("F16", 2), "i8": ("I8", 1)}
INDEX_ELEMENTS = {"i32": "i", "i64": "q"}


COMPUTED = ("Convert", "Subtract", "Multiply", "Add", "Reshape")  # constants made of constants


class Inputs(list):
    """What a node reads, or a part of it. One that is not there is refused."""

    def __init__(self, name, nodes=()):
        super().__init__(nodes)
        self.name = name

    def __getitem__(self, index):
        if index >= len(self):
            raise ConvertError(f"node {self.name}: input {index} is missing where a constant belongs")
        return super().__getitem__(index)


class Node:
    def __init__(self, layer):
        self.id, self.name, self.type = layer.get("id"), layer.get("name"), layer.get("type")
        if None in (self.id, self.name, self.type):
            raise ConvertError(f"layer {self.id} named {self.name} of type {self.type}: each needs all three")
        data = layer.find("data")
        self.attributes = dict(data.attrib) if data is not None else {}
        self.inputs = Inputs(self.name)
        self.is_constant = False  # of all it reads; known once the nodes are in order

    def integer(self, key):
        values = self.integers(key)
        if len(values) != 1:
            raise ConvertError(f"node {self.name}: {key} is \"{self.attributes.get(key, '')}\", not one integer")
        return values[0]

    def integers(self, key):
        text = self.attributes.get(key, "")
        try:
            return [int(value) for value in text.split(",")] if text.strip() else []
        except ValueError:
            raise ConvertError(f"node {self.name}: {key} is \"{text}\", not a list of integers") from None


class Constants:
    """The .bin file, and the constant sub-graphs over it."""

    def __init__(self, blob):
        self.blob = blob

    def raw(self, node):
        kind = node.attributes.get("element_type", "")
        shape = node.integers("shape")
        size = {**{k: s for k, (_, s) in ELEMENTS.items()}, "i32": 4, "i64": 8}.get(kind)
        if size is None:
            raise ConvertError(f"constant {node.name}: element type \"{kind}\" is none of f32, f16, i8")
        begin, length = node.integer("offset"), node.integer("size")
        if length != math.prod(shape) * size or begin < 0 or min(shape, default=1) < 1:
            raise ConvertError(f"constant {node.name}: {length} bytes at {begin} for {kind} {shape}")
        if begin + length > len(self.blob):
            raise ConvertError(f"constant {node.name}: ends at byte {begin + length}, the .bin file has {len(self.blob)}")
        return kind, shape, self.blob[begin:begin + length]

    def tensor(self, node):
        """A stored constant, seen through Convert and Reshape; None for a computed one."""
        if node.type == "Const":
            kind, shape, data = self.raw(node)
            if kind in INDEX_ELEMENTS:
                raise ConvertError(f"constant {node.name}: {kind} where weights belong")
            return Tensor(ELEMENTS[kind][0], shape, data)
        if node.type == "Convert":
            return self.tensor(node.inputs[0])
        if node.type == "Reshape":
            inner = self.tensor(node.inputs[0])
            return inner and inner.reshaped(self.target_shape(node, inner.shape))
        return None

    def target_shape(self, node, shape):
        kind, _, data = self.raw(node.inputs[1])
        if kind not in INDEX_ELEMENTS:
            raise ConvertError(f"node {node.name}: its shape is {kind}, not i32 or i64")
        width = struct.calcsize(INDEX_ELEMENTS[kind])
        target = list(struct.unpack(f"<{len(data) // width}{INDEX_ELEMENTS[kind]}", data))
        if node.attributes.get("special_zero") == "true":
            target = [shape[i] if n == 0 and i < len(shape) else n for i, n in enumerate(target)]
        if -1 in target:
            target[target.index(-1)] = math.prod(shape) // max(1, -math.prod(target))
        if math.prod(target) != math.prod(shape) or min(target, default=0) < 0:
            raise ConvertError(f"node {node.name}: {list(shape)} cannot become {target}")
        return target

    def floats(self, node):
        """The values of a constant sub-graph."""
        tensor = self.tensor(node)
        if tensor is None:
            raise ConvertError(f"node {node.name}: a {node.type} where a stored constant belongs")
        return tensor.values()

    def quantised(self, node):
        """(int8 tensor, zero points, scales) of [Reshape] (Convert(i8) - zero point) * scale, else None."""
        if node.type == "Reshape":
            inner = self.quantised(node.inputs[0])
            return inner and (inner[0].reshaped(self.target_shape(node, inner[0].shape)), *inner[1:])
        if node.type != "Multiply":
            return None
        product, zero_points = node.inputs[0], None
        if product.type == "Subtract":
            zero_points = self.floats(product.inputs[1])
            product = product.inputs[0]
        stored = self.tensor(product)
        if stored is None or stored.dtype != "I8" or not stored.shape:
            return None
        outputs, scales = stored.shape[0], self.floats(node.inputs[1])
        spread = [v * outputs if len(v) == 1 else v for v in (zero_points or (0.0,), scales)]
        for what, values in zip(("zero points", "scales"), spread):
            if len(values) != outputs:
                raise ConvertError(f"node {node.name}: {len(values)} {what} for {outputs} output channels")
        return stored, *spread


def parse(text):
    """The IR's nodes in order of execution."""
    try:
        root = xml.etree.ElementTree.fromstring(text)
    except (xml.etree.ElementTree.ParseError, LookupError, ValueError) as error:
        raise ConvertError(f"not XML: {error}") from None
    if root.tag != "net" or root.find("layers") is None or root.find("edges") is None:
        raise ConvertError(f"not an OpenVINO IR: the root is <{root.tag}>")
    if root.get("version") not in ("10", "11"):
        raise ConvertError(f"IR version {root.get('version')}; known are 10 and 11")
    nodes = {layer.get("id"): Node(layer) for layer in root.find("layers")}
    ports = {}
    for edge in root.find("edges"):
        source, target = nodes.get(edge.get("from-layer")), nodes.get(edge.get("to-layer"))
        if source is None or target is None:
            raise ConvertError(f"an edge from layer {edge.get('from-layer')} to {edge.get('to-layer')}, "
                               "which are not both there")
        port = edge.get("to-port", "")
        if not port.isdecimal() or len(port) > 9:
            raise ConvertError(f"an edge into {target.name}: port \"{port}\" is no number")
        ports.setdefault(target.id, {})[int(port)] = source
    for node in nodes.values():
        node.inputs = Inputs(node.name, [source for _, source in sorted(ports.get(node.id, {}).items())])
    ordered = in_order(nodes.values())
    for node in ordered:
        node.is_constant = node.type == "Const" or (node.type in COMPUTED and all(n.is_constant for n in node.inputs))
    return ordered


def in_order(nodes):
    """Inputs before their readers. A loop in the graph is refused."""
    ordered, state = [], {}
    for start in nodes:
        stack = [(start, iter(start.inputs))] if start.id not in state else []
        state.setdefault(start.id, "open")
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                state[node.id] = "done"
                ordered.append(node)
            elif following.id not in state:
                state[following.id] = "open"
                stack.append((following, iter(following.inputs)))
            elif state[following.id] == "open":
                raise ConvertError(f"node {following.name}: the graph runs in a circle")
    return ordered
