# SPDX-License-Identifier: MIT
"""Sentences for signs and subtitles, and strings without any sense.

Most sentences are templates filled with words of a wide list, some are words in a row: the reader must not be able to
guess the next word.
"""

import pathlib

import names
from carriers import CAPITALS, DIGITS
from names import listed

_FILE = pathlib.Path(__file__).with_name("words.txt")
WORDS = [
    word
    for line in _FILE.read_text(encoding="ascii").splitlines()
    if not line.startswith("#")
    for word in line.split()
]
SHORT = [word for word in WORDS if len(word) <= 5]
LOWER = CAPITALS.lower()
PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))
PUNCTUATION = "".join(char for char in PRINTABLE if not char.isalnum())
# Characters that differ by a hair; in a row of them no language helps.
LOOKALIKES = (
    "0O",
    "0OoQD",
    "1lI",
    "1lI|!i",
    "5S",
    "8B",
    "2Z",
    "6G",
    "6b",
    "9gq",
    "uv",
    "VU",
    "rnm",
    "cCeo",
    ":;.,",
    "'`\"",
    "-_~=",
    "([{",
    ")]}",
    "ij",
    "S5s$",
    "0O8B",
    "1I7",
    "Kk",
    "xX",
    "wW",
    "vV",
    "pP",
    "zZ2",
    "O0CGQ",
    "ft",
    "B83",
    "EF",
    "MN",
    "HN",
    "PR",
    "XY",
)
LATIN1_SIGNS = "äöüßÄÖÜéèêëàáâãåæçñøØÅÆÉÑÇíîïóôõòúùûýÿðþ¿¡«»§°±µ·×÷£¥©®ªº"

# {w} any word, {s} short word, {n} name, {p} place, {d} number
TEMPLATES = listed("""The {w} {w} was {w}.|I don't {w} the {w}.|Where is the {w}?|Have you seen {n}?|{n}, wait!
She said it was {w}.|We need {d} more {w}.|Nobody {w} here anymore.|It's {w} at {d}.|You're {w}, aren't you?
Don't {w} it.|What about the {w}?|"I never {w} you," said {n}.|The {w} of {p} is {w}.|They'll {w} us in {p}.
Why would he {w} that?|Let's go to {p}.|Good {w}, {n}.|I'm not {w}; I'm {w}.|That was {d} years ago...
Well... {w} then.|Please {w} the {w} before {w}.|No {w} beyond this {w}|Keep {w} closed|Caution: {w} {w}|Mind the {w}
Do not {w} the {w}!|{w} only|All {w} must {w}|Open {d} to {d}|Room {d}: {w}|Who told you about {p}?
He's been {w} since {w}.|It can't be {w}!|What if {n} is {w}?|Then {w} it - {w} as you {w}.|Is it {w}?|(door {w})
[{w} music]|{n}: {w} it!|I {s} you.|You {s} it, {n}.|We've got {d} {w} left.|The {w} is {w}, but the {w} isn't.
Thank you, {n}.|After {d} {w}, {w} {w}.|There's a {w} in the {w}.|Two {w} and one {w}.|Not {w}, {w}.
Did {n} {w} to {p}?|Oh, {w}!|Meet me at {d}:{d}.|They {w} by {w} light,|and the {w} {w} again.|as if the {w} had {w}
with {w} and {w} {w}|which {w} every {w}.|No smoking within {d} feet|{w} & {w}|Best before {w}|Push to {w}
Pull {w} to {w}|{w} / {w}|Made in {p}|{w}: {w}, {w}, {w}""")
REPLIES = listed("""Yes.|No.|What?|Why?|Okay.|Hello?|Who's there?|Nothing.|Really?|Not yet.|Never.|Again!|Go!|Run!
Here.|Look.|Please.|Maybe.|Wait.|Now?|Fine.|So?|Listen to me.|I know.|I can't.|Of course.|How many?|Come on!
That's all.|Right.|Sorry.|Quick!""")

