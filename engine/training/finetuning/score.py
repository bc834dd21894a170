#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scores readings: score.py truth.jsonl readings.jsonl

Both hold lines {"file": "0000.png", "text": "..."}; the second is what build/tests/bench/read-samples writes.  Prints the
character error rate and how many pictures were read without a mistake.
"""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from error_rates import distance  # noqa: E402


def rates(pairs):
    """(character error rate, share without a mistake) of [(truth, reading)]"""
    errors = sum(distance(reading, truth) for truth, reading in pairs)
    exact = sum(reading == truth for truth, reading in pairs)
    return errors / max(1, sum(len(truth) for truth, _ in pairs)), exact / max(1, len(pairs))


def texts(path):
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return {entry["file"]: entry["text"].strip("\n") for entry in map(json.loads, filter(str.strip, lines))}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    truth, readings = map(texts, sys.argv[1:])
    error, exact = rates([(text, readings.get(file, "")) for file, text in truth.items()])
    print(f"{len(truth)} pictures: character error rate {100 * error:.2f} %, {100 * exact:.0f} % without a mistake")


if __name__ == "__main__":
    main()
