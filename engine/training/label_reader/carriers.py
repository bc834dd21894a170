# SPDX-License-Identifier: MIT
"""Tracking and article numbers with valid check digits, in the groupings that labels show.

The check digits matter for the reader's users, who verify them; a reader trained on them also sees the right share of
every digit at every place.
"""

DIGITS = "0123456789"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
COUNTRIES = ("DE SE AT NL FR GB US CN CA CH DK NO FI ES IT PT BE PL CZ IE AU NZ JP KR SG HK IN BR MX TR LT LV EE HU "
             "RO BG GR SI SK LU").split()


def digits(rng, count):
    """A random run of digits.

    Some are of two or three digits only, because repeated ones are what a reader loses first: it finds its place in a
    picture by what stands before it.
    """
    pool = DIGITS if rng.random() < 0.85 else rng.sample(DIGITS, rng.choice((2, 3, 3)))
    return "".join(rng.choices(pool, k=count))


def gs1_check(number):
    """GS1 mod 10: weights 3 and 1 from the right (SSCC, GTIN, USPS, FedEx Ground)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(number)))
    return str(-total % 10)


def ups_check(body):
    """UPS: letters count as digits, every second place twice."""
    values = [int(char) if char.isdigit() else (ord(char) - 63) % 10 for char in body]
    return str(-(sum(values) + sum(values[1::2])) % 10)


def fedex_check(number):
    """FedEx Express: weights 3, 1, 7 from the left, mod 11, ten written as nought."""
    return str(sum(int(digit) * (3, 1, 7)[place % 3] for place, digit in enumerate(number)) % 11 % 10)


def s10_check(number):
    """Universal Postal Union S10."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(number, (8, 6, 4, 2, 3, 5, 9, 7))) % 11
    return {10: "0", 11: "5"}.get(rest, str(rest))


def dpd_check(number):
    """ISO 7064 mod 37, 36."""
    rest = 36
    for char in number:
        rest = (rest + int(char, 36)) % 36 or 36
        rest = rest * 2 % 37
    return (DIGITS + CAPITALS)[(37 - rest) % 36]


