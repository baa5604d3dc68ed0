#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Buffers of every kind are read in place; what cannot be read so is refused with a reason."""

import array
import unittest

import common
import tap
from common import lightpose, numpy

WIDTH, HEIGHT = 94, 70


def made(size):
    """Pixels that differ from place to place."""
    return bytes((i * i // 7 + 31 * i) % 251 for i in range(size))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = lightpose.Model(common.WEIGHTS)
        cls.context = lightpose.Context(cls.model, height=64, threads=1)

    @classmethod
    def tearDownClass(cls):
        cls.context.close()
        cls.model.close()

    def maps(self, image, *arguments, **named):
        """The heatmaps: any other pixel changes them."""
        if arguments or named:
            image = lightpose.Image(image, *arguments, **named)
        self.context.infer(image)
        return self.context.maps().heatmaps.tobytes()


class Plain(Case):
    def test_kinds(self):
        """bytes, bytearray, memoryview and array.array give the same maps"""
        pixels = made(3 * WIDTH * HEIGHT)
        wanted = self.maps(pixels, "bgr24", WIDTH, HEIGHT)
        for data in (bytearray(pixels), memoryview(pixels), array.array("B", pixels),
                     memoryview(pixels).cast("B", shape=[HEIGHT, WIDTH, 3]), memoryview(pixels).cast("c")):
            self.assertEqual(self.maps(data, "bgr24", WIDTH, HEIGHT), wanted)
        self.assertEqual(self.maps(memoryview(pixels).cast("B", shape=[HEIGHT, WIDTH, 3])), wanted)
        self.assertNotEqual(self.maps(pixels, "rgb24", WIDTH, HEIGHT), wanted)

    def test_strides(self):
        """padded rows, and rows from the bottom up"""
        row = 3 * WIDTH
        pixels = made(row * HEIGHT)
        wanted = self.maps(pixels, "bgr24", WIDTH, HEIGHT)
        rows = [pixels[row * y:row * (y + 1)] for y in range(HEIGHT)]
        padded = b"".join(line + b"\xff" * 13 for line in rows)
        self.assertEqual(self.maps(padded, "bgr24", WIDTH, HEIGHT, strides=row + 13), wanted)
        self.assertEqual(self.maps(padded[:-13], "bgr24", WIDTH, HEIGHT, strides=[row + 13]), wanted)
        self.assertEqual(self.maps(b"".join(reversed(rows)), "bgr24", WIDTH, HEIGHT, strides=-row), wanted)
        self.assertNotEqual(self.maps(b"".join(reversed(rows)), "bgr24", WIDTH, HEIGHT), wanted)

    def test_planes(self):
        """planes of NV12 and I420, apart and in one piece, of even and odd sizes"""
        for width, height in ((WIDTH, HEIGHT), (WIDTH - 1, HEIGHT - 1)):
            half, rows = (width + 1) // 2, (height + 1) // 2
            luma, blue, red = made(width * height), made(half * rows), made(half * rows + 9)[9:]
            both = bytes(value for pair in zip(blue, red) for value in pair)
            wanted = self.maps([luma, blue, red], "i420", width, height)
            self.assertEqual(self.maps(luma + blue + red, "i420", width, height), wanted)
            self.assertEqual(self.maps([luma, both], "nv12", width, height), wanted)
            self.assertEqual(self.maps(luma + both, "nv12", width, height), wanted)
            padded = b"".join(both[2 * half * y:2 * half * (y + 1)] + b"\0" * 5 for y in range(rows))
            self.assertEqual(self.maps([luma, padded], "nv12", width, height, strides=[width, 2 * half + 5]), wanted)
            self.assertNotEqual(self.maps([luma, red, blue], "i420", width, height), wanted)
            self.assertNotEqual(self.maps([luma, blue, red], "i420", width, height, range=lightpose.Range.FULL), wanted)

    def test_refused(self):
        """buffers that are too small, of other elements, or none are refused with a reason"""
        pixels = made(3 * WIDTH * HEIGHT)
        for kind, pattern, arguments in (
                (ValueError, "19739 bytes; 70 rows of 282 bytes at stride 282 need 19740", (pixels[:-1], "bgr24", WIDTH, HEIGHT)),
                (ValueError, "stride 281 is less", (pixels, "bgr24", WIDTH, HEIGHT, 281)),
                (ValueError, "need 19809", (pixels, "bgr24", WIDTH, HEIGHT, -283)),
                (ValueError, "does not tell the format", (pixels,)),
                (ValueError, "needs width and height", (pixels, "bgr24")),
                (ValueError, "0 x 70", (pixels, "bgr24", 0, HEIGHT)),
                (ValueError, "has 2 planes, not 3", ([pixels] * 3, "nv12", WIDTH, HEIGHT)),
                (ValueError, "0 bytes", (b"", "gray8", WIDTH, HEIGHT)),
                (ValueError, "i420 of 94 x 70 has 9870", (pixels[:9869], "i420", WIDTH, HEIGHT)),
                (ValueError, "shape", (memoryview(pixels).cast("B", shape=[HEIGHT, WIDTH, 3]), "bgr24", WIDTH, HEIGHT + 1)),
                (ValueError, "lie 2 apart", (memoryview(pixels * 2)[::2], "bgr24", WIDTH, HEIGHT)),
                (TypeError, "a int has no buffer", (7, "bgr24", WIDTH, HEIGHT)),
                (TypeError, "a str has no buffer", ("pixels", "bgr24", WIDTH, HEIGHT)),
                (TypeError, "elements of format 'f'", (array.array("f", [0] * 9), "bgr24", 1, 1)),
                (TypeError, "elements of format 'b'", (array.array("b", [0] * 9), "bgr24", 1, 1)),
                (lightpose.Error, "nv12, i420", (pixels, "p010", WIDTH, HEIGHT))):
            with self.subTest(pattern=pattern), self.assertRaisesRegex(kind, pattern):
                lightpose.Image(*arguments)

    def test_crop(self):
        """a crop is a view, with the library's corner"""
        pixels = made(WIDTH * HEIGHT * 3 // 2)
        image = lightpose.Image(pixels, "nv12", WIDTH, HEIGHT)
        part, x, y = image.crop(11, 7, 30, 20)
        self.assertEqual((x, y, part.width, part.height), (10, 6, 31, 21))
        self.assertEqual(part._planes[0][0] - image._planes[0][0], 6 * WIDTH + 10)
        self.assertEqual(part._planes[1][0] - image._planes[1][0], 3 * WIDTH + 10)
        with self.assertRaisesRegex(lightpose.Error, "not inside"):
            image.crop(0, 0, WIDTH + 1, 1)

    def test_the_buffer_is_held(self):
        """an Image keeps its memory in place for as long as it lives"""
        data = bytearray(made(3 * WIDTH * HEIGHT))
        image = lightpose.Image(data, "bgr24", WIDTH, HEIGHT)
        with self.assertRaises(BufferError):
            data.append(0)
        del image
        data.append(0)


@unittest.skipIf(numpy is None, common.NO_NUMPY)
class Numpy(Case):
    def setUp(self):
        self.frame = numpy.frombuffer(made(3 * WIDTH * HEIGHT), numpy.uint8).reshape(HEIGHT, WIDTH, 3)

    def test_views(self):
        """parts, padded rows and rows from the bottom up of an array are read in place"""
        large = numpy.full((HEIGHT + 20, WIDTH + 31, 3), 255, numpy.uint8)
        large[9:9 + HEIGHT, 17:17 + WIDTH] = self.frame
        part = large[9:9 + HEIGHT, 17:17 + WIDTH]
        wanted = self.maps(self.frame)
        self.assertEqual(self.maps(part), wanted)
        self.assertEqual(lightpose.Image(part)._planes, [(part.ctypes.data, part.strides[0])])
        self.assertEqual(self.maps(numpy.ascontiguousarray(self.frame[::-1])[::-1]), wanted)
        every_other = numpy.repeat(self.frame, 2, axis=0)[::2]
        self.assertEqual(self.maps(every_other), wanted)
        self.assertEqual(self.maps(self.frame.reshape(HEIGHT, -1), "bgr24"), wanted)

    def test_kinds(self):
        """four channels are BGRA, none is gray, NV12 comes in one array, also padded"""
        alpha = numpy.dstack([self.frame, numpy.full((HEIGHT, WIDTH), 9, numpy.uint8)])
        self.assertEqual(self.maps(alpha), self.maps(self.frame))
        gray = numpy.ascontiguousarray(self.frame[:, :, 0])
        self.assertEqual(self.maps(gray), self.maps(gray.tobytes(), "gray8", WIDTH, HEIGHT))
        self.assertEqual(self.maps(gray[:, :, None]), self.maps(gray))
        both = numpy.frombuffer(made(WIDTH * HEIGHT * 3 // 2), numpy.uint8).reshape(-1, WIDTH)[:HEIGHT // 2 * 3]
        wanted = self.maps(both.tobytes(), "nv12", WIDTH, HEIGHT)
        self.assertEqual(self.maps(both, "nv12"), wanted)
        self.assertEqual(self.maps(numpy.pad(both, ((0, 0), (0, 6)))[:, :WIDTH], "nv12"), wanted)
        self.assertEqual(self.maps(both, "i420"), self.maps(both.tobytes(), "i420", WIDTH, HEIGHT))

    def test_refused(self):
        """pixels that are not neighbours, and elements that are not bytes, are refused with a reason"""
        for pattern, data in (("must be neighbours", self.frame[:, ::-1]), ("must be neighbours", self.frame[:, ::2]),
                              ("must be neighbours", self.frame[:, :, ::-1]),
                              ("must be neighbours", numpy.asfortranarray(self.frame)),
                              ("must be neighbours", self.frame.transpose(1, 0, 2)),
                              ("stride 0 is less", numpy.broadcast_to(self.frame[:1], self.frame.shape)),
                              ("does not tell the format", self.frame[:, :, :2]),
                              ("0 x", self.frame[:, :0])):
            with self.subTest(pattern=pattern), self.assertRaisesRegex(ValueError, pattern):
                lightpose.Image(data)
        for data in (self.frame.astype(numpy.float32), self.frame.astype(numpy.int8), self.frame.astype(numpy.uint16)):
            with self.assertRaisesRegex(TypeError, "bytes"):
                lightpose.Image(data)
        wide = numpy.zeros((HEIGHT * 3 // 2, WIDTH + 6), numpy.uint8)[:, :WIDTH]
        with self.assertRaisesRegex(ValueError, "planes one by one"):
            lightpose.Image(wide, "i420")

    def test_maps(self):
        """maps go to numpy and back; those of another kind are refused"""
        self.context.infer(self.frame)
        maps = self.context.maps()
        heatmaps, pafs = numpy.asarray(maps.heatmaps), numpy.asarray(maps.pafs)
        self.assertEqual((heatmaps.dtype, heatmaps.shape[0], pafs.shape[0]), (numpy.float32, 19, 38))
        self.assertEqual(self.context.decode(maps._replace(heatmaps=heatmaps, pafs=pafs)).poses,
                         self.context.decode(maps).poses)
        with self.assertRaisesRegex(TypeError, "float32"):
            self.context.decode(maps._replace(heatmaps=heatmaps.astype(float)))
        with self.assertRaisesRegex(ValueError, "in one piece"):
            self.context.decode(maps._replace(pafs=pafs[:, :, ::-1]))
        with self.assertRaisesRegex(ValueError, "pafs of"):
            self.context.decode(maps._replace(pafs=numpy.ascontiguousarray(pafs[:, 1:])))
        broken = heatmaps.copy()
        broken[3, 1, 2] = numpy.nan
        with self.assertRaises(lightpose.Error) as caught:
            self.context.decode(maps._replace(heatmaps=broken))
        self.assertEqual(caught.exception.status, lightpose.Status.NOT_FINITE)


if __name__ == "__main__":
    tap.main()
