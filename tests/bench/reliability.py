#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How far a reader's confidence can be believed, and which digits it takes for which.

    reliability.py TRUTH PREDICTIONS [OTHER]

TRUTH is a sample set's truth.jsonl, PREDICTIONS what `read-samples --element "text-format=json ..."` wrote for it. OTHER are
predictions of another reader: first stands how much they differ on the pictures that both have read.
Prints for each tier the character error rate with a 95 % interval over pictures and the share of exact pictures; of the
lines in each range of confidence, how many are right; and the digits that were mistaken, lost or added.
"""
import collections
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "engine" / "training"))
from error_rates import interval  # noqa: E402

EDGES = (0.0, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)


def read(truth_path, predictions_path):
    """Yields (file, tier, true text, read text, [(line, confidence, lowest confidence)])."""
    truth = {}
    with open(truth_path, encoding="utf-8") as file:
        for row in map(json.loads, file):
            truth[row["file"]] = row
    with open(predictions_path, encoding="utf-8") as file:
        for row in map(json.loads, file):
            answer = json.loads(row["text"]) if row["text"] else {"text": "", "lines": []}
            lines = [(line["text"], line["confidence"], line["confidence-min"]) for line in answer["lines"]]
            own = truth[row["file"]]
            yield row["file"], own["tier"], own.get("text", ""), answer["text"], lines


def steps(true, got):
    """The cheapest edits between two strings, as pairs (true character, read character); None: lost or added."""
    rows = [list(range(len(got) + 1))]
    for i, a in enumerate(true, 1):
        row = [i]
        for j, b in enumerate(got, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b)))
        rows.append(row)
    i, j, edits = len(true), len(got), []
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (true[i - 1] != got[j - 1]):
            i, j = i - 1, j - 1
            if true[i] != got[j]:
                edits.append((true[i], got[j]))
        elif i and rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
            edits.append((true[i], None))
        else:
            j -= 1
            edits.append((None, got[j]))
    return edits


def show_errors(tiers):
    print("| tier | pictures | CER (95 % interval) | exact |\n|---|---|---|---|")
    for tier, pairs in tiers.items():
        low, high = interval(pairs, random.Random(1))
        rate = sum(e for e, _ in pairs) / max(1, sum(c for _, c in pairs))
        exact = sum(e == 0 for e, _ in pairs) / len(pairs)
        print(f"| {tier} | {len(pairs)} | {100 * rate:.2f} % ({100 * low:.2f}–{100 * high:.2f}) | {100 * exact:.1f} % |")


def show_difference(truth_path, predictions_path, other_path):
    """How many errors more OTHER makes, picture by picture."""
    errors = [{(tier, file): (len(steps(true, got)), len(true)) for file, tier, true, got, _ in read(truth_path, path)}
              for path in (predictions_path, other_path)]
    print("| tier | pictures | CER, exact | other: CER, exact | difference in points of CER (95 % interval) |\n|---|---|---|---|---|")
    both = [key for key in errors[0] if key in errors[1]]
    for tier in dict.fromkeys(tier for tier, _ in both):
        pairs = [(errors[0][key][0], *errors[1][key]) for key in both if key[0] == tier]
        count = sum(c for _, _, c in pairs)
        low, high = interval([(b - a, c) for a, b, c in pairs], random.Random(1))
        one, other = (f"{100 * sum(p[i] for p in pairs) / count:.2f} %, {sum(p[i] == 0 for p in pairs)}" for i in (0, 1))
        difference = sum(b - a for a, b, _ in pairs) / count
        print(f"| {tier} | {len(pairs)} | {one} | {other} | {100 * difference:.2f} ({100 * low:.2f} to {100 * high:.2f}) |")
    print()


def show_lines(lines, title):
    """`lines`: (confidence, right)."""
    print(f"\n| {title} | lines | right |\n|---|---|---|")
    for low, high in zip(EDGES, EDGES[1:]):
        chosen = [right for value, right in lines if low <= value < high or value == high == 1.0]
        if chosen:
            print(f"| {low} to {high} | {len(chosen)} | {100 * sum(chosen) / len(chosen):.1f} % |")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    if len(sys.argv) == 4:
        show_difference(*sys.argv[1:])
    tiers, mean, lowest, digits, count = collections.defaultdict(list), [], [], collections.Counter(), 0
    for _, tier, true, got, lines in read(sys.argv[1], sys.argv[2]):
        edits = steps(true, got)
        tiers[tier].append((len(edits), len(true)))
        known = collections.Counter(true.split("\n"))
        for text, confidence, least in lines:
            right = known[text] > 0
            known[text] -= right
            mean.append((confidence, right))
            lowest.append((least, right))
        count += sum(c.isdigit() for c in true)
        digits.update((a, b) for a, b in edits if (a or "").isdigit() or (a is None and b.isdigit()))
    show_errors(tiers)
    show_lines(mean, "mean confidence of a line")
    show_lines(lowest, "lowest confidence in a line")
    print(f"\nof {count} digits {sum(n for (a, _), n in digits.items() if a)} were read otherwise; true -> read, times:")
    print(", ".join(f"{a or 'nothing'} -> {b or 'nothing'} {n}" for (a, b), n in digits.most_common(30)))


if __name__ == "__main__":
    main()
