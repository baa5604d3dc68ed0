# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Reads tensors out of what torch.save wrote: the old pickle stream and the zip archive.

A pickle can name any function of Python and have it called. Here every name is looked up in a short list of stand-ins
that build tensors and containers; any other is refused, so that reading an untrusted file runs none of its code.
"""

import io
import math
import pickle
import pickletools
import struct
import zipfile

from tensors import ConvertError, Tensor

LEGACY_MAGIC, LEGACY_PROTOCOL = 0x1950a86a20f9469cfc6c, 1001
MAX_TENSOR = 1 << 28  # elements

# Storage class: bytes of an element, and its dtype here where it is one of ours.
STORAGES = {"FloatStorage": (4, "F32"), "HalfStorage": (2, "F16"), "BFloat16Storage": (2, "BF16"),
            "DoubleStorage": (8, "F64"), "LongStorage": (8, None), "IntStorage": (4, None), "ShortStorage": (2, None),
            "CharStorage": (1, None), "ByteStorage": (1, None), "BoolStorage": (1, None)}


class Container(dict):
    """For OrderedDict and Counter; attributes that come along are dropped."""

    def __setstate__(self, state):
        pass


class Storage:
    def __init__(self, name, key, count):
        self.size, self.dtype = STORAGES[name]
        self.name, self.key, self.count, self.data = name, key, count, None


class Pending:
    """A tensor whose storage may still be unread."""

    def __init__(self, storage, offset, shape, strides, *_):
        if not isinstance(storage, Storage):
            raise ConvertError("the checkpoint has a tensor without a storage")
        self.storage, self.offset, self.shape, self.strides = storage, offset, tuple(shape), tuple(strides)

    def resolve(self, name):
        """As a Tensor: float types in their own dtype, doubles rounded to F32. The storage must be of floats."""
        shape, storage = self.shape, self.storage
        if len(shape) != len(self.strides) or len(shape) > 8 or min((0, self.offset, *shape, *self.strides)) < 0:
            raise ConvertError(f"{name}: shape {list(shape)}, strides {list(self.strides)}, offset {self.offset}")
        count = math.prod(shape)
        last = self.offset + sum((n - 1) * s for n, s in zip(shape, self.strides)) if count else 0
        if count > MAX_TENSOR or last >= max(storage.count, 1):
            raise ConvertError(f"{name}: {count} elements up to index {last}; its storage has {storage.count}")
        data = self.contiguous(count)
        if storage.dtype == "F64":
            try:
                return Tensor("F32", shape, struct.pack(f"<{count}f", *struct.unpack(f"<{count}d", data)))
            except OverflowError:
                raise ConvertError(f"{name}: a value does not fit float32") from None
        return Tensor(storage.dtype, shape, data)

    def contiguous(self, count):
        size, data = self.storage.size, self.storage.data
        expected = [math.prod(self.shape[i + 1:]) for i in range(len(self.shape))]
        if all(n == 1 or s == e for n, s, e in zip(self.shape, self.strides, expected)):
            return data[self.offset * size:(self.offset + count) * size]
        indices = [self.offset]
        for n, stride in zip(self.shape, self.strides):
            indices = [i + k * stride for i in indices for k in range(n)]
        return b"".join(data[i * size:(i + 1) * size] for i in indices)


def rebuild_parameter(tensor, *_):
    return tensor


ALLOWED = {("collections", "OrderedDict"): Container, ("collections", "Counter"): Container,
           ("torch._utils", "_rebuild_tensor"): Pending, ("torch._utils", "_rebuild_tensor_v2"): Pending,
           ("torch._utils", "_rebuild_parameter"): rebuild_parameter}
ALLOWED.update({("torch", name): name for name in STORAGES})


class Unpickler(pickle.Unpickler):
    def __init__(self, file, storages):
        super().__init__(file, encoding="utf-8")
        self.storages = storages

    def find_class(self, module, name):
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise ConvertError(f"the checkpoint wants {module}.{name}, which weights do not need; refused") from None

    def persistent_load(self, identity):
        kind, name, key, _, count, *view = identity
        if kind != "storage" or name not in STORAGES or view not in ([], [None]):
            raise ConvertError(f"the checkpoint refers to {kind!r} {name!r}, not to a plain storage")
        if not isinstance(key, str) or not isinstance(count, int) or not 0 <= count <= MAX_TENSOR:
            raise ConvertError(f"storage {key!r} has {count!r} elements; the limit is {MAX_TENSOR}")
        storage = self.storages.setdefault(key, Storage(name, key, count))
        if (storage.name, storage.count) != (name, count):
            raise ConvertError(f"storage {key}: {name} of {count} elements, and {storage.name} of {storage.count}")
        return storage


def check_operations(file):
    """Python's own unpickler reserves what a length or a memo's index asks for, before it reads that much: a few bytes
    could take all memory. Here every operation is looked at first."""
    begin, limit = file.tell(), len(file.getbuffer())
    for operation, argument, _ in pickletools.genops(file):
        if operation.name in ("PUT", "BINPUT", "LONG_BINPUT") and argument > limit:
            raise ConvertError(f"the checkpoint's memo has an index {argument}; the file has {limit} bytes")
        if operation.name in ("EXT1", "EXT2", "EXT4", "NEXT_BUFFER"):
            raise ConvertError(f"the checkpoint uses {operation.name}, which weights do not need; refused")
    file.seek(begin)


def unpickle(file, storages, what):
    try:
        check_operations(file)
        return Unpickler(file, storages).load()
    except ConvertError:
        raise
    except Exception as error:  # a damaged pickle fails in as many ways as Python has
        raise ConvertError(f"{what} is damaged: {type(error).__name__}: {error}") from None


def read_legacy(data):
    """Pickles of the magic number, the protocol, the machine, the object and the storages' keys; then the storages."""
    file, storages = io.BytesIO(data), {}
    if unpickle(file, {}, "the magic number") != LEGACY_MAGIC:
        raise ConvertError("neither an old PyTorch checkpoint nor a zip archive")
    protocol = unpickle(file, {}, "the protocol")
    machine = unpickle(file, {}, "the machine's description")
    if protocol != LEGACY_PROTOCOL or not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise ConvertError(f"protocol {protocol!r} on {machine!r}; known is {LEGACY_PROTOCOL}, little-endian")
    root = unpickle(file, storages, "the checkpoint")
    keys = unpickle(file, {}, "the list of storages")
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(storages):
        raise ConvertError("the list of storages does not match the tensors")
    for key in keys:
        storage, head = storages[key], file.read(8)
        size = storage.count * storage.size
        if len(head) != 8 or struct.unpack("<q", head)[0] != storage.count:
            raise ConvertError(f"storage {key}: its length is not the {storage.count} that the tensors say")
        storage.data = file.read(size)
        if len(storage.data) != size:
            raise ConvertError(f"cut off in storage {key}: {len(storage.data)} of {size} bytes")
    return root


