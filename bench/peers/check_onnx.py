#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Compares the maps that onnxruntime computes from the models of make_onnx.py with those of this library.

Prints the largest difference and the root mean square of all, and how far both int8 networks are from float32. Exits with
status 1 if a float32 map differs by more than 1e-4 anywhere, or int8 maps by more than 0.005 in the root mean square.

usage: check_onnx.py --models DIR [--node DIR] [--weights FILE] [--build DIR] [--image FILE] [--size HEIGHTxWIDTH]
  --models  where make_onnx.py wrote the models, of the size below or of the image
  --node    where onnxruntime-node is installed; default: --models
  --image   a picture, scaled to --size (needs python3-pil), or FILE.npy of height x width x 3 bytes, B, G, R. Without it a
            generated picture of --size (256x456): there are no people in it, so a photo says more about int8
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HEATMAPS, PARTS = 18, 57  # without the background, which is near 1 everywhere and would hide differences
MODELS = (("f32", "pose_f32.onnx"), ("int8", "pose_int8_qdq.onnx"))
F32_LIMIT, INT8_LIMIT = 1e-4, 0.005


def generated(height, width):
    """Soft blobs and noise: the layers respond to it as they do to a photograph."""
    rows, columns = np.mgrid[0:height, 0:width]
    draw = np.random.default_rng(1)
    picture = np.full((height, width, 3), 110.0)
    for _ in range(40):
        y, x, size = draw.uniform(0, height), draw.uniform(0, width), draw.uniform(4, 60)
        blob = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * size ** 2))
        picture += blob[..., None] * draw.uniform(-120, 120, 3)
    return np.clip(picture + draw.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


def read(path, height, width):
    if path.endswith(".npy"):
        return np.load(path)
    from PIL import Image  # here, so that all else works without it
    with Image.open(path) as picture:
        return np.ascontiguousarray(np.asarray(picture.convert("RGB").resize((width, height)))[..., ::-1])


def maps(command, folder, height, width):
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "maps")
        subprocess.run([*command, path], cwd=folder, check=True)
        return np.fromfile(path, "<f4").reshape(PARTS, height // 8, width // 8)


def rms(difference):
    return float(np.sqrt(np.mean(difference ** 2)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", required=True)
    parser.add_argument("--node")
    parser.add_argument("--weights", default=os.path.join(ROOT, "weights", "human-pose-estimation-0001.safetensors"))
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--image")
    parser.add_argument("--size", default="256x456")
    options = parser.parse_args()
    models = os.path.abspath(options.models)
    node = os.path.abspath(options.node or options.models)
    shape = [int(word) for word in options.size.split("x")]
    picture = read(options.image, *shape) if options.image else generated(*shape)
    height, width, _ = picture.shape
    size = ["2", str(height), str(width)]
    bad = False
    with tempfile.NamedTemporaryFile() as file:
        file.write(picture.tobytes())
        file.flush()
        for precision, model in MODELS:
            ours = maps([os.path.join(os.path.abspath(options.build), "bench", "peer-lightpose"),
                         os.path.abspath(options.weights), precision, *size, file.name], None, height, width)
            theirs = maps(["node", os.path.join(HERE, "ort.mjs"), os.path.join(models, model), *size, file.name], node,
                          height, width)
            if precision == "f32":
                exact = ours
            for name, part in (("heatmaps", slice(0, HEATMAPS)), ("fields", slice(HEATMAPS + 1, PARTS))):
                apart = ours[part] - theirs[part]
                most = float(np.abs(apart).max())
                bad |= most > F32_LIMIT if precision == "f32" else rms(apart) > INT8_LIMIT
                print(f"{precision:4} {name:8} differ by {most:.2g} at most, {rms(apart):.2g} rms"
                      + ("" if precision == "f32" else f"; from our float32: ours {rms(ours[part] - exact[part]):.2g}, "
                         f"onnxruntime's {rms(theirs[part] - exact[part]):.2g}"))
    sys.exit("check_onnx.py: the maps differ" if bad else 0)


if __name__ == "__main__":
    main()
