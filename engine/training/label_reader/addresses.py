# SPDX-License-Identifier: MIT
"""Postal addresses in the shapes of several countries, as lists of lines."""

import names
from carriers import CAPITALS, digits
from names import listed

STATES = """AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND
OH OK OR PA PR RI SC SD TN TX UT VT VA WA WV WI WY""".split()
PROVINCES = "AB BC MB NB NL NS NT NU ON PE QC SK YT".split()
KINDS = """Street St St. Avenue Ave Ave. Road Rd Rd. Boulevard Blvd Drive Dr Dr. Lane Ln Court Ct Place Pl Way Terrace
Circle Cir Parkway Pkwy Highway Hwy Square Sq Trail Trl Loop Alley Crescent Close Row Walk Plaza Crossing Point""".split()
COMMON = """Main Oak Pine Maple Cedar Elm Park Lake River Church Market Union Center Franklin Washington Lincoln
Jefferson Madison Jackson Walnut Chestnut Spring Highland Sunset Ridge Meadow Forest Garden Railroad Industrial
Commerce Airport College Academy Liberty Central Front Water Bridge Canal Victoria Queen King Prince Albert Mill
Valley Hillcrest Willow Birch Poplar Magnolia Dogwood Sycamore Redwood Hickory Cherry Laurel Holly Aspen Cypress
Orange Peach Grove""".split()
ORDINALS = "1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th 11th 12th 14th 18th 21st 22nd 33rd 42nd 53rd 101st 127th".split()
SIDES = "N S E W NE NW SE SW North South East West N. S. E. W.".split()
UNITS = listed("""Apt|Apt.|Unit|Suite|Ste|Ste.|Floor|Fl|Room|Rm|Bldg|Dock|Lot|#|No.|Box""")
GERMAN = "straße weg allee platz gasse ring damm ufer".split()
GERMAN_ASCII = "strasse weg allee platz gasse ring damm str.".split()
COUNTRIES = """USA Canada Germany France Spain Italy Sweden Norway Denmark Finland Netherlands Belgium Austria
Switzerland Poland Portugal Ireland Australia Japan Korea Mexico Brazil India Singapore Turkey Greece Hungary Romania""".split()


def street_name(rng, latin1=False):
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(COMMON)
    if kind < 0.5:
        return rng.choice(ORDINALS)
    name = names.invented(rng, rng.choice((1, 2, 2)))
    if latin1 and rng.random() < 0.5:
        name = names.accented(rng, name)
    return f"{name} {rng.choice(COMMON)}" if kind < 0.56 else name


def unit(rng):
    """`Apt 32`, `Unit C6`, `#210`."""
    kind, value = rng.choice(UNITS), str(
        rng.choice((rng.randint(1, 40), rng.randint(100, 999), rng.randint(1, 2500)))
    )
    shape = rng.random()
    if shape < 0.25:
        value = rng.choice(CAPITALS) + str(rng.randint(1, 20))
    elif shape < 0.35:
        value = value + rng.choice("ABCDEFGH")
    elif shape < 0.42:
        value = rng.choice(CAPITALS)
    return f"#{value}" if kind == "#" else f"{kind} {value}"


def street(rng, latin1=False):
    """House number and street, often with a unit."""
    kind = rng.random()
    if kind < 0.05:
        return f"{rng.choice(('PO Box', 'P.O. Box', 'P O BOX'))} {rng.randint(1, 99999)}"
    if kind < 0.13:
        ending = rng.choice(GERMAN if latin1 else GERMAN_ASCII)
        number = f"{rng.randint(1, 250)}{rng.choice(('', '', '', 'a', 'b', 'c'))}"
        return f"{names.invented(rng, 2)}{ending} {number}"
    if kind < 0.2:
        via = rng.choice(("Rue", "Via", "Calle", "Avenida", "Rua", "Rue de la", "Rue du", "Viale", "Camino", "Plaza"))
        name = street_name(rng, latin1)
        return f"{rng.randint(1, 300)} {via} {name}" if rng.random() < 0.5 else f"{via} {name}, {rng.randint(1, 300)}"
    number = str(rng.choice((rng.randint(1, 99), rng.randint(100, 999), rng.randint(1000, 19999))))
    if rng.random() < 0.05:
        number += rng.choice(("A", "B", "-1/2", "1/2", "-" + str(rng.randint(1, 99))))
    side = rng.choice(SIDES) + " " if rng.random() < 0.15 else ""
    line = f"{number} {side}{street_name(rng, latin1)} {rng.choice(KINDS)}"
    if rng.random() < 0.06:
        line += " " + rng.choice(SIDES)
    if rng.random() < 0.28:
        line += rng.choice((", ", " ", ", ")) + unit(rng)
    return line


def postcode_uk(rng):
    area = rng.choice(CAPITALS) + rng.choice(("", rng.choice(CAPITALS)))
    inward = "".join(rng.choices("ABDEFGHJLNPQRSTUWXYZ", k=2))
    return f"{area}{rng.randint(1, 29)} {rng.randint(1, 9)}{inward}"


def city_us(rng, latin1=False):
    """`City ST 12345-6789` with and without comma."""
    code = digits(rng, 5) + ("-" + digits(rng, 4) if rng.random() < 0.35 else "")
    return f"{names.place(rng, latin1)}{rng.choice((', ', ', ', ' '))}{rng.choice(STATES)} {code}"


def city_elsewhere(rng, latin1=False):
    """The town line of Canada, the United Kingdom and the continent."""
    town, kind = names.place(rng, latin1), rng.random()
    if kind < 0.25:
        code = (
            rng.choice("ABCEGHJKLMNPRSTVXY")
            + digits(rng, 1)
            + rng.choice(CAPITALS)
            + " "
            + digits(rng, 1)
            + rng.choice(CAPITALS)
            + digits(rng, 1)
        )
        return f"{town}{rng.choice((', ', ' '))}{rng.choice(PROVINCES)} {code}"
    if kind < 0.45:
        return f"{town}{rng.choice((', ', ' '))}{postcode_uk(rng)}"
    if kind < 0.75:
        return f"{rng.choice(('', '', 'D-', 'A-', 'CH-', 'F-', 'I-'))}{digits(rng, rng.choice((4, 5, 5)))} {town}"
    if kind < 0.85:
        return f"{digits(rng, 4)} {rng.choice(CAPITALS)}{rng.choice(CAPITALS)} {town}"
    if kind < 0.93:
        return f"{rng.choice(('SE-', '', 'S-'))}{digits(rng, 3)} {digits(rng, 2)} {town}"
    return f"{digits(rng, 2)}-{digits(rng, 3)} {town}"


def city(rng, latin1=False):
    return city_us(rng, latin1) if rng.random() < (0.2 if latin1 else 0.72) else city_elsewhere(rng, latin1)


def address(rng, latin1=False, most=4):
    """Name, perhaps company, street, town, perhaps country: 1 to `most` lines."""
    lines = [names.person(rng, latin1) if rng.random() < 0.65 else names.company(rng, latin1)]
    if most >= 4 and rng.random() < 0.2:
        lines.append(
            rng.choice(("c/o ", "Attn: ", "ATTN ", ""))
            + (names.person(rng, latin1) if rng.random() < 0.5 else names.company(rng, latin1))
        )
    if most > len(lines) + 1:
        lines.append(street(rng, latin1))
    if most > len(lines) + 1 and rng.random() < 0.12:
        lines.append(unit(rng))
    if most > len(lines):
        lines.append(city(rng, latin1))
    if most > len(lines) and rng.random() < 0.12:
        lines.append(rng.choice(COUNTRIES))
    return lines[:most]