def read_zip(data, limit):
    storages = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
            if sum(sizes.values()) > limit:
                raise ConvertError(f"unpacks to {sum(sizes.values())} bytes; the limit is {limit}")
            pickles = [name for name in sizes if name.count("/") == 1 and name.endswith("/data.pkl")]
            if len(pickles) != 1:
                raise ConvertError(f"a zip archive with {len(pickles)} files */data.pkl, not a PyTorch checkpoint")
            folder = pickles[0].split("/")[0]
            order = f"{folder}/byteorder"
            if order in sizes and archive.read(order).strip() != b"little":
                raise ConvertError(f"byte order {archive.read(order)!r}; known is little")
            root = unpickle(io.BytesIO(archive.read(pickles[0])), storages, "the checkpoint")
            for key, storage in storages.items():
                name, size = f"{folder}/data/{key}", storage.count * storage.size
                if sizes.get(name) != size:
                    raise ConvertError(f"storage {key}: {sizes.get(name, 'no')} bytes, not {size}")
                storage.data = archive.read(name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, struct.error) as error:
        raise ConvertError(f"the zip archive is damaged: {error}") from None
    return root


def read(data, limit):
    """The saved object, tensors as Pending."""
    return read_zip(data, limit) if data[:4] == b"PK\3\4" else read_legacy(data)
