#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the bundled label reader from nothing but fonts.

    train.py --minutes N [--device cpu|cuda] [--fonts DIR] [--out DIR] [--resume] [--run-minutes M] [...]

--minutes is the whole schedule, --run-minutes where this run stops (the schedule goes on with --resume).  OUT gets
`model.safetensors` in the official layout with the position of the schedule inside, and `state.pt` with the optimiser.
--resume takes state.pt, or model.safetensors alone where only the weights have travelled: then the optimiser and the
auxiliary heads start again, with a warm-up.  Needs PyTorch, Pillow and numpy, and fonts from collect_fonts.py.
"""
import argparse
import collections
import multiprocessing
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
import dataset  # noqa: E402
import export  # noqa: E402
import labels  # noqa: E402
from network import Config, LabelReader  # noqa: E402
from optimizer import Optimizer  # noqa: E402
from schedule import Plan  # noqa: E402
from stepper import Stepper  # noqa: E402

SHOW_EVERY = 10  # seconds


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--minutes", type=float, required=True, help="length of the whole schedule")
    add("--run-minutes", type=float, help="stop this run after so many minutes")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
    add("--fonts", type=Path, default=Path(__file__).resolve().parent / "fonts", help="folder of collect_fonts.py")
    add("--out", type=Path, default=Path("label-reader"), help="where the checkpoint goes")
    add("--resume", action="store_true", help="go on from what OUT holds")
    add("--rewind", type=float, metavar="POSITION", help="with --resume: take the weights, but go on from this position "
        "of the schedule (0..1), for more training of a finished checkpoint")
    add("--batch-pixels", type=int, help="pixels of a batch (default: 64 views of 512x512 on a GPU, 4 on a processor)")
    add("--workers", type=int, help="processes that draw (default: cores - 2)")
    add("--echo", type=int, default=1, help="earlier batches that are degraded anew behind each fresh one, at least")
    add("--most-echo", type=int, default=3, help="the most of them, where drawing does not keep up")
    add("--muon-rate", type=float, default=0.02)
    add("--adam-rate", type=float, default=0.002)
    add("--seed", type=int, default=1)
    add("--held-out", type=int, default=64, help="pictures of each held-out tier; 0: no evaluation")
    add("--evaluate-every", type=float, default=120, help="seconds between held-out evaluations")
    add("--no-graphs", action="store_true", help="do not record steps as CUDA graphs")
    return parser.parse_args()


def show(*words):
    print(*words, flush=True)


class Progress:
    """Where the schedule stands; the workers read `shared`."""

    def __init__(self, minutes, start):
        self.seconds, self.start = minutes * 60, start
        self.shared = multiprocessing.Value("d", start)
        self.restart_clock()

    def restart_clock(self):
        self.began = time.monotonic()

    @property
    def elapsed(self):
        return time.monotonic() - self.began

    def update(self):
        self.shared.value = min(1.0, self.start + self.elapsed / self.seconds)
        return self.shared.value


class HeldOut:
    """Evaluates what was saved in a process of its own, while training goes on."""

    def __init__(self, arguments):
        self.arguments, self.process, self.began = arguments, None, time.monotonic()

    def is_due(self):
        waited = time.monotonic() - self.began
        running = self.process is not None and self.process.poll() is None
        return self.arguments.held_out > 0 and waited > self.arguments.evaluate_every and not running

    def start(self):
        self.began = time.monotonic()
        program = Path(__file__).resolve().with_name("evaluate.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program), "--model", str(self.arguments.out), "--fonts", str(self.arguments.fonts),
             "--count", str(self.arguments.held_out), "--device", self.arguments.device, "--examples", "1"])

    def finish(self):
        if self.arguments.held_out == 0:
            return
        if self.process is not None:
            self.process.wait()
        self.start()
        self.process.wait()


def save(out, network, optimizer, position):
    """model.safetensors, config.json and tokenizer.json in the official layout, and state.pt to go on from."""
    out.mkdir(parents=True, exist_ok=True)
    export.write(network, out, position)
    state = dict(network=network.state_dict(), adam=optimizer.adam.state_dict(), momentum=optimizer.muon.momentum,
                 position=position)
    partial = out / "state.pt.partial"
    torch.save(state, partial)
    os.replace(partial, out / "state.pt")


def resume(out, network, optimizer, device):
    """The position of the schedule that OUT holds, with the weights, and the optimiser where it is there."""
    if not (out / "state.pt").exists():
        return export.read(network, out)
    state = torch.load(out / "state.pt", map_location=device, weights_only=True)
    network.load_state_dict(state["network"])
    rates = [group["lr"] for group in optimizer.adam.param_groups]
    optimizer.adam.load_state_dict(state["adam"])
    for group, rate in zip(optimizer.adam.param_groups, rates):
        group["lr"] = rate
    for mine, saved in zip(optimizer.muon.momentum, state["momentum"]):
        mine.copy_(saved)
    return state["position"]


@torch.no_grad()
def whiten_patches(network, pixels):
    """Starts the patch embedding at the principal components of what it will see, each scaled to one size."""
    views, height, width = pixels.shape
    patches = pixels.view(views, height // 16, 16, width // 16, 16).transpose(2, 3).reshape(-1, 256).double()
    patches = patches - patches.mean(0)
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    weight, count = network.sam.patch.weight, network.sam.patch.weight.shape[0]
    values, vectors = values.flip(0)[:count], vectors.flip(1)[:, :count]
    weight.copy_((vectors / (values + 0.02).sqrt()).T * 0.7)


class Figures:
    """Running means of what a line of progress shows; read from the device only when shown."""

    def __init__(self):
        self.sums, self.counts = {}, {}

    def add(self, figures):
        for name, value in figures.items():
            self.sums[name] = self.sums.get(name, 0) + value
            self.counts[name] = self.counts.get(name, 0) + 1

    def take(self):
        line = " ".join(f"{name} {float(total) / self.counts[name]:.4f}" for name, total in self.sums.items())
        self.sums, self.counts = {}, {}
        return line


def start_loader(arguments, plan, progress, on_gpu):
    """An iterator over batches of worker processes."""
    pixels = arguments.batch_pixels or (64 if on_gpu else 4) * 512 * 512
    workers = arguments.workers if arguments.workers is not None else max(1, (os.cpu_count() or 3) - 2)
    seed = arguments.seed + int(progress.start * 1e6)
    batches = dataset.Batches(labels.load_fonts(arguments.fonts / "train"), plan, pixels, seed, progress.shared,
                              labels.Options())
    loader = torch.utils.data.DataLoader(batches, batch_size=None, num_workers=workers, pin_memory=on_gpu,
                                         prefetch_factor=4 if workers else None)
    return iter(loader), f"{workers} workers, {pixels / 2 ** 18:.1f} views of 512x512 a batch"


class Run:
    """One run of the schedule."""

    def __init__(self, arguments):
        self.arguments = arguments
        device = torch.device(arguments.device)
        on_gpu = device.type == "cuda"
        torch.manual_seed(arguments.seed)
        torch.set_float32_matmul_precision("high")
        self.rng = random.Random(arguments.seed)
        self.network = LabelReader(Config()).to(device)
        self.optimizer = Optimizer(self.network, arguments.muon_rate, arguments.adam_rate)
        found = resume(arguments.out, self.network, self.optimizer, device) if arguments.resume else None
        self.position = found or dict(progress=0.0, views=0, characters=0, minutes=0.0)
        if found and arguments.rewind is not None:
            self.position["progress"] = arguments.rewind
        self.plan, self.progress = Plan(), Progress(arguments.minutes, self.position["progress"])
        self.iterator, described = start_loader(arguments, self.plan, self.progress, on_gpu)
        first = next(self.iterator)
        fast = on_gpu or torch.cpu._is_avx512_bf16_supported()  # elsewhere bfloat16 is many times slower than float32
        self.stepper = Stepper(self.network, self.optimizer, self.plan,
                               lambda: torch.autocast(device.type, torch.bfloat16, enabled=fast),
                               on_gpu and not arguments.no_graphs,
                               new_heads=found is not None and not (arguments.out / "state.pt").exists())
        if found is None:
            whiten_patches(self.network, self.stepper.inputs(self.stepper.to_device(first), 0.0, None, True)["pixels"])
        self.held_out, self.earlier, self.steps = HeldOut(arguments), collections.deque(maxlen=256), 0
        self.echo = arguments.echo
        self.figures, self.views, self.waited = Figures(), 0, 0.0
        self.shown = time.monotonic()
        count = sum(p.numel() for n, p in self.network.named_parameters() if "slot" not in n)
        show(f"{count:,} parameters, {described}, from progress {self.position['progress']:.3f}")
        self.progress.restart_clock()

    def go(self):
        before = self.position["minutes"]
        last = 60 * (self.arguments.run_minutes or self.arguments.minutes)
        while self.progress.update() < 1.0 and self.progress.elapsed < last:
            self.step(self.next_batch())
            if len(self.earlier) > 32:
                for _ in range(self.echo):
                    self.step(self.rng.choice(self.earlier))
            self.position.update(progress=self.progress.shared.value, minutes=before + self.progress.elapsed / 60)
            self.report()
        save(self.arguments.out, self.network, self.optimizer, self.position)
        p = self.position
        show(f"progress {p['progress']:.3f}: {self.steps} steps, {p['views']:,} views, {p['characters']:,} characters, "
             f"{p['minutes']:.1f} minutes in all")
        self.held_out.finish()

    def next_batch(self):
        began = time.monotonic()
        batch = next(self.iterator)
        self.waited += time.monotonic() - began
        moved = self.stepper.to_device(batch)
        self.position["characters"] += sum(map(len, batch["texts"]))
        if not self.plan.encoder_only(self.progress.shared.value):
            self.earlier.append(moved)
        return moved

    def step(self, batch):
        progress = self.progress.shared.value
        figures = self.stepper.step(batch, progress, self.steps, self.choose_corner(batch["canvas"], progress))
        self.figures.add(figures)
        self.steps += 1
        self.views += len(batch["luma"])
        self.position["views"] += len(batch["luma"])

    def choose_echo(self, waited):
        """Earlier batches fill the time in which drawing does not keep up; `waited` is the share of time lost so."""
        least, most = self.arguments.echo, max(self.arguments.echo, self.arguments.most_echo)
        if waited > 0.08:
            self.echo = min(most, self.echo + 1)
        elif waited < 0.01:
            self.echo = max(least, self.echo - 1)

    def choose_corner(self, canvas, progress):
        """Sometimes a smaller canvas lies elsewhere on the position tables, so that all of these learn."""
        if progress > 0.75 or self.rng.random() > 0.25:
            return 0, 0
        side = self.network.config.clip_side
        return self.rng.randint(0, side - canvas.height // 64), self.rng.randint(0, side - canvas.width // 64)

    def report(self):
        seconds = time.monotonic() - self.shown
        if seconds > SHOW_EVERY:
            show(f"{self.progress.shared.value:.3f} step {self.steps} {self.views / seconds:.0f} views/s "
                 f"waited {100 * self.waited / seconds:.0f} % echo {self.echo} {self.figures.take()}")
            self.choose_echo(self.waited / seconds)
            self.shown, self.waited, self.views = time.monotonic(), 0.0, 0
        if not self.plan.encoder_only(self.progress.shared.value) and self.held_out.is_due():
            save(self.arguments.out, self.network, self.optimizer, self.position)
            self.held_out.start()


if __name__ == "__main__":
    run = Run(parse_arguments())
    if run.arguments.device == "cuda":
        with torch.cuda.stream(torch.cuda.Stream()):  # nothing on the default stream, which cannot be recorded
            run.go()
    else:
        run.go()
    sys.stdout.flush()
    os._exit(0)  # the workers draw without end
