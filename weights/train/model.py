# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""The network as a PyTorch module: with batch norm, to learn, and with batch norm folded, as a weights file holds it."""

import os
import sys

import torch
import torch.nn.functional as functional
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))

import arch

# Of batch norm. A channel that hardly ever differs from zero has a variance near 0, and a gain of hundreds with PyTorch's
# 1e-5: a rare picture then drives it to hundreds of times its usual values, which spoils maps and ranges.
EPSILON = 1e-3

BURST = 50

ACTIVATIONS = {arch.RELU: functional.relu, arch.ELU: functional.elu, arch.LINEAR: lambda values: values}


def key(name):
    """A layer's name as that of a module, which may hold no dots and reads better without slashes."""
    return name.replace("/", "__")


class Network(nn.Module):
    """The variant's convolutions. Batch norm follows each but the heads; nowhere where `folded`."""

    def __init__(self, variant, folded=False):
        super().__init__()
        self.variant = variant
        self.layers = arch.layers(variant)
        for layer in self.layers:
            plain = folded or layer.activation == arch.LINEAR
            convolution = nn.Conv2d(layer.inputs, layer.outputs, layer.kernel, layer.stride, layer.pad, layer.dilation,
                                    layer.inputs if layer.depthwise else 1, bias=plain)
            initialise(convolution, layer)
            self.add_module(key(layer.name), convolution)
            self.add_module(key(layer.name) + "_norm",
                            nn.Identity() if plain else nn.BatchNorm2d(layer.outputs, EPSILON, momentum=0.03))

    def convolution(self, layer):
        return getattr(self, key(layer.name))

    def norm(self, layer):
        """The layer's batch norm, or None."""
        module = getattr(self, key(layer.name) + "_norm")
        return module if isinstance(module, nn.BatchNorm2d) else None

    def keep_statistics(self):
        """Batch norm uses the statistics that it has and leaves them. For weights that are good already: what a small
        batch's own statistics add in noise is more than small steps gain."""
        for layer in self.layers:
            if self.norm(layer):
                self.norm(layer).eval()

    def forward(self, images, replace=None):
        """Every tensor by name. `replace` maps the name of a tensor to a function: its readers get what that returns."""
        made, read = {}, {"data": images}
        for layer in self.layers:
            if layer.source == arch.CONCAT and arch.CONCAT not in read:
                read[arch.CONCAT] = torch.cat([read[name] for name in arch.CONCAT_INPUTS], 1)
            values = self.convolution(layer)(read[layer.source])
            values = getattr(self, key(layer.name) + "_norm")(values)
            made[layer.name] = read[layer.name] = ACTIVATIONS[layer.activation](values)
            if layer.add:
                read[layer.sum] = read[layer.name] + read[layer.add]
            if replace and layer.name in replace:
                read[layer.name] = replace[layer.name](made[layer.name])
        return made


def initialise(convolution, layer):
    """He's initialisation. Heads start small, so that the first maps are near zero."""
    gain = 0.1 if layer.activation == arch.LINEAR else 1.0
    nn.init.normal_(convolution.weight, 0, gain * (2 / convolution.weight[0].numel()) ** 0.5)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)


# ---- Batch norm folded and unfolded ----------------------------------------------------------------------------------

def fold(network):
    """{layer: (weight, bias)} of the network as it runs after training."""
    folded = {}
    for layer in network.layers:
        convolution, norm = network.convolution(layer), network.norm(layer)
        weight, bias = convolution.weight.detach(), convolution.bias
        if norm is None:
            bias = bias.detach()
        else:
            gain = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
            weight = weight * gain[:, None, None, None]
            bias = norm.bias.detach() - norm.running_mean * gain
        folded[layer.name] = (weight, bias)
    return folded


def silence(weights, variant):
    """Sets to 0 the depthwise channels with a gain beyond BURST times their layer's median: they are 0 on nearly every
    picture, and hundreds of times their neighbours on the rest, which spoils maps and ranges."""
    result = dict(weights)
    for layer in arch.layers(variant):
        weight, bias = weights[layer.name]
        if layer.depthwise:
            length = weight.flatten(1).norm(dim=1)
            keep = (length <= BURST * length.median()).to(weight.dtype)
            result[layer.name] = (weight * keep[:, None, None, None], bias * keep)
    return result


def load_folded(network, weights):
    """Puts {layer: (weight, bias)} into a network without batch norm."""
    with torch.no_grad():
        for layer in network.layers:
            convolution = network.convolution(layer)
            convolution.weight.copy_(weights[layer.name][0])
            convolution.bias.copy_(weights[layer.name][1])


@torch.no_grad()
def unfold(network, weights, images):
    """Puts {layer: (weight, bias)} into a network with batch norm, whose statistics are measured on `images`: in
    evaluation it computes what the weights did. Weights get the size that random ones start with: batch norm undoes
    any size, and it makes learning rates mean the same."""
    plain = Network(network.variant, folded=True).to(images.device)
    load_folded(plain, weights)
    made = {}
    for layer in network.layers:
        convolution, norm = network.convolution(layer), network.norm(layer)
        weight, bias = (tensor.to(images.device) for tensor in weights[layer.name])
        if norm is None:
            convolution.weight.copy_(weight)
            convolution.bias.copy_(bias)
            continue
        length = weight.flatten(1).norm(dim=1).clamp(min=1e-8)
        convolution.weight.copy_(weight * (2 ** 0.5 / length)[:, None, None, None])
        made[layer.name] = (convolution, norm, length / 2 ** 0.5, bias)

    def measure(name):
        convolution, norm, length, bias = made[name]

        def hook(_module, inputs, _output):
            values = convolution(inputs[0])
            norm.running_mean.copy_(values.mean((0, 2, 3)))
            norm.running_var.copy_(values.var((0, 2, 3)))
            norm.weight.copy_(length * torch.sqrt(norm.running_var + norm.eps))
            norm.bias.copy_(bias + norm.running_mean * length)
        return hook

    for layer in network.layers:
        if layer.name in made:
            plain.convolution(layer).register_forward_hook(measure(layer.name))
    plain.eval()(images)
