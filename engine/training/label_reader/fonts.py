# SPDX-License-Identifier: MIT
"""The fonts that the label reader is trained and measured with, by Debian 12 package.

A family is either trained with or held out, never both: the held-out figures then say how the reader does on type that
it has not seen. `FONTS` feeds the collector (collect_fonts.py) and the model card; only pictures made with the fonts
reach the checkpoint, never the fonts themselves.
"""

from typing import NamedTuple


class Family(NamedTuple):
    """One package's share of a set: the font files are named without folder and extension."""

    package: str
    family: str
    licence: str
    files: tuple


OFL = "OFL-1.1"
APACHE = "Apache-2.0"
GPL2_FONT = "GPL-2+ with font exception"
GPL3_FONT = "GPL-3+ with font exception"

TRAINING = (
    Family("fonts-dejavu-core", "DejaVu", "Bitstream Vera",
           ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSerif",
            "DejaVuSerif-Bold")),
    Family("fonts-dejavu-extra", "DejaVu", "Bitstream Vera",
           ("DejaVuSansCondensed", "DejaVuSansCondensed-Bold", "DejaVuSans-Oblique")),
    Family("fonts-liberation2", "Liberation", OFL,
           ("LiberationSans-Regular", "LiberationSans-Bold", "LiberationSans-Italic", "LiberationSans-BoldItalic",
            "LiberationSerif-Regular", "LiberationSerif-Bold", "LiberationSerif-Italic", "LiberationMono-Regular",
            "LiberationMono-Bold")),
    Family("fonts-liberation", "Liberation Sans Narrow", "GPL-2 with font exception",
           ("LiberationSansNarrow-Regular", "LiberationSansNarrow-Bold")),
    Family("fonts-freefont-ttf", "GNU FreeFont", GPL3_FONT,
           ("FreeSans", "FreeSansBold", "FreeMono", "FreeMonoBold", "FreeSerif")),
    Family("fonts-noto-core", "Noto", OFL,
           ("NotoSans-Regular", "NotoSans-Bold", "NotoSans-Italic", "NotoSerif-Regular", "NotoSerif-Bold",
            "NotoSansDisplay-Regular")),
    Family("fonts-noto-mono", "Noto Sans Mono", OFL, ("NotoSansMono-Regular", "NotoSansMono-Bold")),
    Family("fonts-roboto-unhinted", "Roboto", APACHE,
           ("Roboto-Light", "Roboto-Regular", "Roboto-Medium", "Roboto-Bold", "Roboto-Black", "Roboto-Italic",
            "RobotoCondensed-Light", "RobotoCondensed-Regular", "RobotoCondensed-Bold")),
    Family("fonts-roboto-slab", "Roboto Slab", APACHE, ("RobotoSlab-Regular", "RobotoSlab-Bold")),
    Family("fonts-hack", "Hack", "MIT and Bitstream Vera", ("Hack-Regular", "Hack-Bold")),
    Family("fonts-firacode", "Fira Code", OFL, ("FiraCode-Regular", "FiraCode-SemiBold")),
    Family("fonts-jetbrains-mono", "JetBrains Mono", APACHE,
           ("JetBrainsMono-Regular", "JetBrainsMono-Bold", "JetBrainsMono-Italic")),
    Family("fonts-crosextra-carlito", "Carlito", OFL, ("Carlito-Regular", "Carlito-Bold", "Carlito-Italic")),
    Family("fonts-crosextra-caladea", "Caladea", OFL, ("Caladea-Regular", "Caladea-Bold")),
    Family("fonts-urw-base35", "URW base 35", "AGPL-3 with font exception",
           ("NimbusSans-Regular", "NimbusSans-Bold", "NimbusSansNarrow-Regular", "NimbusSansNarrow-Bold",
            "NimbusMonoPS-Regular", "NimbusMonoPS-Bold", "NimbusRoman-Regular", "URWGothic-Book", "URWGothic-Demi",
            "URWBookman-Light", "C059-Roman", "C059-Bold", "P052-Roman", "P052-Bold")),
    Family("fonts-texgyre", "TeX Gyre", "GUST Font License", ("texgyreheroscn-bold", "texgyreschola-regular")),
    Family("fonts-cantarell", "Cantarell", OFL, ("Cantarell-Regular", "Cantarell-Bold")),
    Family("fonts-b612", "B612", "OFL-1.1 and EPL-2.0", ("B612-Regular", "B612-Bold", "B612Mono-Regular")),
    Family("fonts-oxygen", "Oxygen", "OFL-1.1 or GPL-3+ with font exception",
           ("Oxygen-Sans", "Oxygen-Sans-Bold", "OxygenMono-Regular")),
    Family("fonts-ocr-b", "OCR-B", "public domain", ("OCRB", "OCRBL")),
    Family("fonts-ocr-a", "OCR-A", "public domain", ("OCRA",)),
    Family("fonts-go", "Go", "BSD-3-Clause", ("Go-Regular", "Go-Bold", "Go-Mono", "Go-Mono-Bold")),
    Family("fonts-lato", "Lato", OFL, ("Lato-Light", "Lato-Regular", "Lato-Bold", "Lato-Black")),
    Family("fonts-open-sans", "Open Sans", APACHE,
           ("OpenSans-Regular", "OpenSans-Semibold", "OpenSans-Bold", "OpenSans-CondBold", "OpenSans-Italic")),
    Family("fonts-inter", "Inter", OFL, ("Inter-Regular", "Inter-SemiBold")),
    Family("fonts-quicksand", "Quicksand", OFL, ("Quicksand-Medium", "Quicksand-Bold")),
    Family("fonts-dosis", "Dosis", OFL, ("Dosis-Medium", "Dosis-Bold")),
    Family("fonts-yanone-kaffeesatz", "Yanone Kaffeesatz", OFL,
           ("YanoneKaffeesatz-Regular", "YanoneKaffeesatz-Bold")),
    Family("fonts-jura", "Jura", OFL, ("Jura-SemiBold",)),
    Family("fonts-osifont", "osifont", "LGPL-3 or GPL-3, with font exception", ("osifont",)),
    Family("fonts-routed-gothic", "Routed Gothic", OFL, ("routed-gothic",)),
    Family("fonts-league-spartan", "League Spartan", OFL, ("LeagueSpartan-Medium",)),
    Family("fonts-ebgaramond", "EB Garamond", OFL, ("EBGaramond12-Regular", "EBGaramond12-Bold")),
    Family("fonts-linuxlibertine", "Linux Libertine", OFL, ("LinLibertine_R", "LinLibertine_RB")),
    Family("fonts-sora", "Sora", OFL, ("Sora-Regular",)),
    Family("fonts-comic-neue", "Comic Neue", OFL, ("ComicNeue-Regular", "ComicNeue-Bold")),
    Family("fonts-lmodern", "Latin Modern", "GUST Font License",
           ("lmmono10-regular", "lmmonolt10-bold", "lmsans10-regular", "lmroman10-regular")),
    Family("fonts-gemunu-libre", "Gemunu Libre", OFL, ("GemunuLibre-Medium",)),
    Family("fonts-3270", "3270", "BSD-3-Clause or OFL-1.1", ("3270-Regular",)),
    Family("fonts-fantasque-sans", "Fantasque Sans Mono", OFL, ("FantasqueSansMono-Regular",)),
    Family("fonts-stix", "STIX", OFL, ("STIX-Regular",)),
    Family("fonts-sil-andika", "Andika", OFL, ("Andika-Regular",)),
    Family("fonts-sil-charis", "Charis SIL", OFL, ("CharisSIL-Regular",)),
    Family("fonts-yrsa-rasa", "Yrsa and Rasa", OFL, ("Rasa-Medium", "Yrsa-Regular")),
    Family("fonts-adf-universalis", "Universalis ADF", GPL2_FONT,
           ("UniversalisADFStd-Cond", "UniversalisADFStd-BoldCond")),
    Family("fonts-adf-mekanus", "Mekanus ADF", GPL2_FONT, ("MekanusADFStd-Regular",)),
    Family("fonts-adf-ikarius", "Ikarius ADF", GPL2_FONT, ("IkariusADFStd-Regular",)),
    Family("fonts-tlwg-typist-ttf", "Tlwg Typist", GPL2_FONT, ("TlwgTypist", "TlwgTypist-Bold")),
    Family("fonts-dotgothic16", "DotGothic16", OFL, ("DotGothic16-Regular",)),
    Family("fonts-tiresias", "Tiresias", GPL3_FONT, ("tiresias_infofont", "tiresias_infofont_bold")),
    Family("fonts-hermit", "Hermit", OFL, ("Hermit-medium",)),
    Family("fonts-league-mono", "League Mono", OFL, ("LeagueMono-NarrowRegular",)),
    Family("fonts-junction", "Junction", OFL, ("Junction",)),
    Family("fonts-comfortaa", "Comfortaa", OFL, ("Comfortaa-Bold",)),
)