# What labels and signs of other countries say, each with letters beyond ASCII.
FOREIGN = listed("""Empfänger:|Größe: {d}|Stückzahl {d}|für {n}|Gewicht: {d} kg (±{d} %)|Maße {d} × {d} cm
Vorsicht, zerbrechlich - Glas für {p}|Geöffnet bis {d} Uhr|Zurück an Absender|Expéditeur: {n}|N° de suivi {d}
Référence {d}|Quantité: {d}|À livrer à {p}|Été {d}|Ne pas plier - échantillon|Où est {n} ?|Ça va, {n} ?
C'est déjà fini.|Dirección: Calle {n}, {d}|Envío n.º {d}|Año {d}|Señor {n}|¿Dónde está {n}?|¡Cuidado!|No lo sé, {n}.
Mañana en {p}|Peso líquido {d} g|Não dobrar|Número {d}|Endereço: Rua {n}, {d}|São {n}|Mottagare: {n}|Avsändare {n}
Öppet {d}-{d}|Håll till höger|Får ej vikas|Översikt {d}|Størrelse {d}|Må ikke bøyes|Åpningstid {d}:00|Lähettäjä {n}
Määrä {d}|Tämä puoli ylös|Città di {p}|Quantità {d}|Perché no?|È di {n}.|Fläche {d} m²|Kühl lagern: {d} °C
{d} °C / {d} °F|Preis: {d},- €|{d},99 €|£{d}.50|§ {d} Abs. {d}|« {w} {w} »|©{d} {n}|{n}® {w}|Müller & Söhne, {p}
Tür {d}|Schlüssel-Nr. {d}|Bäckerei {n}|Grüße aus {p}|Außen {w}|Hôtel {n}|Café {n}|Forêt de {p}|Île {n}|Ñandú {d}
Corazón de {n}|Über {d} Stück|Säure {d} %""")


def capitals(text):
    """Upper case without leaving Latin-1."""
    return "".join(char if char in "ÿµ" else char.upper() for char in text)


def fill(rng, template, latin1):
    """The template with its slots filled."""
    text = ""
    for part in template.replace("}", "{").split("{"):
        if part == "w":
            part = rng.choice(WORDS)
        elif part == "s":
            part = rng.choice(SHORT)
        elif part == "n":
            part = names.first_name(rng, latin1) if rng.random() < 0.6 else names.last_name(rng, latin1)
        elif part == "p":
            part = names.place(rng, latin1)
        elif part == "d":
            part = str(rng.choice((rng.randint(2, 12), rng.randint(10, 60), rng.randint(100, 2100))))
        text += part
    return text[0].upper() + text[1:] if rng.random() < 0.9 else text


def sentence(rng, latin1=False):
    """A sentence, question or sign, some of them words in a row."""
    kind = rng.random()
    if latin1 and rng.random() < 0.5:
        return fill(rng, rng.choice(FOREIGN), latin1)
    if kind < 0.1:
        return rng.choice(REPLIES)
    if kind < 0.65:
        return fill(rng, rng.choice(TEMPLATES), latin1)
    words = rng.choices(WORDS, k=rng.randint(2, 9))
    if latin1:
        words = [names.accented(rng, word) if rng.random() < 0.4 else word for word in words]
    for place in range(1, len(words)):
        if rng.random() < 0.08:
            words[place] = rng.choice(
                (names.invented(rng), rng.choice(("I", "I'm", "I'll", "it's", "don't", "we're", "o'clock")))
            )
        if rng.random() < 0.1:
            words[place - 1] += rng.choice((",", ",", ";", ":", " -", "...", "--"))
    text = " ".join(words)
    text = text[0].upper() + text[1:]
    return text + rng.choice((".", ".", ".", "?", "!", "...", ""))


def dialogue(rng, latin1=False):
    """What one speaker says in a subtitle."""
    text = sentence(rng, latin1)
    kind = rng.random()
    if kind < 0.12:
        return "- " + text
    if kind < 0.16:
        return "-" + text
    if kind < 0.2:
        return f'"{text}"'
    if kind < 0.23:
        return f"({text.rstrip('.')})"
    if kind < 0.26:
        return f"{capitals(names.first_name(rng, latin1))}: {text}"
    return "..." + text[0].lower() + text[1:] if kind < 0.28 else text


