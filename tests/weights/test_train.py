# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""weights/train: batch norm folded and unfolded, a short run, its checkpoint, signals and bad input. Needs PyTorch, and
skips aloud without it: nothing else does."""

import functools
import json
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

import tap
import arch
import tensors
import weights_file

# Threads that spin while they wait take the CPU from those they wait for, where others run too.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# Memory given back after every batch is cleared again for the next.
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", "4000000000")
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", "16000000000")

TRAIN = os.path.join(tap.WEIGHTS, "train")
TEACHER = os.path.join(tap.WEIGHTS, "default.safetensors")
QUICK = ["--size", "64", "--batch", "2", "--side", "96", "--device", "cpu", "--say-every", "0", "--nice", "0",
         "--threads", "2", "--held-out", "2"]


@functools.lru_cache(None)
def python():
    """An interpreter that has PyTorch: this one, or the system's; None where neither has."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        try:
            if subprocess.run([candidate, "-c", "import torch, numpy, PIL"], capture_output=True, check=False).returncode == 0:
                return candidate
        except OSError:
            pass
    return None


def png(path, side=80):
    """A picture of noise."""
    noise = random.Random(side)
    rows = b"".join(b"\0" + bytes(noise.randrange(256) for _ in range(3 * side)) for _ in range(side))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(data)) + kind + data +
                                                   struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks))


class Case(unittest.TestCase):
    def setUp(self):
        if not python():
            self.skipTest("no PyTorch (python3-torch), which only weights/train needs")
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        os.mkdir(self.path("pictures"))
        for number in range(3):
            png(self.path(f"pictures/{number}.png"), 80 + number)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def command(self, *arguments, teacher=TEACHER, pictures="pictures", out="out"):
        return [python(), os.path.join(TRAIN, "distil.py"), "--teacher", teacher, "--images", self.path(pictures), "--out",
                self.path(out), *QUICK, *arguments]

    def distil(self, *arguments, limit=None, **places):
        """(exit code, all that it said)."""
        done = subprocess.run(self.command(*arguments, **places), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, preexec_fn=limit)
        return done.returncode, done.stdout

    def other_variant(self):
        """A weights file of the other graph, all its weights 0."""
        contents = {}
        for layer in arch.layers(arch.PYTORCH):
            for part, shape in (("weight", layer.shape), ("bias", (layer.outputs,))):
                size = 4 * functools.reduce(lambda a, b: a * b, shape)
                contents[f"{layer.name}.{part}"] = tensors.Tensor("F32", shape, bytes(size))
        metadata = {"format_version": "1", "variant": arch.PYTORCH, "input_scale": "0.00390625"}
        with open(self.path("other.safetensors"), "wb") as file:
            file.write(tensors.encode(contents, metadata))
        return self.path("other.safetensors")


class Run(Case):
    def test_learns_saves_and_goes_on(self):
        code, said = self.distil("--images-to-see", "4", "--start", TEACHER)
        self.assertEqual(code, 0, said)
        self.assertIn("done: 4 images seen", said)
        self.assertRegex(said, r"\nheld-out loss \d+\.\d+ on 2 crops of 1 pictures\n")
        self.assertRegex(said, r"\nheld-out loss \d+\.\d+ -> \d+\.\d+\n")
        self.assertIn("pafs2", said)
        self.assertIn("F32 weights, without int8 ranges", weights_file.describe(self.read("out/student.safetensors")))
        code, said = self.distil("--images-to-see", "6", "--start", TEACHER)
        self.assertEqual(code, 0, said)
        self.assertIn("4 images seen", said)
        self.assertIn("done: 6 images seen", said)
        # A disk that is full: the checkpoint stays as it was.
        before = self.read("out/checkpoint.pt")
        code, said = self.distil("--images-to-see", "8", limit=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20,) * 2))
        self.assertEqual(code, 1, said)
        self.assertIn("not saved, the last checkpoint stays", said)
        self.assertEqual(before, self.read("out/checkpoint.pt"))
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["checkpoint.pt", "student.safetensors"])
        # Another architecture's checkpoint.
        code, said = self.distil(teacher=self.other_variant())
        self.assertEqual(code, 1, said)
        self.assertIn(f"checkpoint.pt: a checkpoint of {arch.OMZ}; the teacher is {arch.PYTORCH}", said)

    def test_pauses_and_stops_on_signals(self):
        with subprocess.Popen(self.command("--images-to-see", "100000"), stdout=subprocess.PIPE, text=True) as work:
            try:
                self.until(work, "2 images")
                work.send_signal(signal.SIGUSR1)
                self.until(work, "paused; SIGUSR1 resumes")
                work.send_signal(signal.SIGUSR1)
                self.until(work, "resumed")
                work.send_signal(signal.SIGTERM)
                self.until(work, "stopped: ")
                self.assertEqual(work.wait(60), 0)
            finally:
                work.kill()
        self.assertTrue(os.path.exists(self.path("out/checkpoint.pt")))

    def test_outlives_a_kill_and_refuses_other_shapes(self):
        with subprocess.Popen(self.command("--images-to-see", "100000", "--save-every", "1"), stdout=subprocess.PIPE, text=True) as work:
            try:
                while not os.path.exists(self.path("out/checkpoint.pt")):
                    self.until(work, " images ")
                self.until(work, " images ")  # a second later the next checkpoint is on its way
            finally:
                work.kill()
        code, said = self.distil("--images-to-see", "1")
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"\d+ images seen")
        change = ("import sys, torch; path = sys.argv[1]; state = torch.load(path); name = next(iter(state['student'])); "
                  "state['student'][name] = torch.zeros(7, 5); torch.save(state, path)")
        subprocess.run([python(), "-c", change, self.path("out/checkpoint.pt")], check=True)
        code, said = self.distil("--images-to-see", "100000")
        self.assertEqual(code, 1, said)
        self.assertRegex(said, r"checkpoint.pt: another architecture: \S+ is \(7, 5\), not \(")

    def until(self, work, words):
        end = time.monotonic() + 120
        for line in work.stdout:
            if words in line:
                return
            self.assertLess(time.monotonic(), end, f"{words!r} was not said")
        self.fail(f"ended before it said {words!r}")


