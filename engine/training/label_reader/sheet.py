# SPDX-License-Identifier: MIT
"""A grey picture that text is drawn on, which remembers where every line and character went.

A sheet is drawn at its own size and then reduced (or enlarged) to the size at which the reader sees it; boxes are
handed out in pixels of that final size.
"""

import numpy as np
from PIL import Image, ImageDraw


class Sheet:
    """The drawing surface of one label."""

    def __init__(self, width, height, ground):
        self.image = Image.new("L", (width, height), ground)
        self.draw = ImageDraw.Draw(self.image)
        self.width, self.height, self.ground = width, height, ground
        self.lines = []
        self.rows = []
        # Frames around the label: (box, stroke, ink), drawn by `finish`.
        self.frames = []

    def text(self, x, baseline, parts, extent, ink):
        """Draws the parts of one row, [(x offset, text, sized, runs, edges)], and remembers it as one line.

        `extent` is how far the row reaches above and below its baseline.
        """
        boxes, words, inks, right = [], [], [], None
        top, bottom = baseline - extent[0], baseline + extent[1]
        for offset, text, sized, runs, edges in parts:
            for shift, run in runs:
                inks.append(self._run(x + offset + shift, baseline, run, sized, ink))
            if right is not None:
                boxes.append((right, x + offset))
            boxes += [(x + offset + left, x + offset + end) for left, end in zip(edges, edges[1:])]
            words.append(text)
            right = x + offset + edges[-1]
        inks = [box for box in inks if box] or [(x, top, right, bottom)]
        lefts, tops, rights, bottoms = zip(*inks)
        self.lines.append((" ".join(words), (min(lefts), min(tops), max(rights), max(bottoms))))
        self.rows.append([(left, top, end, bottom) for left, end in boxes])

    def _run(self, x, baseline, run, sized, ink):
        """Draws one run and returns the box of its ink. ImageDraw.text does the same but keeps the box to itself."""
        mask, (left, top) = sized.font.getmask2(run, "L", anchor="ls")
        box = mask.getbbox()
        if box is None:
            return None
        left, top = round(x) + left, round(baseline) + top
        self.draw.draw.draw_bitmap((left, top), mask, ink)
        return left + box[0], top + box[1], left + box[2], top + box[3]

    def finish(self, width, height, x=0, y=0):
        """Returns (pixels, lines, characters) at the final size, boxes moved to where the sheet lies on the plane."""
        pixels = np.array(self.image) if self.image.size == (width, height) else self._resized(width, height)
        sx, sy = width / self.width, height / self.height
        for box, stroke, ink in self.frames:
            draw_frame(pixels, (box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy), max(1, stroke * sx), ink)
        lines = [(text, (b[0] * sx + x, b[1] * sy + y, b[2] * sx + x, b[3] * sy + y)) for text, b in self.lines]
        return pixels, lines, character_boxes(self.rows, sx, sy, x, y)

    def _resized(self, width, height):
        """The picture at the final size. Only what is not bare ground is resampled: that is most of the time saved."""
        pixels = np.asarray(self.image)
        out = np.full((height, width), self.ground, np.uint8)
        sx, sy = self.width / width, self.height / height
        # A final pixel reads four source pixels around it, or two final pixels' worth of them when the picture shrinks.
        reach_x, reach_y = 2 * max(1, sx) + 1, 2 * max(1, sy) + 1
        for top, bottom in runs(marked(pixels, 1, self.ground), 2 * reach_y):
            columns = np.flatnonzero(marked(pixels[top:bottom], 0, self.ground))
            x0, x1 = max(0, int((columns[0] - reach_x) / sx)), min(width, int((columns[-1] + 1 + reach_x) / sx) + 1)
            y0, y1 = max(0, int((top - reach_y) / sy)), min(height, int((bottom + reach_y) / sy) + 1)
            part = self.image.resize((x1 - x0, y1 - y0), Image.BICUBIC, (x0 * sx, y0 * sy, x1 * sx, y1 * sy))
            out[y0:y1, x0:x1] = np.asarray(part)
        return out


def marked(pixels, axis, ground):
    """Which columns (axis 0) or rows (axis 1) hold anything but ground."""
    return (pixels.max(axis) != ground) | (pixels.min(axis) != ground)


def runs(flags, bridge):
    """The runs of set flags as (begin, end), those closer than `bridge` joined."""
    places = np.flatnonzero(flags)
    if not places.size:
        return []
    breaks = np.flatnonzero(np.diff(places) > bridge)
    begins = places[np.concatenate(([0], breaks + 1))]
    ends = places[np.concatenate((breaks, [-1]))] + 1
    return list(zip(begins.tolist(), ends.tolist()))


def coverage(begin, end, size):
    """(first pixel, share of each pixel covered) of an interval with fractional ends."""
    begin, end = max(0.0, begin), min(float(size), end)
    first, last = int(begin), max(int(begin) + 1, int(np.ceil(end)))
    places = np.arange(first, min(last, size), dtype=np.float32)
    return first, np.clip(np.minimum(places + 1, end) - np.maximum(places, begin), 0, 1)


def draw_frame(pixels, box, stroke, ink):
    """Four bars with soft edges, drawn after the picture has its final size: a frame leaves no bare ground to skip."""
    height, width = pixels.shape
    x0, y0, x1, y1 = box
    for bar in (
        (x0, y0, x1, y0 + stroke),
        (x0, y1 - stroke, x1, y1),
        (x0, y0, x0 + stroke, y1),
        (x1 - stroke, y0, x1, y1),
    ):
        left, across = coverage(bar[0], bar[2], width)
        top, down = coverage(bar[1], bar[3], height)
        part = pixels[top : top + down.size, left : left + across.size]
        part[:] = part + (float(ink) - part) * np.outer(down, across) + 0.5


def character_boxes(rows, sx=1.0, sy=1.0, x=0, y=0):
    """Boxes of the characters of all lines joined by newlines; a newline has no width and stands at its line's end."""
    boxes = []
    for number, row in enumerate(rows):
        boxes += row
        if number + 1 < len(rows):
            end = row[-1]
            boxes.append((end[2], end[1], end[2], end[3]))
    if not boxes:
        return np.zeros((0, 4), np.float32)
    return np.asarray(boxes, np.float32) * np.float32((sx, sy, sx, sy)) + np.float32((x, y, x, y))
