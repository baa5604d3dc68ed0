# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""A PostgreSQL server for a test, in a folder of its own and on a loopback port of its own; ended by its process id.

PostgreSQL does not run as root. If the test does, the server runs as the user postgres, which Debian's package makes.
"""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PASSWORD = "se/cret:word"  # with characters that must be escaped in an address
ADDRESS_PASSWORD = "se%2Fcret%3Aword"


def missing():
    """Returns why no server can be started; None if it can."""
    if not programs():
        return "PostgreSQL's server is not installed"
    if os.getuid() == 0:
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            return "there is no user postgres, and PostgreSQL does not run as root"
    return None


def programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda p: int(p.split("/")[4]))
    if found:
        return os.path.dirname(found[-1])
    one = shutil.which("initdb")
    return os.path.dirname(one) if one else None


class Server:
    def __init__(self, options=("-c", "fsync=off")):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="lightpose-postgres-")
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user, self.user)
        self.process = None
        self.port = None
        self.databases = 0
        with open(f"{self.folder}/password", "w", encoding="ascii") as file:
            file.write(PASSWORD)
        if self.user:
            shutil.chown(f"{self.folder}/password", self.user)
        os.chmod(f"{self.folder}/password", 0o600)
        self.run("initdb", "-D", f"{self.folder}/data", "-U", "owner", "-A", "scram-sha-256", "--pwfile",
                 f"{self.folder}/password", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def as_user(self):
        return {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}

    def run(self, program, *arguments):
        subprocess.run([f"{programs()}/{program}", *arguments], check=True, capture_output=True, cwd=self.folder,
                       **self.as_user())

    def start(self):
        """Starts the server, on the port that it had before, if any."""
        if self.port is None:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        with open(f"{self.folder}/log", "ab") as log:
            self.process = subprocess.Popen(
                [f"{programs()}/postgres", "-D", f"{self.folder}/data", "-c", "listen_addresses=127.0.0.1", "-p",
                 str(self.port), "-k", self.folder, "-c", "max_connections=200", *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **self.as_user())
        for _ in range(300):
            if self.process.poll() is not None:
                break
            ready = subprocess.run([f"{programs()}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False)
            if ready.returncode == 0:
                return
            time.sleep(0.1)
        with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as log:
            raise RuntimeError(f"the server did not start: {log.read()[-2000:]}")

    def stop(self, how=signal.SIGINT):
        """Ends the server; SIGINT is a fast shutdown, SIGQUIT is like a power failure."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    def address(self, database="postgres", password=ADDRESS_PASSWORD, port=None):
        return f"postgresql://owner:{password}@127.0.0.1:{port or self.port}/{database}"

    def query(self, sql, database="postgres"):
        return subprocess.run([f"{programs()}/psql", "-XAtq", "-d", self.address(database), "-c", sql], check=True,
                              capture_output=True, text=True).stdout

    def database(self):
        """Creates a database and returns its address."""
        self.databases += 1
        name = f"d{self.databases}"
        self.query(f"CREATE DATABASE {name}")
        return self.address(name)

    def close(self):
        self.stop(signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)
