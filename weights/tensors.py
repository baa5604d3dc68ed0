# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Tensors without numpy, and the safetensors file that holds them."""

import json
import math
import os
import struct
import tempfile
import zlib

FORMATS = {"F32": "f", "F16": "e", "BF16": "H", "I8": "b"}
SIZES = {"F32": 4, "F16": 2, "BF16": 2, "I8": 1}
ALIGN = 64
FORMAT_VERSION = "1"
CHECKSUM = "checksum"  # the key in the metadata


class ConvertError(Exception):
    """A sentence for the user: the thing, its value, the limit."""


class Tensor:
    """`data` holds the elements as little-endian bytes, row by row."""

    def __init__(self, dtype, shape, data):
        self.dtype, self.shape, self.data = dtype, tuple(shape), bytes(data)
        if len(self.data) != math.prod(self.shape) * SIZES[dtype]:
            raise ConvertError(f"{len(self.data)} bytes for {dtype} {list(self.shape)}")

    def values(self):
        count = math.prod(self.shape)
        if self.dtype == "BF16":
            pairs = struct.unpack(f"<{count}H", self.data)
            return struct.unpack(f"<{count}f", struct.pack(f"<{count}I", *(v << 16 for v in pairs)))
        return struct.unpack(f"<{count}{FORMATS[self.dtype]}", self.data)

    def reshaped(self, shape):
        return Tensor(self.dtype, shape, self.data)


def from_values(name, dtype, shape, values):
    """Rounds to F32 or F16. Refuses what is not finite, before or after rounding."""
    try:
        data = struct.pack(f"<{math.prod(shape)}{FORMATS[dtype]}", *values)
    except OverflowError:
        worst = max(values, key=abs)
        raise ConvertError(f"{name}: {worst:g} does not fit {dtype}") from None
    if not all(map(math.isfinite, values)):
        raise ConvertError(f"{name}: a value is not finite")
    return Tensor(dtype, shape, data)


def rounded(name, tensor):
    """(I8 tensor, F32 scales) of float weights: each output's greatest magnitude becomes 127, to the nearest, half to
    even. An output without weights keeps the scale 1."""
    values = tensor.values()
    row = len(values) // tensor.shape[0]
    scales, numbers = [], []
    for first in range(0, len(values), row):
        most = max(map(abs, values[first:first + row]))
        if not math.isfinite(most):
            raise ConvertError(f"{name}: a value is not finite")
        # As the file will hold it, in float32.
        scale = struct.unpack("<f", struct.pack("<f", most / 127))[0] or 1.0
        scales.append(scale)
        numbers += [min(127, max(-127, round(value / scale))) for value in values[first:first + row]]
    return (Tensor("I8", tensor.shape, struct.pack(f"{len(numbers)}b", *numbers)),
            from_values(name, "F32", (len(scales),), scales))


def multiplied(name, tensor, scales):
    """The F32 tensor of int8 weights and their scales."""
    numbers, factors = tensor.values(), scales.values()
    row = len(numbers) // len(factors)
    return from_values(name, "F32", tensor.shape, [number * factors[i // row] for i, number in enumerate(numbers)])


def converted(name, tensor, dtype):
    """The tensor in another float type; unchanged, but for the check, in its own."""
    return from_values(name, dtype, tensor.shape, tensor.values())


def checksum(parts, metadata):
    """What a file of these data, in parts, and metadata carries: README.md, "Checksum"."""
    value = 0
    for part in parts:
        value = zlib.crc32(part, value)
    for key in sorted(key.encode() for key in metadata if key != CHECKSUM):
        value = zlib.crc32(key + b"\0" + metadata[key.decode()].encode() + b"\0", value)
    return f"crc32:{value:08x}"


def encode(tensors, metadata):
    """The bytes of a safetensors file: tensors in the given order without gaps, their data at a multiple of ALIGN, and
    the checksum of it all among the metadata."""
    metadata = {**metadata, CHECKSUM: checksum((tensor.data for tensor in tensors.values()), metadata)}
    header, offset = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": tensor.dtype, "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(tensor.data)]}
        offset += len(tensor.data)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=True).encode()
    text += b" " * (-(8 + len(text)) % ALIGN)
    return b"".join([struct.pack("<Q", len(text)), text, *(t.data for t in tensors.values())])


def write_aside(path, data):
    """Writes `path` whole or not at all: a file beside it, then a rename. A link stays, its target is replaced; what is
    no file (/dev/null, say) is refused, for the rename would put a file in its place."""
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        raise ConvertError(f"{path}: not a file; it will not be replaced by one")
    folder, base = os.path.split(path)
    handle, aside = tempfile.mkstemp(prefix=f".{base}.", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(aside, 0o666 & ~umask)
        os.replace(aside, path)
    except BaseException:
        os.unlink(aside)
        raise
