# SPDX-License-Identifier: MIT
"""Batches of drawings with everything that the losses need, made by worker processes without end.

A batch is a dictionary of CPU tensors for one canvas H x W (B views):
  luma, alpha  uint8 (B, H, W)      flat drawings, see augment.py
  matrices     float32 (B, 3, 3)    canvas to plane
  pictures     float32 (B, 4)       where the picture lies on the canvas
  rough        uint8 (B)            1: degrade as a camera does
  slots        uint8 (B, H/16, W/8) class of the character in each slot, 0 for none
  ids          int16 (B, T)         the answer and EOS, PAD behind
  guide        int16 (B, T)         index of the image token that shows the next character, -1 for none
and `prompt` (an id), `texts`, `kinds`.
"""
import random

import numpy as np
import torch

import canvases
import geometry
import labels
import vocabulary as voc

LONGEST_TEXT = 300  # characters; the reader answers with at most 320 tokens by default


def place(rng, sample, kind, height, width):
    """(matrix plane to canvas, picture) for a drawing."""
    if kind in ("strip", "slip"):
        picture = sample.picture
        if rng.random() < 0.65:
            return geometry.IDENTITY, picture
        for _ in range(4):
            matrix = geometry.skew(rng, width, height)
            if geometry.is_inside(geometry.move_boxes(matrix, sample.chars), picture):
                return matrix, picture
        return geometry.IDENTITY, picture
    picture = geometry.choose_picture(rng, width, height)
    degrees = 15.0
    for _ in range(6):
        matrix = geometry.into_picture(rng, picture, width, height)
        if kind != "subtitle":
            matrix = matrix @ geometry.perspective(rng, width, height, degrees)
        if geometry.is_inside(geometry.move_boxes(matrix, sample.chars), picture):
            return matrix, picture
        degrees *= 0.6
    return geometry.IDENTITY, (0, 0, width, height)


