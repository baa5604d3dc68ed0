#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""What lightpose.py finds is what the C interface and the command find."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

import common
import tap
from common import lightpose

# The format's name in the library and in ffmpeg.
FORMATS = {"bgr24": "bgr24", "rgb24": "rgb24", "bgra": "bgra", "rgba": "rgba", "gray8": "gray", "nv12": "nv12",
           "i420": "yuv420p"}
COMMAND = os.environ.get("LIGHTPOSE_COMMAND", "")


@unittest.skipIf(common.NO_PHOTO, common.NO_PHOTO)
class Photo(unittest.TestCase):
    def test_every_format(self):
        """poses and maps of a photo are the C interface's, to the bit, in every format"""
        with lightpose.Model(common.WEIGHTS) as model, lightpose.Context(model) as context:
            for name, pixel_format in FORMATS.items():
                pixels, width, height = common.photo(pixel_format)
                wanted, maps = common.answers(pixels, width, height, name)
                self.assertTrue(wanted, name)
                found = context.infer(lightpose.Image(pixels, name, width, height))
                self.assertEqual([common.flat(pose) for pose in found], wanted, name)
                self.assertTrue(all(pose.id == -1 for pose in found))
                mine = context.maps()
                self.assertEqual(mine.heatmaps.shape[0], lightpose.HEATMAPS)
                self.assertEqual(mine.heatmaps.tobytes() + mine.pafs.tobytes(), maps, name)

    def test_decode(self):
        """the decoder alone finds the same people in the maps"""
        pixels, width, height = common.photo()
        with lightpose.Model(common.WEIGHTS) as model, lightpose.Context(model, decoder="reference") as context, \
                lightpose.Context(decoder="reference") as decoder:
            wanted = context.infer(lightpose.Image(pixels, "rgb24", width, height)).poses
            self.assertEqual(decoder.decode(context.maps()).poses, wanted)
            self.assertGreater(len(wanted), 0)

    @unittest.skipUnless(COMMAND, "the command is not built")
    def test_command(self):
        """the module as a program prints the command's people, of a JPEG, a PNG and a PPM"""
        with tempfile.TemporaryDirectory() as folder:
            ppm, png = os.path.join(folder, "photo.ppm"), os.path.join(folder, "photo.png")
            for path in (ppm, png):
                subprocess.run(["ffmpeg", "-v", "error", "-i", common.PHOTO, path], check=True)
            for path in (common.PHOTO, ppm, png):
                line = subprocess.run([COMMAND, "run", "-w", common.WEIGHTS, path, "--json", "jsonl"], capture_output=True,
                                      check=True).stdout
                wanted = json.loads(line)["people"]
                printed = subprocess.run([sys.executable, "-c", "import lightpose, sys; lightpose.main(sys.argv[1:])", path,
                                          "-w", common.WEIGHTS], env=dict(os.environ, PYTHONPATH=os.path.dirname(
                                              lightpose.__file__)), capture_output=True, check=True).stdout
                found = [json.loads(text) for text in printed.splitlines()]
                self.assertEqual(len(found), len(wanted))
                self.assertGreater(len(found), 0)
                for mine, theirs in zip(found, wanted):
                    self.assertAlmostEqual(mine["score"], theirs["score"], delta=1e-4)
                    for index, name in enumerate(lightpose.KEYPOINT_NAMES):
                        x, y, score = mine["keypoints"].get(name, (0, 0, 0))
                        # The command prints coordinates with three decimals.
                        for value, said in zip((round(x, 3), round(y, 3), score), theirs["keypoints"][index]):
                            self.assertAlmostEqual(value, said, delta=1e-4, msg=f"{path}: {name}")

    def test_track_and_draw(self):
        """a tracker gives ids, drawing changes pixels, also of a bytearray"""
        pixels, width, height = common.photo("bgr24")
        canvas = bytearray(pixels)
        image = lightpose.Image(canvas, "bgr24", width, height)
        with lightpose.Model(common.WEIGHTS) as model, lightpose.Context(model) as context, lightpose.Tracker() as tracker:
            result = tracker.update(0, context.infer(image))
            self.assertEqual([pose.id for pose in result], list(range(len(result))))
            saved = tracker.save()
            tracker.update(1 / 30, context.infer(image, result))
            once = result.poses
            with lightpose.Tracker.restore(saved) as other:
                self.assertEqual(other.update(1 / 30, context.infer(image)).poses, once)
            if lightpose.system().drawing != "none":
                lightpose.draw(image, result, boxes=1)
                self.assertNotEqual(bytes(canvas), pixels)
                with self.assertRaisesRegex(ValueError, "read-only"):
                    lightpose.draw(lightpose.Image(pixels, "bgr24", width, height), result)
            kept = result.poses[:1]
            result.assign(kept)
            self.assertEqual(result.poses, kept)

    def test_calibrator(self):
        """a calibrator's ranges are a text of numbers"""
        pixels, width, height = common.photo()
        with lightpose.Model(common.WEIGHTS) as model, lightpose.Calibrator(model, height=64) as calibrator:
            with self.assertRaises(lightpose.Error) as caught:
                calibrator.ranges()
            self.assertEqual(caught.exception.status, lightpose.Status.STATE)
            calibrator.add(lightpose.Image(pixels, "rgb24", width, height))
            self.assertIn("data", json.loads(calibrator.ranges(lightpose.Calibration.MINMAX)))


class Facts(unittest.TestCase):
    def test_names(self):
        """version, system, keypoints, limbs, settings and weights are the library's"""
        self.assertEqual(lightpose.version(), lightpose.__version__)
        self.assertIn("oneDNN", lightpose.system().engine)
        self.assertEqual(lightpose.KEYPOINT_NAMES[0], "nose")
        self.assertEqual(len(lightpose.LIMB_KEYPOINTS), 19)
        known = {setting.name: setting for setting in lightpose.settings()}
        self.assertEqual(known["height"].initial, 256)
        with lightpose.Model(common.WEIGHTS) as model, lightpose.Context(
                model, height=128, extra_heights=[64], peak_threshold=0.25, precision="f32", flip=True) as context:
            self.assertEqual(context.get_setting("extra_heights[0]"), 64)
            self.assertEqual(context.get_setting("peak_threshold"), 0.25)
            self.assertEqual(context.get_setting("flip"), 1)
            self.assertEqual(context.stats.precision, "f32")
            self.assertGreater(model.info.parameters, 10**6)


if __name__ == "__main__":
    tap.main()
