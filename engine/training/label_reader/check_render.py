#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the renderer against its promises, measures its speed and draws contact sheets.

    check_render.py --fonts .fonts/train --count 200
    check_render.py --fonts .fonts/train --kinds slip --sheet sheet.png --boxes

The first form ends with an AssertionError where a promise is broken.
"""

import argparse
import collections
import random
import statistics
import time

import numpy as np
from PIL import Image, ImageDraw

import carriers
import labels

CANVASES = (
    (128, 256),
    (128, 384),
    (128, 512),
    (192, 512),
    (256, 256),
    (256, 512),
    (320, 512),
    (384, 512),
    (512, 512),
    (448, 768),
    (512, 768),
    (576, 960),
    (704, 960),
)


def check(sample, height, width):
    """Raises AssertionError when a sample breaks a promise."""
    for plane in (sample.luma, sample.alpha):
        assert plane.shape == (height, width) and plane.dtype == np.uint8, "plane"
    assert sample.chars.shape == (len(sample.text), 4) and sample.chars.dtype == np.float32, "characters"
    assert sample.chars.size == 0 or (
        sample.chars[:, :2].min() > -3
        and sample.chars[:, 2].max() < width + 3
        and sample.chars[:, 3].max() < height + 3
    ), "a character outside"
    assert (sample.kind == "blank") == (not sample.lines), "lines"
    assert not sample.lines or len(sample.text) > 0
    for text, box in sample.lines:
        assert text == " ".join(text.split()) and text, f"blanks in {text!r}"
        assert all(
            0x20 <= ord(char) < 0x7F or 0xA1 <= ord(char) <= 0xFF or char == "€" for char in text
        ), f"characters of {text!r}"
        x0, y0, x1, y1 = box
        assert (
            -0.5 <= x0 < x1 <= width + 0.5 and -0.5 <= y0 < y1 <= height + 0.5
        ), f"box {box} of {text!r} leaves {width}x{height}"
        check_ink(sample, text, box)
    for (one, above), (two, below) in zip(sample.lines, sample.lines[1:]):
        assert below[1] > above[1] and below[3] > above[3] - 1, f"order of {one!r} and {two!r}"
        assert below[1] >= above[3] - 1.5, f"{one!r} and {two!r} overlap"


def inkless(sample):
    """How many characters have boxes without ink: more than a few would mean that boxes and drawing disagree."""
    # Over a mid-grey background both the letters of a box and bare letters show.
    alpha, count = sample.alpha.astype(np.float32) / 255, 0
    plane = sample.luma * alpha + 128 * (1 - alpha)
    for char, (x0, y0, x1, y1) in zip(sample.text, sample.chars):
        if char.strip():
            part = plane[max(0, int(y0)) : int(y1) + 1, max(0, int(x0)) : max(int(x0) + 1, int(x1 + 0.5))]
            count += not part.size or int(part.max()) - int(part.min()) < 12
    return count


def check_ink(sample, text, box):
    """The text's box holds pixels of both colours, or opaque and transparent ones."""
    x0, y0, x1, y1 = (int(value) for value in box)
    y1, x1 = max(y1, y0 + 1), max(x1, x0 + 1)
    luma, alpha = sample.luma[y0 : y1 + 1, x0 : x1 + 1], sample.alpha[y0 : y1 + 1, x0 : x1 + 1]
    contrast = int(luma.max()) - int(luma.min()) if sample.kind != "subtitle" else int(alpha.max())
    # A lone full stop or dash fills its box.
    assert contrast >= 25 or len(text) < 4, f"no ink in the box of {text!r}: {contrast}"


def check_numbers(count):
    """Check digits against numbers whose check digit is published, and the generators against their own rules."""
    assert carriers.fedex_check("98657878885") == "5" and carriers.gs1_check("04144176022896") == "4"
    assert carriers.s10_check("12345678") == "5" and carriers.luhn_check("7992739871") == "3"
    assert carriers.ups_check("999AA1012345678") == "4" and carriers.gs1_check("400638133393") == "1"
    rng = random.Random(5)
    for _ in range(count):
        number = carriers.ups(rng).replace(" ", "")
        assert len(number) == 18 and carriers.ups_check(number[2:-1]) == number[-1]
        number = carriers.usps(rng).replace(" ", "")
        assert len(number) in (20, 22) and carriers.gs1_check(number[:-1]) == number[-1]
        number = carriers.s10(rng).replace(" ", "")
        assert len(number) == 13 and carriers.s10_check(number[2:10]) == number[10]
        number = "".join(char for char in carriers.sscc(rng) if char.isdigit())[-18:]
        assert carriers.gs1_check(number[:-1]) == number[-1]


