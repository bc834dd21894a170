# SPDX-License-Identifier: MIT
"""Values that labels print: dates, times, weights, prices, sizes, telephone numbers, web addresses, references."""

import carriers
import names
import phrases
from carriers import CAPITALS, DIGITS, digits
from names import listed

DOMAINS = "example example com org net de io co.uk se fr".split()
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Mon Tue Wed Thu Fri Sat Sun Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
UNITS_OF_WEIGHT = listed("""LBS|LB|lbs|lb|KG|kg|Kg|g|oz|OZ|G|t|KGS""")
MEASURES = listed("""mm|cm|m|in|ft|ml|L|l|V|W|A|Hz|kW|mAh|GB|dB|psi|bar|rpm|pcs|pack|kPa""")


def date(rng):
    """A date in one of many shapes."""
    year, month, day = rng.randint(1994, 2049), rng.randint(1, 12), rng.randint(1, 28)
    name = MONTHS[month - 1]
    short = name[:3]
    shapes = (
        f"{year}-{month:02}-{day:02}",
        f"{month:02}/{day:02}/{year}",
        f"{day:02} {short.upper()} {year}",
        f"{day:02}.{month:02}.{year}",
        f"{short} {day}, {year}",
        f"{month}/{day}/{year % 100:02}",
        f"{day} {name} {year}",
        f"{day:02}/{month:02}/{year % 100:02}",
        f"{day:02}-{short}-{year}",
        f"{year}/{month:02}/{day:02}",
        f"{day:02}{short.upper()}{year % 100:02}",
        f"{year}{month:02}{day:02}",
        f"{name} {day}, {year}",
        f"{month:02}/{year}",
        f"{rng.choice(DAYS)} {day} {short}",
        f"{day}.{month}.{year}",
        f"{short.upper()} {day:02} {year}",
        f"{day:02} {month:02} {year % 100:02}",
        f"{month:02}-{day:02}-{year}",
    )
    return rng.choice(shapes[:6] if rng.random() < 0.6 else shapes)


def time(rng):
    hour, minute = rng.randint(0, 23), rng.randint(0, 59)
    shapes = (
        f"{hour:02}:{minute:02}",
        f"{hour % 12 + 1}:{minute:02} {rng.choice(('AM', 'PM', 'am', 'pm'))}",
        f"{hour:02}:{minute:02}:{rng.randint(0, 59):02}",
        f"{hour % 12 + 1}{rng.choice(('AM', 'PM', 'pm'))}",
        f"{hour:02}h{minute:02}",
        f"{hour:02}:{minute:02}-{(hour + 2) % 24:02}:00",
        f"{hour:02}{minute:02}",
    )
    return rng.choice(shapes)


def number(rng, most=1000):
    """A number with point, comma or neither."""
    value = rng.random() * rng.choice((10, 60, 100, most))
    return rng.choice(
        (
            f"{value:.1f}",
            f"{value:.2f}",
            str(int(value) + 1),
            f"{value:.2f}".replace(".", ","),
            f"{value:.1f}",
            f"{value:.3f}",
        )
    )


def weight(rng):
    unit = rng.choice(UNITS_OF_WEIGHT)
    amount = number(rng, 900)
    if rng.random() < 0.06:
        return (
            f"{rng.randint(0, 40)} {rng.choice(('LB', 'lb', 'LBS'))} {rng.randint(0, 15)} {rng.choice(('OZ', 'oz'))}"
        )
    return amount + (" " if rng.random() < 0.85 else "") + unit


def price(rng, latin1):
    value = rng.random() * rng.choice((10, 100, 1000, 10000))
    plain = f"{value:,.2f}" if rng.random() < 0.5 else f"{value:.2f}"
    signs = "€££€$" if latin1 else "$"
    sign, kind = rng.choice(signs), rng.random()
    if kind < 0.6:
        return sign + plain
    if kind < 0.75:
        return f"{value:.2f}".replace(".", ",") + " " + (sign if latin1 else rng.choice(("EUR", "SEK", "PLN")))
    return (
        f"{rng.choice(('USD', 'EUR', 'GBP', 'CHF', 'CAD', 'US$'))} {plain}" if kind < 0.92 else f"{sign}{int(value)}"
    )


