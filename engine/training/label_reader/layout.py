# SPDX-License-Identifier: MIT
"""Sets rows of text on a sheet: sizes, breaking and shrinking what is too wide, spacing, rules, bars and fields.

All lengths are pixels of the sheet, which may be larger or smaller than the canvas that the reader sees.
"""

import re

import phrases

# A caption and its value: `SHIP TO: name`, `ORDER # 123`.
CAPTION = re.compile(r"([^:#]{2,18}(?::|#|No\.)) (\S.*)$")


class Style:
    """The choices that hold for a whole label."""

    def __init__(self, rng, face, fonts, px, least_px):
        self.face, self.px, self.least_px = face, px, least_px
        self.bold = fonts.partner(face)
        self.plain = fonts.partner(face, bold=False)
        self.second = fonts.choose(rng) if rng.random() < 0.15 else None
        self.align = rng.choices(("left", "centre", "right"), (0.72, 0.24, 0.04))[0]
        self.leading = rng.choice((0.28, 0.35, 0.45, 0.6, 0.9))
        self.block_gap = rng.choice((1.0, 1.3, 2.0))
        varied = rng.random() < 0.7
        self.scales = {
            "body": 1.0,
            "free": 1.0,
            "head": rng.uniform(1.0, 1.6) if varied else 1.0,
            "receiver": rng.uniform(1.0, 1.3) if varied else 1.0,
            "number": rng.uniform(0.9, 1.2) if varied else 1.0,
            "note": rng.uniform(0.7, 1.0) if varied else 1.0,
            "pair": 0.9 if varied else 1.0,
        }
        self.bold_roles = {
            role
            for role, share in (("head", 0.6), ("receiver", 0.3), ("number", 0.35), ("note", 0.06), ("body", 0.08))
            if rng.random() < share
        }
        self.ligatures = rng.random() < 0.5
        self.caption = rng.choices((None, "bold", "small", "column"), (0.7, 0.14, 0.06, 0.1))[0]
        self.column = rng.uniform(0.25, 0.5)
        self.spacing = rng.uniform(0.04, 0.22) if rng.random() < 0.05 else 0
        self.gap = rng.choice((0.8, 1.2, 1.6, 2.5)) if rng.random() < 0.6 else None
        self.indent = rng.uniform(0.6, 2.0)
        self.rules = rng.random() < 0.25
        self.banner = rng.random() < 0.35
        self.fields = rng.random() < 0.12
        self.underline = rng.random() < 0.05

    def gap_or(self, usual):
        return self.gap or usual

    def face_for(self, role, text):
        """The face of a row, another one where it lacks characters."""
        face = self.bold if role in self.bold_roles else self.face
        if role == "number" and self.second:
            face = self.second
        return face if face.has(text) else self.face if self.face.has(text) else None


class Line:
    """A row that has been set: its parts, extent above and below the baseline, and what is drawn around it."""

    def __init__(self, row, parts, width):
        self.row, self.parts, self.width = row, parts, width
        self.px = parts[0][2].px
        self.pad = 0
        self.banner = False

    def measure(self):
        """Finds the extent; diacritics and brackets reach beyond the letters that it is usually measured with."""
        boxes = [sized.font.getbbox(text, anchor="ls") for _, text, sized, _, _ in self.parts]
        self.above = max(self.parts[0][2].ascent, *(-box[1] for box in boxes))
        self.below = max(self.parts[0][2].descent, *(box[3] for box in boxes))
        self.height = self.above + self.below
        return self


def set_row(style, row, width):
    """Sets a row into the width: shrunk, split or broken when too wide. Returns its lines, none when it cannot fit."""
    text = f"{row.left} {row.right}" if row.right else row.left
    face = style.face_for(row.role, text)
    if face is None or not row.left:
        return []
    room = width - (style.indent * style.px if row.indent else 0)
    px = max(style.least_px, style.px * style.scales[row.role])
    for _ in range(3):
        line = try_row(style, face, row, room, px)
        if line.width <= room:
            return [line.measure()]
        smaller = px * room / line.width * 0.985 - 0.5
        if smaller < max(style.least_px, px * 0.6):
            break
        px = smaller
    if row.right:
        return set_row(style, row._replace(right=""), width) + set_row(
            style, row._replace(left=row.right, right=""), width
        )
    return broken(style, face, row, room)


