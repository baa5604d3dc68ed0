#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""weights/convert.py on PyTorch checkpoints made here: values, names, and what a hostile pickle cannot do."""

import collections
import io
import math
import os
import pickle
import random
import struct
import tempfile
import unittest
import zipfile

import tap
import arch
import checkpoint
import checkpoint_maker as maker
import convert
import pickled
from safetensors_reader import File
from tensors import ConvertError

LIMIT = 1 << 28
STATE = maker.state()


def read(data):
    """(weights, biases, stages) by layer name."""
    weights, biases, stages = checkpoint.read(data, LIMIT)
    return ({name: list(t.values()) for name, t in weights.items()},
            {name: list(t.values()) for name, t in biases.items()}, stages)


def of(state, **options):
    return maker.legacy({"state_dict": maker.tensors(state, **options), "iter": 370000})


class Values(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.weights, cls.biases, cls.stages = read(of(STATE))

    def near(self, found, wanted):
        self.assertEqual(len(found), len(wanted))
        for a, b in zip(found, wanted):
            if abs(a - b) > abs(b) * 2 ** -23 + 1e-9:
                self.fail(f"{a!r} is not {b!r}")

    def folded(self, conv, norm):
        """Convolution, then y * gamma / sqrt(variance + 1e-5) ..., as one convolution."""
        (weights, shape), count = STATE[conv + ".weight"], math.prod(STATE[conv + ".weight"][1][1:])
        bias = STATE[conv + ".bias"][0] if conv + ".bias" in STATE else [0.0] * shape[0]
        gamma, beta, mean, variance = (STATE[f"{norm}.{part}"][0] for part in
                                       ("weight", "bias", "running_mean", "running_var"))
        factor = [g / (v + 1e-5) ** 0.5 for g, v in zip(gamma, variance)]
        return ([w * factor[i // count] for i, w in enumerate(weights)],
                [beta[o] + (bias[o] - mean[o]) * factor[o] for o in range(shape[0])])

    def test_batch_norm_is_folded(self):
        for layer, conv, norm in (("conv1", "model.0.0", "model.0.1"), ("conv4_2/dw", "model.6.0", "model.6.1"),
                                  ("conv5_5/sep", "model.11.3", "model.11.4"),
                                  ("Mconv1_stage2_L1/3x3", "refinement_stages.0.trunk.0.trunk.0.0",
                                   "refinement_stages.0.trunk.0.trunk.0.1"),
                                  ("Mconv5_stage2_L1/3x3/2", "refinement_stages.0.trunk.4.trunk.1.0",
                                   "refinement_stages.0.trunk.4.trunk.1.1")):
            weights, biases = self.folded(conv, norm)
            self.near(self.weights[layer], weights)
            self.near(self.biases[layer], biases)

    def test_plain_layers_are_taken_as_they_are(self):
        for layer, conv in (("conv4_3_CPM/al", "cpm.align.0"), ("conv4_4_CPM", "cpm.conv.0"),
                            ("conv5_2_CPM_L1", "initial_stage.trunk.1.0"),
                            ("conv5_4_CPM_L1", "initial_stage.pafs.0.0"),
                            ("conv5_5_CPM_L2", "initial_stage.heatmaps.1.0"),
                            ("Mconv3_stage2_L1/sq", "refinement_stages.0.trunk.2.initial.0"),
                            ("Mconv7_stage2_L1", "refinement_stages.0.pafs.1.0"),
                            ("Mconv6_stage2_L2", "refinement_stages.0.heatmaps.0.0")):
            self.assertEqual(self.weights[layer], STATE[conv + ".weight"][0], layer)
            self.assertEqual(self.biases[layer], STATE[conv + ".bias"][0], layer)

    def test_layers_without_a_bias_get_zeros(self):
        for layer, conv in (("conv4_3_CPM/dw2", "cpm.trunk.1.0"), ("conv4_3_CPM/dw2/1x1", "cpm.trunk.1.2"),
                            ("conv4_3_CPM/inc", "cpm.trunk.2.2")):
            self.assertEqual(self.weights[layer], STATE[conv + ".weight"][0], layer)
            self.assertEqual(self.biases[layer], [0.0] * 128)

    def test_the_concat_is_put_in_the_order_of_the_file(self):
        theirs, ours = STATE["refinement_stages.0.trunk.0.initial.0.weight"][0], self.weights["Mconv1_stage2_L1/sq"]
        for output in (0, 77, 127):
            row = theirs[output * 185:output * 185 + 185]
            features, heatmaps, pafs = row[:128], row[128:147], row[147:]
            self.assertEqual(ours[output * 185:output * 185 + 185], pafs + heatmaps + features)

    def test_every_layer_of_the_table_is_read_once(self):
        names = [layer.name for layer in arch.layers(arch.PYTORCH)]
        self.assertEqual(list(self.weights), names)
        sources = [source for source, _, _ in checkpoint.modules().values()]
        self.assertEqual(len(set(sources)), len(names))

    def test_the_zip_archive_gives_the_same(self):
        data = maker.zipped({"state_dict": maker.tensors(STATE)})
        self.assertEqual(read(data)[:2], (self.weights, self.biases))

    def test_doubles_and_halves(self):
        self.assertEqual(read(of(STATE, kind="DoubleStorage"))[:2], (self.weights, self.biases))
        halves = read(of(STATE, kind="HalfStorage"))[0]
        self.assertEqual(halves["conv4_3_CPM/al"], self.weights["conv4_3_CPM/al"])  # of 8 bits, so exact

    def test_the_prefix_of_several_gpus(self):
        state = {"module." + name: value for name, value in STATE.items()}
        self.assertEqual(read(of(state))[0]["conv1"], self.weights["conv1"])

    def test_a_bare_state_dict(self):
        self.assertEqual(read(maker.legacy(maker.tensors(STATE)))[0]["conv1"], self.weights["conv1"])

    def test_views_and_strides(self):
        named = maker.tensors(STATE)
        values, shape = STATE["cpm.align.0.weight"]
        turned = [values[o * 512 + i] for i in range(512) for o in range(128)]
        named["cpm.align.0.weight"] = maker.Tensor(maker.Storage([9.0] * 5 + turned), shape, 5, (1, 128, 1, 1))
        self.assertEqual(read(maker.legacy({"state_dict": named}))[0]["conv4_3_CPM/al"], self.weights["conv4_3_CPM/al"])

    def test_the_first_of_several_refinement_stages_is_kept(self):
        data = of(maker.state(stages=3))
        weights, _, stages = read(data)
        self.assertEqual(stages, 3)
        self.assertEqual(weights["Mconv7_stage2_L1"], self.weights["Mconv7_stage2_L1"])
        self.assertIn("3 refinement stages; the first is kept", convert.convert({"x.pth": data})[1])

    def test_the_file_that_comes_of_it(self):
        file = File(convert.convert({"x.pth": of(STATE)})[0])
        self.assertEqual(file.metadata["variant"], arch.PYTORCH)
        self.assertEqual(file.metadata["input_scale"], "0.00390625")
        self.assertNotIn("activation_ranges", file.metadata)
        self.assertEqual(file.values("conv1.weight"), self.weights["conv1"])
        self.assertEqual(len(file.header), 2 * 57)


class Refused(unittest.TestCase):
    def refused(self, words, data):
        with self.assertRaises(ConvertError) as raised:
            read(data)
        self.assertIn(words, str(raised.exception))

    def changed(self, words, name, value):
        """With one tensor more, other or (None) less."""
        named = maker.tensors(STATE)
        if value is None:
            del named[name]
        else:
            named[name] = value
        self.refused(words, maker.legacy({"state_dict": named}))

    def test_a_tensor_that_is_missing(self):
        self.changed("model.3.3.weight is missing", "model.3.3.weight", None)
        self.changed("model.3.4.running_var is missing", "model.3.4.running_var", None)

    def test_a_tensor_too_many(self):
        self.changed("cpm.align.1.weight: not part of lightweight-openpose-pytorch (1 such",
                     "cpm.align.1.weight", maker.tensor([0.0], (1,)))
        self.changed("cpm.trunk.0.0.bias: not part of", "cpm.trunk.0.0.bias", maker.tensor([0.0] * 128, (128,)))

    def test_a_tensor_of_another_shape(self):
        self.changed("model.0.0.weight: shape [32, 3, 9] of FloatStorage, not [32, 3, 3, 3]",
                     "model.0.0.weight", maker.tensor([0.0] * 864, (32, 3, 9)))
        self.changed("model.0.0.weight: shape [32, 3, 3, 3] of LongStorage",
                     "model.0.0.weight", maker.tensor([0] * 864, (32, 3, 3, 3), "LongStorage"))

    def test_values_that_are_not_numbers(self):
        self.changed("cpm.align.0.bias: a value is not finite", "cpm.align.0.bias",
                     maker.tensor([0.0] * 127 + [math.nan], (128,)))
        self.changed("model.0.1.running_var: -1.0; a variance", "model.0.1.running_var",
                     maker.tensor([1.0] * 31 + [-1.0], (32,)))
        self.changed("cpm.align.0.bias: a value does not fit float32", "cpm.align.0.bias",
                     maker.tensor([1e300] * 128, (128,), "DoubleStorage"))

    def test_both_prefixes(self):
        self.changed("model.0.0.weight twice", "module.model.0.0.weight", maker.tensor([0.0] * 864, (32, 3, 3, 3)))

    def test_a_view_beyond_its_storage(self):
        self.changed("model.0.0.weight: 864 elements up to index 864; its storage has 864", "model.0.0.weight",
                     maker.Tensor(maker.Storage([0.0] * 864), (32, 3, 3, 3), 1))
        self.changed("model.0.0.weight: shape [32, 3, 3, 3], strides", "model.0.0.weight",
                     maker.Tensor(maker.Storage([0.0] * 864), (32, 3, 3, 3), 0, (27, 9, -3, 1)))

    def test_other_contents(self):
        self.refused("no state_dict", maker.legacy([1, 2]))
        self.refused("no state_dict", maker.legacy({"state_dict": {}}))
        self.refused("state_dict: 'a' is no tensor", maker.legacy({"a": 1}))
        self.refused("state_dict: 3 is no tensor", maker.legacy({3: maker.tensor([0.0], (1,))}))

    def test_other_files(self):
        self.refused("the magic number is damaged", b"")
        self.refused("neither an old PyTorch checkpoint nor a zip", pickle.dumps(7, 2))
        self.refused("the magic number is damaged", b"\x7fELF" + bytes(100))
        self.refused("the zip archive is damaged", b"PK\3\4" + bytes(100))
        empty = io.BytesIO()
        with zipfile.ZipFile(empty, "w") as archive:
            archive.writestr("a/b", "c")
        self.refused("0 files */data.pkl", empty.getvalue())

    def test_a_file_cut_off(self):
        data = of(STATE)
        for size in [*range(0, 60000, 997), *range(60000, len(data), len(data) // 20), len(data) - 1]:
            with self.assertRaises(ConvertError):
                read(data[:size])
        self.refused("cut off in storage", data[:-1])

    def test_an_archive_that_unpacks_to_too_much(self):
        data = maker.zipped({"state_dict": maker.tensors(STATE)})
        with self.assertRaises(ConvertError) as raised:
            pickled.read(data, 1000)
        self.assertIn("the limit is 1000", str(raised.exception))

    def test_a_storage_of_another_length(self):
        small = {"state_dict": {"a": maker.tensor([1.0, 2.0], (2,))}}
        data = maker.legacy(small)
        at = data.rindex(struct.pack("<q", 2))
        self.refused("storage 0: its length is not the 2", data[:at] + struct.pack("<q", 3) + data[at + 8:])
        file = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(maker.zipped(small))) as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                new.writestr(name, old.read(name) + (b"x" if name.endswith("data/0") else b""))
        self.refused("storage 0: 9 bytes, not 8", file.getvalue())


class Hostile(unittest.TestCase):
    """Pickles that want more than tensors."""

    def both(self, words, body):
        for container in (maker.legacy, maker.zipped):
            with self.assertRaises(ConvertError) as raised:
                read(container({}, body))
            self.assertIn(words, str(raised.exception))

    def test_a_call_is_refused_by_its_name_and_not_made(self):
        with tempfile.TemporaryDirectory() as folder:
            mark = os.path.join(folder, "mark")

            class Call:
                def __reduce__(self):
                    return os.system, (f"touch {mark}",)
            self.both("posix.system, which weights do not need; refused", pickle.dumps(Call(), 2))
            for protocol in range(6):
                self.both("refused", pickle.dumps({"state_dict": Call()}, protocol))
            self.both("builtins.eval", b"cbuiltins\neval\n(S'1'\ntR.")
            self.both("os.system", b"(S'touch " + mark.encode() + b"'\nios\nsystem\n.")
            self.both("os.system", b"(cos\nsystem\nS'touch " + mark.encode() + b"'\no.")
            self.assertFalse(os.path.exists(mark))

    def test_names_near_the_allowed_ones(self):
        for module, name in (("torch", "load"), ("torch._utils", "__builtins__"), ("collections", "namedtuple"),
                             ("torch", "FloatStorage.__class__"), (" ", " "), ("pickled", "Unpickler"),
                             ("builtins", "getattr"), ("copyreg", "_reconstructor")):
            self.both("refused", f"c{module}\n{name}\n.".encode())

    def test_extensions_are_refused(self):
        self.both("EXT1", b"\x80\x02\x82\x01.")

    def test_lengths_and_indices_that_ask_for_all_memory(self):
        self.both("memo has an index 4294967295", b"\x80\x02Nr\xff\xff\xff\xff.")
        self.both("damaged", b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"x.")
        self.both("damaged", b"\x80\x04\x8d" + struct.pack("<Q", 1 << 40) + b"x.")
        self.both("damaged", b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"N.")

    def test_storages_that_are_none(self):
        def identity(*parts):
            class Pickler(pickle.Pickler):
                def persistent_id(self, value):
                    return parts if value == "here" else None
            file = io.BytesIO()
            Pickler(file, 2).dump(["here"])
            return file.getvalue()
        self.both("refers to 'module' 'x'", identity("module", "x", "0", "cpu", 1))
        self.both("to a plain storage", identity("storage", "Odd", "0", "cpu", 1))
        self.both("to a plain storage", identity("storage", "FloatStorage", "0", "cpu", 1, ("0", 0, 1)))
        self.both("storage '0' has -1 elements", identity("storage", "FloatStorage", "0", "cpu", -1))
        self.both("the limit is 268435456", identity("storage", "FloatStorage", "0", "cpu", 1 << 40))
        self.both("storage 7 has", identity("storage", "FloatStorage", 7, "cpu", 1))
        self.both("damaged", identity("storage"))

    def test_changed_bytes_never_do_worse_than_a_refusal(self):
        chance = random.Random(5)
        whole = {"state_dict": collections.OrderedDict(
            a=maker.tensor([1.0, 2.0], (2,)), b=maker.Tensor(maker.Storage([1.0] * 6), (2, 3), 0, (1, 2)))}
        for container in (maker.legacy, maker.zipped):
            data = container(whole)
            for _ in range(1500):
                bytes_ = bytearray(data)
                for _ in range(chance.randint(1, 3)):
                    bytes_[chance.randrange(len(bytes_))] = chance.choice(b"\0\xff\x80.0Nc(tRQqr\x95\x8c}]" + b"\n")
                try:
                    for name, value in checkpoint.state_dict(pickled.read(bytes(bytes_), LIMIT)).items():
                        if value.storage.dtype:
                            value.resolve(name)
                except ConvertError:
                    pass


if __name__ == "__main__":
    tap.main()
