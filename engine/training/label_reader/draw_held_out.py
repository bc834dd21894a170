#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Held-out pictures as files, to be read by the element itself: fonts, words and layouts that training never saw.

    draw_held_out.py --out DIR [--fonts DIR] [--count N] [--tiers NAME ...] [--seed N]

Writes DIR/TIER/NNNN.png and DIR/truth.jsonl, one line {"file", "tier", "text"} a picture, as read-samples takes it.
The tiers are those of evaluate.py.
"""
import argparse
import json
import random
import sys
from pathlib import Path

import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent))
import augment  # noqa: E402
import canvases  # noqa: E402
import dataset  # noqa: E402
import labels  # noqa: E402
from evaluate import CHUNK, TIERS  # noqa: E402


def pictures(name, fonts, count, seed):
    """Yields (grey picture, text)."""
    (height, width), kind, options = TIERS[name]
    rng = random.Random(f"files {name} {seed}")
    torch.manual_seed(seed)
    canvas = canvases.Canvas(height, width, 1, ((kind, 1),))
    for start in range(0, count, CHUNK):
        batch = dataset.make_batch(rng, min(CHUNK, count - start), canvas, fonts, labels.Options(**options))
        planes = [batch[part] for part in ("luma", "alpha", "matrices", "pictures", "rough")]
        pixels = augment.augment(*planes, float(batch["rough"].float().mean()))
        grey = ((pixels + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()
        yield from ((Image.fromarray(picture), text) for picture, text in zip(grey, batch["texts"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fonts", type=Path, default=Path(__file__).resolve().parent / "fonts")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--tiers", nargs="+", choices=TIERS, default=["strips", "slips-ascii", "camera"])
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    fonts = labels.load_fonts(arguments.fonts / "held-out")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with (arguments.out / "truth.jsonl").open("w") as truth:
        for name in arguments.tiers:
            (arguments.out / name).mkdir(exist_ok=True)
            for i, (picture, text) in enumerate(pictures(name, fonts, arguments.count, arguments.seed)):
                file = f"{name}/{i:04}.png"
                picture.save(arguments.out / file)
                truth.write(json.dumps({"file": file, "tier": name, "text": text}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
