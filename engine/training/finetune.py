#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fine-tunes a DeepSeek-OCR checkpoint on your own pictures: a LoRA adapter in PEFT's layout.

    finetune.py --model DIR --data DIR|FILE.jsonl --out ADAPTER [--minutes N] [--device cpu|cuda]

--data is a folder of pictures with a .txt of the same name beside each, or lines {"image": "a.png", "text": "..."}.
A part of the pictures is held out: it decides when to stop, and its character error rate is printed before and after.
Use the adapter with the element's property adapter-path (docs/how-to/fine-tune.md).  Needs PyTorch, Pillow, numpy and
safetensors; for the official checkpoint also tokenizers.
"""
import argparse
import random
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent / "finetuning"))
import lora  # noqa: E402
import pictures  # noqa: E402
import reader  # noqa: E402
import score  # noqa: E402
import tokens  # noqa: E402

READ_TOGETHER = 8
MOST_READ = 64  # held-out pictures that are read for the table
IGNORED = -100  # cross_entropy's mark for places that do not count


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the adapter")
    parser.add_argument("--minutes", type=float, default=10, help="length of the schedule (default 10)")
    parser.add_argument("--steps", type=int, help="end after so many steps in any case")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", choices=("auto", "float32", "bfloat16"), default="auto",
                        help="of the frozen weights (auto: bfloat16 from a billion weights on)")
    parser.add_argument("--resolution", choices=("auto", *pictures.SIDES), default="auto")
    parser.add_argument("--prompt", help="default: the first that the checkpoint supports")
    parser.add_argument("--modules", choices=tuple(lora.MODULES), default="all", help="which part learns (default all)")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=float, default=32)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--held-out", type=float, default=0.2, help="share of the pictures (default 0.2)")
    parser.add_argument("--patience", type=int, default=5, help="looks at the held-out part without gain until the end")
    parser.add_argument("--checkpointing", action=argparse.BooleanOptionalAction,
                        help="compute blocks twice to save memory (default: from a billion weights on)")
    parser.add_argument("--threads", type=int, default=0,
                        help="of the CPU (default: all cores; 1 is faster where other programs work too)")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


class Task:
    """Network, tokenizer, prompt and views: everything that a sample passes through."""

    def __init__(self, arguments):
        config = reader.Config(arguments.model)
        large = sum(path.stat().st_size for path in reader.weight_files(arguments.model)) > 2e9
        automatic = torch.bfloat16 if large else torch.float32
        dtype = automatic if arguments.dtype == "auto" else getattr(torch, arguments.dtype)
        self.network = reader.load(arguments.model, dtype, arguments.device)
        self.network.recompute = large if arguments.checkpointing is None else arguments.checkpointing
        self.config, self.device = config, arguments.device
        self.tokens = tokens.load(arguments.model)
        self.before = [config.bos]
        self.after = self.tokens.encode("\n" + (arguments.prompt or config.prompts[0]))
        self.views = pictures.Views(config.canvases, arguments.resolution)

    def check(self, samples):
        for sample in samples:
            ids = self.tokens.encode(sample.text)
            unknown = [i for i in ids if i >= self.config.vocabulary]
            if unknown or self.tokens.decode(ids) != sample.text:
                raise SystemExit(f"{sample.path}: the checkpoint's tokenizer cannot write its text.")

    def loss(self, prepared):
        """Summed cross entropy and number of tokens of [(pixels, ids)] of one canvas."""
        pixels = torch.stack([view for view, _ in prepared]).to(self.device)
        image = self.network.encode(pixels)
        longest = max(len(ids) for _, ids in prepared) + 1
        inputs = torch.full((len(prepared), longest - 1), self.config.eos)
        targets = torch.full((len(prepared), longest), IGNORED)
        for row, (_, ids) in enumerate(prepared):
            inputs[row, :len(ids)] = torch.tensor(ids, dtype=torch.long)
            targets[row, :len(ids) + 1] = torch.tensor([*ids, self.config.eos])
        prompt = self.network.prompt(image, self.before, self.after)
        x = torch.cat([prompt, self.network.model.embed_tokens(inputs.to(self.device))], 1)
        if x.shape[1] > self.config.positions:
            raise SystemExit(f"A text needs {x.shape[1]} positions, but the checkpoint has {self.config.positions}.")
        logits = self.network.lm_head(self.network.decode(x)[:, prompt.shape[1] - 1:]).float()
        targets = targets.to(self.device)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")
        return loss, int((targets != IGNORED).sum())

    def by_canvas(self, entries):
        """[(canvas, pixels, ids)] -> lists of (pixels, ids) of one canvas."""
        groups = {}
        for canvas, pixels, ids in entries:
            groups.setdefault(canvas, []).append((pixels, ids))
        return list(groups.values())

    @torch.no_grad()
    def held_out_loss(self, samples):
        """Mean cross entropy of a token."""
        total, count = 0.0, 0
        for first in range(0, len(samples), READ_TOGETHER):
            part = samples[first:first + READ_TOGETHER]
            entries = [(*self.views.usual(s.picture), self.tokens.encode(s.text)) for s in part]
            for group in self.by_canvas(entries):
                loss, tokens_seen = self.loss(group)
                total, count = total + float(loss), count + tokens_seen
        return total / count

    def read(self, samples):
        """The network's own answers, in the order of the samples."""
        answers = [None] * len(samples)
        groups = {}
        for place, sample in enumerate(samples):
            canvas, pixels = self.views.usual(sample.picture)
            groups.setdefault(canvas, []).append((place, pixels))
        for group in groups.values():
            for first in range(0, len(group), READ_TOGETHER):
                part = group[first:first + READ_TOGETHER]
                limit = 2 * max(len(self.tokens.encode(samples[place].text)) for place, _ in part) + 16
                views = torch.stack([pixels for _, pixels in part]).to(self.device)
                for (place, _), ids in zip(part, self.network.read(views, self.before, self.after, limit)):
                    answers[place] = self.tokens.decode(ids)
        return answers


