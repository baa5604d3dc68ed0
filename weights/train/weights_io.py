# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Weights files read into and written from PyTorch tensors."""

import numpy
import torch

import model  # first: it makes weights/ importable
import arch
import tensors
import weights_file
from tensors import ConvertError

TYPES = {"F32": "<f4", "F16": "<f2", "I8": "i1"}


class Weights:
    """{layer: (weight, bias)} in float32, and the file's metadata."""

    def __init__(self, layers, metadata):
        self.layers, self.metadata = layers, metadata

    @property
    def variant(self):
        return self.metadata["variant"]

    @property
    def input_scale(self):
        return float(self.metadata["input_scale"])


def read(path):
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise ConvertError(f"{path}: {error.strerror}") from None
    try:
        weights_file.describe(data)
        header, begin = weights_file.header(data)
        metadata = header.pop("__metadata__")
        values = {name: tensor(name, entry, data, begin) for name, entry in header.items()}
    except ConvertError as error:
        raise ConvertError(f"{path}: {error}") from None
    layers = {}
    for layer in arch.layers(metadata["variant"]):
        weight, scale = values[layer.name + ".weight"], values.get(layer.name + ".scale")
        if scale is not None:
            weight = weight * scale[:, None, None, None]
        layers[layer.name] = (weight, values[layer.name + ".bias"])
    return Weights(layers, metadata)


def tensor(name, entry, data, begin):
    if entry["dtype"] not in TYPES:
        raise ConvertError(f"tensor {name}: type {entry['dtype']}; known: {', '.join(TYPES)}")
    first, end = entry["data_offsets"]
    values = numpy.frombuffer(data[begin + first:begin + end], TYPES[entry["dtype"]]).astype(numpy.float32)
    if not numpy.isfinite(values).all():
        raise ConvertError(f"tensor {name}: a value is not finite")
    return torch.from_numpy(values.reshape(entry["shape"]))


def write(path, layers, metadata):
    """Writes float32 weights, whole or not at all."""
    contents = {}
    for name, (weight, bias) in layers.items():
        for part, values in (("weight", weight), ("bias", bias)):
            values = values.detach().float().cpu().contiguous().numpy()
            if not numpy.isfinite(values).all():
                raise ConvertError(f"{path}: {name}.{part}: a value is not finite")
            contents[f"{name}.{part}"] = tensors.Tensor("F32", values.shape, values.astype("<f4").tobytes())
    tensors.write_aside(path, tensors.encode(contents, metadata))
