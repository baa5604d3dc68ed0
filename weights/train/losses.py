# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""How far the student's features and maps are from the teacher's."""

import torch

import model  # first: it makes weights/ importable
import arch

FEATURES = ("conv4_2/sep", "conv5_5/sep", "conv4_4_CPM")  # where the parts end that learn on their own at first
STAGES = (arch.CONCAT_INPUTS[:2], arch.OUTPUTS)  # pafs and heatmaps of either stage
BACKGROUND, FOREGROUND = 0.25, 3.0  # weights of a map's pixel
MAPS_UNIT = 300.0  # brings the maps' loss to the size of the features'


class Losses:
    """Errors of a batch; keeps each feature channel's variance from batch to batch."""

    def __init__(self):
        self.variance = {}

    def __call__(self, student, teacher, feature_weight):
        """(what to minimise, {name: relative error})."""
        total, shown = 0, {}
        for name in FEATURES:
            error = self.features(name, student[name].float(), teacher[name].float())
            total = total + feature_weight * error
            shown[name] = error.detach()
        pafs, heatmaps = (teacher[name].float() for name in STAGES[-1])
        people = torch.maximum(heatmaps[:, :-1].amax(1, True), pafs.abs().amax(1, True)).clamp(0, 1)
        weight = BACKGROUND + FOREGROUND * people
        for number, names in enumerate(STAGES, 1):
            for name, kind, factor in zip(names, ("pafs", "heatmaps"), (1, 2)):
                right = teacher[name].float()
                squares = weight * (student[name].float() - right) ** 2
                total = total + factor * squares.sum((1, 2, 3)).mean() / MAPS_UNIT
                shown[f"{kind}{number}"] = relative(squares.detach(), weight * right ** 2, kind)
        return total, shown

    def features(self, name, found, right):
        """Squared error relative to each channel's variance, which a floor keeps from vanishing."""
        variance = right.var((0, 2, 3)).clamp(min=1e-5)
        known = self.variance.get(name)
        variance = variance if known is None else known * 0.97 + variance * 0.03
        self.variance[name] = variance
        return (((found - right) ** 2).mean((0, 2, 3)) / (variance + 0.1 * variance.mean())).mean()


def relative(squares, size, kind):
    """Without the background's channel, which is near 1 everywhere and would hide the rest."""
    if kind == "heatmaps":
        squares, size = squares[:, :-1], size[:, :-1]
    return squares.sum() / size.sum().clamp(min=1e-6)
