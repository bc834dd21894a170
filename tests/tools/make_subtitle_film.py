#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a film with burned-in subtitles over moving grounds, and says what it shows and when.

    make_subtitle_film.py --out DIR --fonts DIR [--cues N] [--seed N] [--bitrate KBIT]

Writes DIR/film.mkv (1280x720, 25 frames/s, H.264) and DIR/truth.jsonl: one line {"file", "tier", "fps", "cues": [{"start",
"end", "text"}]}, times in nanoseconds. Only the bottom third moves, because only it is read. Sentences are put together
from this file's own words; fonts are taken from a folder, to be one that no reader was trained on. Needs Pillow, numpy and
gst-launch-1.0 with x264enc.
"""
import argparse
import json
import random
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT, FPS, TOP = 1280, 720, 25, 470  # TOP: what moves begins here
LINE = 42  # characters, as subtitles have them

WHO = ("The captain", "Nobody", "My brother", "Old Fenwick", "Mrs. Abara", "The night nurse", "Dr. Quill", "Jovan", "A stranger",
       "Your cousin", "Everyone", "The plumber", "Lieutenant Voss", "Zofia", "That juggler", "The whole crew")
DID = ("buried", "forgot", "borrowed", "sold", "painted", "hid", "dropped", "fixed", "wanted", "mixed up", "kept", "found",
       "broke", "shipped", "photographed", "weighed", "never liked", "gave away", "examined", "unpacked")
WHAT = ("the violin", "an envelope", "both keys", "this map", "the gravy boat", "half a loaf", "my jacket", "the blue vase",
        "the broken oxcart", "a jar of honey", "the telegram", "those quilts", "an old compass", "the yellow kayak",
        "the wrong file", "a box of fireworks", "your umbrella", "the last ticket")
WHERE = ("behind the chapel", "on the roof", "in Lisbon", "under the bridge", "at the depot", "near gate {n}", "by the furnace",
         "on level {n}", "in the attic", "across the valley", "at {h}:{m:02}", "before June", "in room {n}", "last Thursday",
         "on the {t} of July", "for ${p}.{c:02}", "without asking", "by mistake", "in {y}", "for {n} days")
SAYS = ("I don't believe it.", "Why not?", "Hold on...", "Who told you that?", "It's a quarter to {h}.", "We'd better hurry.",
        "Stop right there!", "You've got to be joking.", "Ready when you are, Mr. Bligh.", "Not again!", "Give it back.",
        "That makes {n} of us.", "Is anybody home?", "Quiet, please.", "Of all the places...", "I owe you {n} dollars.",
        "Let him go, Viktor.", "How far is it?", "About {n} miles, maybe {n2}.", "They're closing the gates!",
        "Good evening, Judge.", "What if he's wrong?", "Look, a fox!", "Then we walk.", "Call me at {n}-{n2}.", "Never mind.",
        "She knows \"everything\".", "Yes; why do you ask?", "Just a glass of water, thanks.", "Bring the dog, too.")


def filled(rng, text):
    """Numbers instead of their places."""
    return text.format(n=rng.randint(2, 99), n2=rng.randint(100, 999), h=rng.randint(1, 12), m=rng.randint(0, 59), y=rng.randint(1890, 2030),
                       p=rng.randint(2, 980), c=rng.randint(0, 99), t=rng.choice(("4th", "6th", "9th", "15th", "20th", "28th")))


def sentence(rng):
    """One or two lines of speech."""
    kind = rng.random()
    if kind < 0.35:
        return filled(rng, rng.choice(SAYS))
    if kind < 0.5:
        return "- {}\n- {}".format(*(filled(rng, text) for text in rng.sample(SAYS, 2)))
    end = rng.choice((".", ".", ".", "!", "?"))
    first, second = f"{rng.choice(WHO)} {rng.choice(DID)}", f"{rng.choice(WHAT)} {filled(rng, rng.choice(WHERE))}{end}"
    short = len(first) + len(second) < LINE
    return first + (" " if short and rng.random() < 0.5 else "\n") + second


class Ground:
    """A brightness that moves: at(i) is that of frame i, height x width, 0 to 255."""

    def __init__(self, rng, kind):
        noise = np.random.default_rng(rng.randint(0, 2**31))
        self.kind, self.speed, self.lift = kind, rng.choice((-1, 1)) * rng.uniform(1, 7), rng.uniform(40, 150)
        self.contrast, self.phase = rng.uniform(30, 100), rng.uniform(0, 6)
        height, width = HEIGHT - TOP, 2 * WIDTH
        self.y, self.x = np.mgrid[0:height, 0:WIDTH].astype(np.float32)
        grains = {"clouds": (256, 128, 64), "leaves": (48, 24, 12), "grass": (16, 8, 4)}.get(kind, ())
        self.wide = sum((scale / grains[0]) * self.grain(noise, height, width, scale) for scale in grains) if grains else None

    @staticmethod
    def grain(noise, height, width, scale):
        small = noise.random((height // scale + 2, width // scale)).astype(np.float32)
        small = np.concatenate((small, small[:, :2]), 1)
        return np.asarray(Image.fromarray(small).resize((width + 2 * scale, height + 2 * scale), Image.BICUBIC))[:height, :width] - 0.5

    def pattern(self, i):
        away = self.speed * i
        if self.wide is not None:
            return np.roll(self.wide, round(away), 1)[:, :WIDTH]
        if self.kind == "slope":
            return np.sin(self.x / 300 + self.y / 400 + self.phase + away / 100) / 2
        if self.kind == "bars":
            return np.tanh(4 * np.sin((self.x + 0.6 * self.y + 2 * away) / 45 + self.phase)) / 2
        distance = np.hypot(self.x - 640 - 300 * np.sin(away / 90 + self.phase), 1.2 * self.y - 100)
        return np.sin((distance - 2 * away) / 18) / 2

    def at(self, i):
        return np.clip(self.lift + 2 * self.contrast * self.pattern(i), 0, 255)


GROUNDS = ("slope", "clouds", "leaves", "grass", "bars", "rings")


def lettering(rng, text, fonts):
    """(opacity, brightness) of a cue in the moving part, both height x width, 0 to 255."""
    px = rng.randint(34, 50)
    while True:
        font = ImageFont.truetype(str(rng.choice(fonts)), px)
        if max(font.getlength(line) for line in text.split("\n")) < 0.9 * WIDTH:
            break
        px -= 2
    size, spacing = (WIDTH, HEIGHT - TOP), round(px * rng.uniform(0.15, 0.4))
    place = dict(xy=(WIDTH / 2, size[1] - rng.randint(30, 60)), anchor="md", align="center", spacing=spacing, font=font)

    def drawn(stroke=0):
        plane = Image.new("L", size)
        ImageDraw.Draw(plane).multiline_text(text=text, fill=255, stroke_width=stroke, **place)
        return plane

    letters, kind = drawn(), rng.random()
    if kind < 0.65:
        around = drawn(rng.choice((2, 2, 3)))
    elif kind < 0.85:
        soft = letters.filter(ImageFilter.GaussianBlur(3))
        around = soft.point([min(255, 4 * value) for value in range(256)])
    else:
        box = letters.getbbox()
        around = Image.new("L", size)
        ImageDraw.Draw(around).rectangle((box[0] - 12, box[1] - 8, box[2] + 12, box[3] + 8), fill=rng.randint(140, 230))
    white = np.asarray(letters, np.float32)
    return np.maximum(np.asarray(around, np.float32), white) / 255, white * rng.uniform(0.86, 1)


def scenes(rng, cues, fonts):
    """Yields (ground, text or None, frames, lettering, frames of fading)."""
    ground = None
    for i in range(cues):
        if i % 3 == 0:
            ground = Ground(rng, rng.choice(GROUNDS))
        text = sentence(rng)
        yield ground, None, rng.randint(8, 30), None, 0
        yield ground, text, rng.randint(26, 70), lettering(rng, text, fonts), rng.choice((0, 0, 0, 6))
    yield ground, None, 20, None, 0


def encoder(path, bitrate):
    """Takes frames in GRAY8 at its input."""
    rate = "pass=quant quantizer=23" if bitrate == 0 else f"bitrate={bitrate}"
    description = (f"fdsrc fd=0 ! rawvideoparse format=gray8 width={WIDTH} height={HEIGHT} framerate={FPS}/1 ! videoconvert ! "
                   f"video/x-raw,format=I420 ! x264enc {rate} speed-preset=veryfast ! h264parse ! matroskamux ! filesink")
    return subprocess.Popen(["gst-launch-1.0", "-q", *description.split(), f"location={path}"], stdin=subprocess.PIPE)


def write_film(rng, path, arguments, fonts):
    """@return the cues."""
    process, cues, number = encoder(path, arguments.bitrate), [], 0
    frame = np.full((HEIGHT, WIDTH), 60, np.uint8)
    for ground, text, length, layer, fade in scenes(rng, arguments.cues, fonts):
        for i in range(length):
            luma = ground.at(number + i)
            if layer is not None:
                shown = 1.0 if fade == 0 else min(1, (i + 1) / (fade + 1), (length - i) / (fade + 1))
                alpha = layer[0] * shown
                luma = luma * (1 - alpha) + layer[1] * alpha
            frame[TOP:] = luma.round()
            process.stdin.write(frame.tobytes())
        if text is not None:
            times = (number * 10**9 // FPS, (number + length) * 10**9 // FPS)
            cues.append({"start": times[0], "end": times[1], "text": text})
        number += length
    process.stdin.close()
    if process.wait() != 0:
        raise SystemExit("the film could not be encoded")
    return cues


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fonts", type=Path, required=True)
    parser.add_argument("--cues", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bitrate", type=int, default=0, help="kbit/s; 0: constant quality")
    arguments = parser.parse_args()
    fonts = sorted(path for path in arguments.fonts.iterdir() if path.suffix in (".ttf", ".otf"))
    arguments.out.mkdir(parents=True, exist_ok=True)
    cues = write_film(random.Random(arguments.seed), arguments.out / "film.mkv", arguments, fonts)
    truth = {"file": "film.mkv", "tier": "subtitles", "fps": [FPS, 1], "cues": cues}
    (arguments.out / "truth.jsonl").write_text(json.dumps(truth, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
