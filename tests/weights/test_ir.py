#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""weights/convert.py on IRs made here: what comes out is what was put in, and a graph that differs is refused."""

import math
import unittest

import tap
import arch
import convert
from ir_maker import SCALE, make
from safetensors_reader import File
from tensors import ConvertError


def run(maker, version=10, dtype="keep", xml=None, blob=None, **options):
    files = {"x.xml": xml or maker.graph.xml(version), "x.bin": bytes(maker.graph.blob if blob is None else blob)}
    return File(convert.convert(files, dtype, **options)[0])


class Values(unittest.TestCase):
    def check(self, file, maker, dtype):
        self.assertEqual(file.metadata["variant"], arch.OMZ)
        for layer in arch.layers(arch.OMZ):
            for part in ("weight", "bias"):
                name = f"{layer.name}.{part}"
                self.assertEqual(file.header[name]["dtype"], dtype, name)
                self.assertEqual(file.header[name]["shape"], list(layer.shape if part == "weight" else layer.shape[:1]))
                self.assertEqual(file.values(name), maker.graph.expected[name], name)
        self.assertEqual(len(file.header), 2 * len(arch.layers(arch.OMZ)))

    def test_fp32(self):
        maker = make("FP32")
        file = run(maker)
        self.check(file, maker, "F32")
        self.assertEqual(float(file.metadata["input_scale"]), SCALE)
        self.assertEqual(file.ranges, {})

    def test_fp16(self):
        maker = make("FP16")
        self.check(run(maker), maker, "F16")

    def test_fp32_of_version_11_with_the_scale_in_the_first_layer(self):
        maker = make("FP32", 11, "subtract")
        file = run(maker, 11)
        self.check(file, maker, "F32")
        self.assertEqual(file.metadata["input_scale"], "1.0")

    def test_fp16_of_version_11_through_convert_nodes(self):
        maker = make("FP16", 11, "subtract")
        self.check(run(maker, 11), maker, "F16")

    def test_every_order_of_the_normalisation(self):
        for shape in ("multiply, add", "multiply, subtract", "add, multiply", "subtract, multiply"):
            self.assertEqual(float(run(make("FP32", 10, shape)).metadata["input_scale"]), SCALE, shape)
        self.assertEqual(float(run(make("FP32", 10, "add")).metadata["input_scale"]), 1.0)

    def test_another_type_on_demand(self):
        maker = make("FP16")
        self.check(run(maker, dtype="f32"), maker, "F32")
        maker = make("FP32")
        self.check(run(maker, dtype="f16"), maker, "F16")

    def test_int8_is_kept(self):
        maker = make("INT8")
        file = run(maker)
        for layer in arch.layers(arch.OMZ):
            types = {part: file.header[f"{layer.name}.{part}"]["dtype"] for part in ("weight", "scale", "bias")}
            self.assertEqual(types, {"weight": "I8", "scale": "F32", "bias": "F32"})
            for part in types:
                name = f"{layer.name}.{part}"
                self.assertEqual(file.values(name), maker.graph.expected[name], name)

    def test_int8_is_computed_as_the_graph_says(self):
        maker = make("INT8")
        file = run(maker, dtype="f32")
        for layer in arch.layers(arch.OMZ)[:12]:
            steps, scales = (maker.graph.expected[f"{layer.name}.{part}"] for part in ("weight", "scale"))
            count = len(steps) // len(scales)
            expected = [(q - 2.0 ** -17 * (-1) ** (i // count)) * scales[i // count] for i, q in enumerate(steps)]
            for is_, wanted in zip(file.values(layer.name + ".weight"), expected):
                self.assertAlmostEqual(is_, wanted, delta=abs(wanted) * 2 ** -24)
        self.assertEqual(file.header["conv1.weight"]["dtype"], "F32")

    def test_ranges(self):
        maker = make("INT8")
        ranges = run(maker).ranges
        self.assertEqual(ranges, maker.graph.expected_ranges)
        self.assertEqual(list(ranges), list(arch.ranged_tensors(arch.OMZ)))
        self.assertEqual(len(ranges["conv1"][0]), 32)
        self.assertEqual(ranges["conv2_1/dw"], [-1.0, 2.0])


class File_(unittest.TestCase):
    def test_bytes_are_the_same_every_time(self):
        maker = make("INT8")
        files = {"x.xml": maker.graph.xml(), "x.bin": bytes(maker.graph.blob)}
        self.assertEqual(convert.convert(files)[0], convert.convert(files)[0])

    def test_data_are_aligned_without_gaps(self):
        widths = {"F32": 4, "F16": 2, "I8": 1}
        for kind in ("FP32", "FP16", "INT8"):
            file = run(make(kind))
            self.assertEqual(file.begin % 64, 0)
            end = 0
            for name, entry in file.header.items():
                begin, after = entry["data_offsets"]
                self.assertEqual(begin, end, name)
                self.assertEqual(begin % widths[entry["dtype"]], 0, name)
                self.assertEqual(after - begin, math.prod(entry["shape"]) * widths[entry["dtype"]], name)
                end = after
            self.assertEqual(file.begin + end, len(file.data))

    def test_tensors_stand_in_order_of_execution(self):
        names = [f"{layer.name}.{part}" for layer in arch.layers(arch.OMZ) for part in ("weight", "scale", "bias")]
        self.assertEqual(list(run(make("INT8")).header), names)

    def test_source_names_the_file_and_its_checksum(self):
        file = run(make("FP32"))
        self.assertRegex(file.metadata["source"], r"^x\.bin sha256:[0-9a-f]{64}$")
        self.assertEqual(file.metadata["licence"], "")
        self.assertEqual(file.metadata["format_version"], "1")


class Refused(unittest.TestCase):
    """Each change to a good graph, and words of the reason."""

    def refused(self, words, change, kind="FP32", **options):
        maker = make(kind)
        change(maker.graph)
        with self.assertRaises(ConvertError) as raised:
            run(maker, **options)
        self.assertIn(words, str(raised.exception))

    def test_a_layer_that_is_missing(self):
        def drop(g):
            g.nodes["Mconv7_stage2_L2/sink_port_0"]["inputs"] = ["relu/Mconv6_stage2_L2"]
            for name in ("Mconv7_stage2_L2/add", "Mconv7_stage2_L2/WithoutBiases"):
                del g.nodes[name]
        self.refused("layer Mconv7_stage2_L2 is missing (57 of 58 found)", drop)

    def test_a_layer_too_many(self):
        def again(g):
            g.nodes["conv9"] = dict(g.nodes["conv1"])
        self.refused('no layer "conv9"', again)

    def test_a_layer_twice(self):
        def again(g):
            g.nodes["conv1/WithoutBiases"] = dict(g.nodes["conv1"])
        self.refused('a second layer "conv1"', again)

    def test_another_source(self):
        def rewire(g):
            g.nodes["conv5_2/dw"]["inputs"][0] = "relu/conv4_2/sep"
        self.refused("layer conv5_2/dw: reads conv4_2/sep, not conv5_1/sep", rewire)

    def test_another_stride(self):
        self.refused("layer conv4_2/dw: strides [2, 2], not [1, 1]",
                     lambda g: g.nodes["conv4_2/dw"]["attributes"].update(strides="2, 2"))

    def test_another_dilation(self):
        self.refused("layer conv5_1/dw: dilations [1, 1], not [2, 2]",
                     lambda g: g.nodes["conv5_1/dw"]["attributes"].update(dilations="1,1"))

    def test_another_padding(self):
        self.refused("layer conv1: pads_end [0, 1], not [1, 1]",
                     lambda g: g.nodes["conv1"]["attributes"].update(pads_end="0,1"))
        self.refused('layer conv1: auto_pad "same_upper"',
                     lambda g: g.nodes["conv1"]["attributes"].update(auto_pad="same_upper"))

    def test_another_shape(self):
        self.refused("conv3_1/sep.weight: shape [128, 64, 2, 1], not [128, 128, 1, 1]",
                     lambda g: g.nodes["conv3_1/sep/values"]["attributes"].update(shape="128,64,2,1"))

    def test_an_ungrouped_depthwise_layer(self):
        self.refused("conv2_1/dw.weight: shape [32, 1, 1, 3, 3], not",
                     lambda g: g.nodes["conv2_1/dw"].update(type="Convolution"))

    def test_another_activation(self):
        self.refused("elu after conv2_1/dw", lambda g: g.nodes["relu/conv2_1/dw"].update(
            type="Elu", attributes={"alpha": 1}))
        self.refused("alpha 0.5, not 1", lambda g: g.nodes["relu/conv4_3_CPM/al"]["attributes"].update(alpha=0.5))

    def test_no_activation(self):
        def rewire(g):
            g.nodes["conv2_1/sep/WithoutBiases"]["inputs"][0] = "conv2_1/dw/add"
        self.refused("reads conv2_1/dw before its relu", rewire)

    def test_another_bias(self):
        self.refused("conv1.bias: 16 values, not 32",
                     lambda g: g.nodes["conv1/bias"]["attributes"].update(shape="16", size=64))

    def test_another_order_of_the_concat(self):
        self.refused("joins ['conv4_4_CPM', 'conv5_5_CPM_L2', 'conv5_5_CPM_L1']",
                     lambda g: g.nodes[arch.CONCAT]["inputs"].reverse())
        self.refused("joins", lambda g: g.nodes[arch.CONCAT]["attributes"].update(axis=2))

    def test_another_sum(self):
        def rewire(g):
            g.nodes["conv4_3_CPM/res"]["inputs"][0] = "relu/conv4_3_CPM/red"
        self.refused("the sum of conv4_3_CPM/inc and conv4_3_CPM/red", rewire)

    def test_another_node(self):
        self.refused("MaxPool is not part of", lambda g: g.nodes["relu1/pool"] if "relu1/pool" in g.nodes else
                     g.add("relu1/pool", "MaxPool", ["relu/conv1"]))

    def test_a_second_input(self):
        self.refused("a second input", lambda g: g.add("data2", "Parameter"))

    def test_another_output(self):
        def rewire(g):
            g.nodes["Mconv7_stage2_L1/sink_port_0"]["inputs"] = ["conv5_5_CPM_L1/add"]
        self.refused("the outputs are ['Mconv7_stage2_L2', 'conv5_5_CPM_L1']", rewire)

    def test_another_normalisation(self):
        def mean(*values):
            def change(g):
                g.nodes["data/mean"]["inputs"][1] = g.floats("mean2", (1, len(values), 1, 1), values)
            return change
        self.refused("not (p - 128) * 0.00390625", mean(-0.5, -0.5, -0.499))
        self.refused("not (p - 128) * 0.00390625", mean(0.0, 0.0, 0.0))
        self.refused("2 offsets for 3 channels", mean(-0.5, -0.5))

        def scale(*values):
            def change(g):
                g.nodes["data/scale"]["inputs"][1] = g.floats("scale2", (1, 3, 1, 1), values)
            return change
        self.refused("channels scaled unlike each other", scale(0.1, 0.2, 0.1))
        self.refused("the input is p * 0.0", scale(0.0, 0.0, 0.0))

    def test_values_that_are_not_finite(self):
        def spoil(g):
            at = g.nodes["conv1/values"]["attributes"]["offset"]
            g.blob[at:at + 4] = b"\0\0\xc0\x7f"
        self.refused("conv1.weight: a value is not finite", spoil)

    def test_values_that_do_not_fit(self):
        def spoil(g):
            at = g.nodes["conv1/values"]["attributes"]["offset"]
            g.blob[at:at + 4] = b"\0\0\x80\x47"  # 65536
        self.refused("conv1.weight: 65536 does not fit F16", spoil, dtype="f16")

    def test_types_that_differ(self):
        def change(g):
            g.nodes["conv1"]["inputs"][1] = g.const("half", "f16", (32, 3, 3, 3), [0.0] * 864)
        self.refused("weights of types F16 and F32", change)

    def test_constants_outside_the_file(self):
        self.refused("the .bin file has", lambda g: g.blob.pop())
        self.refused("constant conv1/values: 3456 bytes at -4",
                     lambda g: g.nodes["conv1/values"]["attributes"].update(offset=-4))
        self.refused("constant conv1/values: 3455 bytes",
                     lambda g: g.nodes["conv1/values"]["attributes"].update(size=3455))
        self.refused('element type "f64" is none of',
                     lambda g: g.nodes["conv1/values"]["attributes"].update(element_type="f64"))
        self.refused('shape is "32,x", not a list of integers',
                     lambda g: g.nodes["conv1/values"]["attributes"].update(shape="32,x"))

    def test_an_edge_to_nowhere(self):
        self.refused("which are not both there", lambda g: g.nodes["relu/conv1"]["inputs"].append("nothing"))

    def test_a_circle(self):
        def rewire(g):
            g.nodes["conv1"]["inputs"][0] = "relu/conv1"
        self.refused("the graph runs in a circle", rewire)

    def test_a_zero_point(self):
        def change(g):
            g.nodes["conv1/minus_zp"]["inputs"][1] = g.floats("zp2", (32, 1, 1, 1), [0.5] * 32)
        self.refused("conv1.weight: zero point 0.5; up to 1.52587890625e-05 is dropped", change, "INT8")
        maker = make("INT8")
        change(maker.graph)
        first = maker.graph.expected["conv1.weight"][0]
        self.assertEqual(run(maker, dtype="f32").values("conv1.weight")[0], (first - 0.5) / 1024)

    def test_a_scale_that_is_not_positive(self):
        def change(g):
            g.nodes["conv1/times"]["inputs"][1] = g.floats("scale2", (32, 1, 1, 1), [0.0] * 32)
        self.refused("conv1.scale: 0.0; every scale must be above 0", change, "INT8")

    def test_ranges(self):
        def bound(index, value):
            def change(g):
                g.nodes["data/fq"]["inputs"][index] = g.floats("other", (), [value])
            return change
        self.refused("scales data on the way", bound(4, 7.0), "INT8")

        def second(g):
            bounds = [g.floats(f"second{i}", (), [value]) for i, value in enumerate((0.0, 5.0, 0.0, 5.0))]
            g.nodes["conv2_2/sep/WithoutBiases"]["inputs"][0] = g.add(
                "second", "FakeQuantize", ["relu/conv2_2/dw", *bounds], levels=256)
            g.add("third", "FakeQuantize", ["relu/conv2_2/dw", *g.nodes["conv2_1/sep/fq"]["inputs"][1:]], levels=256)
        self.refused("a second, different range for conv2_2/dw", second, "INT8")

        def bypass(g):
            g.nodes["conv2_2/sep/WithoutBiases"]["inputs"][0] = "relu/conv2_2/dw"
            del g.nodes["conv2_2/dw/fq"]
        self.refused("range of conv2_2/dw: missing", bypass, "INT8")

        def empty(g):
            g.nodes["conv2_2/dw/fq"]["inputs"][1:] = [g.floats(f"b{i}", (), [0.0]) for i in range(4)]
        self.refused("range of conv2_2/dw: a low end that is not below its high end", empty, "INT8")

    def test_other_files(self):
        maker = make("FP32")
        for words, options in (("IR version 9", {"version": 9}), ("not XML", {"xml": b"\x80\x03"}),
                               ("not XML", {"xml": b"<net>"}), ("the root is <html>", {"xml": b"<html/>"}),
                               ("is missing (0 of 58 found)", {"xml": b'<net version="10"><layers/><edges/></net>'}),
                               ("port \"x\" is no number", {"xml": b'<net version="10"><layers><layer id="1" name="a" '
                                b'type="ReLU"/></layers><edges><edge from-layer="1" to-layer="1" to-port="x"/></edges>'
                                b'</net>'})):
            with self.assertRaises(ConvertError) as raised:
                run(maker, **options)
            self.assertIn(words, str(raised.exception))

    def test_a_bomb_of_entities(self):
        bomb = b'<!DOCTYPE net [<!ENTITY a "' + b"a" * 1000 + b'">' + b"".join(
            b'<!ENTITY %c "%s">' % (c + 1, b"&%c;" % c * 100) for c in range(ord("a"), ord("j"))) + \
            b']><net version="10">&j;</net>'
        with self.assertRaises(ConvertError) as raised:
            run(make("FP32"), xml=bomb)
        self.assertIn("not XML", str(raised.exception))


if __name__ == "__main__":
    tap.main()
