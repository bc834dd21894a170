# SPDX-License-Identifier: MIT
"""What stands on labels, slips and signs and in subtitles: rows of text with the part that they play.

`label` writes the rows of a label, `subtitle` the lines of a cue. Both draw from a seeded random.Random alone.
"""

from typing import NamedTuple

import addresses
import carriers
import names
import phrases
import values
from names import listed
from phrases import capitals


class Row(NamedTuple):
    """One visual row: text on the left, perhaps text on the right, and what the row is for.

    Roles: body, head (large), number (often bold), note (small), receiver (often large), pair (two columns), free.
    Rows of one block belong together; a rule or a gap may stand between blocks.
    """

    left: str
    right: str = ""
    role: str = "body"
    block: int = 0
    indent: bool = False


SERVICES = listed("""EXPRESS BEFORE {h}:{m}|PRIORITY MAIL|PRIORITY OVERNIGHT|GROUND|2ND DAY AIR|NEXT DAY AIR
STANDARD OVERNIGHT|FIRST CLASS MAIL|EXPRESS WORLDWIDE|DOMESTIC EXPRESS {h}:{m}|PARCEL SELECT|MEDIA MAIL|HOME DELIVERY
FREIGHT ECONOMY|SAME DAY|RETURN SERVICE|INTERNATIONAL PRIORITY|SATURDAY DELIVERY|EXPRESS SAVER|3 DAY SELECT|AIR MAIL
REGISTERED MAIL|CERTIFIED MAIL|COLLECT ON DELIVERY|PARCEL CONNECT|BUSINESS PARCEL|EURO PARCEL|EXPRESS {h}:00
TRACKED {d}|SIGNED FOR|SPECIAL DELIVERY BY {h}PM|COURIER|PALLET SERVICE""")
NOTICES = listed("""SIGNATURE REQUIRED|FRAGILE|HANDLE WITH CARE|THIS SIDE UP|DO NOT BEND|KEEP DRY|PERISHABLE
DO NOT STACK|HEAVY|KEEP FROZEN|CONTENTS: {t}|GLASS - HANDLE WITH CARE|ADULT SIGNATURE REQUIRED|NO SIGNATURE
LEAVE AT DOOR|DO NOT LEAVE UNATTENDED|HAZARDOUS|LITHIUM BATTERIES|KEEP UPRIGHT|OPEN THIS SIDE|RETURN TO SENDER|RUSH
URGENT|PAID|CUSTOMS DECLARED|PACKING LIST ENCLOSED|CAUTION|TEAM LIFT|MADE IN {p}|INSPECTED BY {n}|MAX {n} KG
STORE BELOW {n} C|USE NO HOOKS|RECYCLE|NOT FOR RESALE|SAMPLE|QUARANTINE|HOLD|PASSED QC {n}|OVERSIZE|POSTAGE PAID
NON MACHINABLE|LIFT HERE|CALL BEFORE DELIVERY|BOX {n} OF {m}|{n} OF {m}|PKG {n}/{m}""")
FROM = listed("""FROM:|From:|SENDER:|Sender:|SHIP FROM:|FROM|Sender|SHIPPER:|Ship From:|Return address:|RETURN TO:
Absender:|Exp.:|CONSIGNOR:""")
TO = listed("""TO:|SHIP TO:|DELIVER TO:|To:|Ship to:|Deliver to:|RECEIVER:|SHIP TO|TO|CONSIGNEE:|Recipient:|ATTN:
DELIVERY ADDRESS:|SOLD TO:|BILL TO:|Customer:|An:|Dest.:|Deliver To:""")
TRACKING = listed("""TRACKING #:|TRACKING NUMBER:|Tracking No.|TRK#|TRACKING #|Tracking:|Tracking no.:|TRACKING NO:
TRACKING ID:|TRK:|Track #|Shipment ID:|WAYBILL|AWB|AWB:|CONSIGNMENT:|PARCEL NO.|USPS TRACKING #|Sendungsnummer:
BARCODE:|ID:|Waybill No.|SSCC:|Label ID|PIN:""")
REFERENCES = listed("""REF|REF:|Ref. No.|ORDER|ORDER #|Order:|Order No.|PO|PO:|P.O. #|PO NUMBER:|INV|INV:|INVOICE
INVOICE #|BATCH|Batch:|LOT|LOT:|LOT NO.|SKU|SKU:|S/N|S/N:|SN:|P/N|P/N:|PART NO.|MODEL|Model:|DEPT|Dept:|ROUTE|ZONE|BIN
BIN:|RMA|RMA #|CUST|ACCT|Acct #|JOB|CODE|ASN|DOC|ID|SEQ|FLIGHT|GATE|DOCK|CTN|CARTON|PALLET|UPC|EAN|LOC|REG|FSC|TYPE
VER|REV|Art.|Art.-Nr.|No.|Nr.|HS CODE|EORI|VAT|TAX ID|MRN""")
DATES = listed("""DATE:|Date:|DATE|SHIP DATE|SHIP DATE:|Shipped|SHIPPED:|DELIVERY BY|EXP|EXP:|USE BY|BEST BEFORE|MFG
MFG DATE:|PACKED|DUE|DUE:|Printed:|ETA|Datum:|INVOICE DATE|PICKUP|Born|VALID UNTIL""")
WEIGHTS = listed("""WEIGHT:|WEIGHT|WT:|WT|Weight:|Wt.|NET WT|GROSS:|Gross|ACT WGT:|TARE|Net:|Gewicht:|MASS""")
COUNTS = listed("""x|x|x|X|pcs|pc|ea|EA|PCS|units|box|rolls|pairs|*""")
COLOURS = "black white red blue green grey silver brown clear yellow orange pink navy beige violet natural".split()


