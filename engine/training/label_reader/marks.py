# SPDX-License-Identifier: MIT
"""What stands on labels beside text: barcodes, matrix codes, logos, hatchings and scribbles. None of it can be read."""

import math

import numpy as np
from PIL import Image, ImageDraw


def barcode(rng, draw, box, ink):
    """Bars like Code 128: 1 to 4 modules wide, as many as the box holds."""
    x0, y0, x1, y1 = (round(value) for value in box)
    module = max(1, round((x1 - x0) / rng.choice((90, 120, 150, 200))))
    x = x0
    while x < x1:
        bar = module * rng.choice((1, 1, 2, 2, 3, 4))
        draw.rectangle((x, y0, min(x + bar, x1) - 1, y1), fill=ink)
        x += bar + module * rng.choice((1, 1, 2, 2, 3, 4))


def matrix(rng, image, box, ink, ground):
    """A square of modules like a QR code, DataMatrix or Aztec code."""
    x0, y0, x1, y1 = (round(value) for value in box)
    side = min(x1 - x0, y1 - y0)
    count = rng.choice((14, 18, 21, 25, 29))
    bits = np.frombuffer(rng.randbytes(count * count), np.uint8).reshape(count, count) & 1
    kind = rng.random()
    if kind < 0.6:
        finder = np.zeros((7, 7), np.uint8)
        finder[0], finder[6], finder[:, 0], finder[:, 6] = 1, 1, 1, 1
        finder[2:5, 2:5] = 1
        bits[:8, :8], bits[:8, -8:], bits[-8:, :8] = 0, 0, 0
        bits[:7, :7], bits[:7, -7:], bits[-7:, :7] = finder, finder, finder
    elif kind < 0.85:
        bits[:, 0], bits[-1], bits[0], bits[:, -1] = 1, 1, np.arange(count) % 2, np.arange(count) % 2
    else:
        middle = count // 2
        for ring in range(5):
            bits[middle - ring : middle + ring + 1, middle - ring : middle + ring + 1] = 1 - ring % 2
    values = np.where(bits == 1, ink, ground).astype(np.uint8)
    image.paste(Image.fromarray(values).resize((side, side), Image.NEAREST), (x0, y0))


def stacked(rng, image, box, ink, ground):
    """Rows of short bars like PDF417."""
    x0, y0, x1, y1 = (round(value) for value in box)
    rows, columns = rng.randint(5, 14), rng.randint(50, 110)
    bits = np.frombuffer(rng.randbytes(rows * columns), np.uint8).reshape(rows, columns) & 1
    bits[:, :6], bits[:, -6:] = (1, 1, 1, 1, 0, 1), (1, 0, 1, 1, 1, 1)
    values = np.where(bits == 1, ink, ground).astype(np.uint8)
    image.paste(Image.fromarray(values).resize((max(1, x1 - x0), max(1, y1 - y0)), Image.NEAREST), (x0, y0))


