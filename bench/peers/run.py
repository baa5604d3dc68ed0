#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Times this library's network against other engines with the same weights, in turn.

Each engine is a process that sleeps while it waits. In every round each of them runs a few inferences alone. Prints the
medians over all rounds, and the ratio of medians with its bootstrap 95 % interval.

usage: run.py --models DIR [--build DIR] [--node DIR] [--threads N] [--size HxW] [--rounds N] [--runs N]
              [--json FILE] [--svg FILE]
       run.py --from FILE --svg FILE
  --models  folder with pose_f32.onnx and pose_int8_qdq.onnx, which make_onnx.py writes
  --from    JSON of an earlier run, of which the plot is drawn
  --node    where onnxruntime-node is installed (npm install onnxruntime-node --ignore-scripts); default: --models
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WEIGHTS = os.path.join(ROOT, "weights", "human-pose-estimation-0001.safetensors")


class Engine:
    """A process that runs N inferences for each line "N" and answers with their milliseconds."""

    def __init__(self, name, command, folder=None):
        self.name, self.times = name, []
        self.process = subprocess.Popen(command, cwd=folder, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{name}: did not start: {' '.join(command)}")

    def run(self, count):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def engines(options):
    """Starts the engines; names those that cannot be started here."""
    height, width = options.size.split("x")
    threads = str(options.threads)
    bench = os.path.join(options.build, "bench")
    node = options.node or options.models
    ours = [(f"lightpose {p}", [os.path.join(bench, "peer-lightpose"), WEIGHTS, p, threads, height, width], None)
            for p in ("f32", "bf16", "int8")]
    ort = [(f"onnxruntime {p}", ["node", os.path.join(HERE, "ort.mjs"), os.path.join(options.models, model), threads,
                                 height, width], node)
           for p, model in (("f32", "pose_f32.onnx"), ("int8", "pose_int8_qdq.onnx"))]
    opencv = [("OpenCV DNN f32", [os.path.join(bench, "peer-opencv-dnn"),
                                  os.path.join(options.models, "pose_f32.onnx"), threads, height, width], None)]
    started = []
    for name, command, folder in ours + ort + opencv:
        try:
            started.append(Engine(name, command, folder))
        except (OSError, RuntimeError) as error:
            print(f"left out: {error}", file=sys.stderr)
    return started


def ratio(first, second, draws=1000):
    """Ratio of medians, and its bootstrap 95 % interval."""
    pick = random.Random(1)
    count = min(len(first), len(second))
    seen = []
    for _ in range(draws):
        rounds = [pick.randrange(count) for _ in range(count)]
        seen.append(statistics.median(first[i] for i in rounds) / statistics.median(second[i] for i in rounds))
    seen.sort()
    return (statistics.median(first) / statistics.median(second), seen[int(0.025 * draws)], seen[int(0.975 * draws)])


def cpu_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return "unknown CPU"


def svg(path, report):
    """A bar for each engine, the shortest first."""
    rows = sorted(report["median_ms"].items(), key=lambda row: row[1])
    longest, top = max(report["median_ms"].values()), 66
    height = top + 30 * len(rows) + 10
    title = f"Milliseconds a frame on {report['threads']} CPU cores: the network alone, less is better"
    detail = f"input {report['size'].replace('x', ' x ')}, the same weights, {report['cpu']}, medians of interleaved runs"
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{height}" viewBox="0 0 720 {height}" '
           'font-family="sans-serif" font-size="14">',
           f'<title>{escape(title)}</title>',
           f'<rect width="720" height="{height}" rx="6" fill="white"/>',
           f'<text x="16" y="26" font-size="16" font-weight="bold" fill="#222">{escape(title)}</text>',
           f'<text x="16" y="46" font-size="12" fill="#666">{escape(detail)}</text>']
    for i, (name, value) in enumerate(rows):
        y, length = top + 30 * i, 430 * value / longest
        colour = "#2a9d8f" if name.startswith("lightpose") else "#b8bec4"
        out += [f'<text x="160" y="{y + 16}" text-anchor="end" fill="#222">{escape(name)}</text>',
                f'<rect x="170" y="{y}" width="{length:.1f}" height="22" rx="3" fill="{colour}"/>',
                f'<text x="{176 + length:.1f}" y="{y + 16}" fill="#222">{value:.1f}</text>']
    out.append("</svg>\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--node")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", default="256x456")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json")
    parser.add_argument("--svg")
    parser.add_argument("--from", dest="earlier")
    options = parser.parse_args()
    if options.earlier and options.svg:
        with open(options.earlier, encoding="utf-8") as file:
            svg(options.svg, json.load(file))
        return
    if not options.models:
        parser.error("--models is needed, or --from with --svg")
    options.models = os.path.abspath(options.models)
    options.build = os.path.abspath(options.build)

    started = engines(options)
    for engine in started:
        engine.run(3)
    for _ in range(options.rounds):
        for engine in started:
            time.sleep(0.03)  # until the last engine's threads sleep
            engine.run(1)     # fills the caches
            engine.times.append(statistics.median(engine.run(options.runs)))
    for engine in started:
        engine.close()

    medians = {engine.name: statistics.median(engine.times) for engine in started}
    times = {engine.name: engine.times for engine in started}
    print(f"network alone, {options.size}, {options.threads} threads, {options.rounds} rounds of {options.runs} runs")
    for engine in started:
        ordered = sorted(engine.times)
        print(f"  {engine.name:18} median {medians[engine.name]:8.2f} ms   "
              f"quartiles {ordered[len(ordered) // 4]:.2f} to {ordered[3 * len(ordered) // 4]:.2f}")
    ratios = {}
    for ours, other in (("f32", "f32"), ("bf16", "f32"), ("int8", "f32"), ("int8", "int8")):
        pair = (f"lightpose {ours}", f"onnxruntime {other}")
        if pair[0] in times and pair[1] in times:
            ratios[" / ".join(pair)] = ratio(times[pair[0]], times[pair[1]])
    if "lightpose f32" in times and "OpenCV DNN f32" in times:
        ratios["lightpose f32 / OpenCV DNN f32"] = ratio(times["lightpose f32"], times["OpenCV DNN f32"])
    for name, (value, low, high) in ratios.items():
        print(f"  {name:36} {value:.3f}  ({low:.3f} to {high:.3f})")
    report = {"size": options.size, "threads": options.threads, "cpu": cpu_name(), "median_ms": medians,
              "ratios": ratios, "times_ms": times}
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)
    if options.svg:
        svg(options.svg, report)


if __name__ == "__main__":
    main()
