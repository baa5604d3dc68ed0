# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Photographs without labels, and random crops of them, made on the device that trains."""

import copy
import math
import os

import numpy
import torch
import torch.nn.functional as functional
from PIL import Image

from tensors import ConvertError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
SMALLEST = 64  # pixels; a smaller picture shows nobody
MIDDLE = 128  # of pixel values: the network's zero


class Pictures:
    """The pictures of a folder, at most `side` pixels wide and high. On a GPU all are decoded once and stay there."""

    def __init__(self, folder, side, device, say, squeezed=None):
        self.side, self.device, self.say, self.squeezed = side, device, say, squeezed
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            raise ConvertError(f"{folder}: {error.strerror}") from None
        self.paths = [os.path.join(folder, name) for name in names if name.lower().endswith(SUFFIXES)]
        if not self.paths:
            raise ConvertError(f"{folder}: no pictures; looked for {', '.join(SUFFIXES)}")
        self.broken = set()
        self.bank = self.decode_all() if device.type == "cuda" else None

    def __len__(self):
        return len(self.paths)

    def hold_out(self, every, most):
        """Takes one picture in `every` out, but the last of fewer, up to `most` in all, and returns those; of one
        picture none."""
        held = copy.copy(self)
        held.broken = set()
        every = min(every, len(self.paths))
        chosen = range(every - 1, len(self.paths), every)[:most] if every > 1 else ()
        chosen = {index for index in chosen if self.bank or self.decode(self.paths[index]) is not None}
        held.paths = [path for index, path in enumerate(self.paths) if index in chosen]
        self.paths = [path for index, path in enumerate(self.paths) if index not in chosen]
        if self.bank:
            mask = torch.tensor([index in chosen for index in range(len(self.bank[0]))], device=self.device)
            held.bank = tuple(part[mask] for part in self.bank)
            self.bank = tuple(part[~mask] for part in self.bank)
        return held

    def decode(self, path):
        """Blue, green, red, as [3, height, width] bytes, or None where the file is no picture of use."""
        try:
            with Image.open(path) as image:
                image.draft("RGB", (self.side, self.side))
                image = image.convert("RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            self.leave_out(path, error)
            return None
        if min(image.size) < SMALLEST:
            self.leave_out(path, f"{image.width} x {image.height} pixels; the least is {SMALLEST} x {SMALLEST}")
            return None
        ratio = self.side / max(image.size)
        if ratio < 1:
            image = image.resize([max(1, round(length * ratio)) for length in image.size], Image.BILINEAR, reducing_gap=2)
        return torch.from_numpy(numpy.asarray(image)[:, :, ::-1].copy()).permute(2, 0, 1)

    def leave_out(self, path, reason):
        if path not in self.broken:
            self.broken.add(path)
            self.say(f"{path}: left out: {reason}")
        if len(self.broken) == len(self.paths):
            raise ConvertError(f"{os.path.dirname(path)}: none of {len(self.paths)} pictures can be used")

    def decode_all(self):
        """Every picture, padded to squares in one tensor, and their sizes."""
        decoded = [(path, picture) for path in self.paths for picture in [self.decode(path)] if picture is not None]
        self.paths = [path for path, _ in decoded]
        return padded([picture for _, picture in decoded], self.side, self.device)

    def draw(self, count, generator):
        """(pictures padded to squares, sizes, whether squeezed) of `count` at random."""
        if self.bank:
            chosen = torch.randint(len(self.paths), (count,), generator=generator, device=self.device)
            paths = [self.paths[index] for index in chosen.tolist()]
            canvas, sizes = (part[chosen] for part in self.bank)
        else:
            paths, found = [], []
            while len(found) < count:
                path = self.paths[int(torch.randint(len(self.paths), (), generator=generator))]
                picture = self.decode(path) if path not in self.broken else None
                if picture is not None:
                    paths.append(path)
                    found.append(picture)
            canvas, sizes = padded(found, self.side, self.device)
        squeezed = torch.tensor([bool(self.squeezed) and path.endswith(self.squeezed) for path in paths])
        return canvas, sizes, squeezed.to(self.device)


def padded(pictures, side, device):
    canvas = torch.full((len(pictures), 3, side, side), MIDDLE, dtype=torch.uint8)
    sizes = torch.zeros(len(pictures), 2)
    for index, picture in enumerate(pictures):
        height, width = picture.shape[1:]
        canvas[index, :, :height, :width] = picture
        sizes[index] = torch.tensor([width, height])
    return canvas.to(device), sizes.to(device)


class Crops:
    """Random square crops: zoomed, turned, mirrored, of other light and colour, noisy, with holes."""

    ZOOM = (0.7, 1.7)  # of the size that a person has where the network's input is HEIGHT pixels high
    HEIGHT = 256
    TURN = 14 * math.pi / 180  # standard deviation
    STRETCH = (0.92, 1.08)
    UNSQUEEZE = (1.0, 1.55)

    def __init__(self, pictures, size, input_scale, generator):
        self.pictures, self.size, self.input_scale, self.generator = pictures, size, input_scale, generator
        self.device = pictures.device

    def uniform(self, low, high, *shape):
        values = torch.rand(shape, generator=self.generator, device=self.device)
        return low + (high - low) * values

    def chance(self, probability, count):
        return self.uniform(0, 1, count) < probability

    def batch(self, count):
        """[count, 3, size, size], as the network reads them."""
        canvas, sizes, squeezed = self.pictures.draw(count, self.generator)
        grid = functional.affine_grid(self.transforms(sizes, squeezed), (count, 3, self.size, self.size),
                                      align_corners=False)
        crops = functional.grid_sample(canvas.float() - MIDDLE, grid, align_corners=False)
        return self.holes(self.colours(crops)) * self.input_scale

    def transforms(self, sizes, squeezed):
        """For each picture the matrix from the crop to the canvas, both with corners at -1 and 1."""
        count = len(sizes)
        width, height = sizes.T
        low, high = self.ZOOM
        scale = self.HEIGHT / height * torch.exp(self.uniform(math.log(low), math.log(high), count))
        normal = torch.randn(count, generator=self.generator, device=self.device)
        angle = normal * self.TURN * self.chance(0.6, count)
        mirror = torch.where(self.chance(0.5, count), -1.0, 1.0)
        stretch = torch.where(squeezed, self.uniform(*self.UNSQUEEZE, count), self.uniform(*self.STRETCH, count))
        half = self.size / 2 / scale
        x = self.centre(width, half / stretch, 0.2)
        y = self.centre(height, half, 0.35)
        cosine, sine = torch.cos(angle), torch.sin(angle)
        matrix = torch.zeros(count, 2, 3, device=self.device)
        matrix[:, 0, 0], matrix[:, 0, 1] = cosine * mirror / stretch * half, sine * mirror / stretch * half
        matrix[:, 1, 0], matrix[:, 1, 1] = -sine * half, cosine * half
        matrix[:, 0, 2], matrix[:, 1, 2] = x, y
        matrix *= 2 / self.pictures.side
        matrix[:, :, 2] -= 1
        return matrix

    def centre(self, length, half, margin):
        """Anywhere where a crop lies inside (but for a sixth of its half), else near the middle."""
        place = self.uniform(0, 1, len(length))
        inside = half * 0.84 + (length - 1.68 * half) * place
        return torch.where(length < 2.4 * half, (margin + (1 - 2 * margin) * place) * length, inside)

    def colours(self, crops):
        count = len(crops)
        as_shape = (-1, 1, 1, 1)
        crops = crops * self.uniform(0.6, 1.4, count).view(as_shape) + self.uniform(-35, 35, count).view(as_shape)
        crops = crops * self.uniform(0.85, 1.15, count, 3).view(-1, 3, 1, 1)
        crops = torch.where(self.chance(0.08, count).view(as_shape), crops.mean(1, keepdim=True), crops)
        noise = torch.randn(crops.shape, generator=self.generator, device=self.device)
        strength = self.uniform(0, 10, count) * self.chance(0.3, count)
        return (crops + noise * strength.view(as_shape)).clamp(-MIDDLE, 255 - MIDDLE)

    def holes(self, crops):
        count, size = len(crops), self.size
        edge = torch.arange(size, device=self.device)
        inside = []
        for _ in range(2):
            first = self.uniform(0, size, count)[:, None]
            length = self.uniform(10, 70, count)[:, None]
            inside.append((edge >= first) & (edge < first + length))
        hole = inside[0][:, None, :, None] & inside[1][:, None, None, :] & self.chance(0.25, count).view(-1, 1, 1, 1)
        return torch.where(hole, self.uniform(-127, 127, count, 3).view(-1, 3, 1, 1), crops)