def paint_slots(text, boxes, height, width):
    """The class of the character whose box covers the centre of each slot; a narrow one takes the nearest slot."""
    slots = np.zeros((height // 16, width // 8), np.uint8)
    for character, (x0, y0, x1, y1) in zip(text, boxes):
        ink = voc.ink_class(character)
        if ink == 0:
            continue
        left, right = int(np.ceil((x0 - 4) / 8)), int(np.ceil((x1 - 4) / 8))
        top, bottom = int(np.ceil((y0 - 8) / 16)), int(np.ceil((y1 - 8) / 16))
        if right <= left:
            left = int((x0 + x1) / 16)
            right = left + 1
        if bottom <= top:
            top = int((y0 + y1) / 32)
            bottom = top + 1
        slots[max(0, top):bottom, max(0, left):right] = ink
    return slots


def guide_tokens(boxes, height, width):
    """Index of the image token at the middle of each box, row by row with a newline vector behind each row."""
    columns, rows = width // 64, height // 64
    x = np.clip((boxes[:, 0] + boxes[:, 2]) / 128, 0, columns - 1).astype(int)
    y = np.clip((boxes[:, 1] + boxes[:, 3]) / 128, 0, rows - 1).astype(int)
    return y * (columns + 1) + x


def per_mille(box, picture):
    """A box on the canvas as coordinates 0..999 of the picture."""
    x0, y0, x1, y1 = picture
    ends = [(box[0] - x0) / (x1 - x0), (box[1] - y0) / (y1 - y0), (box[2] - x0) / (x1 - x0), (box[3] - y0) / (y1 - y0)]
    return [max(0, min(999, round(e * 999))) for e in ends]


def plain_answer(text, tokens):
    return voc.encode(text) + [voc.EOS], list(tokens) + [-1]


def grounded_answer(lines, tokens):
    """Ids with boxes; the guide follows the characters of the text only."""
    ids, guide, read = [], [], 0
    for i, (text, box) in enumerate(lines):
        line = voc.encode_grounded([(text, box)])
        shown = list(tokens[read:read + len(text)])
        read += len(text) + 1
        newline = [] if i == 0 else voc.encode("\n")
        ids += newline + line
        guide += [-1] * len(newline) + shown[:1] + shown + [-1] * (len(line) - len(text) - 1)
    return ids + [voc.EOS], guide + [-1]


def make_example(rng, kind, height, width, fonts, options, prompt):
    """One view as a dictionary of numpy arrays."""
    for _ in range(20):
        sample = labels.render(rng, height, width, kind, fonts, options)
        if len(sample.text) <= LONGEST_TEXT:
            break
    matrix, picture = place(rng, sample, kind, height, width)
    chars = geometry.move_boxes(matrix, np.asarray(sample.chars, np.float64).reshape(-1, 4))
    tokens = guide_tokens(chars, height, width) if len(chars) else []
    if prompt == voc.GROUNDING:
        boxes = geometry.move_boxes(matrix, np.array([box for _, box in sample.lines], np.float64).reshape(-1, 4))
        ids, guide = grounded_answer([(t, per_mille(b, picture)) for (t, _), b in zip(sample.lines, boxes)], tokens)
    else:
        ids, guide = plain_answer(sample.text, tokens)
    rough = kind == "camera" or rng.random() < (0.4 if kind in ("subtitle", "blank") else 0.05)
    return dict(luma=sample.luma, alpha=sample.alpha, matrix=np.linalg.inv(matrix), picture=picture, rough=rough,
                slots=paint_slots(sample.text, chars, height, width), ids=ids, guide=guide, text=sample.text, kind=kind)


def make_batch(rng, count, canvas, fonts, options, prompt=voc.FREE_OCR):
    """`count` views of one canvas as described at the head of this file."""
    names, weights = zip(*canvas.kinds)
    examples = [make_example(rng, rng.choices(names, weights)[0], canvas.height, canvas.width, fonts, options, prompt)
                for _ in range(count)]
    longest = max(len(e["ids"]) for e in examples)
    ids = np.full((count, longest), voc.PAD, np.int16)
    guide = np.full((count, longest), -1, np.int16)
    for i, e in enumerate(examples):
        ids[i, :len(e["ids"])] = e["ids"]
        guide[i, :len(e["guide"])] = e["guide"]
    stack = {name: torch.from_numpy(np.stack([e[name] for e in examples])) for name in ("luma", "alpha", "slots")}
    return dict(stack, matrices=torch.tensor(np.stack([e["matrix"] for e in examples]), dtype=torch.float32),
                pictures=torch.tensor([e["picture"] for e in examples], dtype=torch.float32),
                rough=torch.tensor([e["rough"] for e in examples], dtype=torch.uint8), ids=torch.from_numpy(ids),
                guide=torch.from_numpy(guide), prompt=prompt, texts=[e["text"] for e in examples],
                kinds=[e["kind"] for e in examples])


class Batches(torch.utils.data.IterableDataset):
    """Endless batches; `progress` (a shared double, 0 to 1) tells the workers where the schedule stands.

    fonts     what labels.render() takes
    plan      schedule.Plan
    pixels    pixels of a batch
    """

    def __init__(self, fonts, plan, pixels, seed, progress, options):
        super().__init__()
        self.fonts, self.plan, self.pixels, self.seed, self.progress = fonts, plan, pixels, seed, progress
        self.options = options

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        torch.set_num_threads(1)
        rng = random.Random(self.seed * 1009 + (worker.id if worker else 0))
        while True:
            progress = self.progress.value
            choice = canvases.FIRST if self.plan.encoder_only(progress) else canvases.CANVASES
            canvas = rng.choices(choice, [c.share for c in choice])[0]
            count = max(4, min(512, self.pixels // (canvas.height * canvas.width)))
            prompt = voc.GROUNDING if rng.random() < self.plan.grounding_share(progress) else voc.FREE_OCR
            yield dict(make_batch(rng, count, canvas, self.fonts, self.options, prompt), canvas=canvas)
