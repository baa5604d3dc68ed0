# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Reads the public PyTorch code's checkpoint: names to layers, batch norm folded, concat order made the file's."""

import math

import arch
import pickled
from tensors import ConvertError, from_values

EPSILON = 1e-5  # of batch norm, PyTorch's default
INPUT_SCALE = 1 / 256
NORM = ("weight", "bias", "running_mean", "running_var")
BACKBONE = ("conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv4_1", "conv4_2", "conv5_1", "conv5_2", "conv5_3",
            "conv5_4", "conv5_5")


def modules():
    """Layer name: (module of its convolution, has a bias, module of its batch norm or None)."""
    table = {"conv1": ("model.0.0", False, "model.0.1")}
    for i, name in enumerate(BACKBONE, 1):
        table[name + "/dw"] = (f"model.{i}.0", False, f"model.{i}.1")
        table[name + "/sep"] = (f"model.{i}.3", False, f"model.{i}.4")
    table["conv4_3_CPM/al"] = ("cpm.align.0", True, None)
    for i, pointwise in enumerate(("dw1/1x1", "dw2/1x1", "inc")):
        table[f"conv4_3_CPM/dw{i + 1}"] = (f"cpm.trunk.{i}.0", False, None)
        table[f"conv4_3_CPM/{pointwise}"] = (f"cpm.trunk.{i}.2", False, None)
    table["conv4_4_CPM"] = ("cpm.conv.0", True, None)
    for i in range(3):
        table[f"conv5_{i + 1}_CPM_L1"] = (f"initial_stage.trunk.{i}.0", True, None)
    stage = "refinement_stages.0"
    for branch, head in (("L1", "pafs"), ("L2", "heatmaps")):
        for i in range(2):
            table[f"conv5_{i + 4}_CPM_{branch}"] = (f"initial_stage.{head}.{i}.0", True, None)
            table[f"Mconv{i + 6}_stage2_{branch}"] = (f"{stage}.{head}.{i}.0", True, None)
    for i in range(arch.REFINEMENT_BLOCKS):
        name, block = f"Mconv{i + 1}_stage2_L1", f"{stage}.trunk.{i}"
        table[name + "/sq"] = (f"{block}.initial.0", True, None)
        table[name + "/3x3"] = (f"{block}.trunk.0.0", True, f"{block}.trunk.0.1")
        table[name + "/3x3/2"] = (f"{block}.trunk.1.0", True, f"{block}.trunk.1.1")
    return table


def state_dict(root):
    """The saved tensors by name, without the prefix that training on several GPUs adds."""
    state = root.get("state_dict", root) if isinstance(root, dict) else None
    if not isinstance(state, dict) or not state:
        raise ConvertError("no state_dict in the checkpoint")
    named = {}
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, pickled.Pending):
            raise ConvertError(f"state_dict: {key!r} is no tensor")
        name = key.removeprefix("module.")
        if name in named:
            raise ConvertError(f"state_dict: {name} twice, with and without \"module.\"")
        named[name] = value
    return named


class Reader:
    def __init__(self, state):
        self.state, self.used = state, set()

    def take(self, key, shape):
        if key not in self.state:
            raise ConvertError(f"{key} is missing in the checkpoint")
        self.used.add(key)
        pending = self.state[key]
        if pending.shape != tuple(shape) or pending.storage.dtype is None:
            raise ConvertError(f"{key}: shape {list(pending.shape)} of {pending.storage.name}, not {list(shape)} of floats")
        values = pending.resolve(key).values()
        if not all(map(math.isfinite, values)):
            raise ConvertError(f"{key}: a value is not finite")
        return values

    def layer(self, layer, module, has_bias, norm):
        """Weights and bias as lists of numbers, batch norm folded in."""
        weights = list(self.take(module + ".weight", layer.shape))
        bias = self.take(module + ".bias", (layer.outputs,)) if has_bias else [0.0] * layer.outputs
        if not norm:
            return weights, bias
        gamma, beta, mean, variance = (self.take(f"{norm}.{part}", (layer.outputs,)) for part in NORM)
        self.used.add(norm + ".num_batches_tracked")
        if min(variance) < 0:
            raise ConvertError(f"{norm}.running_var: {min(variance)!r}; a variance is not below 0")
        factors = [g / math.sqrt(v + EPSILON) for g, v in zip(gamma, variance)]
        count = math.prod(layer.shape[1:])
        weights = [w * factors[i // count] for i, w in enumerate(weights)]
        return weights, [(b - m) * f + shift for b, m, f, shift in zip(bias, mean, factors, beta)]

    def refuse_unused(self, stages):
        extra = [key for key in self.state if key not in self.used and
                 not any(key.startswith(f"refinement_stages.{i}.") for i in range(1, stages))]
        if extra:
            raise ConvertError(f"{extra[0]}: not part of {arch.PYTORCH} ({len(extra)} such tensors)")


def to_file_order(layer, weights):
    """The checkpoint joins features, heatmaps, pafs; the file pafs, heatmaps, features."""
    pafs, heatmaps, features = arch.CONCAT_CHANNELS
    ordered = []
    for begin in range(0, len(weights), layer.inputs):
        row = weights[begin:begin + layer.inputs]
        ordered += row[features + heatmaps:] + row[features:features + heatmaps] + row[:features]
    assert pafs + heatmaps + features == layer.inputs and len(ordered) == len(weights)
    return ordered


def read(data, limit):
    """(weights by layer, biases by layer, refinement stages in the checkpoint)."""
    reader = Reader(state_dict(pickled.read(data, limit)))
    weights, biases, table = {}, {}, modules()
    for layer in arch.layers(arch.PYTORCH):
        values, bias = reader.layer(layer, *table[layer.name])
        if layer.source == arch.CONCAT:
            values = to_file_order(layer, values)
        weights[layer.name] = from_values(layer.name + ".weight", "F32", layer.shape, values)
        biases[layer.name] = from_values(layer.name + ".bias", "F32", (layer.outputs,), bias)
    stages = 1
    while any(key.startswith(f"refinement_stages.{stages}.") for key in reader.state):
        stages += 1
    reader.refuse_unused(stages)
    return weights, biases, stages
