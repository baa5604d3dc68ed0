#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Makes a weights file (safetensors, README.md) of published weights. Needs Python alone, no packages.

usage: convert.py INPUT... -o OUT.safetensors [--dtype f32|f16|keep] [--ranges FILE]

INPUT is an OpenVINO IR of human-pose-estimation-0001: the .xml, whose .bin is taken from beside it or named too.
"""

import argparse
import hashlib
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import arch
import ir
import ir_walk
import tensors
from tensors import ConvertError

LIMIT = 1 << 30  # bytes of an input file; the largest known has 88 MB


class Source:
    """Weights as a reader found them, by layer name."""

    def __init__(self, variant, input_scale, weights, biases, scales, ranges, description):
        self.variant, self.input_scale = variant, input_scale
        self.weights, self.biases, self.scales, self.ranges = weights, biases, scales, ranges
        self.description = description


def read(path):
    try:
        if os.path.isfile(path) and os.path.getsize(path) > LIMIT:
            raise ConvertError(f"{path}: {os.path.getsize(path)} bytes; the limit is {LIMIT}")
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ConvertError(f"{path}: {error.strerror}") from None


def read_ir(xml, blob_path, dtype):
    read(xml)
    blob = read(blob_path)
    try:
        walk = ir_walk.Walk(blob, dtype)
        walk.run(ir.parse(xml, blob))
    except ConvertError as error:
        raise ConvertError(f"{xml}: {error}") from None
    digest = hashlib.sha256(blob).hexdigest()
    return Source(arch.OMZ, walk.input_scale, walk.weights, walk.biases, walk.scales, walk.ranges,
                  f"OpenVINO IR {os.path.basename(blob_path)} sha256:{digest}")


def read_source(inputs, dtype):
    xml = [path for path in inputs if path.endswith(".xml")]
    blobs = [path for path in inputs if path.endswith(".bin")]
    if len(xml) == 1 and len(blobs) <= 1 and len(inputs) == len(xml) + len(blobs):
        return read_ir(xml[0], blobs[0] if blobs else xml[0][:-4] + ".bin", dtype)
    raise ConvertError(f"{' '.join(inputs)}: not one IR (.xml and .bin)")


def in_dtype(name, tensor, dtype):
    if dtype == "keep":
        return tensors.converted(name, tensor, tensor.dtype) if tensor.dtype != "I8" else tensor
    return tensors.converted(name, tensor, dtype.upper())


def file_tensors(source, dtype):
    """Every tensor of the file in its order: per layer weight, scale where int8, bias."""
    result = {}
    for layer in arch.layers(source.variant):
        weight = in_dtype(layer.name + ".weight", source.weights[layer.name], dtype)
        result[layer.name + ".weight"] = weight
        # Biases of int8 weights are stored as F32, like the scales: every tensor then stays aligned to its elements.
        bias_type = "F32" if weight.dtype == "I8" else weight.dtype
        if layer.name in source.scales:
            result[layer.name + ".scale"] = source.scales[layer.name]
        name, bias = layer.name + ".bias", source.biases.get(layer.name)
        result[name] = (tensors.converted(name, bias, bias_type) if bias else
                        tensors.from_values(name, bias_type, (layer.outputs,), [0.0] * layer.outputs))
    return result


def file_metadata(source):
    metadata = {"format_version": tensors.FORMAT_VERSION, "variant": source.variant, "source": source.description,
                "licence": "Apache-2.0", "input_scale": repr(source.input_scale)}
    if source.ranges:
        wanted = arch.ranged_tensors(source.variant)
        missing = [name for name in wanted if name not in source.ranges]
        if missing:
            raise ConvertError(f"no range for {missing[0]} ({len(wanted) - len(missing)} of {len(wanted)} found)")
        metadata["activation_ranges"] = json.dumps({name: source.ranges[name] for name in wanted},
                                                   separators=(",", ":"))
    return metadata


def arguments():
    parser = argparse.ArgumentParser(description="Makes a lightpose weights file of published weights.")
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help="an OpenVINO IR (.xml, .bin)")
    parser.add_argument("-o", "--output", required=True, help="the weights file to write (.safetensors)")
    parser.add_argument("--dtype", choices=("f32", "f16", "keep"), default="keep",
                        help="type of the stored weights; keep (default): as the input has them, int8 included")
    return parser.parse_args()


def main():
    options = arguments()
    try:
        if any(os.path.exists(p) and os.path.exists(options.output) and os.path.samefile(p, options.output)
               for p in options.inputs):
            raise ConvertError(f"{options.output}: is an input too")
        source = read_source(options.inputs, options.dtype)
        data = tensors.encode(file_tensors(source, options.dtype), file_metadata(source))
        tensors.write_aside(options.output, data)
    except ConvertError as error:
        sys.exit(f"convert.py: {error}")
    except OSError as error:
        sys.exit(f"convert.py: {options.output}: {error.strerror}")
    print(f"{options.output}: {len(data)} bytes, {source.variant}, {options.dtype}, "
          f"{'with' if source.ranges else 'without'} int8 ranges")


if __name__ == "__main__":
    main()
