# SPDX-License-Identifier: MIT
"""Pictures without text: background, empty labels, codes, rules, shapes, and strokes that only look like writing."""

import numpy as np
from PIL import Image, ImageDraw

import marks
import page


def label_alpha(rng, width, height):
    """The outline of a label: square or rounded corners, at times a punched hole."""
    if rng.random() < 0.75:
        return np.full((height, width), 255, np.uint8)
    mask = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(mask)
    draw.rounded_rectangle(
        (0, 0, width - 1, height - 1), radius=min(width, height) * rng.uniform(0.01, 0.05), fill=255
    )
    return np.asarray(mask)


def box_within(rng, width, height, low=0.15, high=0.7):
    """A random box inside a picture."""
    w, h = width * rng.uniform(low, high), height * rng.uniform(low, high)
    x, y = rng.uniform(0.03 * width, 0.97 * width - w), rng.uniform(0.03 * height, 0.97 * height - h)
    return round(x), round(y), round(x + max(8, w)), round(y + max(8, h))


def codes(rng, image, draw, ink, ground):
    """One to three bar or matrix codes."""
    width, height = image.size
    for _ in range(rng.randint(1, 3)):
        box, kind = box_within(rng, width, height), rng.random()
        if kind < 0.5:
            marks.barcode(rng, draw, box, ink)
        elif kind < 0.8:
            marks.matrix(rng, image, box, ink, ground)
        else:
            marks.stacked(rng, image, box, ink, ground)


def rules(rng, image, draw, ink, ground):
    """An empty form: frames, boxes, writing lines."""
    width, height = image.size
    stroke = max(1, round(min(width, height) * rng.uniform(0.003, 0.015)))
    inset = rng.randint(2, max(3, min(width, height) // 10))
    if rng.random() < 0.7:
        draw.rectangle((inset, inset, width - 1 - inset, height - 1 - inset), outline=ink, width=stroke)
    pitch, y = rng.uniform(14, 70), inset + rng.uniform(10, 50)
    while rng.random() < 0.9 and y < height - inset:
        draw.line((inset, y, width - inset, y), fill=ink, width=stroke)
        y += pitch
    for _ in range(rng.randint(0, 4)):
        draw.rectangle(box_within(rng, width, height, 0.05, 0.4), outline=ink, width=stroke)


def grid(rng, image, draw, ink, ground):
    """Squared paper, tiles or a chessboard."""
    width, height = image.size
    pitch, stroke = rng.uniform(8, 60), rng.randint(1, 3)
    if rng.random() < 0.25:
        for row in range(int(height / pitch) + 1):
            for column in range(row % 2, int(width / pitch) + 1, 2):
                draw.rectangle((column * pitch, row * pitch, (column + 1) * pitch, (row + 1) * pitch), fill=ink)
        return
    for step in range(int(width / pitch) + 1):
        draw.line((step * pitch, 0, step * pitch, height), fill=ink, width=stroke)
    for step in range(int(height / pitch) + 1):
        draw.line((0, step * pitch, width, step * pitch), fill=ink, width=stroke)


def stripes(rng, image, draw, ink, ground):
    """Hazard stripes, slats, hatchings."""
    marks.hatching(rng, image, (0, 0, *image.size), ink, rng.uniform(6, 90))


def shapes(rng, image, draw, ink, ground):
    """Logos, discs and boxes of several greys."""
    width, height = image.size
    for _ in range(rng.randint(1, 12)):
        box, shade = box_within(rng, width, height, 0.05, 0.4), rng.choice((ink, rng.randint(0, 255)))
        kind = rng.random()
        if kind < 0.4:
            marks.logo(rng, draw, box, shade, ground)
        elif kind < 0.75:
            draw.ellipse(box, fill=shade)
        else:
            draw.rectangle(box, fill=shade)


def writing(rng, image, draw, ink, ground):
    """Rows of strokes and scribbles in the place of text."""
    width, height = image.size
    size = rng.uniform(10, 50)
    y = rng.uniform(0, max(1, height * 0.4))
    while y + size < height and rng.random() < 0.9:
        x = rng.uniform(2, width * 0.4)
        box = (x, y, rng.uniform(x + size, width), y + size)
        (marks.scribble if rng.random() < 0.5 else marks.strokes)(rng, draw, box, ink)
        y += size * rng.uniform(1.1, 2.5)


def leaves(rng, image, draw, ink, ground):
    """Clutter of short lines and arcs all over, as foliage, fur or fabric gives."""
    width, height = image.size
    for _ in range(rng.randint(40, 250)):
        x, y, size = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(5, 45)
        shade = rng.choice((ink, rng.randint(0, 255)))
        if rng.random() < 0.5:
            draw.line(
                (x, y, x + rng.uniform(-size, size), y + rng.uniform(-size, size)),
                fill=shade,
                width=rng.randint(1, 4),
            )
        else:
            start = rng.randint(0, 359)
            draw.arc(
                (x, y, x + size, y + size), start, start + rng.randint(20, 120), fill=shade, width=rng.randint(1, 4)
            )


FILLINGS = (codes, codes, rules, rules, grid, stripes, shapes, shapes, writing, writing, leaves)


def surface(rng, width, height):
    """A picture without text, empty or with one or two fillings."""
    ground, ink = page.colours(rng)
    scale = 1 if rng.random() < 0.4 else rng.uniform(1.2, 2)
    image = Image.new("L", (round(width * scale), round(height * scale)), ground)
    draw = ImageDraw.Draw(image)
    if rng.random() < 0.88:
        for filling in rng.sample(FILLINGS, rng.choice((1, 1, 1, 2))):
            filling(rng, image, draw, ink, ground)
    if image.size != (width, height):
        image = image.resize((width, height), Image.BICUBIC)
    return np.asarray(image)


def picture(rng, height, width, fitted):
    """(luma, alpha) of a picture without text."""
    luma, alpha = np.full((height, width), 127, np.uint8), np.zeros((height, width), np.uint8)
    kind = rng.random()
    if kind < 0.25:
        return luma, alpha
    if kind < 0.6:
        w, h = fitted(rng, height, width, 0.75, 6.0, 0.5)
        x, y = (width - w) // 2, (height - h) // 2
        luma[y : y + h, x : x + w] = surface(rng, w, h)
        return luma, np.full((height, width), 255, np.uint8)
    if kind < 0.85:
        w, h = int(width * rng.uniform(0.3, 0.96)), int(height * rng.uniform(0.3, 0.96))
        x, y = rng.randint(0, width - w), rng.randint(0, height - h)
        luma[y : y + h, x : x + w] = surface(rng, w, h)
        alpha[y : y + h, x : x + w] = label_alpha(rng, w, h)
        return luma, alpha
    # Strokes alone on the trainer's background, where subtitles would stand.
    mask = Image.new("L", (width, height), 0)
    rng.choice((writing, shapes, leaves, rules))(rng, mask, ImageDraw.Draw(mask), 255, 0)
    luma[:] = rng.choice((rng.randint(200, 255), rng.randint(0, 60)))
    return luma, np.asarray(mask)
