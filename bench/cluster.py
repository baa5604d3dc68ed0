#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What keeps a cluster busy: a simulation of `lightpose corpus work` on many nodes, one database, and failures.

usage: bench/cluster.py [--nodes 30] [--cores 32] [--fps 35] [--frames 825e6] [--range 100000] ... (--help lists all)

Every worker repeats what the real one does: it claims a range, computes a block of frames, stores it with the range's
progress in one transaction, and so on to the range's end. The database does one transaction after another, each taking
--transaction seconds, and answers after --latency more. Nodes fail at random and come back; a range whose node failed
waits until its lease ends, and goes on after its last stored block. Jobs end at their time limit. `lightpose corpus submit
--watch` looks at the queue every --watch seconds, and submits as many jobs as there are ranges that no job will take, so that
there are at most --max-jobs; the batch system starts one that waits when a node is free, and takes --queue-wait for that.
Prints where the workers' time went, as shares of all worker time from the
start to the end of the corpus.

Frames a second are those of one core, as `lightpose-bench --contexts 1` measures them; transactions and latency as the
tests of the corpus measure them (docs/corpus.md).
"""
import argparse
import heapq
import itertools
import random


class Database:
    """One transaction after another, in the order that they come."""

    def __init__(self, service, latency):
        self.service, self.latency = service, latency
        self.free = self.busy = self.most = 0.0
        self.count = 0

    def call(self, now):
        """When the answer to a transaction begun now is there."""
        start = max(now, self.free)
        self.free = start + self.service
        self.busy += self.service
        self.most = max(self.most, start - now)
        self.count += 1
        return self.free + self.latency


class Range:
    """Frames that one worker at a time computes."""

    def __init__(self, frames):
        self.left = frames
        self.lease = 0.0  # when others may take it
        self.owner = None


class Worker:
    def __init__(self, node, speed):
        self.node, self.speed = node, speed
        self.range = None
        self.job = 0  # counts its starts: events of an earlier one are void
        self.has_job = False
        self.ends = 0.0  # of the job's time limit


class Cluster:
    KINDS = ("computing", "database", "computed twice", "node down", "waiting for a lease", "batch queue", "no job submitted", "starting",
             "nothing left")
    IDLE_EXIT = 60.0  # of the jobs of `submit`

    def __init__(self, options):
        self.options = o = options
        self.random = random.Random(o.seed)
        self.database = Database(o.transaction, o.latency)
        self.now, self.events, self.order = 0.0, [], itertools.count()
        self.spent = dict.fromkeys(self.KINDS, 0.0)
        whole, rest = divmod(int(o.frames), int(o.range))
        self.queue = [Range(int(o.range)) for _ in range(whole)] + ([Range(rest)] if rest else [])
        self.queue.reverse()  # taken from its end
        self.orphans = []  # (end of the lease, number, range) of ranges whose workers are gone
        self.open = len(self.queue)
        self.idle = []  # workers, and since when
        self.free = []  # workers whose node has no job, and since when
        self.pending = 0  # jobs that wait
        self.jobs = 0  # that run, or are about to
        self.arrays = []  # sizes
        self.finished = None
        self.failures = 0
        self.losses = []
        speeds = [o.fps * o.workers_cores * self.random.uniform(1 - o.spread, 1 + o.spread) for _ in range(o.nodes)]
        self.workers = [[Worker(n, speeds[n]) for _ in range(max(1, o.cores // o.workers_cores))] for n in range(o.nodes)]

    def at(self, time, action, *arguments):
        heapq.heappush(self.events, (time, next(self.order), action, arguments))

    def spend(self, kind, seconds):
        self.spent[kind] += seconds

    def lose(self, kind, seconds):
        """From now on, if the corpus does not end before."""
        self.losses.append((kind, self.now, seconds))

    # ---- Nodes and jobs

    def submit(self):
        """A round of `submit --watch`."""
        if self.finished is not None:
            return
        working = sum(w.range is not None for workers in self.workers for w in workers)
        orphans = sum(due <= self.now for due, _, _ in self.orphans)
        jobs = self.jobs + self.pending
        count = min(self.options.max_jobs - jobs, len(self.queue) + orphans - (jobs - working))
        if count > 0:
            self.arrays.append(count)
            self.pending += count
        self.dispatch()
        self.at(self.now + self.options.watch, self.submit)

    def dispatch(self):
        """The batch system gives free nodes to jobs that wait."""
        while self.pending and self.free:
            worker, since = self.free.pop(0)
            self.spend("no job submitted" if self.open else "nothing left", self.now - since)
            self.pending -= 1
            self.jobs += 1
            wait = self.random.expovariate(1 / self.options.queue_wait) if self.options.queue_wait else 0.0
            self.lose("batch queue", wait)
            worker.job += 1
            worker.has_job = True
            self.at(self.now + wait, self.start_job, worker, worker.job)

    def start_job(self, worker, job):
        if job != worker.job:
            return
        worker.ends = self.now + self.options.time_limit * 3600
        self.lose("starting", self.options.start)
        self.at(self.now + self.options.start, self.claim, worker, job)

    def end_job(self, worker):
        """At the time limit, or with nothing to do: the range is given back, and the node is free."""
        if worker.range:
            worker.range.owner = None
            self.queue.append(worker.range)
            worker.range = None
        worker.job += 1
        worker.has_job = False
        self.jobs -= 1
        self.offer(worker)
        self.wake()

    def offer(self, worker):
        self.free.append((worker, self.now))
        self.dispatch()

    def fail(self, node):
        self.failures += 1
        down = self.random.expovariate(1 / (self.options.repair * 3600))
        for worker in self.workers[node]:
            worker.job += 1
            self.jobs -= worker.has_job
            worker.has_job = False
            for entries, kind in ((self.idle, "nothing left"), (self.free, "no job submitted")):
                for entry in [e for e in entries if e[0] is worker]:
                    self.spend(kind, self.now - entry[1])
                    entries.remove(entry)
            if worker.range:
                heapq.heappush(self.orphans, (worker.range.lease, next(self.order), worker.range))
                self.at(worker.range.lease, self.wake)
                worker.range.owner, worker.range = None, None
            self.lose("node down", down)
            self.at(self.now + down, self.offer, worker)
        self.at(self.now + down + self.time_to_failure(), self.fail, node)

    def time_to_failure(self):
        return self.random.expovariate(1 / (self.options.mtbf * 3600))

    # ---- A worker

    def claim(self, worker, job):
        if job != worker.job or self.finished is not None:
            return
        if self.now >= worker.ends:
            self.end_job(worker)
            return
        if self.orphans and self.orphans[0][0] <= self.now:
            worker.range = heapq.heappop(self.orphans)[2]
        elif self.queue:
            worker.range = self.queue.pop()
        else:
            self.idle.append((worker, self.now))
            self.at(self.now + self.IDLE_EXIT, self.leave, worker, job, self.now)
            return
        answer = self.database.call(self.now)
        worker.range.owner, worker.range.lease = worker, answer + self.options.lease
        self.spend("database", answer - self.now)
        self.at(answer, self.compute, worker, job)

    def leave(self, worker, job, since):
        """It has found nothing for so long."""
        if job == worker.job and (worker, since) in self.idle and self.open:
            self.idle.remove((worker, since))
            self.spend("nothing left", self.now - since)
            self.end_job(worker)

    def compute(self, worker, job):
        if job != worker.job:
            return
        frames = min(self.options.block, worker.range.left)
        self.at(self.now + frames / worker.speed, self.store, worker, job, frames, self.now)

    def store(self, worker, job, frames, began):
        if job != worker.job:  # the node failed meanwhile: another computes these frames again
            self.spend("computed twice", frames / worker.speed)
            return
        self.spend("computing", self.now - began)
        answer = self.database.call(self.now)
        self.spend("database", answer - self.now)
        worker.range.left -= frames
        worker.range.lease = answer + self.options.lease
        if worker.range.left > 0 and answer < worker.ends:
            self.at(answer, self.compute, worker, job)
            return
        if worker.range.left <= 0:
            worker.range = None
            self.open -= 1
            if self.open == 0:
                self.finished = answer
        self.at(answer, self.claim, worker, job)

    def wake(self):
        """Workers that found nothing try again."""
        idle, self.idle = self.idle, []
        for worker, since in idle:
            self.spend("waiting for a lease" if self.open and (self.orphans or self.queue) else "nothing left", self.now - since)
            self.at(self.now, self.claim, worker, worker.job)

    # ---- The whole

    def run(self):
        for node, workers in enumerate(self.workers):
            for worker in workers:
                self.free.append((worker, 0.0))
            if self.options.mtbf:
                self.at(self.time_to_failure(), self.fail, node)
        self.at(0.0, self.submit)
        while self.finished is None:
            self.now, _, action, arguments = heapq.heappop(self.events)
            action(*arguments)
        for _, since in self.idle:
            self.spend("nothing left", self.finished - since)
        for _, since in self.free:
            self.spend("nothing left", self.finished - since)
        for kind, since, seconds in self.losses:
            self.spend(kind, max(0.0, min(seconds, self.finished - since)))
        return self

    def report(self):
        count = sum(map(len, self.workers))
        total = count * self.finished
        ideal = self.options.frames / sum(w.speed for workers in self.workers for w in workers)
        database = self.database
        print(f"{self.options.nodes} nodes, {count} workers: {self.finished / 3600:.1f} hours; without any loss {ideal / 3600:.1f}; "
              f"{100 * ideal / self.finished:.1f} % of the speed; {self.failures} node failures")
        print(f"database: {database.count / self.finished:.1f} transactions a second, busy {100 * database.busy / self.finished:.1f} %, "
              f"longest wait {database.most:.2f} s")
        print(f"submit: {len(self.arrays)} arrays, {sum(self.arrays)} jobs; the first have {', '.join(map(str, self.arrays[:8]))}")
        for kind in self.KINDS:
            print(f"  {kind:<20} {100 * self.spent[kind] / total:6.2f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--nodes", type=int, default=30)
    add("--cores", type=int, default=32, help="of a node (32)")
    add("--workers-cores", type=int, default=32, help="cores that one worker uses (32: one worker a node)")
    add("--fps", type=float, default=35.0, help="frames a second of a core (35)")
    add("--spread", type=float, default=0.1, help="nodes are so much faster or slower (0.1)")
    add("--frames", type=float, default=825e6, help="frames of the corpus (825e6)")
    add("--range", type=float, default=100000, help="frames of a range (100000)")
    add("--block", type=int, default=250, help="frames of a transaction (250)")
    add("--lease", type=float, default=60.0, help="seconds (60)")
    add("--transaction", type=float, default=0.004, help="seconds of the database for one (0.004)")
    add("--latency", type=float, default=0.001, help="seconds of the network, there and back (0.001)")
    add("--mtbf", type=float, default=500.0, help="hours between two failures of a node; 0: none fails (500)")
    add("--repair", type=float, default=4.0, help="hours that a failed node is away (4)")
    add("--time-limit", type=float, default=12.0, help="hours of a job (12)")
    add("--queue-wait", type=float, default=60.0, help="seconds from a free node to a job on it, on average (60)")
    add("--start", type=float, default=3.0, help="seconds until a job claims its first range (3)")
    add("--watch", type=float, default=3600.0, help="seconds between two rounds of `submit --watch` (3600)")
    add("--max-jobs", type=int, default=100, help="jobs that run or wait at a time (100)")
    add("--seed", type=int, default=1)
    options = parser.parse_args()
    Cluster(options).run().report()


if __name__ == "__main__":
    main()
