# SPDX-License-Identifier: MIT
"""The canvases (height, width) that the reader is trained on, and what is drawn on each."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Canvas:
    height: int
    width: int
    share: float  # of the training steps; every step has about as many pixels
    kinds: tuple  # (kind, weight): what pictures of this shape show


_STRIPS = (("strip", 72), ("subtitle", 16), ("blank", 8), ("slip", 4))
_WIDE = (("subtitle", 44), ("strip", 20), ("slip", 18), ("camera", 8), ("blank", 10))
_LABELS = (("slip", 62), ("camera", 20), ("strip", 6), ("subtitle", 4), ("blank", 8))
_FRAMES = (("camera", 56), ("slip", 24), ("subtitle", 10), ("blank", 10))

CANVASES = (
    Canvas(128, 256, 3, _STRIPS), Canvas(128, 384, 4, _STRIPS), Canvas(128, 512, 9, _STRIPS),
    Canvas(128, 768, 4, _STRIPS), Canvas(256, 256, 3, _LABELS), Canvas(256, 384, 4, _LABELS),
    Canvas(256, 512, 6, _WIDE), Canvas(256, 896, 11, _WIDE), Canvas(384, 384, 4, _LABELS),
    Canvas(384, 512, 10, _LABELS), Canvas(512, 384, 3, _LABELS), Canvas(512, 512, 11, _LABELS),
    Canvas(512, 640, 7, _LABELS), Canvas(512, 768, 7, _FRAMES), Canvas(512, 896, 12, _FRAMES),
    Canvas(640, 640, 4, _LABELS), Canvas(896, 640, 3, _LABELS))
FIRST = CANVASES[:3]  # while only the encoder learns
