# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""A Slurm cluster of one node for a test: munged, slurmctld and slurmd in a folder of their own, on loopback ports of
their own; ended by their process ids."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")


def find(program):
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def missing():
    """Returns why no cluster can be started; None if it can."""
    lacking = [program for program in PROGRAMS if not find(program)]
    return f"Slurm is not installed: no {', '.join(lacking)}" if lacking else None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """sbatch and squeue use this cluster if they run with `environment`."""

    def __init__(self, cpus=2, kill_wait=30):
        self.folder = tempfile.mkdtemp(prefix="lightpose-slurm-")
        os.chmod(self.folder, 0o755)
        self.host = socket.gethostname().split(".")[0]
        self.processes = {}
        user = pwd.getpwuid(os.getuid()).pw_name
        for name in ("state", "spool", "munge"):
            os.mkdir(f"{self.folder}/{name}", 0o755)
        with open(f"{self.folder}/munge/key", "wb") as key:
            key.write(secrets.token_bytes(1024))
        os.chmod(f"{self.folder}/munge/key", 0o600)
        with open(f"{self.folder}/slurm.conf", "w", encoding="ascii") as conf:
            conf.write(f"""ClusterName=test
SlurmctldHost={self.host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
AuthType=auth/munge
AuthInfo=socket={self.folder}/munge/socket
CredType=cred/munge
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd.pid
SlurmctldParameters=enable_configless
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=2
ReturnToService=2
MessageTimeout=5
KillWait={kill_wait}
MinJobAge=2
NodeName={self.host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=work Nodes={self.host} Default=YES MaxTime=60 State=UP
""")
        self.environment = {**os.environ, "SLURM_CONF": f"{self.folder}/slurm.conf"}
        try:
            self.start("munged", "--foreground", f"--key-file={self.folder}/munge/key", f"--socket={self.folder}/munge/socket",
                       f"--pid-file={self.folder}/munge/pid", f"--log-file={self.folder}/munge/log",
                       f"--seed-file={self.folder}/munge/seed", "--force")
            self.start_controller()
            self.start("slurmd", "-D", "-N", self.host, "-f", f"{self.folder}/slurm.conf")
            self.wait_for_node()
        except BaseException:
            self.close()
            raise

    def start(self, program, *arguments):
        with open(f"{self.folder}/{program}.log", "ab") as log:
            self.processes[program] = subprocess.Popen(
                [find(program), *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, env=self.environment)

    def stop(self, program):
        process = self.processes.pop(program, None)
        if process and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start_controller(self):
        self.start("slurmctld", "-D", "-f", f"{self.folder}/slurm.conf")

    def call(self, program, *arguments):
        return subprocess.run([find(program), *arguments], env=self.environment, capture_output=True, text=True, check=False)

    def wait_for_node(self, seconds=30):
        said = ""
        for _ in range(seconds * 5):
            done = self.call("sinfo", "--noheader", "--format=%t")
            said = done.stdout + done.stderr
            if done.stdout.strip().rstrip("*") in ("idle", "mix", "alloc"):
                return
            time.sleep(0.2)
        logs = ""
        for program in ("munged", "slurmctld", "slurmd"):
            with contextlib.suppress(OSError), open(f"{self.folder}/{program}.log", encoding="utf-8", errors="replace") as log:
                logs += log.read()[-1500:]
        raise RuntimeError(f"the cluster did not start: {said}\n{logs}")

    def close(self):
        if "slurmctld" in self.processes:
            self.call("scancel", "--user", pwd.getpwuid(os.getuid()).pw_name)
            for _ in range(50):
                if not self.call("squeue", "--noheader").stdout.strip():
                    break
                time.sleep(0.1)
        for program in ("slurmd", "slurmctld", "munged"):
            self.stop(program)
        shutil.rmtree(self.folder, ignore_errors=True)
