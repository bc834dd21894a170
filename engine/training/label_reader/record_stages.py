#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Records what the trainer's network computes, stage by stage, for the test that compares the engine with it.

    record_stages.py --model DIR --out tests/data/golden/label-reader

Writes manifest.json and a safetensors file for each case, in the format of the other golden data.  Run it whenever the
bundled checkpoint changes.
"""
import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
import export  # noqa: E402
import vocabulary as voc  # noqa: E402
from network import Config, LabelReader  # noqa: E402

# name, pattern, width, height, prompt: pictures of the size of a canvas, so that nothing is resized
CASES = (("strip", "page", 256, 128, voc.FREE_OCR), ("frame", "smooth", 896, 512, voc.GROUNDING))
MOST_ROWS = 40
ANSWER = 24  # ids


def draw(pattern, width, height):
    """The patterns of the golden data, uint8 (height, width, 3)."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    if pattern == "page":
        ink = (y % 24 < 14) & (((x * x + 3 * y * y + x * y) >> 9) % 7 < 2) & ((x // 7 + 5 * (y // 24)) % 9 < 7)
        ink &= (x >= width // 20) & (x < width - width // 20)
        return np.where(ink, 20 + 10 * c + (x & 15), 245 - 3 * c).astype(np.uint8)
    values = ((x * 255) // max(width - 1, 1), (y * 255) // max(height - 1, 1),
              (((x + y) * 37) // ((width + height) // 64 + 1)) & 255)
    return np.stack([v[..., 0] for v in values], -1).astype(np.uint8)


class Stages:
    """Keeps what passes through the network, by the names of the golden data."""

    def __init__(self, network):
        self.kept = {}
        sam, clip = network.sam, network.clip
        self.before(sam.blocks[0], "sam.embed.global")
        for i, block in enumerate(sam.blocks):
            self.after(block, f"sam.block{i}.global")
        self.after(sam.neck3, "sam.neck.global")
        self.after(sam, "sam.out.global", lambda out: out[1])
        self.after(clip.pre_norm, "clip.pre.global")
        self.after(clip.blocks[0], "clip.layer0.global")
        self.after(clip.blocks[-1], "clip.out.global")
        self.after(network.projector, "projector.global")
        for i, layer in enumerate(network.layers):
            self.after(layer, f"decoder.layer{i}", lambda out: out[0])

    def keep(self, name, tensor):
        if name not in self.kept:  # the first pass is the prompt's
            self.kept[name] = tensor.detach().float().reshape(-1, tensor.shape[-1]).clone()

    def before(self, module, name):
        module.register_forward_pre_hook(lambda _, inputs: self.keep(name, inputs[0]))

    def after(self, module, name, part=lambda out: out):
        module.register_forward_hook(lambda _, inputs, out: self.keep(name, part(out)))


def row_step(rows):
    return max(1, -(-rows // MOST_ROWS))


def probe(tensor):
    """One number for each row, so that the rows that are not stored are covered too."""
    weights = ((37 * torch.arange(tensor.shape[1]) + 11) % 17 - 8).double() / 8
    return (tensor.double() @ weights).float()


def write_f32(path, tensors):
    header, offset, data = {}, 0, []
    for name in sorted(tensors):
        raw = tensors[name].contiguous().numpy().tobytes()
        header[name] = dict(dtype="F32", shape=list(tensors[name].shape), data_offsets=[offset, offset + len(raw)])
        offset += len(raw)
        data.append(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(data))


@torch.no_grad()
def run(network, picture, prompt):
    """(stages by name, answer ids, margins, image tokens)"""
    stages = Stages(network)
    grey = torch.from_numpy(picture).float() / 127.5 - 1
    pixels = grey.mean(-1)[None]  # the three colours of the exported patch weight are equal
    _, _, image = network.encode(pixels)
    stages.keep("image_tokens", image)
    caches = [{} for _ in network.layers]
    hidden, _ = network.decode(image, torch.zeros(1, 0, dtype=torch.long), prompt, caches)
    stages.keep("final_norm.last", hidden[:, -1])
    ids, margins, position = [], [], hidden.shape[1]
    while len(ids) < ANSWER:
        logits = network.head(hidden[:, -1]).float()
        if len(ids) < 2:
            stages.keep("logits.first" if not ids else "logits.step1", logits)
        best = logits[0].topk(2).values
        ids.append(int(logits.argmax()))
        margins.append(float((best[0] - best[1]) / logits.std()))
        hidden, _ = network.run_layers(network.embedding(torch.tensor([[ids[-1]]])), position, caches)
        position += 1
    return stages.kept, ids, margins, image.shape[1]


def describe(name, file, pattern, picture, prompt, kept, ids, margins, image_tokens):
    height, width = picture.shape[:2]
    tensors = {}
    for stage, tensor in kept.items():
        step = row_step(len(tensor))
        tensors[stage] = dict(shape=list(tensor.shape), row_offset=(len(tensor) - 1) % step, row_step=step)
    return dict(name=name, file=file, mode="auto",
                image=dict(pattern=pattern, width=width, height=height, sha256=hashlib.sha256(picture.tobytes()).hexdigest()),
                ids_before_image=[voc.BOS], ids_after_image=[prompt], image_token_id=voc.IMAGE, n_image_tokens=image_tokens,
                tensors=tensors, decode=[dict(rule="greedy", ids=ids, margins=[round(m, 5) for m in margins])])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    weights = (arguments.model / "model.safetensors").read_bytes()
    cases = []
    for name, pattern, width, height, prompt in CASES:
        network = LabelReader(Config()).eval()
        export.read(network, arguments.model)
        picture = draw(pattern, width, height)
        kept, ids, margins, image_tokens = run(network, picture, prompt)
        stored = {}
        for stage, tensor in kept.items():
            step = row_step(len(tensor))
            stored[stage] = tensor[(len(tensor) - 1) % step::step]
            if step > 1:
                stored[stage + ".probe"] = probe(tensor)
        write_f32(arguments.out / f"{name}.safetensors", stored)
        cases.append(describe(name, f"{name}.safetensors", pattern, picture, prompt, kept, ids, margins, image_tokens))
    manifest = dict(format="deepseekocr-golden/1", reference=dict(code="engine/training/label_reader/network.py"),
                    checkpoint=dict(preset="label-reader", seed=0, file="model.safetensors", bytes=len(weights),
                                    sha256=hashlib.sha256(weights).hexdigest()), cases=cases)
    (arguments.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
