# SPDX-License-Identifier: MIT
"""Training pictures of the label reader: strips, slips, labels for a camera, subtitles and pictures without text.

`render` draws one flat plane and says what stands on it and where. Backgrounds, perspective, blur, noise and
compression are the trainer's part.
"""

import dataclasses

import numpy as np

import blanks
import page
import sheet
import subtitles
from typeface import load_fonts  # noqa: F401  (part of this module's interface)

BAR_LUMA = 127
KINDS = ("strip", "slip", "camera", "subtitle", "blank")


@dataclasses.dataclass(frozen=True)
class Options:
    """What a training run may turn."""

    least_px: float = 16.0
    most_px: float = 60.0
    usual_px: tuple = (20.0, 44.0)
    usual_share: float = 0.88
    latin1: float = 0.06
    most_lines: int = 10
    direct_share: float = 0.35
    enlarged_share: float = 0.08


@dataclasses.dataclass
class Sample:
    """A plane of the canvas size with its lines and characters; boxes are (x0, y0, x1, y1) in pixels of the plane.

    `picture` is what lies between letterbox bars, None where there are none.
    """

    luma: np.ndarray
    alpha: np.ndarray
    lines: list
    chars: np.ndarray
    kind: str
    picture: tuple = None

    @property
    def text(self):
        return "\n".join(text for text, _ in self.lines)


def log_uniform(rng, low, high):
    return low * (high / low) ** rng.random()


def font_px(rng, options):
    """The font size on the canvas, most of them in the usual range."""
    if rng.random() < options.usual_share:
        low, high = options.usual_px
        return log_uniform(rng, max(low, options.least_px), min(high, options.most_px))
    return log_uniform(rng, options.least_px, options.most_px)


def drawing_scale(rng, options, px):
    """How much larger than on the canvas the sheet is drawn: mostly larger, as the product reduces its input."""
    kind = rng.random()
    if kind < options.direct_share:
        return 1.0
    if kind < options.direct_share + options.enlarged_share:
        return max(rng.uniform(0.5, 0.9), 12.5 / px)
    return 1.3 + 1.7 * rng.random() ** 2


def fitted(rng, canvas_height, canvas_width, low, high, spread):
    """A picture size of an aspect (width to height) between low and high, fitted into the canvas."""
    aspect = canvas_width / canvas_height * np.exp(rng.uniform(-spread, spread))
    aspect = float(np.clip(aspect, low, high))
    if aspect > canvas_width / canvas_height:
        return canvas_width, max(32, round(canvas_width / aspect))
    return max(64, round(canvas_height * aspect)), canvas_height


def draw_sheet(rng, width, height, fonts, options, most_lines, px=None):
    """A label of a final size, drawn at a scale of its own; at times narrowed or widened on the way."""
    # A low picture holds only small text.
    px = min(px or font_px(rng, options), options.most_px, max(options.least_px, 0.62 * height))
    # Sheets stay below two megapixels: drawing time would go into the ground alone.
    scale = min(drawing_scale(rng, options, px), max(1.3, (2e6 / (width * height)) ** 0.5))
    stretch = 1.0 if scale == 1.0 or rng.random() < 0.85 else rng.uniform(0.85, 1.2)
    return page.draw_label(
        rng,
        fonts,
        max(32, round(width * scale * stretch)),
        max(24, round(height * scale)),
        px * scale,
        options.least_px * scale,
        most_lines,
        rng.random() < options.latin1,
    )


def letterboxed(rng, height, width, size, fonts, options, most_lines, kind, px=None):
    """A label in the middle of the canvas with grey bars beside or above and below it."""
    drawn = draw_sheet(rng, *size, fonts, options, most_lines, px)
    x, y = (width - size[0]) // 2, (height - size[1]) // 2
    pixels, lines, chars = drawn.finish(*size, x, y)
    luma = np.full((height, width), BAR_LUMA, np.uint8)
    luma[y : y + size[1], x : x + size[0]] = pixels
    picture = (x, y, x + size[0], y + size[1])
    return Sample(luma, np.full((height, width), 255, np.uint8), lines, chars, kind, picture)


def strip(rng, height, width, fonts, options):
    """One to three lines in a wide crop."""
    size = fitted(rng, height, width, 2.0, 8.0, 0.6)
    most = rng.choice((1, 1, 2, 2, 3))
    # A crop around a line is filled by it: the text is as large as the lines leave room for.
    px = 0.62 * size[1] / most * rng.uniform(0.7, 1.0) if rng.random() < 0.3 else None
    return letterboxed(rng, height, width, size, fonts, options, most, "strip", px)


def slip(rng, height, width, fonts, options):
    """A whole label."""
    size = fitted(rng, height, width, 0.75, 2.0, 0.5)
    most = options.most_lines + 2 if rng.random() < 0.1 else options.most_lines
    return letterboxed(rng, height, width, size, fonts, options, most, "slip")


def camera(rng, height, width, fonts, options):
    """A label that covers a part of the plane; what lies around it is transparent."""
    share, aspect = rng.uniform(0.35, 0.85), log_uniform(rng, 0.75, 2.0)
    aspect = float(np.clip(aspect, 0.6 * width / height, 1.6 * width / height))
    label_height = (share * width * height / aspect) ** 0.5
    label_width = label_height * aspect
    shrink = min(1, 0.96 * width / label_width, 0.96 * height / label_height)
    size = int(label_width * shrink), int(label_height * shrink)
    drawn = draw_sheet(rng, *size, fonts, options, options.most_lines)
    x = int((width - size[0]) * (0.5 + 0.4 * (rng.random() - rng.random())))
    y = int((height - size[1]) * (0.5 + 0.4 * (rng.random() - rng.random())))
    pixels, lines, chars = drawn.finish(*size, x, y)
    # The surroundings carry the label's ground, so that warping the plane leaves no fringe at its edge.
    luma = np.full((height, width), drawn.ground, np.uint8)
    luma[y : y + size[1], x : x + size[0]] = pixels
    alpha = np.zeros((height, width), np.uint8)
    alpha[y : y + size[1], x : x + size[0]] = blanks.label_alpha(rng, *size)
    return Sample(luma, alpha, lines, chars, "camera")


def subtitle(rng, height, width, fonts, options):
    """A cue over a moving picture: only the letters and what is drawn around them are opaque."""
    px = min(font_px(rng, options), 0.5 * height)
    luma, alpha, lines, rows = subtitles.cue(rng, height, width, fonts, px, drawing_scale(rng, options, px), options)
    return Sample(luma, alpha, lines, sheet.character_boxes(rows), "subtitle")


def blank(rng, height, width, fonts, options):
    """No text at all, but often things that look like some."""
    luma, alpha = blanks.picture(rng, height, width, fitted)
    return Sample(luma, alpha, [], np.zeros((0, 4), np.float32), "blank")


DRAWERS = {"strip": strip, "slip": slip, "camera": camera, "subtitle": subtitle, "blank": blank}


def render(rng, canvas_height, canvas_width, kind, fonts, options=Options()):
    """Draws one sample of a kind on a canvas; `fonts` comes from load_fonts, `rng` is a seeded random.Random."""
    return DRAWERS[kind](rng, canvas_height, canvas_width, fonts, options)