def captioned(rng, captions, value):
    """`CAPTION value`, or now and then the value alone."""
    return value if rng.random() < 0.12 else f"{rng.choice(captions)} {value}"


def goods(rng, latin1):
    """A thing that one can pack: a word or two with colour or measure."""
    words = rng.choices(phrases.WORDS, k=rng.choice((1, 2, 2, 3)))
    if rng.random() < 0.15:
        words[0] = names.invented(rng)
    if latin1 and rng.random() < 0.6:
        words[-1] = names.accented(rng, words[-1])
    text = " ".join(words)
    kind = rng.random()
    if kind < 0.3:
        text += " " + values.size(rng, latin1)
    elif kind < 0.45:
        text += ", " + rng.choice(COLOURS)
    elif kind < 0.55:
        text += " " + values.code(rng)
    return text


def item(rng, latin1):
    """One line of a packing list: left part and, at times, a price or code on the right."""
    count = rng.randint(1, 12) if rng.random() < 0.5 else rng.randint(1, 500)
    thing, kind = goods(rng, latin1), rng.random()
    if kind < 0.55:
        left = f"{count} {rng.choice(COUNTS)} {thing}"
    elif kind < 0.7:
        left = f"{count}x {thing}"
    elif kind < 0.85:
        left = f"{values.code(rng)} {thing}"
    else:
        left = thing[0].upper() + thing[1:]
    right = rng.choice((values.price(rng, latin1), str(count), values.weight(rng), values.code(rng))) if rng.random() < 0.3 else ""
    return left, right


def notice(rng):
    text = rng.choice(NOTICES if rng.random() < 0.5 else SERVICES)
    text = text.replace("{h}", str(rng.randint(7, 12))).replace(
        "{m}", rng.choice(("00", "30", str(rng.randint(2, 60))))
    )
    text = (
        text.replace("{n}", str(rng.randint(1, 60)))
        .replace("{d}", str(rng.randint(1, 72)))
        .replace("{p}", names.place(rng))
    )
    text = text.replace("{t}", rng.choice(phrases.WORDS))
    if rng.random() < 0.15:
        text = " ".join(rng.choices(phrases.WORDS, k=rng.randint(1, 4)))
        return capitals(text) if rng.random() < 0.7 else text
    return text if rng.random() < 0.75 else text.title() if rng.random() < 0.5 else text.capitalize()


