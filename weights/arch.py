# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""The network's table, as lib/net/arch.c has it: what a weights file must hold, and how its layers hang together."""

OMZ, PYTORCH = "human-pose-estimation-0001", "lightweight-openpose-pytorch"

CONCAT = "concat_stage2"
CONCAT_INPUTS = ("conv5_5_CPM_L1", "conv5_5_CPM_L2", "conv4_4_CPM")
CONCAT_CHANNELS = (38, 19, 128)
OUTPUTS = ("Mconv7_stage2_L1", "Mconv7_stage2_L2")
REFINEMENT_BLOCKS = 5

LINEAR, RELU, ELU = "linear", "relu", "elu"


class Layer:
    """One convolution. `source` is the tensor it reads; `add` is added after the activation, which makes `sum`."""

    def __init__(self, name, inputs, outputs, kernel, activation, source, stride=1, dilation=1, depthwise=False,
                 add=None, sum=None):
        self.name, self.inputs, self.outputs, self.kernel = name, inputs, outputs, kernel
        self.stride, self.dilation, self.depthwise = stride, dilation, depthwise
        self.activation, self.source, self.add, self.sum = activation, source, add, sum

    @property
    def shape(self):
        return (self.outputs, 1 if self.depthwise else self.inputs, self.kernel, self.kernel)

    @property
    def pad(self):
        return self.dilation * (self.kernel - 1) // 2


def _separable(name, inputs, outputs, stride, dilation, source):
    yield Layer(name + "/dw", inputs, inputs, 3, RELU, source, stride, dilation, depthwise=True)
    yield Layer(name + "/sep", inputs, outputs, 1, RELU, name + "/dw")


def _backbone():
    yield Layer("conv1", 3, 32, 3, RELU, "data", stride=2)
    source = "conv1"
    for name, inputs, outputs, stride, dilation in (
            ("conv2_1", 32, 64, 1, 1), ("conv2_2", 64, 128, 2, 1), ("conv3_1", 128, 128, 1, 1),
            ("conv3_2", 128, 256, 2, 1), ("conv4_1", 256, 256, 1, 1), ("conv4_2", 256, 512, 1, 1),
            ("conv5_1", 512, 512, 1, 2), ("conv5_2", 512, 512, 1, 1), ("conv5_3", 512, 512, 1, 1),
            ("conv5_4", 512, 512, 1, 1), ("conv5_5", 512, 512, 1, 1)):
        yield from _separable(name, inputs, outputs, stride, dilation, source)
        source = name + "/sep"


def _features(variant):
    name = "conv4_3_CPM"
    yield Layer(name + "/al", 512, 128, 1, ELU if variant == OMZ else RELU, "conv5_5/sep")
    source = name + "/al"
    if variant == OMZ:
        yield Layer(name + "/red", 128, 128, 1, ELU, source)
        source = name + "/red"
    for i in (1, 2, 3):
        depthwise = f"{name}/dw{i}"
        yield Layer(depthwise, 128, 128, 3, ELU, source, depthwise=True)
        if i < 3:
            yield Layer(depthwise + "/1x1", 128, 128, 1, ELU, depthwise)
        source = depthwise + "/1x1"
    yield Layer(name + "/inc", 128, 128, 1, ELU, name + "/dw3", add=name + "/al", sum=name + "/res")
    yield Layer("conv4_4_CPM", 128, 128, 3, RELU, name + "/res")


def _initial_stage():
    source = "conv4_4_CPM"
    for i in (1, 2, 3):
        yield Layer(f"conv5_{i}_CPM_L1", 128, 128, 3, RELU, source)
        source = f"conv5_{i}_CPM_L1"
    for branch, channels in (("L1", 38), ("L2", 19)):
        yield Layer(f"conv5_4_CPM_{branch}", 128, 512, 1, RELU, source)
        yield Layer(f"conv5_5_CPM_{branch}", 512, channels, 1, LINEAR, f"conv5_4_CPM_{branch}")


def _refinement_stage():
    source, inputs = CONCAT, sum(CONCAT_CHANNELS)
    for i in range(1, REFINEMENT_BLOCKS + 1):
        name = f"Mconv{i}_stage2_L1"
        yield Layer(name + "/sq", inputs, 128, 1, RELU, source)
        yield Layer(name + "/3x3", 128, 128, 3, RELU, name + "/sq")
        yield Layer(name + "/3x3/2", 128, 128, 3, RELU, name + "/3x3", dilation=2, add=name + "/sq",
                    sum=name + "/res")
        source, inputs = name + "/res", 128
    for branch, channels in (("L1", 38), ("L2", 19)):
        yield Layer(f"Mconv6_stage2_{branch}", 128, 128, 1, RELU, source)
        yield Layer(f"Mconv7_stage2_{branch}", 128, channels, 1, LINEAR, f"Mconv6_stage2_{branch}")


def layers(variant):
    """The variant's convolutions in order of execution."""
    return [*_backbone(), *_features(variant), *_initial_stage(), *_refinement_stage()]


def ranged_tensors(variant):
    """Tensors whose range int8 needs, with their channels: all but the last stage's outputs, which stay float."""
    tensors = {"data": 3}
    for layer in layers(variant):
        if layer.name not in OUTPUTS:
            tensors[layer.name] = layer.outputs
        if layer.sum:
            tensors[layer.sum] = layer.outputs
    return tensors
