# SPDX-License-Identifier: MIT
"""Draws one label: ground, frame, text rows, bars, rules, banners, logos and the marks of cheap printers."""

import numpy as np
from PIL import Image

import content
import layout
import marks
from sheet import Sheet


def colours(rng):
    """(ground, ink): clean, tinted, grey, faint, inverse."""
    kind = rng.random()
    if kind < 0.5:
        return rng.choice((255, 255, rng.randint(240, 255))), rng.randint(0, 45)
    if kind < 0.68:
        return rng.randint(195, 250), rng.randint(0, 80)
    if kind < 0.77:
        ground = rng.randint(120, 210)
        return ground, rng.randint(0, ground - 75)
    if kind < 0.84:
        ground = rng.randint(215, 255)
        return ground, ground - rng.randint(50, 115)
    if kind < 0.96:
        return rng.randint(0, 80), rng.randint(195, 255)
    ground = rng.randint(20, 120)
    return ground, min(255, ground + rng.randint(70, 140))


class Page:
    """A label while it is drawn; all lengths in pixels of the sheet."""

    def __init__(self, rng, fonts, width, height, px, least_px):
        self.rng, self.fonts, self.px, self.least_px = rng, fonts, px, least_px
        self.ground, self.ink = colours(rng)
        self.sheet = Sheet(width, height, self.ground)
        self.taken = []
        side = min(width, height)
        self.margin = max(2, round(min(rng.uniform(0.2, 1.2) * px, 0.12 * side)))
        self.frame = 0
        if rng.random() < 0.28:
            self.frame = max(1, round(px * rng.uniform(0.03, 0.12)))

    def plan_frame(self):
        """Room for a line around the label. It is drawn last: the text's ink is measured on a clean ground."""
        inset = round(self.margin * self.rng.uniform(0.1, 0.5))
        if min(self.sheet.width, self.sheet.height) < 4 * (inset + self.frame) + 16:
            self.frame = 0
            return
        self.inset = inset
        self.margin += inset + self.frame

    def draw_frame(self):
        """The planned line, at times with round corners or double."""
        box = (self.inset, self.inset, self.sheet.width - 1 - self.inset, self.sheet.height - 1 - self.inset)
        if self.rng.random() < 0.2:
            self.sheet.draw.rounded_rectangle(box, radius=self.inset + 2, outline=self.ink, width=self.frame)
        else:
            self.sheet.frames.append((box, self.frame, self.ink))

    def write(self, rows, most_lines):
        """Sets and draws the rows. Returns False when none of them fits."""
        rng, sheet = self.rng, self.sheet
        style = layout.Style(
            rng,
            self.fonts.choose(rng, "".join(row.left + row.right for row in rows)),
            self.fonts,
            self.px,
            self.least_px,
        )
        self.style = style
        room, height = sheet.width - 2 * self.margin, sheet.height - 2 * self.margin
        bars = round(self.px * rng.uniform(1.2, 3.2)) if rng.random() < 0.35 and height > 6 * self.px else 0
        lines, gaps, spare = layout.arrange(
            style, rows, room, height - (bars + self.px if bars else 0), most_lines
        )
        if not lines:
            return False
        self._spread(lines, gaps, spare, bars)
        return True

    def _spread(self, lines, gaps, spare, bars):
        """Shares out the spare height and draws from top to bottom."""
        rng = self.rng
        kind, top, between = rng.random(), 0.0, 0.0
        if kind < 0.45:
            between = min(spare / (len(lines) + 1), 1.3 * self.px)
            top = (spare - between * (len(lines) - 1)) * rng.choice((0.5, 0.5, 0.2))
        elif kind < 0.75:
            top = spare * rng.choice((0.5, 0.5, rng.random()))
        gaps = [gap + between for gap in gaps]
        bars_at = rng.randint(0, len(lines)) if bars else -1
        y = self.margin + top
        for place, line in enumerate(lines):
            if bars_at == place:
                y = self._bars(y, bars)
            line.y = y + line.pad if place == 0 else y
            if line.banner:
                self._banner(line)
            self._line(line)
            gap = gaps[place] if place < len(gaps) else 0
            y = line.y + line.height
            if place < len(gaps):
                self._between(line, lines[place + 1], y, gap)
            y += gap
        if bars_at == len(lines):
            self._bars(y + self.px * 0.5, bars)

    def _bars(self, y, height):
        """A barcode in the flow of the rows; returns where the next row may begin."""
        rng, sheet = self.rng, self.sheet
        width = (sheet.width - 2 * self.margin) * rng.uniform(0.4, 1.0)
        x = self.margin + (sheet.width - 2 * self.margin - width) * rng.choice((0, 0, 0.5, 0.5, rng.random()))
        box = (x, y, x + width, min(y + height, sheet.height - 2))
        if box[3] - y > 4:
            if rng.random() < 0.88:
                marks.barcode(rng, sheet.draw, box, self.ink)
            else:
                marks.stacked(rng, sheet.image, box, self.ink, self.ground)
            self.taken.append(box)
        return y + height + self.px * 0.45

    def _banner(self, line):
        box = (
            0 if self.rng.random() < 0.6 else self.margin * 0.5,
            line.y - line.pad * 0.8,
            self.sheet.width,
            line.y + line.height + line.pad * 0.8,
        )
        self.sheet.draw.rectangle(box, fill=self.ink)
        self.taken.append(box)

    def _line(self, line):
        """Draws one row where its alignment puts it."""
        style, sheet = self.style, self.sheet
        room = sheet.width - 2 * self.margin
        x = self.margin + (style.indent * self.px if line.row.indent and style.align == "left" else 0)
        if style.align == "centre":
            x = self.margin + (room - line.width) / 2
        elif style.align == "right":
            x = self.margin + room - line.width
        x = round(max(self.margin, min(x, sheet.width - self.margin - line.width)))
        ink = self.ground if line.banner else self.ink
        sheet.text(x, round(line.y + line.above), line.parts, (line.above, line.below), ink)
        pad = 0.3 * self.px
        self.taken.append((x - pad, line.y - pad, x + line.width + pad, line.y + line.height + pad))

    def _between(self, line, after, y, gap):
        """Rules between blocks, underlines and boxes around a field, where the gap has room for them."""
        rng, style, draw = self.rng, self.style, self.sheet.draw
        stroke = max(1, round(self.px * 0.05))
        free = gap - line.pad - after.pad
        if free < 0.3 * self.px or line.banner or after.banner:
            return
        if style.rules and line.row.block != after.row.block:
            left = 0 if rng.random() < 0.3 else self.margin * 0.5
            draw.line((left, y + gap / 2, self.sheet.width - left, y + gap / 2), fill=self.ink, width=stroke)
            self.taken.append((0, y + gap / 2 - 2, self.sheet.width, y + gap / 2 + 2))
        elif style.underline and line.row.role in ("head", "number"):
            x = self.taken[-1][0] + 0.3 * self.px
            draw.line((x, y + 0.3 * free, x + line.width, y + 0.3 * free), fill=self.ink, width=stroke)
        elif style.fields and line.row.role in ("number", "head"):
            # The gap above was at least as wide as the leading, so a box as far out as a third of it touches nothing.
            reach = min(free * 0.35, 0.3 * self.px, style.leading * self.px * 0.4)
            x = self.taken[-1][0] + 0.3 * self.px
            draw.rectangle(
                (max(0, x - reach), line.y - reach, min(self.sheet.width - 1, x + line.width + reach), y + reach),
                outline=self.ink,
                width=stroke,
            )

    def decorate(self, chance):
        """Logos and matrix codes where nothing stands."""
        rng, sheet = self.rng, self.sheet
        for _ in range(rng.choice((1, 1, 2, 3)) if rng.random() < chance else 0):
            side = min(self.px * rng.uniform(1.5, 5), 0.6 * min(sheet.width, sheet.height))
            for _ in range(8):
                x = rng.uniform(self.margin, max(self.margin, sheet.width - self.margin - side))
                y = rng.uniform(self.margin, max(self.margin, sheet.height - self.margin - side))
                box = (round(x), round(y), round(x + side), round(y + side))
                if all(box[2] < t[0] or box[0] > t[2] or box[3] < t[1] or box[1] > t[3] for t in self.taken):
                    self._mark(box)
                    self.taken.append(box)
                    break

    def _mark(self, box):
        kind = self.rng.random()
        if kind < 0.4:
            marks.matrix(self.rng, self.sheet.image, box, self.ink, self.ground)
        elif kind < 0.85:
            marks.logo(self.rng, self.sheet.draw, box, self.ink, self.ground)
        elif kind < 0.93:
            marks.barcode(self.rng, self.sheet.draw, box, self.ink)
        else:
            marks.hatching(self.rng, self.sheet.image, box, self.ink, max(3, self.px * 0.3))

    def wear(self):
        """Marks of a cheap printer: dot matrix, banding, dead heating elements."""
        rng, sheet = self.rng, self.sheet
        kind = rng.random()
        if kind > 0.09:
            return
        if kind < 0.03:
            pitch = max(2, round(self.px / rng.uniform(9, 14)))
            keep = np.where(np.arange(sheet.height) % pitch == 0, rng.uniform(0.2, 0.6), 1.0)[:, None]
        elif kind < 0.05:
            pitch = max(2, round(self.px / rng.uniform(9, 14)))
            keep = (
                np.where(np.arange(sheet.height) % pitch == 0, 0.4, 1.0)[:, None]
                * np.where(np.arange(sheet.width) % pitch == 0, 0.4, 1.0)[None]
            )
        elif kind < 0.075:
            # Slow banding along the paper, as of an unsteady motor.
            wave = np.sin(np.arange(sheet.height) * (rng.uniform(0.3, 2) / self.px) + rng.uniform(0, 6))
            keep = (0.85 + 0.15 * wave)[:, None]
        else:
            keep = np.ones(sheet.width)
            for _ in range(rng.randint(1, 5)):
                keep[rng.randrange(sheet.width)] = rng.uniform(0, 0.5)
            keep = keep[None]
        pixels = np.asarray(sheet.image).astype(np.float32) - self.ground
        sheet.image = Image.fromarray((pixels * keep.astype(np.float32) + (self.ground + 0.5)).astype(np.uint8))


def draw_label(rng, fonts, width, height, px, least_px, most_lines, latin1, chance=0.25):
    """A label with text, as a Sheet; tries again with other text until something fits."""
    for _ in range(6):
        page = Page(rng, fonts, width, height, px, least_px)
        if page.frame:
            page.plan_frame()
        room = (height - 2 * page.margin) / (px * rng.uniform(1.35, 1.75))
        count = max(1, min(most_lines, int(room)))
        if count > 3 and rng.random() < 0.35:
            count = rng.randint(2, count)
        longest = max(6, int((width - 2 * page.margin) / (px * 0.52)))
        rows = content.label(rng, latin1, count, longest)
        if page.write(rows, most_lines):
            if page.frame:
                page.draw_frame()
            page.decorate(chance)
            page.wear()
            return page.sheet
        px = max(least_px, px * 0.8)
    return Sheet(width, height, page.ground)
