# SPDX-License-Identifier: MIT
"""Character error rates: the distance of two texts, and how sure a rate is."""


def distance(a, b):
    """Levenshtein distance of two strings."""
    row = list(range(len(b) + 1))
    for i, c in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, d in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (c != d))
    return row[-1]


def interval(pairs, rng):
    """95 % interval of the error rate of [(errors, characters)], one pair a picture: 1,000 resamplings of the pictures."""
    rates = []
    for _ in range(1000):
        drawn = rng.choices(pairs, k=len(pairs))
        rates.append(sum(e for e, _ in drawn) / max(1, sum(c for _, c in drawn)))
    rates.sort()
    return rates[25], rates[974]
