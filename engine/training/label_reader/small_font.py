# SPDX-License-Identifier: MIT
"""A font reduced to the characters that the reader can be asked for, and what the renderer cannot ask it. Needs fontTools."""

import io

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import RecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables.ttProgram import Program

ASCII = range(0x21, 0x7F)
# Latin-1 without the control block, the soft hyphen and the fractions (no keyboard has them), and the euro sign.
LATIN1 = [code for code in range(0xA1, 0x100) if code not in (0xAD, 0xBC, 0xBD, 0xBE)] + [0x20AC]
LIGATURES = {"fi": 0xFB01, "fl": 0xFB02}
# Pairs that move by less than this share of the em move by under half a pixel at the usual sizes.
LEAST_KERN = 0.015
MOST_PAIRS = 1500


def cut_down(path):
    """The font reduced to our characters, with kerning as its only layout feature."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = ["kern"]
    options.drop_tables += ["GSUB", "GDEF", "BASE", "MATH", "DSIG", "FFTM"]
    options.name_IDs = [1, 2]
    options.glyph_names = False
    options.notdef_outline = True
    font = subset.load_font(str(path), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[0x20, *ASCII, *LATIN1, *LIGATURES.values()])
    subsetter.subset(font)
    return font


def lacks_ascii(font):
    """True when a printable character is missing, empty, or drawn as another one (as in capitals-only fonts)."""
    characters, glyphs = font.getBestCmap(), font.getGlyphSet()
    if any(code not in characters for code in ASCII):
        return True
    drawn = set()
    for code in b"abcdeghmnqrtABCDEGHMNQRT":
        pen = RecordingPen()
        glyphs[characters[code]].draw(pen)
        drawn.add(str(pen.value))
    return len(drawn) < 24


def ligatures(font):
    """The ligatures that text layout would use: those the font has, unless all its letters are of one width."""
    characters, widths = font.getBestCmap(), font["hmtx"]
    if widths[characters[ord("i")]][0] == widths[characters[ord("m")]][0]:
        return {}
    return {pair: chr(code) for pair, code in LIGATURES.items() if code in characters}


def to_truetype(font):
    """Replaces cubic outlines by quadratic ones; the error stays under a pixel at any size used here."""
    glyphs, order = font.getGlyphSet(), font.getGlyphOrder()
    table = newTable("glyf")
    table.glyphs, table.glyphOrder = {}, order
    for name in order:
        pen = TTGlyphPen(None)
        glyphs[name].draw(Cu2QuPen(pen, font["head"].unitsPerEm / 500, reverse_direction=True))
        glyph = table.glyphs[name] = pen.glyph()
        glyph.recalcBounds(table)
        # TrueType places an outline by its side bearing; in the PostScript flavour that field may say anything.
        font["hmtx"][name] = font["hmtx"][name][0], getattr(glyph, "xMin", 0)
    font["glyf"], font["loca"] = table, newTable("loca")
    profile = font["maxp"]
    profile.tableVersion = 0x00010000
    for field in ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs",
                  "maxStackElements", "maxSizeOfInstructions", "maxComponentElements"):
        setattr(profile, field, 2 if field == "maxZones" else 0)
    profile.maxPoints = profile.maxContours = profile.maxCompositePoints = profile.maxCompositeContours = 0
    profile.maxComponentDepth = 0
    for tag in ("CFF ", "CFF2", "VORG"):
        if tag in font:
            del font[tag]
    font.sfntVersion = "\x00\x01\x00\x00"
    # A format 2 post table would need names; the renderer looks characters up in the cmap only.
    font["post"].formatType = 3.0


def kern_lookups(font):
    """The pair adjustment subtables of the feature `kern`."""
    table = font["GPOS"].table if "GPOS" in font else None
    if table is None or table.LookupList is None or table.FeatureList is None:
        return
    wanted = {index for record in table.FeatureList.FeatureRecord if record.FeatureTag == "kern"
              for index in record.Feature.LookupListIndex}
    for index in sorted(wanted):
        for part in table.LookupList.Lookup[index].SubTable:
            part = getattr(part, "ExtSubTable", part)
            if part.LookupType == 2:
                yield part


def subtable_pairs(part, names):
    """Yields (left, right, horizontal adjustment) of one pair adjustment subtable."""
    for number, left in enumerate(part.Coverage.glyphs):
        if left not in names:
            continue
        if part.Format == 1:
            for record in part.PairSet[number].PairValueRecord:
                if record.SecondGlyph in names:
                    yield left, record.SecondGlyph, getattr(record.Value1, "XAdvance", 0) or 0
            continue
        row = part.Class1Record[part.ClassDef1.classDefs.get(left, 0)].Class2Record
        for right in names:
            value = row[part.ClassDef2.classDefs.get(right, 0)].Value1
            yield left, right, getattr(value, "XAdvance", 0) or 0


def kerning(font):
    """The strongest kerning pairs of the printable ASCII characters and the euro sign."""
    characters = font.getBestCmap()
    names = {characters[code] for code in (*ASCII, 0x20AC) if code in characters}
    pairs = {}
    if "kern" in font:
        for part in font["kern"].kernTables:
            for (left, right), value in getattr(part, "kernTable", {}).items():
                if left in names and right in names:
                    pairs.setdefault((left, right), value)
    for part in kern_lookups(font):
        for left, right, value in subtable_pairs(part, names):
            pairs.setdefault((left, right), value)
    least = LEAST_KERN * font["head"].unitsPerEm
    strong = sorted(((abs(value), pair, value) for pair, value in pairs.items() if abs(value) >= least), reverse=True)
    return {pair: value for _, pair, value in strong[:MOST_PAIRS]}


def by_letter(font, pairs):
    """Kerning as {left character: {hundredths of the em: right characters}}: short to write, easy to look up."""
    letters, units = {name: chr(code) for code, name in font.getBestCmap().items()}, font["head"].unitsPerEm
    table = {}
    for (left, right), value in pairs.items():
        row = table.setdefault(letters[left], {})
        share = str(round(100 * value / units))
        row[share] = row.get(share, "") + letters[right]
    return table


def pass_for_hinted(font):
    """A font program that does nothing: without one FreeType hints the font itself, which costs most of the time.

    The kerning leaves the font here: Pillow's basic layout applies it in one release, a 64th of it in the next.
    """
    for tag in ("kern", "GPOS", "prep", "cvt ", "gasp", "hdmx", "VDMX", "LTSH", "EBDT", "EBLC", "EBSC"):
        if tag in font:
            del font[tag]
    push_and_pop = bytes([0xB0, 0x00, 0x21])
    table = newTable("fpgm")
    table.program = Program()
    table.program.fromBytecode(push_and_pop * 4)
    font["fpgm"] = table
    font["maxp"].maxStackElements = max(1, font["maxp"].maxStackElements)


def reduced(path):
    """The bytes of the small font and its facts, or (None, None) when it lacks what every label needs."""
    font = cut_down(path)
    if lacks_ascii(font):
        return None, None
    lacks = "".join(chr(code) for code in LATIN1 if code not in font.getBestCmap())
    if "glyf" not in font:
        to_truetype(font)
    facts = {"missing": lacks, "kern": by_letter(font, kerning(font)), "ligatures": ligatures(font)}
    pass_for_hinted(font)
    out = io.BytesIO()
    font.save(out)
    return out.getvalue(), facts
