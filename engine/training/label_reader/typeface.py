# SPDX-License-Identifier: MIT
"""Typefaces from the folder that collect_fonts.py writes: loading, bold partners, and setting a line with kerning."""

import collections
import json
import pathlib
import re

from PIL import ImageFont

# One open font of one size holds some 60 kB; far more sizes than this are asked for in a long run.
OPEN_FONTS = 800
# The euro sign is the last character of a text; ligatures lie behind it.
LAST_PLAIN = "\u20ac"
STYLE = re.compile(
    r"[-_]?(Regular|Roman|Book|Medium|SemiBold|Semibold|Demi|Bold|Black|Light|Italic|Oblique|_RB?|bold|regular)*$"
)


class Sized:
    """A typeface at one size in pixels: measures and breaks lines into runs without kerning inside."""

    def __init__(self, face, px):
        self.face, self.px = face, px
        self.font = ImageFont.truetype(str(face.path), px, layout_engine=ImageFont.Layout.BASIC)
        self._advances = {}
        box = self.font.getbbox("Hg", anchor="ls")
        self.ascent, self.descent = -box[1], box[3]

    def advance(self, char):
        """The advance of a character as Pillow draws it: whole pixels."""
        width = self._advances.get(char)
        if width is None:
            width = self._advances[char] = self.font.getlength(char)
        return width

    def set_line(self, text, spacing=0, ligatures=False):
        """Returns (runs, edges): [(x, string)] to draw, and the left edges of all characters with the right end last."""
        if ligatures and not spacing:
            for pair, one in self.face.ligatures.items():
                text = text.replace(pair, one)
        kern, px, advances = self.face.kern, self.px, self._advances
        edges, runs, x, begin, previous, start = [], [], 0, 0, "", 0
        for place, char in enumerate(text):
            pair = kern.get(previous + char) if kern else None
            shift = round(pair * px) if pair else 0
            if place and (shift or spacing):
                runs.append((start, text[begin:place]))
                x += shift + spacing
                begin, start = place, x
            edges.append(x)
            x += advances[char] if char in advances else self.advance(char)
            if char > LAST_PLAIN:
                # The two letters of a ligature share its width.
                edges.append((edges[-1] + x) / 2)
            previous = char
        runs.append((start, text[begin:]))
        edges.append(x)
        return runs, edges


class Typeface:
    """One font file with its kerning, in shares of the em, and the characters that it lacks."""

    def __init__(self, path, facts, cache):
        self.path, self.name = path, path.stem
        self.family = STYLE.sub("", self.name) or self.name
        self.bold = bool(re.search(r"bold|black|demi|_RB|75F", self.name, re.IGNORECASE))
        self.italic = bool(re.search(r"italic|oblique|OCRBL", self.name, re.IGNORECASE))
        self.missing = frozenset(facts["missing"])
        self.ligatures = facts["ligatures"]
        self.kern = {
            left + right: int(share) / 100
            for left, row in facts["kern"].items()
            for share, rights in row.items()
            for right in rights
        }
        self._cache = cache

    def at(self, px):
        """The typeface at a size; sizes above 40 px come in steps, which is what keeps the cache small."""
        px = round(px) if px <= 40 else 2 * round(px / 2) if px <= 80 else 4 * round(px / 4)
        key = self.name, px
        sized = self._cache.get(key)
        if sized is None:
            sized = self._cache[key] = Sized(self, px)
            if len(self._cache) > OPEN_FONTS:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(key)
        return sized

    def has(self, text):
        return not self.missing or self.missing.isdisjoint(text)


class FontSet:
    """All typefaces of one folder, chosen by file or by family so that large families do not rule."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        facts = json.loads((folder / "facts.json").read_text(encoding="ascii"))
        cache = collections.OrderedDict()
        self.faces = [Typeface(folder / name, facts[name], cache) for name in sorted(facts)]
        self.families = {}
        for face in self.faces:
            self.families.setdefault(face.family, []).append(face)
        self._names = sorted(self.families)

    def choose(self, rng, text=""):
        """A typeface that has all characters of the text."""
        for _ in range(50):
            face = (
                rng.choice(self.faces) if rng.random() < 0.5 else rng.choice(self.families[rng.choice(self._names)])
            )
            if face.has(text):
                return face
        return next(face for face in self.faces if face.has(text))

    def partner(self, face, bold=True):
        """The bold (or plain) face of the same family; the face itself where there is none."""
        for other in self.families[face.family]:
            if other.bold == bold and other.italic == face.italic and other.missing <= face.missing:
                return other
        return face


def load_fonts(folder):
    """The fonts of one set, for example `.fonts/train`."""
    return FontSet(folder)
