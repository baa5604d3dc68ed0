#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP server of the folder it stands in, without ranges, and a camera: usage: server.py PORT_FILE FRAMES.mjpeg
/camera sends the frames again and again, 20 a second, as parts without end; /camera/N breaks off after N of them."""
import http.server
import os
import socketserver
import sys
import time

with open(sys.argv[2], "rb") as file:
    FRAMES = [b"\xff\xd8" + frame for frame in file.read().split(b"\xff\xd8")[1:]]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def camera(self, count):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=part")
        self.end_headers()
        sent = 0
        while not count or sent < count:
            frame = FRAMES[sent % len(FRAMES)]
            self.wfile.write(b"--part\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(frame), frame))
            sent += 1
            time.sleep(0.05)

    def do_GET(self):
        path = self.path.split("?")[0].strip("/")
        if path.startswith("camera"):
            try:
                self.camera(int(path.partition("/")[2] or 0))
            except OSError:
                pass
        elif os.path.isfile(path):
            with open(path, "rb") as content:
                body = content.read()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            self.send_error(404)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as port:
    port.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