def check_repeats(fonts):
    """The same seed gives the same picture, whatever was drawn before."""
    first, second = (labels.render(random.Random(8), 256, 512, "slip", fonts) for _ in range(2))
    assert (
        first.lines == second.lines
        and np.array_equal(first.luma, second.luma)
        and np.array_equal(first.chars, second.chars)
    )


def contact_sheet(fonts, path, seed, kinds, canvases, columns, rows, boxes):
    """Samples side by side; transparent parts lie on a checkered ground."""
    rng = random.Random(seed)
    cell = (max(width for _, width in canvases), max(height for height, _ in canvases))
    sheet = Image.new("RGB", (columns * (cell[0] + 6), rows * (cell[1] + 6)), (200, 40, 40))
    for number in range(columns * rows):
        height, width = canvases[number % len(canvases)]
        sample = labels.render(rng, height, width, kinds[number % len(kinds)], fonts, labels.Options(latin1=0.15))
        ground = 90 + 50 * ((np.add.outer(np.arange(height) // 8, np.arange(width) // 8)) % 2)
        alpha = sample.alpha.astype(np.float32) / 255
        picture = Image.fromarray((sample.luma * alpha + ground * (1 - alpha)).astype(np.uint8)).convert("RGB")
        if boxes:
            draw = ImageDraw.Draw(picture)
            for x0, y0, x1, y1 in sample.chars:
                draw.rectangle((x0, y0, max(x0, x1 - 1), y1), outline=(60, 160, 255))
            for _, box in sample.lines:
                draw.rectangle(box, outline=(255, 60, 60))
        sheet.paste(picture, (number % columns * (cell[0] + 6), number // columns * (cell[1] + 6)))
    sheet.save(path)


def measure(fonts, kind, canvas, count, seed):
    """Renders and checks; returns (processor milliseconds of every sample, characters a sample, lines)."""
    rng = random.Random(seed)
    spans, characters, bare, lines = [], 0, 0, collections.Counter()
    for _ in range(count):
        begin = time.process_time()
        sample = labels.render(rng, *canvas, kind, fonts)
        spans.append(1000 * (time.process_time() - begin))
        check(sample, *canvas)
        characters += len(sample.text)
        bare += inkless(sample)
        lines[len(sample.lines)] += 1
    assert bare <= 3 + 0.004 * characters, f"{bare} of {characters} characters have no ink in their boxes"
    return spans, characters / count, lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fonts", default=".fonts/train", help="folder with facts.json (.fonts/train)")
    parser.add_argument("--count", type=int, default=100, help="samples of a kind and canvas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", default=labels.KINDS, choices=labels.KINDS)
    parser.add_argument("--canvas", nargs="*", default=[], metavar="HxW", help="only these canvases")
    parser.add_argument("--sheet", help="write a contact sheet (PNG) instead of checking")
    parser.add_argument("--boxes", action="store_true", help="draw the boxes into the contact sheet")
    parser.add_argument("--grid", default="4x4", metavar="COLUMNSxROWS")
    arguments = parser.parse_args()
    fonts = labels.load_fonts(arguments.fonts)
    canvases = [tuple(map(int, canvas.split("x"))) for canvas in arguments.canvas] or CANVASES
    if arguments.sheet:
        contact_sheet(
            fonts,
            arguments.sheet,
            arguments.seed,
            arguments.kinds,
            canvases,
            *map(int, arguments.grid.split("x")),
            arguments.boxes,
        )
        return
    check_numbers(300)
    check_repeats(fonts)
    for kind in arguments.kinds:
        for canvas in canvases:
            spans, characters, lines = measure(fonts, kind, canvas, arguments.count, arguments.seed)
            print(
                f"{kind:8} {canvas[0]:4}x{canvas[1]:<4} median {statistics.median(spans):5.2f} ms, "
                f"mean {statistics.fmean(spans):5.2f} ms, {1000 / statistics.fmean(spans):5.0f}/s, "
                f"{characters:5.1f} characters, lines {dict(sorted(lines.items()))}"
            )


if __name__ == "__main__":
    main()
