# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Shared by the test programs of `lightpose corpus`: TAP, the command, and corpora in SQLite."""

import filecmp
import json
import os
import subprocess
import sys
import time

LIGHTPOSE, MAKER, DUMP = (os.path.realpath(path) for path in sys.argv[1:4])
ONLY = sys.argv[4:]
HEIGHT = ("--height", "64")
number = 0


class Problems(Exception):
    pass


def tell(name, problems="", skipped=None):
    global number
    number += 1
    if skipped:
        print(f"ok {number} - {name} # SKIP {skipped}", flush=True)
        return
    print(f"{'not ok' if problems else 'ok'} {number} - {name}", flush=True)
    if problems:
        print("# " + str(problems).replace("\n", "\n# "), flush=True)


def play(tests, *arguments):
    """Runs the tests: functions that return why they were skipped, or None."""
    for test in tests:
        if ONLY and not any(test.__name__.startswith(o) for o in ONLY):
            continue
        start = time.monotonic()
        try:
            tell(test.__name__, skipped=test(*arguments))
            print(f"# {time.monotonic() - start:.1f} s", flush=True)
        except (Problems, subprocess.SubprocessError, RuntimeError) as problem:
            tell(test.__name__, f"{type(problem).__name__}: {problem}")
    print(f"1..{number}", flush=True)


def command(*arguments):
    return [LIGHTPOSE, "corpus", *map(str, arguments)]


def expect(status, words, *arguments, env=None, cwd=None):
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=300, check=False, cwd=cwd,
                          env={**os.environ, **(env or {})})
    said = done.stdout + done.stderr
    if done.returncode != status or words not in said:
        raise Problems(f"lightpose corpus {' '.join(map(str, arguments))}\nexit {done.returncode}, wanted {status} and \"{words}\"\n{said}")
    return said


def wait_for(condition, seconds=60, what="nothing happened in time"):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise Problems(what() if callable(what) else what)
        time.sleep(0.05)


def make_clip(path, frames, options="g=12:bf=2", codec="mpeg4", size=("160", "96")):
    subprocess.run([MAKER, "clip", codec, options, *size, str(frames), path], check=True)
    return path


class Corpus:
    def __init__(self, db, clips, frames=20, height=HEIGHT, attempts=5):
        self.db, self.clips, self.height = db, clips, height
        expect(0, "a corpus of", "init", "--db", db, *height, "--range-frames", frames, "--attempts", attempts)
        expect(0, "frames", "add", "--db", db, *clips)

    def status(self, *arguments):
        return json.loads(expect(0, "{", "status", "--db", self.db, "--json", "--ranges", *arguments))

    def check(self, folder):
        """Checks that every frame is stored once, and equals that of `lightpose run`."""
        for clip in self.clips:
            found, wanted = f"{folder}/found.jsonl", f"{folder}/wanted.jsonl"
            name = os.path.basename(clip).rsplit(".", 1)[0]
            subprocess.run([LIGHTPOSE, "run", "-q", clip, *self.height, "-o", wanted], check=True, capture_output=True)
            done = subprocess.run([DUMP, self.db, name, found], capture_output=True, text=True, check=False)
            if done.returncode or not filecmp.cmp(found, wanted, shallow=False):
                raise Problems(f"{clip}: the frames of the corpus are not those of a run\n{done.stderr}")
            os.unlink(wanted)
        state = self.status()
        if state["stored"] != state["frames"] or state["states"]["done"] != state["ranges"]:
            raise Problems(f"not all is done: {state}")
