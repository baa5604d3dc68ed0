#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the people of every frame of an .lpb file (docs/blocks.md). usage: read_blocks.py FILE.lpb"""
import struct
import sys
import zlib


def varints(column):
    value = shift = 0
    for byte in column:
        value |= (byte & 127) << shift
        shift = shift + 7 if byte > 127 else 0
        if not shift:
            yield value
            value = 0


def signed(column):
    return ((value >> 1) ^ -(value & 1) for value in varints(column))


def number(code, steps, exact):
    return struct.unpack("<f", struct.pack("<i", code if code >= 0 else code ^ 0x7FFFFFFF))[0] if exact else code / steps


def read_block(raw, first, count, exact):
    """Yields a frame's number and its people: lists of (x, y, score) or None for each keypoint."""
    columns, at = [], 40
    for size in struct.unpack_from("<10I", raw):
        columns.append(raw[at : at + size])
        at += size
    flags_and_steps, people, states_at = varints(columns[0]), varints(columns[3]), 0
    points, index, before = [signed(columns[c]) for c in (5, 6, 7)], first - 1, []
    for _ in range(count):
        next(flags_and_steps)
        step, now = next(flags_and_steps), []
        index += 1 + ((step >> 1) ^ -(step & 1))
        for _ in range(next(people)):
            reference, _ = next(people), next(people)
            other = before[reference - 1] if reference else [(0, 0, 0, 0)] * 18
            states = int.from_bytes(columns[4][states_at : states_at + 5], "little")
            states_at, pose, near, moved = states_at + 5, [], (0, 0, 0), (0, 0, 0)
            for k in range(18):
                state = (states >> 2 * k & 3) ^ other[k][3]
                if state:
                    expected = tuple(a + b for a, b in zip(other[k], moved)) if other[k][3] else near
                    near = tuple((e + next(p) + 2**31) % 2**32 - 2**31 for e, p in zip(expected, points))
                    moved = (near[0] - other[k][0], near[1] - other[k][1], 0) if other[k][3] else moved
                pose.append((*near, state) if state else (0, 0, 0, 0))
            now.append(pose)
        yield index, [[tuple(number(c, s, exact) for c, s in zip(p, (16, 16, 256))) if p[3] else None for p in pose] for pose in now]
        before = now


with open(sys.argv[1], "rb") as file:
    while head := file.read(16):
        if head[:4] == b"LPBS":
            print(file.read(struct.unpack("<I", head[8:12])[0]).decode())
            continue
        codec, exact, count, _, first, size, _, checksum, _ = struct.unpack("<6xBBIIqIIII", head + file.read(24))
        payload = file.read(size)
        if zlib.crc32(payload) != checksum:
            sys.exit("damaged block")
        raw = zlib.decompress(payload) if codec else payload
        for index, people in read_block(raw, first, count, exact):
            print(index, people)
