#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""Trains weights of one's own: distils a teacher's weights file into the same architecture, on photographs without
labels. Needs PyTorch (1.13 or later), numpy and Pillow. README.md tells how.

usage: distil.py --teacher FILE --images DIR --out DIR [--start FILE] [--images-to-see N | --minutes N | --until HH:MM]
"""

import argparse
import copy
import datetime
import math
import os
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import torch

import checkpoint
import model
import weights_io
from losses import FEATURES, STAGES, Losses
from pictures import Crops, Pictures
from tensors import ConvertError

JOINT_FEATURES = 0.15  # weight of the features' loss once everything learns together
SHAPES = 8  # a crop's side is a multiple: the network's stride


def say(text):
    print(text, flush=True)


# ---- Schedule --------------------------------------------------------------------------------------------------------

class Schedule:
    """What depends on how far the run is, from 0 to 1. With --start all learns together from the first batch on."""

    OWN_FROM, OWN_FOR, JOINT_FROM = 0.25, 0.35, 0.6

    def __init__(self, options):
        self.rate, self.warm_up, self.joint_only = options.rate, options.warm_up, bool(options.start)

    def learning_rate(self, progress, seen):
        cosine = 0.5 * (1 + math.cos(math.pi * min(1, progress)))
        return self.rate * min(1, (seen + 1) / self.warm_up) * (0.01 + 0.99 * cosine)

    def joint(self, progress):
        return self.joint_only or progress >= self.JOINT_FROM

    def own(self, progress):
        """The share of samples whose parts read the student's own output of the part before, not the teacher's."""
        return min(1, max(0, (progress - self.OWN_FROM) / self.OWN_FOR))


class Budget:
    """How long a run goes on: a number of images, minutes of work, or a time of day. `used` is what came before."""

    def __init__(self, options, state):
        self.images, self.minutes, self.end = options.images_to_see, options.minutes, options.until
        self.worked = state.get("worked", 0.0)
        self.begun = state.get("begun", time.time())

    def progress(self, seen):
        if self.end:
            return (time.time() - self.begun) / max(1, self.end - self.begun)
        if self.minutes:
            return self.worked / (60 * self.minutes)
        return seen / self.images

    def state(self):
        return {"worked": self.worked, "begun": self.begun}


# ---- Run -------------------------------------------------------------------------------------------------------------

class Run:
    """One training run: the networks, the optimiser, and where it stands."""

    AVERAGE_OVER = 0.05  # of the batches so far: how far back the average of weights reaches
    AVERAGE_AT_MOST = 500  # batches

    def __init__(self, options):
        self.options = options
        self.device = torch.device(options.device)
        self.generator = torch.Generator(self.device)
        self.generator.manual_seed(options.seed)
        torch.manual_seed(options.seed)
        teacher = weights_io.read(options.teacher)
        self.variant, self.input_scale = teacher.variant, teacher.input_scale
        self.teacher = self.network(folded=True).eval().requires_grad_(False)
        model.load_folded(self.teacher, teacher.layers)
        pictures = Pictures(options.images, options.side, self.device, say, options.squeezed)
        say(f"{len(pictures)} pictures, {self.variant} on {self.device}")
        self.held_out = HeldOut(self, pictures)
        self.crops = Crops(pictures, options.size, self.input_scale, self.generator)
        self.student = self.network()
        self.seen, self.batches, self.losses = 0, 0, Losses()
        self.state_path = os.path.join(options.out, "checkpoint.pt")
        state = checkpoint.load(self.state_path, self.variant) if os.path.exists(self.state_path) else {}
        if not state and options.start:
            self.start_from(options.start)
        self.average = copy.deepcopy(self.student).eval().requires_grad_(False)
        self.optimiser = self.make_optimiser()
        if state:
            self.restore(state)
        else:
            self.loss_before = self.held_out.loss(self.weights())
            if self.loss_before is not None:
                say(f"held-out loss {self.loss_before:.4f} on {self.held_out.count} crops of {len(self.held_out.pictures)} pictures")
        self.schedule, self.budget = Schedule(options), Budget(options, state)
        self.student.train()
        if options.start:
            self.student.keep_statistics()

    def network(self, folded=False):
        return model.Network(self.variant, folded).to(self.device, memory_format=torch.channels_last)

    def start_from(self, path):
        start = weights_io.read(path)
        if start.variant != self.variant:
            raise ConvertError(f"{path}: weights of {start.variant}; the teacher is {self.variant}")
        model.unfold(self.student, start.layers, self.batch_of_crops(32))
        say(f"start: {path}")

    def make_optimiser(self):
        """Weight decay for what multiplies inputs; none for biases and batch norm."""
        parameters = list(self.student.parameters())
        groups = [{"params": [p for p in parameters if p.dim() > 1], "weight_decay": 0.01},
                  {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=self.options.rate, betas=(0.9, 0.98), eps=1e-7)

    def restore(self, state):
        checkpoint.restore(self.student, state["student"], self.state_path)
        checkpoint.restore(self.average, state["average"], self.state_path)
        self.optimiser.load_state_dict(state["optimiser"])
        self.losses.variance = {name: values.to(self.device) for name, values in state["variance"].items()}
        self.seen, self.batches, self.loss_before = state["seen"], state["batches"], state["loss_before"]
        self.generator.set_state(state["random"])
        say(f"resume: {self.state_path}, {self.seen} images seen")

    def weights(self):
        """What is exported: {layer: (weight, bias)}."""
        return model.silence(model.fold(self.average), self.variant)

    def save(self):
        """Checkpoint and weights. What cannot be saved is said; the run goes on, and the last state stays."""
        try:
            checkpoint.save(self.state_path, {
                "variant": self.variant, "student": self.student.state_dict(), "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(), "variance": self.losses.variance, "seen": self.seen,
                "loss_before": self.loss_before, "batches": self.batches, "random": self.generator.get_state(), **self.budget.state()})
            path = os.path.join(self.options.out, "student.safetensors")
            weights_io.write(path, self.weights(), {
                "format_version": "1", "variant": self.variant, "source": f"weights/train, {self.options.source}",
                "licence": self.options.licence, "input_scale": repr(self.input_scale)})
            return True
        except (OSError, ConvertError) as error:
            say(f"not saved, the last checkpoint stays: {getattr(error, 'strerror', None) or error}")
            return False

    def batch_of_crops(self, count):
        return self.crops.batch(count).contiguous(memory_format=torch.channels_last)

    def replacements(self, progress, taught):
        """Until all learns together, each part reads the teacher's tensors or the student's, which then are fixed."""
        if self.schedule.joint(progress):
            return None
        own = torch.rand(self.options.batch, 1, 1, 1, generator=self.generator, device=self.device)
        own = own < self.schedule.own(progress)
        return {name: lambda values, name=name: torch.where(own, values.detach(), taught[name].to(values.dtype))
                for name in (*FEATURES, *STAGES[0])}

    def step(self, progress):
        """Learns from one batch; returns the relative errors."""
        rate = self.schedule.learning_rate(progress, self.seen)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        images = self.batch_of_crops(self.options.batch)
        fast = torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")
        with torch.no_grad(), fast:
            taught = self.teacher(images)
        with fast:
            learnt = self.student(images, self.replacements(progress, taught))
        loss, shown = self.losses(learnt, taught, JOINT_FEATURES if self.schedule.joint(progress) else 1.0)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 10.0)
        self.optimiser.step()
        self.seen += self.options.batch
        self.batches += 1
        self.update_average()
        return {"loss": loss.detach(), **shown}, rate

    @torch.no_grad()
    def update_average(self):
        share = 1 / min(self.AVERAGE_AT_MOST, 1 + self.AVERAGE_OVER * self.batches)
        new = self.student.state_dict()
        for name, values in self.average.state_dict().items():
            if values.dtype.is_floating_point:
                values.lerp_(new[name], share)
            else:
                values.copy_(new[name])


class HeldOut:
    """Crops of pictures that the run does not learn from, the same ones at its beginning and end: the loss of batches
    scatters by more than an hour of training gains."""

    EVERY = 50  # of the pictures one is held out
    SEED = 7  # whatever the run's seed: the crops of two runs on the same pictures are the same

    def __init__(self, run, pictures):
        self.run, self.count = run, run.options.held_out
        self.pictures = pictures.hold_out(self.EVERY, self.count)

    def batches(self):
        options = self.run.options
        generator = torch.Generator(self.run.device)
        generator.manual_seed(self.SEED)
        crops = Crops(self.pictures, options.size, self.run.input_scale, generator)
        for first in range(0, self.count, options.batch):
            images = crops.batch(min(options.batch, self.count - first))
            yield images.contiguous(memory_format=torch.channels_last)

    @torch.no_grad()
    def loss(self, weights):
        """The mean loss of exported weights, as it is when everything learns together; None where nothing is held out."""
        if not len(self.pictures):
            return None
        student = self.run.network(folded=True).eval()
        model.load_folded(student, weights)
        losses, total = Losses(), 0.0
        for images in self.batches():
            loss, _ = losses(student(images), self.run.teacher(images), JOINT_FEATURES)
            total += float(loss) * len(images)
        return total / self.count


class Signals:
    """SIGUSR1 pauses and resumes between batches; SIGINT and SIGTERM end the run after the batch, its state saved."""

    def __init__(self):
        self.paused = self.stopped = False
        signal.signal(signal.SIGUSR1, self.pause)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop)

    def pause(self, *_):
        self.paused = not self.paused

    def stop(self, *_):
        self.stopped = True

    def wait(self):
        if self.paused and not self.stopped:
            say("paused; SIGUSR1 resumes")
            while self.paused and not self.stopped:
                time.sleep(0.2)
            say("resumed")


def train(run, options):
    signals, means = Signals(), {}
    said = saved = time.time()
    first = run.seen
    working = 0.0
    while not signals.stopped and (progress := run.budget.progress(run.seen)) < 1:
        begin = time.time()
        errors, rate = run.step(progress)
        if not math.isfinite(float(errors["loss"])):
            raise ConvertError(f"the loss is not finite after {run.seen} images; lower --rate ({options.rate})")
        for name, value in errors.items():
            means[name] = value if name not in means else means[name] * 0.97 + value * 0.03
        spent = time.time() - begin
        run.budget.worked += spent
        working += spent
        now = time.time()
        if now - said >= options.say_every or run.seen - first == options.batch:
            said = now
            columns = " ".join(f"{name} {float(value):.3f}" for name, value in means.items())
            say(f"{time.strftime('%H:%M:%S')} {run.seen} images {(run.seen - first) / working:.2f}/s "
                f"progress {progress:.3f} rate {rate:.6f} {columns}")
        if now - saved >= options.save_every:
            saved = now
            run.save()
        signals.wait()
    whole = run.save()
    if run.loss_before is not None:
        say(f"held-out loss {run.loss_before:.4f} -> {run.held_out.loss(run.weights()):.4f}")
    say(f"{'stopped' if signals.stopped else 'done'}: {run.seen} images seen")
    return whole


# ---- Command ---------------------------------------------------------------------------------------------------------

def time_of_day(text):
    """The next HH:MM, in seconds since the epoch."""
    try:
        clock = datetime.datetime.strptime(text, "%H:%M")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not HH:MM") from None
    now = datetime.datetime.now()
    end = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return (end if end > now else end + datetime.timedelta(days=1)).timestamp()


def whole_number(low, high):
    def parse(text):
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)
    return parse


def arguments():
    parser = argparse.ArgumentParser(description="Distils a teacher's weights into weights of one's own.")
    add = parser.add_argument
    add("--teacher", required=True, metavar="FILE", help="weights file (.safetensors) to learn from")
    add("--images", required=True, metavar="DIR", help="folder of photographs; no labels needed")
    add("--out", required=True, metavar="DIR", help="for checkpoint.pt and student.safetensors; a run there goes on")
    add("--start", metavar="FILE", help="weights file to go on from, instead of random weights")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--images-to-see", type=whole_number(1, 10 ** 9), default=100000, metavar="N",
                        help="length of the run in crops (100000)")
    length.add_argument("--minutes", type=whole_number(1, 10 ** 6), metavar="N", help="length in minutes of work")
    length.add_argument("--until", type=time_of_day, metavar="HH:MM", help="length up to a time of day, pauses included")
    add("--batch", type=whole_number(2, 4096), metavar="N", help="crops a batch (GPU 128, CPU 16)")
    add("--size", type=whole_number(64, 512), default=224, metavar="N", help="side of a crop in pixels (224)")
    add("--side", type=whole_number(64, 2048), default=384, metavar="N",
        help="pictures are shrunk to this many pixels at most (384)")
    add("--rate", type=float, metavar="R", help="highest learning rate (0.003; with --start 0.00002)")
    add("--warm-up", type=whole_number(1, 10 ** 9), metavar="N",
        help="images until it is reached (3000; with --start 100)")
    add("--squeezed", metavar="SUFFIX", help="names that end so are of pictures squeezed to a square")
    add("--source", default="distilled", metavar="TEXT", help="what the weights' metadata say of their source")
    add("--licence", default="", metavar="TEXT", help="what they say of their licence")
    add("--device", choices=("cuda", "cpu"), default="cuda" if torch.cuda.is_available() else "cpu")
    add("--threads", type=whole_number(1, 1024), metavar="N", help="of a CPU (all)")
    add("--nice", type=whole_number(0, 19), default=19, metavar="N", help="how far to step back for others (19)")
    add("--held-out", type=whole_number(0, 10 ** 6), default=64, metavar="N",
        help="crops of pictures not learnt from, to measure the loss on before and after (64)")
    add("--seed", type=whole_number(0, 2 ** 31), default=1, metavar="N")
    add("--save-every", type=whole_number(1, 86400), default=240, metavar="SECONDS")
    add("--say-every", type=whole_number(0, 86400), default=60, metavar="SECONDS")
    options = parser.parse_args()
    if options.size % SHAPES:
        parser.error(f"--size {options.size}: not a multiple of {SHAPES}")
    if options.batch is None:
        options.batch = 128 if options.device == "cuda" else 16
    if options.rate is None:
        options.rate = 2e-5 if options.start else 3e-3
    if options.warm_up is None:
        options.warm_up = 100 if options.start else 3000
    if not 0 < options.rate <= 1:
        parser.error(f"--rate {options.rate}: not above 0 and at most 1")
    return options


def main():
    options = arguments()
    os.nice(options.nice)
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        os.makedirs(options.out, exist_ok=True)
        if not train(Run(options), options):
            sys.exit("distil.py: the last state could not be saved")
    except ConvertError as error:
        sys.exit(f"distil.py: {error}")
    except OSError as error:
        sys.exit(f"distil.py: {error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