def lookalikes(rng, length):
    """A string of characters that are easily taken for one another."""
    pool = rng.choice(LOOKALIKES)
    if rng.random() < 0.6:
        pool += rng.choice(LOOKALIKES)
    return "".join(rng.choices(pool, k=length))


def technical(rng):
    """Words and numbers joined by the punctuation that sentences never use."""
    one, two, value = rng.choice(SHORT), rng.choice(WORDS), rng.randint(1, 999)
    shapes = (
        f"<{two}>",
        f"[{one}]",
        f"{{{two}}}",
        f"{one}_{two}",
        f"{one}={value}",
        f"C:\\{one}\\{two}",
        f"~/{one}/{two}",
        f"{value}%",
        f"{one}|{two}",
        f"`{one}`",
        f"{value}^{value % 7}",
        f"+{value}",
        f"{one}[{value % 10}]",
        f"<{value}",
        f">{value} {one}",
        f"{value} + {value % 90}",
        f"#{one}",
        f"@{two}",
        f"{one}/{value}*",
        f"{one}; {two}",
        f"${value}",
        f"{one}\\{two}",
        f"~{value}",
        f"_{one}_",
        f"{one} = {{{value}}}",
        f"{value} % {one}",
        f"[{two}] {value}",
        f"{one} & {two}",
        f"{value}!={value + 1}",
        f"{one}->{two}",
        f"'{one}'",
        f'"{two}"',
        f"({value})",
    )
    return rng.choice(shapes)


def repetitive(rng, length):
    """A string of few characters, which return alone, doubled and in groups."""
    pool = rng.sample(rng.choice((DIGITS, CAPITALS, LOWER, CAPITALS + DIGITS)), rng.randint(2, 4))
    pieces = []
    while sum(map(len, pieces)) < length:
        again = pieces and rng.random() < 0.4
        pieces.append(rng.choice(pieces) if again else "".join(rng.choices(pool, k=rng.randint(1, 4))))
    return rng.choice(("", "", " ", "-")).join(pieces)[:length].strip(" -") or "0"


def nonsense(rng, longest, latin1=False):
    """A string without sense, in one piece or several, that covers all of ASCII."""
    kind, length = rng.random(), rng.randint(1, max(2, min(longest, 26)))
    if kind < 0.15:
        return lookalikes(rng, min(length, 12))
    if kind < 0.25:
        return repetitive(rng, length)
    if kind < 0.4:
        return " ".join(technical(rng) for _ in range(rng.choice((1, 1, 2))))[:longest].strip()
    if kind < 0.6:
        pools = (
            DIGITS,
            CAPITALS + DIGITS,
            CAPITALS + DIGITS + "-",
            CAPITALS + LOWER + DIGITS,
            PRINTABLE,
            LOWER,
            DIGITS + "-./",
            CAPITALS,
        )
        return "".join(rng.choices(rng.choice(pools), k=length))
    pieces = []
    for _ in range(rng.randint(1, 5)):
        pool = rng.choice((CAPITALS, LOWER, CAPITALS + LOWER, DIGITS, CAPITALS + DIGITS, PRINTABLE, PUNCTUATION))
        if latin1 and rng.random() < 0.4:
            pool = LATIN1_SIGNS + LOWER
        size = rng.randint(1, 2 if pool is PUNCTUATION else 8)
        piece = "".join(rng.choices(pool, k=size))
        pieces.append(lookalikes(rng, rng.randint(2, 6)) if rng.random() < 0.15 else piece)
    text = " ".join(pieces)
    return text[:longest].strip() or "0"


def wrapped(text, longest):
    """Breaks a text at blanks into lines of at most `longest` characters where its words allow it."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > longest:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return lines + [line] if line else lines
