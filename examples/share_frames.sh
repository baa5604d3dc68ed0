#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One camera for two programs: ffmpeg reads it once, sends raw frames to lightpose through a pipe, and records the input.
# Any program that writes frames to a pipe can take ffmpeg's place.
# usage: share_frames.sh INPUT WIDTHxHEIGHT FPS COPY.mkv LIGHTPOSE_OPTIONS...   (such as: -o poses.jsonl, or --serve 8710)
set -eu
input=$1 size=$2 fps=$3 copy=$4
shift 4
ffmpeg -nostdin -v error -y -i "$input" -map 0:v:0 -c copy "$copy" -map 0:v:0 -r "$fps" -s "$size" -pix_fmt nv12 -f rawvideo - |
    "${LIGHTPOSE:-lightpose}" run - --raw "$size:nv12" --rate "$fps" --track "$@"
