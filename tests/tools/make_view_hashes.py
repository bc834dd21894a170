#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/image/pillow_views.json: what Pillow makes of pictures of many sizes, as hashes.

    make_view_hashes.py > tests/data/image/pillow_views.json

The pictures are the pattern "syn" of patterns.h. Both passes of a resize are called one by one, so that every version of Pillow
runs the horizontal one first (Pillow 13 chooses the order by size). Needs Pillow and numpy; the test itself needs neither.
"""
import hashlib
import json
import random

import numpy as np
import PIL
from PIL import Image

CANVASES = [[512, 512], [256, 512], [128, 512], [256, 256], [128, 256]]
SQUARES = {'tiny': 512, 'small': 640, 'base': 1024, 'large': 1280}
FIXED = [(1, 1), (2, 1), (1, 2), (3, 3), (1, 5000), (5000, 1), (512, 288), (1280, 720), (640, 360), (511, 513), (128, 512), (512, 128)]


def draw(width, height):
    x, y = np.meshgrid(np.arange(width, dtype=np.int64), np.arange(height, dtype=np.int64))
    channels = [(3 * x + 5 * y + 7 * c + 11 * ((x * y) >> 3)) & 255 for c in range(3)]
    return Image.fromarray(np.stack(channels, -1).astype(np.uint8))


def resize(image, width, height):
    return image.resize((width, image.height), Image.BICUBIC).resize((width, height), Image.BICUBIC)


def letterbox(image, width, height):
    aspect = image.width / image.height
    new = [width, height]
    if aspect > width / height:
        new[1] = max(1, round(image.height / image.width * width))
    elif aspect < width / height:
        new[0] = max(1, round(image.width / image.height * height))
    canvas = Image.new('RGB', (width, height), (127, 127, 127))
    canvas.paste(resize(image, *new), (round((width - new[0]) * 0.5), round((height - new[1]) * 0.5)))
    return canvas


def choose_canvas(width, height):
    scales = [min(w / width, h / height) for h, w in CANVASES]
    enough = 1 if max(scales) >= 1 else max(scales) - 1e-9
    return min((c for c, s in zip(CANVASES, scales) if s >= enough), key=lambda c: c[0] * c[1])


def main():
    generator = random.Random(7)
    sizes = FIXED + [tuple(int(2 ** generator.uniform(0, 10.7)) for _ in range(2)) for _ in range(36)]
    cases = []
    for index, (width, height) in enumerate(sizes):
        image = draw(width, height)
        mode = ['auto', 'tiny', 'auto', 'small', 'auto', 'base', 'auto', 'large'][index % 8] if index >= len(FIXED) else 'auto'
        if mode == 'auto':
            h, w = choose_canvas(width, height)
        else:
            h = w = SQUARES[mode]
        view = resize(image, w, h) if mode in ('tiny', 'small') else letterbox(image, w, h)
        cases.append({'width': width, 'height': height, 'mode': mode, 'canvas': [h, w], 'sha256': hashlib.sha256(view.tobytes()).hexdigest()})
    lines = ',\n'.join('  ' + json.dumps(case) for case in cases)
    print(f'{{"pillow": "{PIL.__version__}", "canvases": {json.dumps(CANVASES)}, "cases": [\n{lines}\n]}}')


main()
