#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads /poses of `lightpose serve` and prints where people are, one frame per line; reconnects if the server
stops for a while. Needs only the standard library. usage: read_poses.py [http://127.0.0.1:8710 [TOKEN [once]]]"""
import json
import sys
import time
import urllib.error
import urllib.request


def poses(address, token=None):
    """Yields the server's frames as they arrive, until the connection ends."""
    request = urllib.request.Request(address.rstrip("/") + "/poses", headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        for line in answer:
            yield json.loads(line)


def main(address="http://127.0.0.1:8710", token=None, once=None):
    while True:
        try:
            for frame in poses(address, token):
                where = "".join(f"; {p['id']}: nose at {p['keypoints'][0][0]:.0f}, {p['keypoints'][0][1]:.0f}" for p in frame["people"])
                print(f"frame {frame['frame']}: {len(frame['people'])} people{where}", flush=True)
        except urllib.error.HTTPError as error:
            sys.exit(f"read_poses.py: the server says: {error.code} {error.read().decode().strip()}")
        except (OSError, ValueError) as error:
            print(f"read_poses.py: {error}", file=sys.stderr)
        if once:
            return
        time.sleep(2)


if __name__ == "__main__":
    main(*sys.argv[1:])
