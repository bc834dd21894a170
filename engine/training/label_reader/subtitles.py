# SPDX-License-Identifier: MIT
"""Burned-in subtitles: light letters with outline, shadow or box, and nothing else opaque."""

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

import content


def chosen_lines(rng, fonts, room, px, most, options):
    """Sets the lines of a cue so that each fits the room: [(text, sized, runs, edges)]."""
    ligatures = rng.random() < 0.5
    count = min(most, rng.choices((1, 2, 3), (0.45, 0.47, 0.08))[0])
    for _ in range(6):
        longest = max(5, int(room / (px * 0.5)))
        texts = content.subtitle(rng, rng.random() < options.latin1, count, longest)
        sized = fonts.choose(rng, "".join(texts)).at(px)
        lines = [(text, sized, *sized.set_line(text, 0, ligatures)) for text in texts]
        if all(line[3][-1] <= room for line in lines):
            return lines
        px = max(px * 0.85, px - 8)
    return [line for line in lines if line[3][-1] <= room]


def pasted(mask, lines, places, stroke=0):
    """Draws the lines into a mask."""
    draw = ImageDraw.Draw(mask)
    for (_, sized, runs, _), (x, baseline) in zip(lines, places):
        for shift, run in runs:
            draw.text((x + shift, baseline), run, fill=255, font=sized.font, anchor="ls", stroke_width=stroke)
    return mask


def dressed(rng, letters, lines, places, px):
    """(opacity mask, outline luma): the letters with outline, shadow, box, or bare."""
    kind, dark = rng.random(), rng.choice((0, 0, 0, rng.randint(0, 50)))
    if kind < 0.5:
        stroke = max(1, round(px * rng.uniform(0.03, 0.11)))
        return pasted(Image.new("L", letters.size), lines, places, stroke), dark
    if kind < 0.62:
        # A soft outline: the letters widened by a blur and made stronger.
        soft = letters.filter(ImageFilter.GaussianBlur(px * rng.uniform(0.04, 0.1)))
        return ImageChops.lighter(letters, soft.point([min(255, value * 4) for value in range(256)])), dark
    if kind < 0.75:
        away = max(1, round(px * rng.uniform(0.03, 0.1)))
        shadow = ImageChops.offset(letters, away, away)
        if rng.random() < 0.5:
            shadow = shadow.filter(ImageFilter.GaussianBlur(px * 0.03))
        return ImageChops.lighter(letters, shadow), dark
    if kind < 0.9:
        box = Image.new("L", letters.size)
        draw, opacity, pad = (
            ImageDraw.Draw(box),
            rng.choice((255, rng.randint(110, 230))),
            px * rng.uniform(0.1, 0.35),
        )
        for (_, sized, _, edges), (x, baseline) in zip(lines, places):
            draw.rectangle(
                (x - pad, baseline - sized.ascent - pad, x + edges[-1] + pad, baseline + sized.descent + pad),
                fill=opacity,
            )
        return ImageChops.lighter(letters, box), dark
    return letters, dark


def placed(rng, lines, width, px):
    """Where the lines stand in a band of their own: ([(x, baseline)], height of the band)."""
    margin = round(px * 0.3) + 2
    pitch, left = px * rng.uniform(1.12, 1.45), rng.random() < 0.08
    start = min((width - line[3][-1]) // 2 for line in lines)
    places, before = [], None
    for line in lines:
        above, below = extent(line)
        # Accents and descenders of neighbours never touch.
        baseline = margin + above if before is None else max(before[0] + pitch, before[0] + before[1] + above + 2)
        places.append((round(start if left else (width - line[3][-1]) // 2), round(baseline)))
        before = places[-1][1], below
    return places, places[-1][1] + before[1] + margin


def extent(line):
    """How far a line reaches above and below its baseline."""
    text, sized, _, _ = line
    box = sized.font.getbbox(text, anchor="ls")
    return max(sized.ascent, -box[1]), max(sized.descent, box[3])


def cue(rng, height, width, fonts, px, scale, options):
    """A cue on a transparent plane: (luma, alpha, lines with boxes, character rows)."""
    band_width, size = round(width * scale), px * scale
    most = max(1, int((height - px) / (1.5 * px)))
    lines = chosen_lines(rng, fonts, band_width * rng.uniform(0.88, 0.97), size, most, options)
    luma, alpha = np.full((height, width), rng.randint(225, 255), np.uint8), np.zeros((height, width), np.uint8)
    while lines:
        places, band_height = placed(rng, lines, band_width, max(line[1].px for line in lines))
        final = round(band_height / scale)
        if final <= height:
            break
        lines.pop()
    if not lines:
        return luma, alpha, [], []
    letters = pasted(Image.new("L", (band_width, band_height)), lines, places)
    opaque, dark = dressed(rng, letters, lines, places, lines[0][1].px)
    boxes = [ink(letters, line, at) for line, at in zip(lines, places)]
    if letters.size != (width, final):
        letters, opaque = (plane.resize((width, final), Image.BICUBIC) for plane in (letters, opaque))
    top = where(rng, height, final)
    fill = rng.choice((255, 255, rng.randint(215, 255), rng.randint(180, 230)))
    if opaque is letters and rng.random() < 0.15:
        fill = rng.randint(0, 60)
    cover, seen = np.asarray(letters).astype(np.uint16), np.asarray(opaque)
    luma[:] = dark if opaque is not letters else fill
    if opaque is not letters:
        # Inside the letters' soft edges the outline shows through.
        luma[top : top + final] = (dark + (fill - dark) * cover.astype(np.float32) / 255).astype(np.uint8)
    alpha[top : top + final] = np.maximum(seen, cover.astype(np.uint8))
    sx, sy = width / band_width, final / band_height
    moved = [(line[0], (b[0] * sx, b[1] * sy + top, b[2] * sx, b[3] * sy + top)) for line, b in zip(lines, boxes)]
    return luma, alpha, moved, [characters(line, at, box, sx, sy, top) for line, at, box in zip(lines, places, boxes)]


def where(rng, height, final):
    """The top of the band: usually at the bottom of the picture."""
    kind, spare = rng.random(), height - final
    if kind < 0.6:
        return round(spare * rng.uniform(0.9, 1.0))
    return round(spare * (rng.uniform(0, 0.1) if kind < 0.75 else rng.random()))


def ink(letters, line, at):
    """The box of a line's ink in its band."""
    _, sized, _, edges = line
    x, baseline = at
    reach, (above, below) = sized.px // 3, extent(line)
    x0, y0 = max(0, x - reach), max(0, baseline - above)
    box = (
        letters.crop((x0, y0, round(x + edges[-1] + reach), baseline + below)).point([0] * 48 + [255] * 208).getbbox()
    )
    box = box or (0, 0, 1, 1)
    return x0 + box[0], y0 + box[1], x0 + box[2], y0 + box[3]


def characters(line, at, box, sx, sy, top):
    """The character boxes of a line on the plane."""
    _, sized, _, edges = line
    x, baseline = at
    above, below = min(box[1], baseline - sized.ascent), max(box[3], baseline + sized.descent)
    return [
        ((x + left) * sx, above * sy + top, (x + right) * sx, below * sy + top)
        for left, right in zip(edges, edges[1:])
    ]
