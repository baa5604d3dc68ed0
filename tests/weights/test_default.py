# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""The default weights: the file, who finds it and says so, and that it finds people in photographs."""

import json
import os
import re
import subprocess
import tempfile
import unittest

import tap
import arch
import weights_file

FILES = {"default": os.path.join(tap.WEIGHTS, "default.safetensors"),
         "published": os.path.join(tap.WEIGHTS, arch.OMZ + ".safetensors")}
COMMAND = os.environ.get("LIGHTPOSE_COMMAND", "")
GET = os.environ["LIGHTPOSE_GET_WEIGHTS"]  # as messages name it
PICTURES = os.path.join(tap.SOURCE, "demo")
# Where a person's neck is, in pixels, and how far off it may be found.
NECKS = {"messi5.jpg": [(247, 130)], "basketball1.png": [(83, 160), (576, 182)]}
NEAR = 25
NECK, SHOWN = 1, 6  # OpenPose's second keypoint; a person of fewer keypoints is none


def run(*arguments, weights):
    """(stdout, stderr) of a command that must succeed, with these weights in the environment."""
    done = subprocess.run([COMMAND, *arguments], env={**os.environ, "LIGHTPOSE_WEIGHTS": weights}, text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


class File(unittest.TestCase):
    def test_is_whole_and_says_what_it_is(self):
        with open(FILES["default"], "rb") as file:
            data = file.read()
        _, metadata = weights_file.read(data)
        self.assertIn("I8 weights, with int8 ranges", weights_file.describe(data))
        self.assertLess(len(data), 5 << 20)
        self.assertEqual(metadata["variant"], arch.OMZ)
        self.assertRegex(metadata["checksum"], "^crc32:[0-9a-f]{8}$")
        self.assertEqual(metadata["licence"], "Apache-2.0")
        self.assertIn("weights/train", metadata["source"])
        self.assertIn("teacher: human-pose-estimation-0001", metadata["source"])
        self.assertRegex(metadata["accuracy"], r"^AP \d+ at height 256, \d+ at 368$")


@unittest.skipUnless(COMMAND, "the lightpose command is not built")
class Command(unittest.TestCase):
    def test_says_which_weights_once(self):
        picture = os.path.join(tap.SOURCE, "demo", "messi5.jpg")
        if not os.path.exists(picture):
            self.skipTest("no pictures (scripts/pictures demo)")
        _, said = run("run", picture, picture, weights=FILES["default"])
        self.assertRegex(said, r"^weights: default \(AP \d+ at height 256, \d+ at 368\); "
                               + re.escape(GET) + " fetches more accurate ones\n")
        self.assertEqual(said.count("weights:"), 1)
        self.assertEqual(run("run", "--quiet", picture, weights=FILES["default"])[1], "")
        self.assertNotIn("weights:", run("run", "-w", FILES["default"], picture, weights="")[1])

    def test_info_tells_of_both(self):
        said, _ = run("info", weights=FILES["default"])
        self.assertIn(f"weights      {FILES['default']}", said)
        self.assertRegex(said, r"\npublished    ")
        self.assertRegex(said, r"\naccuracy     AP \d+ at height 256")
        self.assertRegex(said, r"\nchecksum     crc32:[0-9a-f]{8}\n")

    def test_what_python_wrote_the_command_checks(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(FILES["default"], "rb") as file:
                data = bytearray(file.read())
            wrong, old = os.path.join(folder, "wrong.safetensors"), os.path.join(folder, "old.safetensors")
            with open(old, "wb") as file:
                file.write(data.replace(b'"checksum"', b'"Checksum"', 1))
            data[-1] ^= 1
            with open(wrong, "wb") as file:
                file.write(data)
            self.assertIn("\nchecksum     none in the file", run("info", "-w", old, weights="")[0])
            done = subprocess.run([COMMAND, "info", "-w", wrong], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"wrong\.safetensors: damaged: the checksum should be crc32:[0-9a-f]{8} and is ")
            with self.assertRaisesRegex(weights_file.ConvertError, "damaged: the checksum should be"):
                weights_file.describe(bytes(data))

    def finds(self, weights):
        if not os.path.exists(weights):
            self.skipTest(f"{weights} is not there (weights/get)")
        for name, necks in NECKS.items():
            picture = os.path.join(PICTURES, name)
            if not os.path.exists(picture):
                self.skipTest("no pictures (scripts/pictures demo)")
            with tempfile.TemporaryDirectory() as folder:
                run("run", "--quiet", picture, "--json", "openpose", "-o", folder, weights=weights)
                found = [os.path.join(at, file) for at, _, files in os.walk(folder) for file in files
                         if file.endswith(".json")]
                with open(found[0], encoding="utf-8") as file:
                    people = [person["pose_keypoints_2d"] for person in json.load(file)["people"]]
            people = [person for person in people if sum(score > 0 for score in person[2::3]) >= SHOWN]
            for x, y in necks:
                away = [max(abs(person[3 * NECK] - x), abs(person[3 * NECK + 1] - y)) for person in people]
                self.assertLess(min(away, default=1000), NEAR, f"{name}: nobody's neck is near {x}, {y}")

    def test_the_default_weights_find_people(self):
        self.finds(FILES["default"])

    def test_the_published_weights_find_people(self):
        self.finds(FILES["published"])


if __name__ == "__main__":
    tap.main()