def fact(rng, latin1=False):
    """A short captioned value."""
    kind = rng.random()
    if kind < 0.27:
        return captioned(rng, DATES, values.date(rng))
    if kind < 0.5:
        return captioned(rng, WEIGHTS, values.weight(rng))
    if kind < 0.72:
        return (
            f"{rng.choice(REFERENCES)}{rng.choice((' ', ' ', ': ', ' # '))}{values.code(rng)}".replace(":: ", ": ")
            .replace("# #", "#")
            .replace(": #", " #")
        )
    if kind < 0.78:
        return rng.choice(
            (
                f"QTY {rng.randint(1, 999)}",
                f"Qty: {rng.randint(1, 99)}",
                f"PCS: {rng.randint(1, 99)}",
                f"{rng.randint(1, 9)} of {rng.randint(1, 12)}",
                f"PAGE {rng.randint(1, 9)}/{rng.randint(1, 12)}",
            )
        )
    if kind < 0.84:
        return captioned(rng, ("DIMS:", "DIM", "Size:", "SIZE", "Dimensions:", "L x W x H"), values.size(rng, latin1))
    if kind < 0.9:
        return captioned(
            rng,
            ("TOTAL", "Total:", "PRICE", "Value:", "COD", "Subtotal", "Tax", "POSTAGE", "CUSTOMS VALUE:"),
            values.price(rng, latin1),
        )
    if kind < 0.94:
        return captioned(rng, ("TIME", "Time:", "by", "BEFORE", "ETA", "Cut-off"), values.time(rng))
    if kind < 0.98:
        return captioned(rng, ("TEL", "Tel.", "Phone:", "PH:", "Fax", "Call", "Mob."), values.phone(rng))
    return values.online(rng)


def loose(rng, latin1, longest):
    """Any single line: used for strips and as filler."""
    kind = rng.random()
    if kind < 0.13:
        return Row(
            captioned(rng, TRACKING, carriers.tracking(rng)) if rng.random() < 0.65 else carriers.tracking(rng),
            role="number",
        )
    if kind < 0.22:
        person = names.person(rng, latin1) if rng.random() < 0.65 else names.company(rng, latin1)
        return Row(f"{rng.choice(TO + FROM)} {person}" if rng.random() < 0.5 else person, role="receiver")
    if kind < 0.3:
        return Row(addresses.street(rng, latin1) if rng.random() < 0.5 else addresses.city(rng, latin1))
    if kind < 0.44:
        return Row(fact(rng, latin1), fact(rng, latin1) if rng.random() < 0.35 else "", "note")
    if kind < 0.52:
        return Row(*item(rng, latin1))
    if kind < 0.6:
        return Row(notice(rng), role="head")
    if kind < 0.75:
        return Row(phrases.wrapped(phrases.sentence(rng, latin1), longest)[0])
    if kind < 0.78:
        return Row(values.online(rng) if rng.random() < 0.5 else values.phone(rng))
    if kind < 0.84:
        return Row(values.code(rng), role="number")
    return Row(phrases.nonsense(rng, longest, latin1), role="free")


def block_of(rng, lines, number_, role, captions):
    """An address block: caption before the first line, above it, or none; further lines at times indented."""
    rows, indent = [], rng.random() < 0.25
    first, kind = lines[0], rng.random()
    if kind < 0.62:
        first = f"{rng.choice(captions)} {first}"
    elif kind < 0.82:
        rows.append(Row(rng.choice(captions), role="note", block=number_))
    rows.append(Row(first, role=role, block=number_))
    rows += [Row(line, role=role, block=number_, indent=indent) for line in lines[1:]]
    return rows


def shipping(rng, latin1, count):
    """The rows of a shipping label, about `count` of them."""
    rows, left = [], count
    if rng.random() < 0.35 and left > 3:
        rows.append(Row(notice(rng), rng.choice((values.code(rng), "")) if rng.random() < 0.15 else "", "head", 0))
    if left >= 3 and rng.random() < 0.85:
        most = rng.choice((1, 1, 2, 3)) if left < 8 else rng.choice((1, 2, 3, 4))
        rows += block_of(rng, addresses.address(rng, latin1, most), 1, "note" if rng.random() < 0.6 else "body", FROM)
    most = max(1, min(4, count - len(rows) - (1 if count > 3 else 0)))
    rows += block_of(rng, addresses.address(rng, latin1, most), 2, "receiver", TO)
    tail = []
    if rng.random() < 0.9:
        number_ = carriers.tracking(rng)
        if rng.random() < 0.12:
            tail += [Row(rng.choice(TRACKING), role="note", block=3), Row(number_, role="number", block=3)]
        else:
            tail.append(
                Row(captioned(rng, TRACKING, number_) if rng.random() < 0.75 else number_, role="number", block=3)
            )
    while len(rows) + len(tail) < count:
        kind = rng.random()
        if kind < 0.45:
            tail.append(Row(captioned(rng, DATES, values.date(rng)), captioned(rng, WEIGHTS, values.weight(rng)), "note", 4))
        elif kind < 0.85:
            tail.append(Row(fact(rng, latin1), fact(rng, latin1) if rng.random() < 0.4 else "", "note", 4))
        else:
            tail.append(Row(notice(rng), role="body", block=5))
    if rng.random() < 0.15:
        rng.shuffle(tail)
    return rows + tail


