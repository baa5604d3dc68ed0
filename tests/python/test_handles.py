#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Handles: errors, closing, threads, fork, and no growth."""

import os
import pickle
import subprocess
import sys
import threading
import unittest

import common
import tap
from common import lightpose

WIDTH, HEIGHT = 80, 64
PIXELS = bytes((i * i // 7 + 31 * i) % 251 for i in range(3 * WIDTH * HEIGHT))


def frame():
    return lightpose.Image(PIXELS, "bgr24", WIDTH, HEIGHT)


class Handles(unittest.TestCase):
    def fails(self, status, pattern, call, *arguments, **named):
        with self.assertRaisesRegex(lightpose.Error, pattern) as caught:
            call(*arguments, **named)
        self.assertEqual(caught.exception.status, status)

    def test_errors(self):
        """failures carry the library's status and text"""
        status = lightpose.Status
        self.fails(status.FILE, "/nonexistent/weights", lightpose.Model, "/nonexistent/weights")
        self.fails(status.WEIGHTS, ".", lightpose.Model, os.path.join(common.SOURCE, "README.md"))
        self.fails(status.WEIGHTS, ".", lightpose.Model.from_bytes, b"no weights at all")
        self.fails(status.ARGUMENT, "hight", lightpose.Context, None, hight=3)
        self.fails(status.ARGUMENT, "height", lightpose.Context, None, height=0)
        self.fails(status.ARGUMENT, "keep_seconds", lightpose.Tracker, keep_seconds=-1)
        self.fails(status.ARGUMENT, ".", lightpose.Tracker.restore, b"nothing")
        with lightpose.Context() as context:
            self.fails(status.STATE, ".", context.infer, frame())
            self.fails(status.STATE, ".", context.maps)
        with lightpose.Tracker() as tracker, lightpose.Result() as result:
            self.fails(status.ARGUMENT, "finite", tracker.update, float("nan"), result)
            with self.assertRaises(IndexError):
                result[0]  # pylint: disable=pointless-statement
        with self.assertRaisesRegex(TypeError, "no setting 'kep'"):
            lightpose.Tracker(kep=1)
        with self.assertRaisesRegex(TypeError, "takes a Model"):
            lightpose.Context("weights")
        error = pickle.loads(pickle.dumps(lightpose.Error(3, "a file")))
        self.assertEqual((error.status, str(error)), (status.FILE, "a file"))

    def test_governor(self):
        """a governor's levels are settings of contexts; late frames step down, time in hand up"""
        given = {"second_look": 8, "flip": 1, "extra_heights": [368], "threads": 1, "precision": "f32"}
        with lightpose.Governor(0.05, **given) as governor:
            self.assertEqual(governor.settings(0), given)
            heights = []
            for level in range(len(governor)):
                with lightpose.Context(None, **governor.settings(level)) as context:
                    heights.append(context.get_setting("height"))
                    self.assertEqual(context.get_setting("flip"), level == 0)
                    self.assertEqual(context.get_setting("extra_heights[0]"), 368 if level == 0 else 0)
                    self.assertEqual(context.get_setting("threads"), 1)
            self.assertEqual(heights, sorted(heights, reverse=True))
            self.assertLess(heights[-1], 136)
            self.assertEqual(governor.settings(len(governor) - 1)["stages"], 1)
            self.assertEqual([governor.update(0, 0.06), governor.update(0.04, 0.04)], [0, 0])
            level = governor.update(0.08, 0.06)
            self.assertGreater(level, 0)
            self.assertEqual(governor.update(0.12, 0.01), level)
            self.assertEqual(governor.update(2.2, 0.01), level - 1)
            self.fails(lightpose.Status.ARGUMENT, "level is -1", governor.settings, -1)
        with self.assertRaisesRegex(ValueError, "the governor is closed"):
            governor.update(3, 0)
        self.fails(lightpose.Status.ARGUMENT, "target_seconds is 0", lightpose.Governor, 0)
        self.fails(lightpose.Status.ARGUMENT, "hight", lightpose.Governor, 0.05, hight=3)

    def test_closed(self):
        """a closed handle says so; a model may be closed before its contexts"""
        model = lightpose.Model(common.WEIGHTS)
        context = lightpose.Context(model, height=64)
        wanted = context.infer(frame()).poses
        model.close()
        model.close()
        self.assertTrue(model.closed)
        self.assertEqual(context.infer(frame()).poses, wanted)
        with self.assertRaisesRegex(ValueError, "the model is closed"):
            lightpose.Context(model)
        result = lightpose.Result()
        result.close()
        with self.assertRaisesRegex(ValueError, "the result is closed"):
            context.infer(frame(), result)
        context.close()
        for call in (context.maps, context.restart, lambda: context.stats, lambda: context.prepare(8, 8), context.__enter__):
            with self.assertRaisesRegex(ValueError, "the context is closed"):
                call()

    def test_threads(self):
        """two contexts of one model, and one context of several threads, find the same"""
        with lightpose.Model(common.WEIGHTS) as model, lightpose.Context(model, height=64, threads=1) as first, \
                lightpose.Context(model, height=64, threads=2) as second:
            first.infer(frame())
            wanted = first.maps().heatmaps.tobytes()
            wrong = []

            def work(context):
                try:
                    for _ in range(10):
                        context.infer(frame())
                        if context.maps().heatmaps.tobytes() != wanted:
                            wrong.append("other maps")
                except Exception as problem:  # pylint: disable=broad-except
                    wrong.append(repr(problem))

            threads = [threading.Thread(target=work, args=(context,)) for context in (first, second, first, second)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(wrong, [])

    def test_close_during_use(self):
        """closing a model and a context in one thread while others use them ends in an error, never in a crash"""
        for _ in range(20):
            model = lightpose.Model(common.WEIGHTS)
            context = lightpose.Context(model, height=32, threads=1)
            started, wrong = threading.Event(), []

            def work(model=model, context=context, started=started, wrong=wrong):
                try:
                    while True:
                        context.infer(frame())
                        lightpose.Context(model, height=32, threads=1).close()
                        started.set()
                except ValueError as problem:
                    if "is closed" not in str(problem):
                        wrong.append(repr(problem))
                except Exception as problem:  # pylint: disable=broad-except
                    wrong.append(repr(problem))

            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.start()
            started.wait(60)
            model.close()
            context.close()
            for thread in threads:
                thread.join()
            self.assertEqual(wrong, [])

    def test_fork(self):
        """a child of fork() makes a context of its own and finds the same"""
        with lightpose.Model(common.WEIGHTS) as model, lightpose.Context(model, height=64, threads=2) as context:
            context.infer(frame())
            wanted = context.maps().heatmaps.tobytes()
            child = os.fork()
            if child == 0:
                same = False
                try:
                    with lightpose.Context(model, height=64, threads=2) as own:
                        own.infer(frame())
                        same = own.maps().heatmaps.tobytes() == wanted
                finally:
                    os._exit(0 if same else 1)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            context.infer(frame())

    def test_no_growth(self):
        """1 000 handles of each kind, opened and closed, leave nothing"""
        with lightpose.Model(common.WEIGHTS) as model:
            saved = lightpose.Tracker().save()
            pose = lightpose.Pose((lightpose.Keypoint(1, 2, 1, 1),) * 18)

            def cycle():
                with lightpose.Context(model, threads=1) as context, lightpose.Result() as result:
                    result.assign([pose] * 3)
                    lightpose.Image(PIXELS, "bgr24", WIDTH, HEIGHT)
                    self.assertEqual(context.closed, False)
                lightpose.Tracker.restore(saved).close()
                lightpose.Result()  # closed when collected
                try:
                    lightpose.Context(model, height=0)
                except lightpose.Error:
                    pass

            for _ in range(100):
                cycle()
            before = common.resident()
            for _ in range(1000):
                cycle()
            self.assertLess(common.resident() - before, 1024)

    def test_no_growth_of_models(self):
        """100 models, opened from a file and from memory, leave nothing"""
        with open(common.WEIGHTS, "rb") as file:
            data = file.read()

        def cycle():
            lightpose.Model(common.WEIGHTS).close()
            lightpose.Model.from_bytes(data).close()

        for _ in range(10):
            cycle()
        before = common.resident()
        for _ in range(100):
            cycle()
        self.assertLess(common.resident() - before, 1024)


class Import(unittest.TestCase):
    def run_import(self, **environment):
        kept = {name: value for name, value in os.environ.items() if name != "LIGHTPOSE_LIBRARY"}
        return subprocess.run([sys.executable, "-c", "import lightpose"], cwd=os.path.join(common.SOURCE, "python"),
                              env={**kept, **environment}, capture_output=True, text=True, check=False)

    def test_missing(self):
        """without the library, or with another one, the import fails and says what to do"""
        done = self.run_import(LIGHTPOSE_LIBRARY="/nonexistent/liblightpose.so")
        self.assertEqual(done.returncode, 1)
        self.assertIn("set LIGHTPOSE_LIBRARY", done.stderr)
        done = self.run_import(LIGHTPOSE_LIBRARY="libm.so.6")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no function lightpose_", done.stderr)


if __name__ == "__main__":
    tap.main()
