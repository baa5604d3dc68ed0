# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""The list of known sources, MANIFEST."""

import hashlib
import os

from tensors import ConvertError

HERE = os.path.dirname(os.path.abspath(__file__))
DEFAULT = os.path.join(HERE, "MANIFEST")
COLUMNS = 7


class Entry:
    """One file of a source. `size` and `checksum` are None where its publisher gives none."""

    def __init__(self, source, file, size, checksum, licence, variant, address):
        self.source, self.file, self.licence, self.variant, self.address = source, file, licence, variant, address
        self.size = None if size == "-" else int(size)
        self.checksum = None if checksum == "-" else checksum

    def differs(self, data):
        """What is wrong with `data` as this file, or None."""
        if self.size is not None and len(data) != self.size:
            return f"{len(data)} bytes, not {self.size}"
        if self.checksum is not None:
            algorithm, expected = self.checksum.split(":")
            found = hashlib.new(algorithm, data).hexdigest()
            if found != expected:
                return f"{algorithm} {found}, not {expected}"
        return None


def read(path=DEFAULT):
    """{source: [its files]}, in the order of the list."""
    sources = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            fields = line.split("#")[0].split()
            if fields and len(fields) != COLUMNS:
                raise ConvertError(f"{path}: line {number} has {len(fields)} columns, not {COLUMNS}")
            if fields:
                sources.setdefault(fields[0], []).append(Entry(*fields))
    return sources


def identify(data, sources):
    """The entry whose size and checksum `data` has, or None."""
    for entries in sources.values():
        for entry in entries:
            if entry.checksum and entry.differs(data) is None:
                return entry
    return None
