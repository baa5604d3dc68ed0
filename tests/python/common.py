# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""What the tests of lightpose.py share: the module, weights, a photo, and the answers of the C interface to it."""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "weights"))
import tap  # noqa: E402

SOURCE = tap.SOURCE
sys.path.insert(0, os.path.join(SOURCE, "python"))
import lightpose  # noqa: E402

try:
    import numpy
except ImportError:
    numpy = None
NO_NUMPY = "python3-numpy is not installed"
WEIGHTS = os.path.join(SOURCE, "weights", "default.safetensors")
PHOTO = os.path.join(SOURCE, "docs", "astronaut.jpg")
NO_PHOTO = None if shutil.which("ffmpeg") else "ffmpeg, which reads the photo, is not installed"


def convert(path, *arguments):
    """What ffmpeg makes of a picture, on its standard output."""
    return subprocess.run(["ffmpeg", "-v", "error", "-i", path, *arguments, "-"], capture_output=True, check=True).stdout


def photo(pixel_format="rgb24"):
    """The photo's pixels, its width and height: even numbers of rows and columns."""
    head = convert(PHOTO, "-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", "-c:v", "ppm", "-f", "image2pipe")[:20].split()
    pixels = convert(PHOTO, "-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", "-pix_fmt", pixel_format, "-f", "rawvideo")
    return pixels, int(head[1]), int(head[2])


def flat(pose):
    """A pose as the numbers that `answers` prints."""
    numbers = [pose.score, pose.rank, *pose.box, pose.keypoint_count]
    for keypoint in pose.keypoints:
        numbers += keypoint
    return numbers


def answers(pixels, width, height, name):
    """Poses as `flat` lists, and the bytes of the maps, of the C interface."""
    with tempfile.TemporaryDirectory() as folder:
        maps = os.path.join(folder, "maps")
        done = subprocess.run([os.environ["LIGHTPOSE_ANSWERS"], WEIGHTS, str(width), str(height), name, maps], input=pixels,
                              capture_output=True, check=True)
        with open(maps, "rb") as file:
            raw = file.read()
    poses = []
    for line in done.stdout.decode().splitlines():
        words = line.split()
        poses.append([float.fromhex(word) if "0x" in word else float(word) for word in words])
    return poses, raw


def resident():
    """The memory of this process, in KiB."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
