# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""What the tests of weights/get and convert.py share: an input made here, and the tools in a tree of their own."""

import hashlib
import os
import subprocess
import sys
import tempfile
import unittest

import tap
import arch
from ir_maker import make

MAKER = make("INT8")
XML, BIN = MAKER.graph.xml(), bytes(MAKER.graph.blob)
NAMES = (arch.OMZ + ".xml", arch.OMZ + ".bin")


class Case(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        # A copy of the tools in a tree of its own, so that nothing beside the real one is found.
        self.tools = self.path("tree/weights")
        os.makedirs(self.tools)
        for name in os.listdir(tap.WEIGHTS):
            if name.endswith(".py") or name in ("get", "MANIFEST"):
                os.symlink(os.path.join(os.path.abspath(tap.WEIGHTS), name), os.path.join(self.tools, name))
        os.makedirs(self.path("out"))
        self.output = self.path("out/x.safetensors")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def manifest(self, *sources, of=(XML, BIN)):
        """A list of sources (name, address) of the IR made here."""
        lines = [f"{source} {name} {len(data)} sha256:{hashlib.sha256(data).hexdigest()} CC0-1.0 {arch.OMZ} "
                 f"{address}/{source}/{name}\n"
                 for source, address in sources for name, data in zip(NAMES, of)]
        return self.write("MANIFEST", "".join(["# a comment\n\n", *lines]).encode())

    def run_tool(self, tool, *arguments, before=""):
        """(exit status, what it said). The tool runs from the copy, whose own files are what it finds beside it."""
        environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        script = (before + "import os, runpy, sys; sys.argv = sys.argv[1:]; sys.path.insert(0, os.path.dirname(sys.argv[0])); "
                  "runpy.run_path(sys.argv[0], run_name='__main__')")
        done = subprocess.run([sys.executable, "-B", "-c", script, os.path.join(self.tools, tool), *arguments],
                              capture_output=True, text=True, timeout=120, env=environment, cwd=self.folder)
        self.assertNotIn("Traceback", done.stderr)
        return done.returncode, done.stdout + done.stderr

    def get(self, *arguments):
        return self.run_tool("get", "-o", self.output, *arguments)

    def read_output(self):
        with open(self.output, "rb") as file:
            return file.read()

    def nothing_left(self):
        self.assertEqual(os.listdir(self.path("out")), [])
