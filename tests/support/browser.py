# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium for tests of web pages. Needs its driver (Debian's chromium-driver)."""
import base64
import json
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request


def missing():
    """Returns why there is no browser; "" if there is one."""
    found = shutil.which("chromedriver") and (shutil.which("chromium") or shutil.which("google-chrome"))
    return "" if found else "there is no chromium with chromedriver"


class Browser:
    """A session of the WebDriver protocol."""

    def __init__(self, width, height):
        self.profile = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for line in self.process.stdout:
            found = re.search(rb"started successfully on port (\d+)", line)
            if found:
                self.root = f"http://127.0.0.1:{int(found[1])}/session"
                break
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                            f"--user-data-dir={self.profile.name}"]}
        value = self.call("POST", "", {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options,
                                                                        "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.root += "/" + value["sessionId"]
        self.devtools("Emulation.setDeviceMetricsOverride",
                      {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.root + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def devtools(self, command, parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def log(self):
        """Returns the console messages since the last call."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]

    def shoot(self, path, whole=False):
        """Saves a screenshot of the window, or of the whole page."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.devtools("Page.captureScreenshot", {"captureBeyondViewport": whole})["data"]))

    def close(self):
        try:
            self.call("DELETE", "")
        except (urllib.error.URLError, OSError):
            pass
        self.process.terminate()
        self.process.wait(20)
        self.profile.cleanup()