def rates(task, samples):
    """(character error rate, share without a mistake) of the network's own answers"""
    return score.rates([(sample.text, answer) for sample, answer in zip(samples, task.read(samples))])


def rate_at(progress, peak):
    """Learning rate: up over the first twentieth, then down in a line."""
    return peak * min(progress / 0.05, 1 - progress) if progress < 1 else 0.0


def train(task, adapter, training, held_out, arguments):
    """Trains until the time, the steps or the patience are over; leaves the adapter that did best."""
    rng = random.Random(arguments.seed)
    optimizer = torch.optim.AdamW(adapter.parameters(), lr=arguments.learning_rate, weight_decay=0.01)
    start = time.monotonic()
    best, best_tensors, waiting = task.held_out_loss(held_out), adapter.tensors(), 0
    print(f"step 0: held-out loss {best:.4f}", flush=True)
    # A look at the held-out part takes no more than a seventh of the time.
    pause = max(20.0, 6 * (time.monotonic() - start))
    start, step, seen, last_look, total, queue = time.monotonic(), 0, 0, time.monotonic(), 0.0, []
    while True:
        progress = (time.monotonic() - start) / (60 * arguments.minutes)
        over = progress >= 1 or step == arguments.steps
        if over or time.monotonic() - last_look > pause:
            loss = task.held_out_loss(held_out)
            waiting = 0 if loss < best else waiting + 1
            print(f"step {step}: training loss {total / max(1, seen):.4f}, held-out loss {loss:.4f}, "
                  f"{60 * step * arguments.batch / (time.monotonic() - start):.0f} pictures/min", flush=True)
            if loss < best:
                best, best_tensors = loss, adapter.tensors()
                adapter.save(arguments.out, arguments.model)
            if over or waiting >= arguments.patience:
                break
            total, seen, last_look = 0.0, 0, time.monotonic()
        if len(queue) < arguments.batch:
            queue += rng.sample(training, len(training))
        batch = [queue.pop(0) for _ in range(min(arguments.batch, len(queue)))]
        for group in optimizer.param_groups:
            group["lr"] = rate_at(max(progress, 1e-3), arguments.learning_rate)
        entries = [(*task.views.training(s.picture, rng), task.tokens.encode(s.text)) for s in batch]
        tokens_of_batch = sum(len(ids) + 1 for _, _, ids in entries)
        for group in task.by_canvas(entries):
            loss, count = task.loss(group)
            (loss / tokens_of_batch).backward()
            total, seen = total + float(loss.detach()), seen + count
        torch.nn.utils.clip_grad_norm_(adapter.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
    adapter.restore(best_tensors)
    adapter.save(arguments.out, arguments.model)


def main():
    arguments = parse()
    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    samples = pictures.read(arguments.data)
    task = Task(arguments)
    task.check(samples)
    random.Random(arguments.seed).shuffle(samples)
    count = min(len(samples) - 1, max(1, round(arguments.held_out * len(samples))))
    held_out, training = samples[:count], samples[count:]
    shown = held_out[:MOST_READ]
    before = rates(task, shown)
    adapter = lora.Adapter(task.network, arguments.rank, arguments.alpha, arguments.modules)
    weights = sum(weight.numel() for weight in adapter.parameters())
    print(f"{len(training)} pictures to learn from, {len(held_out)} held out; {weights:,} weights learn", flush=True)
    train(task, adapter, training, held_out, arguments)
    after = rates(task, shown)
    print(f"\n| {len(shown)} held-out pictures | before | after |\n|---|---|---|")
    print(f"| character error rate | {100 * before[0]:.2f} % | {100 * after[0]:.2f} % |")
    print(f"| read without a mistake | {100 * before[1]:.0f} % | {100 * after[1]:.0f} % |")
    print(f"\nThe adapter is in {arguments.out}: deepseekocr adapter-path={arguments.out}")


if __name__ == "__main__":
    main()
