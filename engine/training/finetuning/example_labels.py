#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws labels in one font, as a set of pictures to try fine-tuning with.

    example_labels.py --font FILE.ttf --count 120 --out labels [--seed 1]

Writes labels/0000.png and 0000.txt and so on, and labels/truth.jsonl, which tools that score readings take.  The texts
and layouts are those of the label reader's trainer (addresses, numbers, product names), the seed decides all.
"""
import argparse
import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "label_reader"))
import labels  # noqa: E402

CANVAS = 512, 512  # that a label is drawn for: (height, width)


def one_font(path):
    """The renderer's font set of a single file, without kerning."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, folder)
        facts = {path.name: {"missing": [], "kern": {}, "ligatures": {}}}
        (Path(folder) / "facts.json").write_text(json.dumps(facts), encoding="ascii")
        fonts = labels.load_fonts(folder)
    for face in fonts.faces:
        face.path = path
    return fonts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--font", type=Path, required=True)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    fonts, rng, truth = one_font(arguments.font), random.Random(arguments.seed), []
    for number in range(arguments.count):
        sample = labels.render(rng, *CANVAS, "slip", fonts, labels.Options(latin1=0, most_lines=6))
        name = f"{number:04}"
        Image.fromarray(sample.luma).crop(sample.picture).save(arguments.out / f"{name}.png")
        (arguments.out / f"{name}.txt").write_text(sample.text + "\n", encoding="utf-8")
        truth.append(json.dumps(dict(file=f"{name}.png", tier="labels", text=sample.text), ensure_ascii=False))
    (arguments.out / "truth.jsonl").write_text("\n".join(truth) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
