#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Fits the prior of body poses: writes lib/decode/body_prior_table.c from labelled persons in COCO's format.

    scripts/body_prior.py PERSON_KEYPOINTS.json [--fold I/N] > lib/decode/body_prior_table.c

It uses persons with at least four labelled keypoints, and their mirror images, each divided by its scale, the square
root of the labelled area. For each axis it fits the mean and the covariance of the 18 keypoints with maximum
likelihood, where each person has an unknown position (expectation maximisation; missing keypoints are integrated out).
The neck is halfway between the shoulders. --fold leaves out every Nth image, in order of their numbers, from the Ith
on, so that the table can be evaluated on images that it was not fitted to.
"""
import argparse
import json

import numpy

# For each keypoint of the network: its index in COCO, where the neck has none; and its mirror image.
COCO = [0, None, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3]
MIRROR = [0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 15, 14, 17, 16]
NECK, RIGHT_SHOULDER, LEFT_SHOULDER = 1, 2, 5
LEAST_KEYPOINTS = 4
ROUNDS = 60


def persons(path, fold, folds):
    """Yields (positions [18, 2] in units of the scale, whether labelled [18]) of every person and its mirror image."""
    with open(path, encoding="utf-8") as file:
        labels = json.load(file)
    order = {image["id"]: i for i, image in enumerate(sorted(labels["images"], key=lambda image: image["id"]))}
    for person in labels["annotations"]:
        if person.get("iscrowd") or person["num_keypoints"] < LEAST_KEYPOINTS:
            continue
        if folds and order[person["image_id"]] % folds == fold:
            continue
        labelled = numpy.array(person["keypoints"], float).reshape(17, 3)
        places, there = numpy.zeros((18, 2)), numpy.zeros(18, bool)
        for k, source in enumerate(COCO):
            if source is not None:
                places[k], there[k] = labelled[source, :2], labelled[source, 2] > 0
        places[NECK] = (places[RIGHT_SHOULDER] + places[LEFT_SHOULDER]) / 2
        there[NECK] = there[RIGHT_SHOULDER] and there[LEFT_SHOULDER]
        places = (places - places[there].mean(0)) / numpy.sqrt(person["area"])
        yield places, there
        yield places[MIRROR] * [-1, 1], there[MIRROR]


def fit(values, there):
    """Returns mean [18] and covariance [18, 18] along one axis."""
    mean = numpy.array([values[there[:, k], k].mean() for k in range(18)])
    covariance = 0.3 * numpy.eye(18)
    for _ in range(ROUNDS):
        filled, unsure = numpy.zeros_like(values), numpy.zeros((18, 18))
        for row, value, known in zip(filled, values, there):
            inverse = numpy.linalg.inv(covariance[numpy.ix_(known, known)] + 1e-4 * numpy.eye(known.sum()))
            off = value[known] - mean[known]
            place = (inverse @ off).sum() / inverse.sum()
            row[known] = value[known] - place
            gain = covariance[numpy.ix_(~known, known)] @ inverse
            row[~known] = mean[~known] + gain @ (off - place)
            rest = covariance[numpy.ix_(~known, ~known)] - gain @ covariance[numpy.ix_(known, ~known)]
            unsure[numpy.ix_(~known, ~known)] += rest
        mean = filled.mean(0)
        off = filled - mean
        covariance = (off.T @ off + unsure) / len(values) + 1e-4 * numpy.eye(18)
    return mean, covariance


def rows(pairs, per_line):
    """The lines of an array of lp_pair."""
    # Adding 0.0 removes negative zeros, which differ between machines.
    texts = ["{%s, %s}" % tuple(format(round(float(value), 6) + 0.0, ".6f") for value in pair) for pair in pairs]
    for i in range(0, len(texts), per_line):
        yield "    " + ", ".join(texts[i : i + per_line]) + ","


def main():
    parser = argparse.ArgumentParser(description="Measures what people look like.")
    parser.add_argument("labels", help="person keypoints in COCO's format")
    parser.add_argument("--fold", default="0/0", help="leave out every Nth image from the Ith on")
    options = parser.parse_args()
    fold, folds = map(int, options.fold.split("/"))
    values, there = map(numpy.array, zip(*persons(options.labels, fold, folds)))
    axes = [fit(values[:, :, axis], there) for axis in range(2)]
    print("/* SPDX-License-Identifier: Apache-2.0")
    print(" * Copyright The liblightpose authors */\n")
    print("/* Written by scripts/body_prior.py. Measured on the keypoints of %d persons, and their mirror images, of COCO" % (len(values) // 2))
    print(" * val2017 (labels by the COCO Consortium, CC BY 4.0). {x, y}; y points down. */\n")
    print('#include "decode/body_prior.h"\n')
    print("/* clang-format off */")
    print("const lp_pair lp_body_prior_mean[LIGHTPOSE_KEYPOINTS] = {")
    print("\n".join(rows(zip(axes[0][0], axes[1][0]), 4)))
    print("};\n")
    print("const lp_pair lp_body_prior_covariance[LP_BODY_PRIOR_PAIRS] = {")
    for k in range(18):
        print("\n".join(rows(zip(axes[0][1][k, : k + 1], axes[1][1][k, : k + 1]), 4)))
    print("};")


if __name__ == "__main__":
    main()
