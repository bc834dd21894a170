# SPDX-License-Identifier: MIT
"""A grey picture that text is drawn on, which remembers where every line and character went.

A sheet is drawn at its own size and then reduced (or enlarged) to the size at which the reader sees it; boxes are handed
out in pixels of that final size.
"""

import numpy as np
from PIL import Image, ImageDraw

# A pixel that differs from the ground by less than this share of the contrast is not counted as ink.
INK_SHARE = 0.2


class Sheet:
    """The drawing surface of one label."""

    def __init__(self, width, height, ground):
        self.image = Image.new("L", (width, height), ground)
        self.draw = ImageDraw.Draw(self.image)
        self.width, self.height, self.ground = width, height, ground
        self.lines = []
        self.rows = []

    def text(self, x, baseline, parts, extent, ink, ground):
        """Draws the parts of one row, [(x offset, text, sized, runs, edges)], and remembers it as one line.

        `extent` is how far the row may reach above and below its baseline: ink beyond it belongs to other rows.
        """
        boxes, words, right = [], [], None
        top, bottom = baseline - extent[0], baseline + extent[1]
        for offset, text, sized, runs, edges in parts:
            for shift, run in runs:
                self.draw.text((x + offset + shift, baseline), run, fill=ink, font=sized.font, anchor="ls")
            if right is not None:
                boxes.append((right, x + offset))
            boxes += [(x + offset + left, x + offset + end) for left, end in zip(edges, edges[1:])]
            words.append(text)
            right = x + offset + edges[-1]
        ink_box = self._ink(x, right, top, bottom, parts[0][2].px, ink, ground)
        self.lines.append((" ".join(words), ink_box))
        self.rows.append([(left, top, end, bottom) for left, end in boxes])
        return ink_box

    def _ink(self, left, right, top, bottom, px, ink, ground):
        """The box of the pixels that the text changed; overhanging letters reach beyond their advance."""
        reach = px // 3 + 1
        x0, y0 = max(0, int(left) - reach), max(0, int(top))
        x1, y1 = min(self.width, int(right) + reach), min(self.height, int(bottom) + 1)
        pixels = np.asarray(self.image.crop((x0, y0, x1, y1)))
        level = ground + (ink - ground) * INK_SHARE
        marked = pixels < level if ink < ground else pixels > level
        columns, rows = np.flatnonzero(marked.any(0)), np.flatnonzero(marked.any(1))
        if not columns.size:
            return left, top, right, bottom
        return x0 + int(columns[0]), y0 + int(rows[0]), x0 + int(columns[-1]) + 1, y0 + int(rows[-1]) + 1

    def finish(self, width, height, x=0, y=0):
        """Returns (pixels, lines, characters) at the final size, boxes moved to where the sheet lies on the plane."""
        image = self.image
        if image.size != (width, height):
            image = image.resize((width, height), Image.BICUBIC)
        sx, sy = width / self.width, height / self.height
        lines = [(text, (b[0] * sx + x, b[1] * sy + y, b[2] * sx + x, b[3] * sy + y)) for text, b in self.lines]
        return np.asarray(image), lines, character_boxes(self.rows, sx, sy, x, y)


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
