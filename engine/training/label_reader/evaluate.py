#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Held-out error of a checkpoint: pictures in fonts that training never saw, read greedily.

    evaluate.py --model DIR [--fonts DIR] [--count N] [--tiers NAME ...] [--device cpu|cuda] [--examples N]

Prints for each tier the character error rate, with a 95 % interval over pictures, and the share of exact answers; for
pictures without text the share of those that are answered with any.
"""
import argparse
import random
import sys
from pathlib import Path

import torch

sys.path[:0] = map(str, Path(__file__).resolve().parents[:2])
import augment  # noqa: E402
import canvases  # noqa: E402
import dataset  # noqa: E402
import export  # noqa: E402
import labels  # noqa: E402
import vocabulary as voc  # noqa: E402
from error_rates import distance, interval  # noqa: E402
from network import Config, LabelReader  # noqa: E402

TIERS = {  # (height, width), kind, options
    "strips": ((128, 512), "strip", {}), "slips": ((512, 512), "slip", {}), "slips-ascii": ((384, 512), "slip", {"latin1": 0}),
    "camera": ((512, 896), "camera", {"latin1": 0}), "subtitles": ((256, 896), "subtitle", {"latin1": 0}),
    "blank": ((512, 512), "blank", {}), "blank-wide": ((256, 896), "blank", {})}
CHUNK = 32  # views that are read together


def read_tier(network, name, fonts, count, device, autocast):
    """(texts, answers) of `count` pictures, the same for the same name and count."""
    (height, width), kind, options = TIERS[name]
    rng = random.Random(f"held-out {name}")
    torch.manual_seed(20)
    canvas = canvases.Canvas(height, width, 1, ((kind, 1),))
    texts, answers = [], []
    while len(texts) < count:
        batch = dataset.make_batch(rng, min(CHUNK, count - len(texts)), canvas, fonts, labels.Options(**options))
        planes = [batch[p].to(device) for p in ("luma", "alpha", "matrices", "pictures", "rough")]
        with torch.no_grad(), autocast():
            pixels = augment.augment(*planes, float(batch["rough"].float().mean()))
            answers += [voc.decode(ids) for ids in network.read(pixels)]
        texts += batch["texts"]
    return texts, answers


def describe(name, texts, answers):
    """A line of figures."""
    if TIERS[name][1] == "blank":
        return f"{name}: {100 * sum(map(bool, answers)) / len(answers):.1f} % of {len(answers)} with phantom text"
    errors, characters = [distance(a, t) for a, t in zip(answers, texts)], [len(t) for t in texts]
    low, high = interval(list(zip(errors, characters)), random.Random(1))
    exact = sum(a == t for a, t in zip(answers, texts)) / len(texts)
    return (f"{name}: CER {100 * sum(errors) / sum(characters):.2f} % ({100 * low:.2f} to {100 * high:.2f}), "
            f"{100 * exact:.1f} % of {len(texts)} exact")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--fonts", type=Path, default=Path(__file__).resolve().parent / "fonts")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--tiers", nargs="+", choices=TIERS, default=list(TIERS))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--examples", type=int, default=0, help="mistaken answers to show of each tier")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    network = LabelReader(Config()).to(device).eval()
    position = export.read(network, arguments.model) or {"progress": 1.0}
    fonts = labels.load_fonts(arguments.fonts / "held-out")
    print(f"at progress {position['progress']:.3f}, fonts never trained on:", flush=True)
    for name in arguments.tiers:
        texts, answers = read_tier(network, name, fonts, arguments.count, device,
                                   lambda: torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"))
        print("  " + describe(name, texts, answers), flush=True)
        wrong = [(t, a) for t, a in zip(texts, answers) if t != a]
        for text, answer in wrong[:arguments.examples]:
            print(f"    {text!r}\n    {answer!r}", flush=True)


if __name__ == "__main__":
    main()
