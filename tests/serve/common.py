# SPDX-License-Identifier: Apache-2.0
"""A server with a made-up camera, for the tests of `lightpose serve`."""
import http.client
import os
import re
import resource
import subprocess
import threading
import time

WIDTH, HEIGHT = 160, 120


class Camera(threading.Thread):
    """Writes frames to the server's standard input until told to stop: noise whose brightness moves, or what `frames`
    yields; `rate` a second."""

    def __init__(self, pipe, rate, frames=None):
        super().__init__(daemon=True)
        self.pipe, self.rate, self.frames = pipe, rate, frames or self.noise()
        self.paused, self.stopped = threading.Event(), False

    def noise(self):
        bytes_of = os.urandom(WIDTH * HEIGHT * 3 // 2 + 256)
        for number in range(10**9):
            yield bytes_of[number % 256:number % 256 + WIDTH * HEIGHT * 3 // 2]

    def run(self):
        try:
            self.pipe.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F25:1 C420mpeg2\n".encode())
            for frame in self.frames:
                if self.stopped:
                    break
                while self.paused.is_set():
                    time.sleep(0.02)
                self.pipe.write(b"FRAME\n" + frame)
                self.pipe.flush()
                time.sleep(1 / self.rate)
            self.pipe.close()
        except (OSError, ValueError):
            pass


class Server:
    def __init__(self, lightpose, *options, rate=25, camera=True, files=None):
        """`files`: the soft and the hard limit of open files."""
        self.process = subprocess.Popen([lightpose, "serve", "-", "--live", "--height", "64", "--serve", "127.0.0.1:0", *options],
                                        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        preexec_fn=files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, files)))
        self.said, self.port = [], None
        for line in self.process.stderr:
            self.said.append(line.decode())
            found = re.search(r"serving on http://[^:]*:(\d+)/", self.said[-1])
            if found:
                self.port = int(found[1])
                break
        threading.Thread(target=lambda: self.said.extend(line.decode() for line in self.process.stderr), daemon=True).start()
        self.camera = Camera(self.process.stdin, rate)
        if camera and self.port:
            self.camera.start()

    def get(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse()

    def metrics(self):
        """{(name, labels): value}, of a text that is as Prometheus wants it."""
        text = self.get("/metrics").read().decode()
        assert text.endswith("\n")
        values, kinds = {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name not in kinds and kind in ("counter", "gauge"), line
                kinds[name] = kind
            elif line.startswith("# HELP "):
                assert len(line.split(" ", 3)[3]) > 8, line
            else:
                match = re.fullmatch(r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (\S+)', line)
                assert match, line
                name = match[1]
                assert name in kinds and name.endswith("_total") == (kinds[name] == "counter"), line
                assert (name, match[2]) not in values, line
                values[name, match[2]] = float(match[3])
        return values

    def frames(self):
        return self.metrics()["lightpose_frames_total", '{source="stdin"}']

    def resident(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024

    def close(self):
        """Ends it; returns the exit status. The camera goes on until then: a stream that ends is another end."""
        self.camera.paused.clear()
        self.process.terminate()
        status = self.process.wait(30)
        self.camera.stopped = True
        return status


class Tap:
    def __init__(self):
        self.number = self.failed = 0

    def check(self, name, good, why=""):
        self.number += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.number} - {name}", flush=True)
        if not good:
            print(f"# {why}", flush=True)

    def skip(self, name, why):
        self.number += 1
        print(f"ok {self.number} - {name} # SKIP {why}", flush=True)

    def end(self):
        print(f"1..{self.number}")
        return self.failed > 0