class BadInput(Case):
    # One interpreter for all: PyTorch takes seconds to load.
    DRIVER = """if True:
        import json, sys
        sys.path.insert(0, sys.argv[1])
        import distil
        for arguments in json.load(sys.stdin):
            sys.argv[1:] = arguments
            try:
                distil.main()
                print(json.dumps("done"))
            except SystemExit as end:
                print(json.dumps(str(end)))
            sys.stdout.flush()
        """

    def test_is_refused_and_named(self):
        for name in ("empty", "broken", "out-bad"):
            os.mkdir(self.path(name))
        for name in ("broken/a.jpg", "out-bad/checkpoint.pt"):
            with open(self.path(name), "wb") as file:
                file.write(b"PK neither picture nor checkpoint")
        png(self.path("broken/b.png"), 20)
        cases = (
            ("empty: no pictures", self.command(pictures="empty")),
            ("none of 2 pictures can be used", self.command("--images-to-see", "2", pictures="broken")),
            ("0.png: a header of", self.command(teacher=self.path("pictures/0.png"))),
            (f"weights of {arch.PYTORCH}; the teacher is {arch.OMZ}", self.command("--start", self.other_variant())),
            ("checkpoint.pt: not a checkpoint", self.command(out="out-bad")),
        )
        done = subprocess.run([python(), "-c", self.DRIVER, TRAIN], input=json.dumps([line[2:] for _, line in cases]), text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        ends = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('"')]
        self.assertEqual(len(ends), len(cases), done.stdout)
        for (words, _), end in zip(cases, ends):
            self.assertIn(words, end)


class Folding(Case):
    def test_folded_and_unfolded_weights_compute_the_same(self):
        code = """if True:
            import sys
            sys.path.insert(0, sys.argv[1])
            import torch, model, weights_io
            import arch
            torch.manual_seed(1)
            images = torch.rand(2, 3, 64, 64) - 0.5
            given = weights_io.read(sys.argv[2]).layers
            plain, learner = model.Network(arch.OMZ, True), model.Network(arch.OMZ)
            model.load_folded(plain, given)
            model.unfold(learner, given, images)
            again = model.Network(arch.OMZ, True)
            model.load_folded(again, model.fold(learner.eval()))
            with torch.no_grad():
                right = plain(images)
                for other in (learner, again):
                    for name in arch.OUTPUTS:
                        error = (other(images)[name] - right[name]).abs().max() / right[name].abs().max()
                        assert error < 1e-3, (name, float(error))
            weight, bias = given["conv4_1/dw"]
            weight = weight.clone()
            weight[7] = 1000
            quiet = model.silence({**given, "conv4_1/dw": (weight, bias + 1)}, arch.OMZ)
            changed, shifted = quiet["conv4_1/dw"]
            assert changed[7].abs().max() == 0 and shifted[7] == 0
            assert torch.equal(changed[8:], weight[8:]) and torch.equal(shifted[8:], bias[8:] + 1)
            assert quiet["conv1"][0] is given["conv1"][0]
            """
        done = subprocess.run([python(), "-c", code, TRAIN, TEACHER], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    tap.main()
