# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Makes checkpoints as torch.save does, without torch: the old pickle stream and the zip archive."""

import collections
import io
import math
import pickle
import random
import struct
import sys
import types
import zipfile

CODES = {"FloatStorage": "f", "DoubleStorage": "d", "HalfStorage": "e", "LongStorage": "q"}


def _stand_ins():
    """Modules of the names that a checkpoint mentions; pickle looks them up by name when it writes."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in CODES:
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2(*arguments):
        raise AssertionError("only ever written")
    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    return {"torch": torch, "torch._utils": utils}


STAND_INS = _stand_ins()


class Storage:
    def __init__(self, values, kind="FloatStorage"):
        self.kind, self.values = kind, values

    @property
    def data(self):
        return struct.pack(f"<{len(self.values)}{CODES[self.kind]}", *self.values)


class Tensor:
    def __init__(self, storage, shape, offset=0, strides=None):
        self.storage, self.shape, self.offset = storage, tuple(shape), offset
        self.strides = strides or tuple(math.prod(shape[i + 1:]) for i in range(len(shape)))

    def __reduce__(self):
        return (STAND_INS["torch._utils"]._rebuild_tensor_v2,
                (self.storage, self.offset, self.shape, self.strides, False, collections.OrderedDict()))


def tensor(values, shape, kind="FloatStorage"):
    return Tensor(Storage(values, kind), shape)


class Pickler(pickle.Pickler):
    def __init__(self, file, storages, legacy):
        super().__init__(file, protocol=2)
        self.storages, self.keys, self.legacy = storages, {}, legacy

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        key = self.keys.setdefault(id(value), str(len(self.keys)))
        self.storages[key] = value
        kind = getattr(STAND_INS["torch"], value.kind)
        identity = ("storage", kind, key, "cuda:0", len(value.values))
        return (*identity, None) if self.legacy else identity


def _pickled(value, storages, legacy):
    kept = {name: sys.modules.get(name) for name in STAND_INS}
    sys.modules.update(STAND_INS)
    try:
        file = io.BytesIO()
        Pickler(file, storages, legacy).dump(value)
        return file.getvalue()
    finally:
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def legacy(value, pickled=None):
    """The old stream; `pickled` replaces the pickle of the value."""
    storages = {}
    body = _pickled(value, storages, True)
    head = b"".join(pickle.dumps(part, 2) for part in (
        0x1950a86a20f9469cfc6c, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}))
    tail = pickle.dumps(sorted(storages), 2) + b"".join(
        struct.pack("<q", len(storages[key].values)) + storages[key].data for key in sorted(storages))
    return head + (body if pickled is None else pickled) + tail


def zipped(value, pickled=None):
    storages, file = {}, io.BytesIO()
    body = _pickled(value, storages, False)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", body if pickled is None else pickled)
        for key, storage in storages.items():
            archive.writestr(f"archive/data/{key}", storage.data)
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


# ---- The network's checkpoint ----------------------------------------------------------------------------------------

def _numbers(seed, count, low=-0.125, high=0.125):
    return [low + (high - low) * b / 256 for b in random.Random(seed).randbytes(count)]


def state(stages=1):
    """{name: (values, shape)} of the public code's network, batch norm and all."""
    made, seeds = collections.OrderedDict(), iter(range(1, 10000))

    def put(name, shape, low=-0.125, high=0.125):
        made[name] = (_numbers(next(seeds), math.prod(shape), low, high), shape)

    def conv(name, outputs, inputs, kernel, bias):
        put(name + ".weight", (outputs, inputs, kernel, kernel))
        if bias:
            put(name + ".bias", (outputs,))

    def norm(name, channels):
        put(name + ".weight", (channels,), 0.5, 1.5)
        put(name + ".bias", (channels,))
        put(name + ".running_mean", (channels,), -1, 1)
        put(name + ".running_var", (channels,), 0.25, 2)
        made[name + ".num_batches_tracked"] = ([370000], ())

    conv("model.0.0", 32, 3, 3, False)
    norm("model.0.1", 32)
    channels = [32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512]
    for i in range(1, 12):
        conv(f"model.{i}.0", channels[i - 1], 1, 3, False)
        norm(f"model.{i}.1", channels[i - 1])
        conv(f"model.{i}.3", channels[i], channels[i - 1], 1, False)
        norm(f"model.{i}.4", channels[i])
    conv("cpm.align.0", 128, 512, 1, True)
    for i in range(3):
        conv(f"cpm.trunk.{i}.0", 128, 1, 3, False)
        conv(f"cpm.trunk.{i}.2", 128, 128, 1, False)
    conv("cpm.conv.0", 128, 128, 3, True)
    for i in range(3):
        conv(f"initial_stage.trunk.{i}.0", 128, 128, 3, True)
    for head, outputs in (("heatmaps", 19), ("pafs", 38)):
        conv(f"initial_stage.{head}.0.0", 512, 128, 1, True)
        conv(f"initial_stage.{head}.1.0", outputs, 512, 1, True)
    for stage in range(stages):
        for i in range(5):
            block = f"refinement_stages.{stage}.trunk.{i}"
            conv(f"{block}.initial.0", 128, 185 if i == 0 else 128, 1, True)
            for k in range(2):
                conv(f"{block}.trunk.{k}.0", 128, 128, 3, True)
                norm(f"{block}.trunk.{k}.1", 128)
        for head, outputs in (("heatmaps", 19), ("pafs", 38)):
            conv(f"refinement_stages.{stage}.{head}.0.0", 128, 128, 1, True)
            conv(f"refinement_stages.{stage}.{head}.1.0", outputs, 128, 1, True)
    return made


def tensors(named, kind="FloatStorage"):
    return collections.OrderedDict(
        (name, tensor(values, shape, "LongStorage" if name.endswith("tracked") else kind))
        for name, (values, shape) in named.items())
