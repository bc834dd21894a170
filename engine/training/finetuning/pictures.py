# SPDX-License-Identifier: MIT
"""Pictures and their texts, and what the network sees of them."""
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm"}
PADDING = (127, 127, 127)
SIDES = {"tiny": 512, "small": 640, "base": 1024, "large": 1280}
LEAST_SHRINK = 0.6  # of the smaller canvases that are tried in training


@dataclass
class Sample:
    path: Path
    picture: Image.Image
    text: str


def _open(path):
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except OSError as error:
        raise SystemExit(f"{path} cannot be read as a picture ({error}); mend or remove it.") from None


def _pairs(source):
    """(picture's path, text) of a folder or a JSON lines file."""
    if source.is_dir():
        for path in sorted(source.iterdir()):
            if path.suffix.lower() not in SUFFIXES:
                continue
            text = path.with_suffix(".txt")
            if not text.exists():
                raise SystemExit(f"{text} does not exist; every picture needs its text beside it.")
            yield path, text.read_text(encoding="utf-8")
        return
    if not source.exists():
        raise SystemExit(f"{source} does not exist; give a folder of pictures with .txt files, or a JSON lines file.")
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            yield source.parent / entry["image"], entry["text"]
        except (ValueError, KeyError, TypeError):
            raise SystemExit(f'{source}: line {number} is not {{"image": "FILE", "text": "..."}}.') from None


def read(source):
    """The samples of a folder or a JSON lines file; texts without blanks at the ends of lines."""
    samples = []
    for path, text in _pairs(Path(source)):
        lines = [line.rstrip() for line in text.strip("\n").split("\n")]
        samples.append(Sample(path, _open(path), "\n".join(lines).strip("\n")))
    if len(samples) < 2:
        raise SystemExit(f"{source} holds {len(samples)} pictures with texts; training and the held-out part need two.")
    return samples


def usual_canvas(size, canvases):
    """The canvas (height, width) that resolution=auto takes for a picture (width, height) of unknown text height."""
    def scale(canvas):
        return min(canvas[1] / size[0], canvas[0] / size[1])

    best = max(map(scale, canvases))
    enough = 1.0 if best >= 1.0 else best - 1e-9
    return min((canvas for canvas in canvases if scale(canvas) >= enough), key=lambda canvas: canvas[0] * canvas[1])


def training_canvas(size, canvases, rng):
    """The usual canvas, or a smaller one: the engine takes one where it finds large text."""
    usual = usual_canvas(size, canvases)
    area = usual[0] * usual[1]
    least = LEAST_SHRINK * min(1.0, usual[1] / size[0], usual[0] / size[1])
    smaller = [canvas for canvas in canvases if canvas[0] * canvas[1] < area
               and min(canvas[1] / size[0], canvas[0] / size[1]) >= least]
    return rng.choice(smaller) if smaller and rng.random() < 0.4 else usual


def fitted(picture, canvas, squash):
    """(3, height, width) in -1..1: letterboxed with grey bars, or squashed (resolutions tiny and small)."""
    size = canvas[1], canvas[0]
    if squash:
        picture = picture.resize(size, Image.BICUBIC)
    else:
        picture = ImageOps.pad(picture, size, Image.BICUBIC, PADDING)
    return torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).float() / 127.5 - 1


def disturbed(picture, rng):
    """Another photograph of the same thing: some border more or less, other size, light and noise."""
    width, height = picture.size
    border = [round(rng.uniform(0, 0.04) * side) for side in (width, height, width, height)]
    picture = ImageOps.expand(picture, tuple(border), picture.getpixel((0, 0)))
    scale = rng.uniform(0.85, 1.0)
    if rng.random() < 0.5:
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        picture = picture.resize(size, Image.BILINEAR)
    pixels = np.asarray(picture, np.float32)
    pixels = (pixels - 127) * rng.uniform(0.75, 1.1) + 127 + rng.uniform(-15, 15)
    noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(pixels.shape[:2], np.float32)[..., None]
    return Image.fromarray((pixels + noise * rng.uniform(0, 6)).clip(0, 255).astype(np.uint8))


class Views:
    """How pictures become views for a checkpoint: its canvases, or one official resolution."""

    def __init__(self, canvases, resolution):
        self.canvases, self.squash = canvases, resolution in ("tiny", "small")
        if resolution != "auto":
            self.canvases = [(SIDES[resolution], SIDES[resolution])]
        elif not canvases:
            raise SystemExit("The checkpoint names no canvases; choose --resolution tiny, small, base or large.")

    def usual(self, picture):
        """(canvas, pixels) as the engine takes it."""
        canvas = usual_canvas(picture.size, self.canvases)
        return canvas, fitted(picture, canvas, self.squash)

    def training(self, picture, rng):
        picture = disturbed(picture, rng)
        canvas = training_canvas(picture.size, self.canvases, rng)
        return canvas, fitted(picture, canvas, self.squash)