HELD_OUT = (
    Family("fonts-clear-sans", "Clear Sans", APACHE, ("ClearSans-Regular", "ClearSans-Bold")),
    Family("fonts-paratype", "PT Sans, PT Serif, PT Mono", "ParaType Free Font License",
           ("PTS55F", "PTS75F", "PTN57F", "PTF55F", "PTM55F")),
    Family("fonts-karla", "Karla", OFL, ("Karla-Regular", "Karla-Bold")),
    Family("fonts-courier-prime", "Courier Prime", OFL, ("Courier Prime", "Courier Prime Bold")),
    Family("fonts-anonymous-pro", "Anonymous Pro", OFL, ("Anonymous Pro",)),
    Family("fonts-adf-gillius", "Gillius ADF", GPL2_FONT, ("GilliusADF-Regular", "GilliusADF-BoldCond")),
    Family("fonts-manrope", "Manrope", OFL, ("Manrope-Medium",)),
    Family("fonts-mononoki", "mononoki", OFL, ("mononoki-Regular",)),
    Family("fonts-tlwg-loma-ttf", "Loma", GPL2_FONT, ("Loma", "Loma-Bold")),
    Family("fonts-vollkorn", "Vollkorn", OFL, ("Vollkorn-Medium",)),
    Family("fonts-sil-gentium-basic", "Gentium Basic", OFL, ("GenBasR",)),
    Family("fonts-play", "Play", OFL, ("Play-Regular",)),
    Family("fonts-tuffy", "Tuffy", "public domain", ("Tuffy",)),
)

FONTS = {"train": TRAINING, "held-out": HELD_OUT}


def packages():
    """All Debian packages that the two sets come from, each once."""
    return sorted({family.package for families in FONTS.values() for family in families})