def size(rng, latin1):
    """Dimensions and measures."""
    kind, unit = rng.random(), rng.choice(("cm", "mm", "in", "IN", "CM", '"', "MM"))
    values = [str(rng.randint(1, 120)) if rng.random() < 0.8 else number(rng, 100) for _ in range(3)]
    if kind < 0.5:
        return (
            rng.choice((" x ", "x", " X ", "X", "*", " x ")).join(values[: rng.choice((2, 3, 3))])
            + ("" if unit == '"' else " ")
            + unit
        )
    if kind < 0.6:
        return f"L{values[0]} W{values[1]} H{values[2]}"
    if latin1 and kind < 0.75:
        return rng.choice(
            (
                f"{rng.randint(-30, 90)} °C",
                f"{rng.randint(0, 99)}°",
                f"±{rng.randint(1, 9)} %",
                f"{values[0]} µm",
                f"{values[0]} m²",
                f"{values[0]} m³",
            )
        )
    return (
        f"{number(rng, 500)} {rng.choice(MEASURES)}"
        if kind < 0.9
        else f"{number(rng, 100)}{rng.choice(('%', ' %', 'V', 'W', 'mm', 'ml'))}"
    )


def phone(rng):
    shapes = (
        "({0}) {1}-{2}",
        "{0}-{1}-{2}",
        "+1 {0} {1} {2}",
        "{0}.{1}.{2}",
        "+49 {0} {1}{2}",
        "+44 {0} {1} {2}",
        "0{0} {1} {2}",
        "1-800-{1}-{2}",
        "0{0}/{1}{2}",
    )
    return rng.choice(shapes).format(digits(rng, 3), digits(rng, 3), digits(rng, 4))


def online(rng):
    """E-mail addresses and web addresses."""
    word = (names.invented(rng) if rng.random() < 0.6 else rng.choice(phrases.WORDS)).lower()
    word += rng.choice(("", "", "-" + rng.choice(phrases.SHORT), digits(rng, 2)))
    domain = f"{word}.{rng.choice(DOMAINS)}"
    kind = rng.random()
    if kind < 0.5:
        user = rng.choice(
            (
                names.invented(rng, 2).lower(),
                "info",
                "sales",
                "orders",
                rng.choice(phrases.WORDS),
                f"{rng.choice('abcdejkmrst')}.{names.invented(rng, 2).lower()}",
            )
        )
        return f"{user}@{domain}"
    return (
        rng.choice(("www.", "https://", "http://", "", "www."))
        + domain
        + rng.choice(
            (
                "",
                "",
                "/" + rng.choice(phrases.WORDS),
                "/" + digits(rng, 4),
                f"/{rng.choice(phrases.SHORT)}?id={digits(rng, 3)}",
            )
        )
    )


def code(rng):
    """A reference as companies write one."""
    letters = "".join(rng.choices(CAPITALS, k=rng.randint(1, 3)))
    kind = rng.random()
    if kind < 0.25:
        return digits(rng, rng.randint(3, 10))
    if kind < 0.5:
        return letters + digits(rng, rng.randint(3, 7))
    if kind < 0.65:
        tail = rng.choice(("", "", "-" + digits(rng, 2), rng.choice(CAPITALS)))
        return f"{letters}{rng.choice('-/ .')}{digits(rng, rng.randint(2, 6))}{tail}"
    if kind < 0.75:
        return f"{digits(rng, rng.randint(2, 5))}-{digits(rng, rng.randint(2, 5))}"
    if kind < 0.9:
        return "".join(rng.choices(CAPITALS + DIGITS, k=rng.randint(4, 12)))
    return rng.choice(
        (
            carriers.article(rng),
            f"#{digits(rng, 5)}",
            f"{letters}{digits(rng, 2)}.{digits(rng, 3)}",
            "".join(rng.choices("0123456789abcdef", k=rng.choice((4, 8, 12)))),
        )
    )