def luhn_check(number):
    """Luhn mod 10 (IMEI, card-like references)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def group(text, sizes):
    """Blanks after every group; the last size repeats."""
    parts, sizes = [], list(sizes)
    while text:
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        parts.append(text[:size])
        text = text[size:]
    return " ".join(parts)


def ups(rng):
    body = "".join(rng.choices(DIGITS + CAPITALS, k=6)) + rng.choice(("01", "02", "03", "12", "13", "42", "68", "A8"))
    body += digits(rng, 7)
    number = "1Z" + body + ups_check(body)
    return group(number, (2, 3, 3, 2, 4)) if rng.random() < 0.5 else number


def usps(rng):
    if rng.random() < 0.75:
        start = rng.choice(("9400", "9205", "9361", "9505", "9405", "9407", "9303", "9208", "9202", "9270", "9470"))
        body = start + digits(rng, 17)
    else:
        body = rng.choice(("7", "03", "14", "23", "82")) + digits(rng, 19)
        body = body[:19]
    number = body + gs1_check(body)
    return group(number, (4,)) if rng.random() < 0.7 else number


def fedex(rng):
    kind = rng.random()
    if kind < 0.55:
        body = digits(rng, 11)
        number = body + fedex_check(body)
        return group(number, (4,)) if rng.random() < 0.6 else number
    if kind < 0.75:
        body = digits(rng, 14)
        number = body + gs1_check(body)
        return group(number, rng.choice(((4, 4, 4, 3), (5,), (7, 8)))) if rng.random() < 0.3 else number
    if kind < 0.87:
        body = digits(rng, 14)
        number = "96" + digits(rng, 5) + body + gs1_check(body)
        return group(number, (7, 7, 8)) if rng.random() < 0.4 else number
    body = digits(rng, 11)
    number = rng.choice(("1", "9")) + digits(rng, 21) + body + fedex_check(body)
    return group(number, (4,)) if rng.random() < 0.5 else number


def dhl(rng):
    kind = rng.random()
    if kind < 0.6:
        body = digits(rng, 9)
        number = body + str(int(body) % 7)
        return group(number, rng.choice(((2, 4, 4), (3, 3, 4), (4, 3, 3)))) if rng.random() < 0.6 else number
    if kind < 0.8:
        number = "JJD" + digits(rng, rng.choice((16, 18)))
        return group(number, (5, 4)) if rng.random() < 0.5 else number
    body = "0034" + digits(rng, 15)
    number = body + gs1_check(body)
    return group(number, rng.choice(((4,), (5, 5, 5, 5), (2, 3)))) if rng.random() < 0.5 else number


def dpd(rng):
    body = digits(rng, 14)
    if rng.random() < 0.25:
        return group(body, (4,)) if rng.random() < 0.5 else body
    kind = rng.random()
    if kind < 0.65:
        return body + dpd_check(body)
    if kind < 0.85:
        return group(body, (4, 3, 3, 4)) + " " + dpd_check(body)
    return group(body + dpd_check(body), (4, 4, 4, 3))


def s10(rng):
    first = rng.choice("RRRCLEEVUABH") + rng.choice(CAPITALS)
    body, country = digits(rng, 8), rng.choice(COUNTRIES)
    check = s10_check(body)
    kind = rng.random()
    if kind < 0.35:
        return f"{first}{body}{check}{country}"
    if kind < 0.6:
        return f"{first} {body[:3]} {body[3:6]} {body[6:]}{check} {country}"
    if kind < 0.8:
        return f"{first} {body[:4]} {body[4:]} {check} {country}"
    if kind < 0.9:
        return f"{first} {body}{check} {country}"
    return f"{first} {body[:2]} {body[2:5]} {body[5:]} {check} {country}"


def sscc(rng):
    body = digits(rng, 17)
    number = body + gs1_check(body)
    kind = rng.random()
    if kind < 0.25:
        return f"(00) {number}"
    if kind < 0.5:
        return f"(00) {number[0]} {number[1:8]} {number[8:17]} {number[17]}"
    if kind < 0.65:
        return f"(00){number}"
    if kind < 0.8:
        return "00 " + group(number, (3,))
    return number if kind < 0.9 else "00" + number


def gls(rng):
    if rng.random() < 0.4:
        return "".join(rng.choices(DIGITS + CAPITALS, k=8))
    body = digits(rng, 11)
    # GLS counts one more than GS1 does.
    number = body + str((int(gs1_check(body)) - 1) % 10)
    return group(number, rng.choice(((3,), (4,), (2, 3, 3, 4)))) if rng.random() < 0.5 else number


def amazon(rng):
    return "TBA" + digits(rng, rng.choice((12, 12, 9)))


def article(rng):
    """EAN-13, UPC-A, GTIN-14 or IMEI."""
    size = rng.choice((12, 12, 11, 13, 14))
    body = digits(rng, size)
    number = body + (luhn_check(body) if size == 14 else gs1_check(body))
    kind = rng.random()
    if size == 12 and kind < 0.5:
        return f"{number[0]} {number[1:7]} {number[7:]}"
    if size == 13 and kind < 0.6:
        return f"(01) {number}" if kind < 0.3 else f"(01){number}"
    if size == 14 and kind < 0.4:
        return f"{number[:2]} {number[2:8]} {number[8:14]} {number[14]}"
    return number


CARRIERS = (ups, ups, ups, usps, usps, usps, fedex, fedex, fedex, dhl, dhl, dpd, dpd, s10, s10, sscc, sscc, gls, amazon)


def tracking(rng):
    """A number of one of the carriers, as a label shows it."""
    return rng.choice(CARRIERS)(rng)
