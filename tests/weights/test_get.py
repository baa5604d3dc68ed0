#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""weights/get: places and their order, servers that fail, files that stay whole."""

import contextlib
import hashlib
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time

import tap
import arch
import weights_file
from ir_maker import make
from safetensors_reader import File
from tool_case import BIN, MAKER, NAMES, XML, Case


class Server(http.server.ThreadingHTTPServer):
    """Serves {path: bytes}; `fault` changes what comes for the .bin."""

    daemon_threads = True

    def __init__(self, files, fault=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.fault, self.asked = files, fault, []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        data, fault = self.server.files.get(self.path), None
        self.server.asked.append(self.path)
        if self.path.endswith(".bin"):
            fault = self.server.fault
        if data is None or fault == "gone":
            self.send_error(404)
            return
        body = data
        if fault == "wrong byte":
            body = data[:1000] + bytes([data[1000] ^ 1]) + data[1001:]
        elif fault in ("cut off", "slow"):
            body = data[:len(data) // 2]
        elif fault == "short":
            data = body = data[:-1]
        elif fault == "long":
            data = body = data + b"x"
        self.send_response(200)
        if fault != "no length":
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)
            if fault == "slow":
                self.wfile.flush()
                time.sleep(60)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(files, fault=None):
    server = Server(files, fault)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Places(Case):
    def test_the_folder_given_comes_first(self):
        for name, data in zip(NAMES, (XML, BIN)):
            self.write(f"given/{name}", data)
            self.write(f"tree/../shared/weights/{arch.OMZ}/A/{name}", data)
        with serving({}) as server:
            code, said = self.get("--from", self.path("given"), "--manifest", self.manifest(("x/A", server.address)))
        self.assertEqual(code, 0, said)
        self.assertIn(f"took x/A in {self.path('given')}; checksums match MANIFEST", said)
        self.assertEqual(server.asked, [])
        file = File(self.read_output())
        self.assertEqual(file.metadata["licence"], "CC0-1.0")
        self.assertTrue(file.metadata["source"].startswith("x/A human-pose-estimation-0001.bin sha256:"))
        self.assertEqual(os.listdir(self.path("out")), ["x.safetensors"])

    def test_a_damaged_file_is_fetched_again(self):
        self.test_a_file_given()
        whole = self.read_output()
        self.write("out/x.safetensors", whole[:-1] + bytes([whole[-1] ^ 1]))
        code, said = self.get("--from", self.path("given"), "--manifest", self.manifest(("x/A", "http://x")))
        self.assertEqual((code, self.read_output()), (0, whole), said)
        self.assertIn("is not valid (damaged: the checksum should be crc32:", said)

    def test_a_file_given(self):
        for name, data in zip(NAMES, (XML, BIN)):
            self.write(f"given/{name}", data)
        code, said = self.get("--from", self.path(f"given/{NAMES[0]}"), "--manifest", self.manifest(("x/A", "http://x")))
        self.assertEqual(code, 0, said)

    def test_measured_ranges_serve_a_source_without(self):
        plain = make("FP32")
        table = {**MAKER.graph.expected_ranges, "conv1": [0, 3]}
        self.write(f"tree/weights/ranges/{arch.OMZ}.json", json.dumps(table).encode())
        for maker, expected in ((plain, {**table, "data": [-0.5, 127 / 256]}), (MAKER, MAKER.graph.expected_ranges)):
            data = maker.graph.xml(), bytes(maker.graph.blob)
            for name, part in zip(NAMES, data):
                self.write(f"given/{name}", part)
            code, said = self.get("--from", self.path("given"), "--manifest", self.manifest(("x/A", "http://x"), of=data))
            self.assertEqual(code, 0, said)
            self.assertEqual(File(self.read_output()).ranges, expected)
            os.remove(self.output)

    def test_a_file_that_the_list_does_not_know(self):
        self.write(f"given/{NAMES[0]}", XML)
        self.write(f"given/{NAMES[1]}", BIN[:-4] + b"\0\0\0\0")
        code, said = self.get("--only", "--from", self.path(f"given/{NAMES[0]}"),
                              "--manifest", self.manifest(("x/A", "http://x")))
        self.assertEqual(code, 1)
        self.assertIn("not in MANIFEST; convert.py takes any file", said)
        self.nothing_left()

    def test_a_finished_file_given(self):
        self.test_a_file_given()
        whole = self.read_output()
        os.remove(self.output)
        code, said = self.get("--from", self.write("given/y.safetensors", whole))
        self.assertEqual((code, self.read_output()), (0, whole), said)
        os.remove(self.output)
        code, said = self.get("--only", "--from", self.write("given/y.safetensors", whole[:-1]))
        self.assertEqual(code, 1)
        self.nothing_left()

    def test_the_shared_folder_beside_the_repository(self):
        for name, data in zip(NAMES, (XML, BIN)):
            self.write(f"shared/weights/{arch.OMZ}/B/{name}", data)
        with serving({}) as server:
            code, said = self.get("--manifest", self.manifest(("x/A", server.address), ("x/B", server.address)))
        self.assertEqual(code, 0, said)
        self.assertIn(f"took x/B in {self.path('shared/weights')}", said)
        self.assertEqual(server.asked, [])

    def test_a_damaged_file_is_passed_over_by_name(self):
        self.write(f"given/{NAMES[0]}", XML)
        bad = self.write(f"given/{NAMES[1]}", BIN[:-1] + bytes([BIN[-1] ^ 1]))
        with serving({f"/x/A/{name}": data for name, data in zip(NAMES, (XML, BIN))}) as server:
            code, said = self.get("--from", self.path("given"), "--manifest", self.manifest(("x/A", server.address)))
        self.assertEqual(code, 0, said)
        self.assertIn(f"get: not x/A in {self.path('given')}: {bad}: sha256 ", said)
        self.assertIn("took x/A from its public address; checksums match MANIFEST", said)
        self.assertEqual(server.asked, [f"/x/A/{name}" for name in NAMES])

    def test_a_valid_file_is_left_alone(self):
        self.test_a_file_given()
        before = os.stat(self.output)
        with serving({}) as server:
            code, said = self.get("--manifest", self.manifest(("x/A", server.address)))
        self.assertEqual((code, server.asked), (0, []))
        self.assertIn("human-pose-estimation-0001, I8 weights, with int8 ranges", said)
        self.assertIn("nothing to do", said)
        self.assertEqual(os.stat(self.output).st_mtime_ns, before.st_mtime_ns)

    def test_a_damaged_output_is_replaced(self):
        self.test_a_file_given()
        whole = self.read_output()
        for damaged in (whole[:-1], b"", whole[:100], b"x" * 100):
            self.write("out/x.safetensors", damaged)
            code, said = self.get("--from", self.path("given"), "--manifest", self.path("MANIFEST"))
            self.assertEqual(code, 0, said)
            self.assertIn("is not valid", said)
            self.assertEqual(self.read_output(), whole)

    def test_a_folder_that_cannot_be_written(self):
        self.write(f"given/{NAMES[0]}", XML)
        self.write(f"given/{NAMES[1]}", BIN)
        code, said = self.run_tool("get", "-o", self.path("none/x.safetensors"), "--from", self.path("given"),
                                   "--manifest", self.manifest(("x/A", "http://x")))
        self.assertEqual(code, 1)
        self.assertIn("No such file or directory", said)


class Network(Case):
    FILES = {f"/x/A/{name}": data for name, data in zip(NAMES, (XML, BIN))}

    def fails(self, fault, words):
        with serving(self.FILES, fault) as server:
            code, said = self.get("--manifest", self.manifest(("x/A", server.address)))
        self.assertEqual(code, 1, said)
        self.assertIn(words, said)
        self.assertIn("no published weights: no place had them", said)
        self.nothing_left()

    def test_a_good_server(self):
        with serving(self.FILES) as server:
            code, said = self.get("--manifest", self.manifest(("x/A", server.address)))
        self.assertEqual(code, 0, said)
        weights_file.describe(self.read_output())

    def test_a_server_that_tells_no_length(self):
        with serving(self.FILES, "no length") as server:
            code, said = self.get("--manifest", self.manifest(("x/A", server.address)))
        self.assertEqual(code, 0, said)

    def test_a_cut_off_download(self):
        self.fails("cut off", f"cut off after {len(BIN) // 2} of {len(BIN)} bytes")

    def test_a_wrong_byte(self):
        self.fails("wrong byte", f", not {hashlib.sha256(BIN).hexdigest()}")

    def test_a_byte_too_few(self):
        self.fails("short", f"{len(BIN) - 1} bytes, not {len(BIN)}")

    def test_a_byte_too_many(self):
        self.fails("long", f"more than {len(BIN)} bytes")

    def test_a_file_that_is_gone(self):
        self.fails("gone", "404 Not Found")

    def test_no_server(self):
        with serving({}) as server:
            address = server.address
        code, said = self.get("--manifest", self.manifest(("x/A", address), ("x/B", address)))
        self.assertEqual(code, 1)
        self.assertIn("Connection refused", said)
        self.assertEqual(said.count("downloading"), 1)  # the same host is not tried again
        self.nothing_left()

    def test_the_next_source_is_tried(self):
        with serving({**self.FILES, f"/x/0/{NAMES[0]}": XML}) as server:
            code, said = self.get("--manifest", self.manifest(("x/0", server.address), ("x/A", server.address)))
        self.assertEqual(code, 0, said)
        self.assertIn("took x/A from its public address", said)

    def test_a_source_without_a_checksum_is_not_asked(self):
        with serving(self.FILES) as server:
            line = f"p x.pth - - CC0-1.0 {arch.PYTORCH} {server.address}/x/A/{NAMES[0]}\n"
            code, said = self.get("--manifest", self.write("MANIFEST", line.encode()))
            self.assertEqual((code, server.asked), (1, []), said)
        self.nothing_left()

    def test_killed_during_a_download_nothing_is_left(self):
        with serving(self.FILES, "slow") as server:
            command = [sys.executable, os.path.join(self.tools, "get"), "-o", self.output,
                       "--manifest", self.manifest(("x/A", server.address))]
            running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            limit = time.monotonic() + 30
            while len(server.asked) < 2 and time.monotonic() < limit:
                time.sleep(0.02)
            time.sleep(0.2)
            running.send_signal(signal.SIGKILL)
            running.wait()
            self.assertEqual(len(server.asked), 2)
        self.nothing_left()


if __name__ == "__main__":
    tap.main()
