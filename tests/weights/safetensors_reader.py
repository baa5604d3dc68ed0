# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Reads a safetensors file by its published description, apart from the code under test."""

import json
import math
import struct

CODES = {"F32": "f", "F16": "e", "I8": "b"}


class File:
    def __init__(self, data):
        length = int.from_bytes(data[:8], "little")
        self.header = json.loads(data[8:8 + length])
        self.metadata = self.header.pop("__metadata__")
        self.begin, self.data = 8 + length, data

    def values(self, name):
        entry = self.header[name]
        begin, end = entry["data_offsets"]
        count = math.prod(entry["shape"])
        return list(struct.unpack(f"<{count}{CODES[entry['dtype']]}", self.data[self.begin + begin:self.begin + end]))

    def dequantised(self, name):
        """The weights of a layer as numbers, whatever they are stored as."""
        values = self.values(name + ".weight")
        if self.header[name + ".weight"]["dtype"] != "I8":
            return values
        scales = self.values(name + ".scale")
        count = len(values) // len(scales)
        return [q * scales[i // count] for i, q in enumerate(values)]

    @property
    def ranges(self):
        return json.loads(self.metadata["activation_ranges"]) if "activation_ranges" in self.metadata else {}