def waybill(rng, latin1, count):
    """Sender and receiver side by side, then numbers and facts."""
    sender, receiver = addresses.address(rng, latin1, 3), addresses.address(rng, latin1, 3)
    rows = [Row(rng.choice(FROM), rng.choice(TO), "pair", 0)] if rng.random() < 0.7 else []
    rows += [Row(left, right, "pair", 0) for left, right in zip(sender, receiver)]
    return rows + mixed_facts(rng, latin1, max(1, count - len(rows)))


def mixed_facts(rng, latin1, count):
    rows = [Row(captioned(rng, TRACKING, carriers.tracking(rng)), role="number", block=1)]
    while len(rows) < count:
        rows.append(Row(fact(rng, latin1), fact(rng, latin1) if rng.random() < 0.5 else "", "note", 2))
    return rows


def packing(rng, latin1, count):
    """A packing list, price tag, parts label or receipt."""
    rows = [Row(names.company(rng, latin1) if rng.random() < 0.6 else notice(rng), role="head", block=0)]
    while len(rows) < count:
        kind = rng.random()
        if kind < 0.5:
            rows.append(Row(*item(rng, latin1), block=1))
        elif kind < 0.85:
            rows.append(Row(fact(rng, latin1), fact(rng, latin1) if rng.random() < 0.3 else "", "note", 2))
        else:
            rows.append(Row(carriers.article(rng) if rng.random() < 0.6 else values.code(rng), role="number", block=3))
    return rows


def sign(rng, latin1, count, longest):
    """Running text: a notice, a sign, a paragraph."""
    rows = [Row(notice(rng), role="head")] if rng.random() < 0.4 else []
    block = 1
    while len(rows) < count:
        lines = phrases.wrapped(phrases.sentence(rng, latin1), longest)
        rows += [Row(line, block=block) for line in lines]
        block += rng.random() < 0.3
    return rows


def mixed(rng, latin1, count, longest):
    return [loose(rng, latin1, longest)._replace(block=number_ // 2) for number_ in range(count)]


def label(rng, latin1, count, longest):
    """About `count` rows for lines of about `longest` characters; the layout may drop the last ones."""
    kind = rng.random()
    if count <= 3 and kind < 0.75:
        rows = mixed(rng, latin1, count, longest)
    elif kind < 0.5:
        rows = shipping(rng, latin1, count)
    elif kind < 0.56 and longest > 26:
        rows = waybill(rng, latin1, count)
    elif kind < 0.68:
        rows = packing(rng, latin1, count)
    elif kind < 0.8:
        rows = sign(rng, latin1, count, longest)
    else:
        rows = mixed(rng, latin1, count, longest)
    rows = rows[:count]
    if latin1 and all((row.left + row.right).isascii() for row in rows):
        place = rng.randrange(len(rows))
        rows[place] = rows[place]._replace(left=names.accented(rng, rows[place].left))
    case = rng.random()
    if case < 0.3:
        rows = [row._replace(left=capitals(row.left), right=capitals(row.right)) for row in rows]
    elif case < 0.36:
        rows = [row._replace(left=capitals(row.left)) if rng.random() < 0.5 else row for row in rows]
    elif case < 0.38:
        rows = [row._replace(left=row.left.lower(), right=row.right.lower()) for row in rows]
    return [row._replace(left=" ".join(row.left.split()), right=" ".join(row.right.split())) for row in rows]


def subtitle(rng, latin1, count, longest):
    """The lines of a subtitle cue: one speaker over several lines, or one line each."""
    if rng.random() < 0.1:
        lines = [loose(rng, latin1, longest).left for _ in range(count)]
    elif count > 1 and rng.random() < 0.25:
        lines = ["- " + phrases.wrapped(phrases.sentence(rng, latin1), longest - 2)[0] for _ in range(count)]
    else:
        lines = []
        while len(lines) < count:
            lines += phrases.wrapped(phrases.dialogue(rng, latin1), longest)
    lines = [" ".join(line.split()) for line in lines[:count]]
    return [capitals(line) for line in lines] if rng.random() < 0.08 else lines
