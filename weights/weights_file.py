# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Checks a finished weights file, as far as its structure: what the library will refuse is refused here too, but for
the values themselves."""

import json
import math
import struct

import arch
from tensors import CHECKSUM, FORMAT_VERSION, SIZES, ConvertError, Tensor, checksum

MAX_HEADER = 16 << 20


def header(data):
    """The header's object and where the data begin."""
    length = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else 0
    if not 0 < length <= min(MAX_HEADER, len(data) - 8):
        raise ConvertError(f"a header of {length} bytes in a file of {len(data)}")

    def without_duplicates(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ConvertError("a name twice in the header")
        return dict(pairs)

    try:
        found = json.loads(data[8:8 + length], object_pairs_hook=without_duplicates)
    except (ValueError, RecursionError) as error:
        raise ConvertError(f"the header is not JSON: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("__metadata__"), dict):
        raise ConvertError("the header is not an object with __metadata__")
    return found, 8 + length


def check_tensors(found, variant, size):
    """Names and shapes are the variant's, and the data of each follow those of the last."""
    kind = found.get("conv1.weight", {}).get("dtype")
    parts = ("weight", "scale", "bias") if kind == "I8" else ("weight", "bias")
    expected = {f"{layer.name}.{part}": layer.shape if part == "weight" else (layer.outputs,)
                for layer in arch.layers(variant) for part in parts}
    for name in [*expected, *found]:
        if name not in found or name not in expected:
            raise ConvertError(f"tensor {name} is {'not part of' if name in found else 'missing in'} {variant}")
    end = 0
    for name, entry in sorted(found.items(), key=lambda item: item[1].get("data_offsets", [0])):
        shape, offsets, dtype = (entry.get(key) for key in ("shape", "data_offsets", "dtype"))
        bytes_ = math.prod(expected[name]) * SIZES.get(dtype, 0)
        if shape != list(expected[name]) or offsets != [end, end + bytes_] or not bytes_:
            raise ConvertError(f"tensor {name}: {dtype} {shape} at {offsets}")
        end += bytes_
    if end != size:
        raise ConvertError(f"tensors of {end} bytes; the file has {size} for them")
    return kind


def check_checksum(metadata, data):
    """Files written before there were checksums have none."""
    if not all(isinstance(value, str) for value in metadata.values()):
        raise ConvertError("__metadata__ has a value that is not a string")
    expected = metadata.get(CHECKSUM)
    if expected is None:
        return
    try:
        found = checksum([data], metadata)
    except UnicodeError:
        raise ConvertError("__metadata__ is not UTF-8") from None
    if expected != found:
        raise ConvertError(f"damaged: the checksum should be {expected} and is {found}; copy, fetch or convert the file "
                           "again")


def read(data):
    """(tensors by name, metadata) of a valid file."""
    describe(data)
    found, begin = header(data)
    metadata = found.pop("__metadata__")
    return {name: Tensor(entry["dtype"], entry["shape"], data[slice(*(begin + at for at in entry["data_offsets"]))])
            for name, entry in found.items()}, metadata


def describe(data):
    """One line about a valid file; ConvertError says why it is not."""
    found, begin = header(data)
    metadata = found.pop("__metadata__")
    if metadata.get("format_version") != FORMAT_VERSION or metadata.get("variant") not in (arch.OMZ, arch.PYTORCH):
        raise ConvertError(f"format_version {metadata.get('format_version')!r}, variant {metadata.get('variant')!r}")
    check_checksum(metadata, data[begin:])
    try:
        kind = check_tensors(found, metadata["variant"], len(data) - begin)
    except (TypeError, AttributeError):
        raise ConvertError("the header has an entry that is not a tensor's") from None
    ranges = "with" if metadata.get("activation_ranges") else "without"
    return f"{metadata['variant']}, {kind} weights, {ranges} int8 ranges, {len(data)} bytes"