def logo(rng, draw, box, ink, ground):
    """A simple sign of circles, bars, triangles and arrows."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    side, stroke = min(width, height), max(1, round(min(width, height) / rng.randint(8, 16)))
    kind = rng.randrange(8)
    if kind == 0:
        # A disc with an arrowhead; a plain ring would be an O.
        draw.ellipse((x0, y0, x0 + side, y0 + side), fill=ink)
        draw.polygon(
            (
                (x0 + side * 0.35, y0 + side * 0.25),
                (x0 + side * 0.8, y0 + side / 2),
                (x0 + side * 0.35, y0 + side * 0.75),
            ),
            fill=ground,
        )
    elif kind == 1:
        draw.polygon(((x0, y1), (x0 + width / 2, y0), (x1, y1)), fill=ink)
        draw.polygon(
            (
                (x0 + width * 0.25, y1 - height * 0.15),
                (x0 + width / 2, y0 + height * 0.35),
                (x1 - width * 0.25, y1 - height * 0.15),
            ),
            fill=ground,
        )
    elif kind == 2:
        for step in range(3):
            draw.rectangle(
                (x0 + step * width / 3, y0 + step * height / 6, x0 + step * width / 3 + width / 5, y1), fill=ink
            )
    elif kind == 3:
        # The arrows of "this side up".
        for middle in (x0 + width * 0.27, x0 + width * 0.73):
            draw.polygon(
                ((middle - width * 0.2, y0 + height * 0.4), (middle, y0), (middle + width * 0.2, y0 + height * 0.4)),
                fill=ink,
            )
            draw.rectangle(
                (middle - width * 0.07, y0 + height * 0.4, middle + width * 0.07, y1 - height * 0.12), fill=ink
            )
        draw.rectangle((x0, y1 - stroke, x1, y1), fill=ink)
    elif kind == 4:
        draw.rounded_rectangle((x0, y0, x1, y1), radius=side / 4, outline=ink, width=stroke)
        draw.line(
            (
                x0 + width * 0.2,
                y1 - height * 0.25,
                x0 + width / 2,
                y0 + height * 0.25,
                x1 - width * 0.2,
                y1 - height * 0.25,
            ),
            fill=ink,
            width=stroke,
        )
    elif kind == 5:
        # A glass.
        draw.polygon(
            (
                (x0 + width * 0.2, y0),
                (x1 - width * 0.2, y0),
                (x0 + width * 0.6, y0 + height * 0.5),
                (x0 + width * 0.4, y0 + height * 0.5),
            ),
            fill=ink,
        )
        draw.rectangle((x0 + width * 0.46, y0 + height * 0.5, x0 + width * 0.54, y1), fill=ink)
        draw.rectangle((x0 + width * 0.25, y1 - stroke, x1 - width * 0.25, y1), fill=ink)
    elif kind == 6:
        points = []
        for step in range(10):
            radius = side / 2 * (1 if step % 2 == 0 else 0.45)
            points.append(
                (
                    x0 + width / 2 + radius * math.sin(step * math.pi / 5),
                    y0 + height / 2 - radius * math.cos(step * math.pi / 5),
                )
            )
        draw.polygon(points, fill=ink)
    else:
        draw.rectangle((x0, y0, x1, y1), outline=ink, width=stroke)
        draw.line((x0, y0, x1, y1), fill=ink, width=stroke)
        draw.line((x0, y1, x1, y0), fill=ink, width=stroke)


def hatching(rng, image, box, ink, pitch):
    """Parallel strokes at any angle, all the way across the box and not beyond it."""
    x0, y0, x1, y1 = (round(value) for value in box)
    part = image.crop((x0, y0, x1, y1))
    draw = ImageDraw.Draw(part)
    slope = rng.choice((-1, 1, 0.5, -0.5, 2, -2, 0, 0))
    width = max(1, round(pitch * rng.uniform(0.15, 0.6)))
    reach = abs(slope) * part.height
    x = -reach
    while x < part.width + reach:
        draw.line((x, 0, x + slope * part.height, part.height), fill=ink, width=width)
        x += pitch
    image.paste(part, (x0, y0))


def scribble(rng, draw, box, ink):
    """Strokes in a row that look like handwriting from afar."""
    x0, y0, x1, y1 = box
    height, width = y1 - y0, max(1, round((y1 - y0) * rng.uniform(0.04, 0.12)))
    x, loops = x0, rng.random() < 0.5
    points = [(x, y1 - height * rng.random())]
    while x < x1:
        x += height * rng.uniform(0.08, 0.35)
        y = y0 + height * rng.random()
        points.append((x, y))
        if loops and rng.random() < 0.3:
            draw.arc(
                (x - height * 0.2, y - height * 0.2, x + height * 0.2, y + height * 0.2),
                rng.randint(0, 360),
                rng.randint(361, 700),
                fill=ink,
                width=width,
            )
        if rng.random() < 0.15 and len(points) > 1:
            draw.line(points, fill=ink, width=width, joint="curve")
            x += height * rng.uniform(0.2, 0.5)
            points = [(x, y0 + height * rng.random())]
    if len(points) > 1:
        draw.line(points, fill=ink, width=width, joint="curve")


def strokes(rng, draw, box, ink):
    """Short separate strokes in rows: as dense as text, but no letters."""
    x0, y0, x1, y1 = box
    height = y1 - y0
    width = max(1, round(height * rng.uniform(0.08, 0.2)))
    x = x0
    while x < x1 - height * 0.4:
        if rng.random() < 0.85:
            # Oblique strokes and flat dashes; an upright one alone would be an I or an l.
            lean = rng.choice((-1, 1)) * rng.uniform(0.15, 0.5)
            top, bottom = y0 + height * rng.uniform(0, 0.45), y1 - height * rng.uniform(0, 0.45)
            draw.line((x, bottom, x + lean * height, top), fill=ink, width=width)
        x += height * rng.uniform(0.25, 0.7)
