#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The people in a file of raw RGB pixels, without numpy. usage: one_file.py FILE.rgb WIDTH HEIGHT

ffmpeg -i photo.jpg -f rawvideo -pix_fmt rgb24 photo.rgb makes one."""
import sys

import lightpose

path, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(path, "rb") as file:
    image = lightpose.Image(file.read(), "rgb24", width, height)
with lightpose.Model() as model, lightpose.Context(model, height=368) as context:
    for number, pose in enumerate(context.infer(image)):
        print(f"person {number}: score {pose.score:.2f}, {pose.keypoint_count} keypoints, box {pose.box}")
