#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The people of a video or camera, frame by frame, as OpenCV reads it. usage: opencv_video.py VIDEO|NUMBER"""
import sys

import cv2
import lightpose

source = sys.argv[1]
video = cv2.VideoCapture(int(source) if source.isdigit() else source)
rate = video.get(cv2.CAP_PROP_FPS) or 30
with lightpose.Model() as model, lightpose.Context(model) as context, lightpose.Tracker() as tracker:
    result, number = lightpose.Result(), 0
    while True:
        found, frame = video.read()  # rows x columns x BGR, read in place
        if not found:
            break
        tracker.update(number / rate, context.infer(frame, result))
        for pose in result:
            nose = pose.keypoints[0]
            print(f"frame {number}: person {pose.id}, score {pose.score:.2f}, nose at {nose.x:.1f}, {nose.y:.1f}")
        number += 1
