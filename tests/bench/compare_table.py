#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The table of compare_llamacpp.sh: what it measured, best of all turns, and the ratios beside the aims."""

import re
import sys

AIMS = {
    "decode at 300 x1": {"int8": 1.8, "int4": 1.3, "bf16": 1.4},
    "decode at 1300 x1": {"int8": 1.8, "int4": 1.3, "bf16": 1.4},
    "prefill 280": {"int8": 2.0, "int4": 2.0, "bf16": 2.0},
    "prefill 910": {"int8": 2.0, "int4": 2.0, "bf16": 2.0},
    "vision": {"int8": 2.2},
}


def read(path):
    """{(precision, quantity): {side: best milliseconds}}, ceilings and peaks as (precision, part, side): text."""
    times, notes, precision, part, side = {}, [], "", "", ""
    for line in open(path):
        head = re.match(r"== (\S+) (\S+) (.+)", line)
        if head:
            precision, part, side = head.groups()
            continue
        time = re.match(r"(.+?)\s+best\s+([\d.]+) ms", line)
        if time:
            name = time[1].strip()
            if name.startswith("vision"):
                if part != "vision":
                    continue  # a small view, for the prompt
                name = "vision"
            best = times.setdefault((precision, name), {})
            best[side] = min(best.get(side, float("inf")), float(time[2]))
        elif line.startswith(("memory read", "peak memory")):
            notes.append(f"{precision} {part} {side}: {' '.join(line.split())}")
    return times, notes


def main():
    times, notes = read(sys.argv[1])
    print("\n| precision | quantity | ours | llama.cpp | ratio | aim |\n|---|---|---|---|---|---|")
    for (precision, name), sides in times.items():
        ours, peer = sides.get("ours"), sides.get("llama.cpp")
        if ours is None or peer is None:
            continue
        aim = AIMS.get(name, {}).get(precision)
        print(f"| {precision} | {name} | {ours:.1f} ms | {peer:.1f} ms | {peer / ours:.2f} | {aim or ''} |")
    print()
    for note in notes:
        print(note)


if __name__ == "__main__":
    main()
