#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""pip installs the folder python/ without a network; the examples run; every structure and function is the header's."""

import ctypes
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import common
import tap
from common import lightpose

FOLDER = os.path.join(common.SOURCE, "python")


def missing_for_pip():
    return [name for name in ("pip", "setuptools", "wheel") if importlib.util.find_spec(name) is None]


def run(*command, **environment):
    return subprocess.run(command, env=dict(os.environ, PYTHONPATH=FOLDER, LIGHTPOSE_WEIGHTS=common.WEIGHTS, **environment),
                          capture_output=True, text=True, check=False)


class Install(unittest.TestCase):
    @unittest.skipIf(missing_for_pip(), f"{', '.join(missing_for_pip())}: not installed")
    def test_pip(self):
        """pip installs the module from its folder, offline"""
        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "python")
            shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
            done = run(sys.executable, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-index", "--no-deps",
                       "--target", os.path.join(folder, "site"), copy, PIP_DISABLE_PIP_VERSION_CHECK="1")
            self.assertEqual(done.returncode, 0, done.stderr)
            done = subprocess.run([sys.executable, "-c", "import lightpose; print(lightpose.__file__)"], cwd=folder,
                                  env=dict(os.environ, PYTHONPATH=os.path.join(folder, "site")), capture_output=True,
                                  text=True, check=True)
            self.assertTrue(done.stdout.startswith(os.path.join(folder, "site")), done.stdout)

    def test_version(self):
        """the package has the module's version"""
        with open(os.path.join(FOLDER, "pyproject.toml"), encoding="utf-8") as file:
            self.assertIn(f'\nversion = "{lightpose.__version__}"\n', file.read())

    @unittest.skipIf(common.NO_PHOTO, common.NO_PHOTO)
    def test_file_example(self):
        """the example for a file finds the person"""
        pixels, width, height = common.photo()
        with tempfile.NamedTemporaryFile() as file:
            file.write(pixels)
            file.flush()
            done = run(sys.executable, os.path.join(FOLDER, "examples", "one_file.py"), file.name, str(width), str(height))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("person 0: score 0.", done.stdout)

    @unittest.skipIf(common.NO_PHOTO, common.NO_PHOTO)
    @unittest.skipIf(importlib.util.find_spec("cv2") is None, "python3-opencv is not installed")
    def test_opencv_example(self):
        """the example for OpenCV finds and tracks the person in a clip"""
        with tempfile.TemporaryDirectory() as folder:
            clip = os.path.join(folder, "clip.avi")
            subprocess.run(["ffmpeg", "-v", "error", "-loop", "1", "-i", common.PHOTO, "-frames:v", "3", "-c:v", "mjpeg",
                            "-q:v", "2", clip], check=True)
            done = run(sys.executable, os.path.join(FOLDER, "examples", "opencv_video.py"), clip)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("frame 2: person 0, score 0.", done.stdout)


class Header(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(common.SOURCE, "include", "lightpose", "lightpose.h"), encoding="utf-8") as file:
            self.header = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)

    def test_structures(self):
        """every structure has the header's fields, in its order"""
        found = re.findall(r"typedef struct lightpose_\w+ \{(.*?)\} (lightpose_\w+);", self.header, re.DOTALL)
        self.assertEqual({name for _, name in found}, set(lightpose._STRUCTURES) | {"lightpose_settings"})
        for body, name in found:
            if name == "lightpose_settings":
                continue
            fields = []
            for declaration in body.split(";"):
                if declaration.strip():
                    first, *rest = declaration.split(",")
                    fields += [re.search(r"(\w+)(\[\w+\])?\s*$", first)[1]] + [part.strip().split("[")[0] for part in rest]
            self.assertEqual([field[0] for field in lightpose._STRUCTURES[name]._fields_], fields, name)

    def test_numbers(self):
        """every constant of an enumeration is the header's"""
        for kind, prefix in ((lightpose.Status, "ERROR_"), (lightpose.Matrix, ""), (lightpose.Range, "RANGE_"),
                             (lightpose.State, ""), (lightpose.Assignment, "ASSIGNMENT_"), (lightpose.Order, "ORDER_"),
                             (lightpose.Calibration, "CALIBRATION_")):
            for member in kind:
                name = "OK" if member is lightpose.Status.OK else prefix + member.name
                self.assertRegex(self.header, rf"\bLIGHTPOSE_{name} = {member.value}\b")

    def test_functions(self):
        """every function that the module calls is the header's, with as many arguments; what it leaves out is named here"""
        found = {name: 0 if arguments.strip() == "void" else arguments.count(",") + 1 for name, arguments in
                 re.findall(r"LIGHTPOSE_API[^;(]*?lightpose_(\w+)\(([^)]*)\);", self.header)}
        left_out = {"precision_parse", "decoder_parse"}  # settings_set takes the names
        self.assertEqual(set(found) - set(lightpose._PROTOTYPES), left_out)
        for name, (_, arguments) in lightpose._PROTOTYPES.items():
            self.assertEqual(len(arguments), found[name], name)
        self.assertEqual(ctypes.sizeof(ctypes.c_int), 4)


if __name__ == "__main__":
    tap.main()