def try_row(style, face, row, room, px):
    """The row at one size, however wide it gets."""
    parts, x = [], 0
    for text, part_face, share, at in pieces(style, face, row, room):
        sized = part_face.at(max(style.least_px, px * share))
        spacing = max(1, round(style.spacing * sized.px)) if style.spacing else 0
        runs, edges = sized.set_line(text, spacing, style.ligatures)
        if parts:
            x += sized.advance(" ") + spacing if at is None else round(style.gap_or(0.9) * sized.px)
            x = max(x, round(at - (edges[-1] if at == room else 0))) if at else x
        parts.append((x, text, sized, runs, edges))
        x += edges[-1]
    return Line(row, parts, x)


def pieces(style, face, row, room):
    """Splits a row into [(text, face, share of the size, where it stands)].

    A place of None is a blank behind the piece before, 0 a gap; `room` lets a piece end at the right edge.
    """
    left, found = [(row.left, face, 1.0, None)], None
    if style.caption and not row.right:
        found = CAPTION.match(row.left)
    if found:
        caption, value = found.groups()
        strong = style.bold if style.bold.has(caption) else face
        plain = style.plain if style.plain.has(value) else face
        column = style.column * room if style.caption == "column" and style.align == "left" else None
        left = {
            "bold": [(caption, strong, 1.0, None), (value, plain, 1.0, None)],
            "small": [(caption, face, 0.78, None), (value, face, 1.0, None)],
            "column": [(caption, face, 1.0, None), (value, face, 1.0, column)],
        }[style.caption]
    if not row.right:
        return left
    place = 0.52 * room if row.role == "pair" else 0 if style.gap or style.align == "centre" else room
    return left + [(row.right, face, 1.0, place)]


def broken(style, face, row, room):
    """A row broken at blanks into lines that fit at the smallest size; words that are too long end it."""
    px = max(style.least_px, style.px * 0.75)
    sized = face.at(px)
    longest = int(room / max(1, sized.advance("n") * 1.05))
    lines = []
    for text in phrases.wrapped(row.left, longest):
        line = try_row(style, face, row._replace(left=text), room, px)
        if line.width > room:
            return lines if row.role == "free" else []
        lines.append(line.measure())
    return lines


def gaps_between(style, lines):
    """The least gap above every line after the first, wider between blocks."""
    gaps = []
    for above, line in zip(lines, lines[1:]):
        gap = style.leading * min(above.px, line.px)
        if above.row.block != line.row.block and style.leading < 0.7:
            gap *= style.block_gap
        gaps.append(max(2, gap, 0.16 * max(above.px, line.px)) + above.pad + line.pad)
    return gaps


def arrange(style, rows, width, height, most_lines):
    """Sets as many rows as the height holds. Returns (lines, gaps between them, spare height)."""
    lines = []
    for row in rows:
        lines += set_row(style, row, width)
    del lines[most_lines:]
    if not lines:
        return [], [], height
    if style.banner and lines[0].row.role in ("head", "number", "receiver"):
        lines[0].banner, lines[0].pad = True, 0.35 * lines[0].px
    while True:
        gaps = gaps_between(style, lines)
        used = sum(line.height for line in lines) + sum(gaps) + lines[0].pad + lines[-1].pad
        if used <= height or len(lines) == 1:
            break
        if used - height < 0.6 * sum(gaps) and style.leading > 0.3:
            style.leading *= 0.7
            continue
        lines.pop()
    if used > height:
        return [], [], height
    return lines, gaps, height - used
