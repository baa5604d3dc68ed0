#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Makes a weights file (safetensors, README.md) of other weights. Needs Python alone, no packages.

usage: convert.py INPUT... -o OUT.safetensors [--dtype f32|f16|i8|keep] [--ranges FILE] [--metadata KEY=TEXT]

INPUT is an OpenVINO IR of human-pose-estimation-0001 (the .xml, whose .bin is taken from beside it or named too), a
checkpoint of the public PyTorch code (.pth), or a weights file (.safetensors), to store it in another type.
"""

import argparse
import hashlib
import json
import math
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import arch
import checkpoint
import ir
import ir_walk
import manifest
import tensors
import weights_file
from tensors import ConvertError

LIMIT = 1 << 30  # bytes of an input file
CARRIED = ("source", "licence", "accuracy", "ranges_source")  # metadata that a weights file keeps


class Source:
    """Weights as a reader found them, by layer name, and what there is to say about them."""

    def __init__(self, variant, input_scale, weights, biases, scales, ranges, notes, metadata=None):
        self.variant, self.input_scale = variant, input_scale
        self.weights, self.biases, self.scales, self.ranges = weights, biases, scales, ranges
        self.notes = notes
        self.metadata = metadata or {}  # of a weights file, which it goes on with


# ---- Inputs ----------------------------------------------------------------------------------------------------------

def read_file(path):
    try:
        if os.path.isfile(path) and os.path.getsize(path) > LIMIT:
            raise ConvertError(f"{path}: {os.path.getsize(path)} bytes; the limit is {LIMIT}")
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ConvertError(f"{path}: {error.strerror}") from None


def with_values(paths):
    """The paths, with the .bin beside an .xml that was named alone."""
    if len(paths) == 1 and paths[0].endswith(".xml"):
        return [*paths, paths[0][:-len(".xml")] + ".bin"]
    return list(paths)


def read_ir(xml, values, dtype):
    walk = ir_walk.Walk(values, dtype)
    walk.run(ir.parse(xml))
    return Source(arch.OMZ, walk.input_scale, walk.weights, walk.biases, walk.scales, walk.ranges, [])


def read_checkpoint(data):
    weights, biases, stages = checkpoint.read(data, LIMIT)
    notes = [f"{stages} refinement stages; the first is kept"] if stages > 1 else []
    return Source(arch.PYTORCH, checkpoint.INPUT_SCALE, weights, biases, {}, {}, notes)


def read_weights_file(data, dtype):
    found, metadata = weights_file.read(data)
    parts = {part: {layer.name: found[f"{layer.name}.{part}"] for layer in arch.layers(metadata["variant"])
                    if f"{layer.name}.{part}" in found} for part in ("weight", "scale", "bias")}
    if parts["scale"] and dtype in ("f32", "f16"):
        for name, scales in parts.pop("scale").items():
            parts["weight"][name] = tensors.multiplied(name, parts["weight"][name], scales)
    try:
        input_scale = float(metadata["input_scale"])
        ranges = json.loads(metadata.get("activation_ranges") or "{}")
    except (KeyError, ValueError) as error:
        raise ConvertError(f"metadata: {error}") from None
    return Source(metadata["variant"], input_scale, parts["weight"], parts["bias"], parts.get("scale", {}), ranges, [],
                  metadata)


def read_source(files, dtype):
    """`files` are {path: bytes}: an .xml and a .bin, one checkpoint, or one weights file."""
    paths = sorted(files, key=lambda path: not path.endswith(".xml"))
    is_ir = paths[0].endswith(".xml")
    if len(paths) != 1 + is_ir or (is_ir and not paths[1].endswith(".bin")):
        raise ConvertError(f"{', '.join(paths)}: neither an .xml and a .bin, nor one checkpoint or weights file")
    try:
        if paths[0].endswith(".safetensors"):
            return read_weights_file(files[paths[0]], dtype)
        return read_ir(files[paths[0]], files[paths[1]], dtype) if is_ir else read_checkpoint(files[paths[0]])
    except ConvertError as error:
        raise ConvertError(f"{paths[0]}: {error}") from None
    except RecursionError:
        raise ConvertError(f"{paths[0]}: nested too deeply") from None


# ---- Ranges ----------------------------------------------------------------------------------------------------------

def checked_range(name, pair, channels):
    """A range as the reader will want it: [low, high], or [[low per channel], [high per channel]]."""
    def numbers(value):
        values = value if isinstance(value, list) else [value]
        return values if all(type(v) in (int, float) and math.isfinite(v) for v in values) else []

    if not isinstance(pair, list) or len(pair) != 2 or isinstance(pair[0], list) != isinstance(pair[1], list):
        raise ConvertError(f"range of {name}: not two numbers, nor two lists")
    low, high = numbers(pair[0]), numbers(pair[1])
    count = channels if isinstance(pair[0], list) else 1
    if len(low) != count or len(high) != count:
        raise ConvertError(f"range of {name}: {len(low)} and {len(high)} numbers, not {count} each")
    if any(a >= b for a, b in zip(low, high)):
        raise ConvertError(f"range of {name}: a low end that is not below its high end")
    if any(a > 0 or b < 0 for a, b in zip(low, high)):
        raise ConvertError(f"range of {name}: 0 is not in it")
    return pair


def read_ranges(path, source):
    """The table of a file in place of the source's own. `data` follows from the input's scale: the file may have been
    measured with another."""
    try:
        table = json.loads(read_file(path))
    except ValueError as error:
        raise ConvertError(f"{path}: not JSON: {error}") from None
    if not isinstance(table, dict):
        raise ConvertError(f"{path}: not a JSON object")
    wanted = arch.ranged_tensors(source.variant)
    optional = {name: layer.outputs for layer in arch.layers(source.variant) for name in [layer.name]
                if name in arch.OUTPUTS}
    for name in table:
        if name not in wanted and name not in optional:
            raise ConvertError(f"{path}: range of {name}: the network has no such tensor")
    table = {name: pair for name, pair in table.items() if name in wanted}
    table["data"] = [-ir_walk.MIDDLE * source.input_scale, (255 - ir_walk.MIDDLE) * source.input_scale]
    if source.ranges:
        source.notes.append("the input's own ranges are replaced")
    source.notes.append(f"ranges of {path}")
    source.metadata.pop("ranges_source", None)
    source.ranges = table


# ---- Output ----------------------------------------------------------------------------------------------------------

def in_dtype(name, tensor, dtype):
    if tensor.dtype == "I8" or dtype == "i8":
        return tensor
    return tensors.converted(name, tensor, tensor.dtype if dtype == "keep" else dtype.upper())


def file_tensors(source, dtype):
    """Every tensor of the file in its order: per layer weight, scale where int8, bias."""
    result = {}
    for layer in arch.layers(source.variant):
        weight = in_dtype(layer.name + ".weight", source.weights[layer.name], dtype)
        if dtype == "i8" and weight.dtype != "I8":
            weight, source.scales[layer.name] = tensors.rounded(layer.name + ".weight", weight)
        result[layer.name + ".weight"] = weight
        # Biases of int8 weights are stored as F32, like the scales: every tensor then stays aligned to its elements.
        bias_type = "F32" if weight.dtype == "I8" else weight.dtype
        if layer.name in source.scales:
            result[layer.name + ".scale"] = source.scales[layer.name]
        name, bias = layer.name + ".bias", source.biases.get(layer.name)
        result[name] = (tensors.converted(name, bias, bias_type) if bias else
                        tensors.from_values(name, bias_type, (layer.outputs,), [0.0] * layer.outputs))
    types = {t.dtype for name, t in result.items() if name.endswith(".weight")}
    if len(types) != 1:
        raise ConvertError(f"weights of types {' and '.join(sorted(types))}; choose one with --dtype f32 or f16")
    return result


def describe(files, sources):
    """(source, licence) for the metadata: what MANIFEST knows, and always the checksum of the file with the values."""
    path = max(files, key=lambda p: len(files[p]))
    entry = manifest.identify(files[path], sources)
    text = f"{os.path.basename(path)} sha256:{hashlib.sha256(files[path]).hexdigest()}"
    return (f"{entry.source} {text}", entry.licence) if entry else (text, "")


def file_metadata(source, description, licence):
    metadata = {"format_version": tensors.FORMAT_VERSION, "variant": source.variant, "source": description,
                "licence": licence, "input_scale": repr(source.input_scale)}
    metadata.update({key: text for key, text in source.metadata.items() if key in CARRIED})
    if source.ranges:
        table = {}
        for name, channels in arch.ranged_tensors(source.variant).items():
            if name not in source.ranges:
                raise ConvertError(f"range of {name}: missing")
            table[name] = checked_range(name, source.ranges[name], channels)
        metadata["activation_ranges"] = json.dumps(table, separators=(",", ":"))
    return metadata


def convert(files, dtype="keep", ranges=None, sources=None, spare=None, metadata=None):
    """(bytes of the weights file, lines to say about it). `ranges` is a file that replaces the input's ranges; `spare` a
    folder with VARIANT.json for inputs that carry none; `metadata` replaces what the file says of itself."""
    source = read_source(files, dtype)
    found = os.path.join(spare, source.variant + ".json") if spare and not source.ranges else ""
    if ranges or os.path.exists(found):
        read_ranges(ranges or found, source)
    sources = manifest.read() if sources is None else sources
    contents = file_tensors(source, dtype)
    data = tensors.encode(contents, {**file_metadata(source, *describe(files, sources)), **(metadata or {})})
    return data, [*source.notes, weights_file.describe(data)]


# ---- Command ---------------------------------------------------------------------------------------------------------

def key_and_text(argument):
    key, equals, text = argument.partition("=")
    if not equals or key not in CARRIED:
        raise argparse.ArgumentTypeError(f"{argument!r}: not KEY=TEXT with a KEY of {', '.join(CARRIED)}")
    return key, text


def arguments():
    parser = argparse.ArgumentParser(description="Makes a lightpose weights file of other weights.")
    parser.add_argument("inputs", metavar="INPUT", nargs="+",
                        help="an OpenVINO IR (.xml; its .bin from beside it, or named too), a PyTorch checkpoint, or a "
                             "weights file")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the weights file to write (.safetensors)")
    parser.add_argument("--dtype", choices=("f32", "f16", "i8", "keep"), default="keep",
                        help="type of the stored weights; keep (default): as the input has them, int8 included; i8 "
                             "rounds each output's weights to 127 steps either way")
    parser.add_argument("--ranges", metavar="FILE",
                        help="activation ranges for int8 (JSON, as `lightpose quantize` writes them)")
    parser.add_argument("--metadata", metavar="KEY=TEXT", type=key_and_text, action="append", default=[],
                        help=f"what the file says of itself: {', '.join(CARRIED)}; may be given again")
    return parser.parse_args()


def main():
    options = arguments()
    try:
        paths = with_values(options.inputs)
        read_too = [*paths, *([options.ranges] if options.ranges else [])]
        if os.path.exists(options.output) and any(os.path.exists(p) and os.path.samefile(p, options.output)
                                                  for p in read_too):
            raise ConvertError(f"{options.output}: is an input too")
        data, lines = convert({path: read_file(path) for path in paths}, options.dtype, options.ranges,
                              metadata=dict(options.metadata))
        tensors.write_aside(options.output, data)
    except ConvertError as error:
        sys.exit(f"convert.py: {error}")
    except OSError as error:
        sys.exit(f"convert.py: {options.output}: {error.strerror}")
    for line in lines:
        print(f"{options.output}: {line}")


if __name__ == "__main__":
    main()
