#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compile commands for clang-tidy, with the sources of a folder as one unit.

    tidy_units.py BUILD OUT        writes the units and their compile_commands.json to OUT
    tidy_units.py --places OUT     copies a log from standard input, with places in the sources instead of the units

What clang-tidy spends its time on is the headers, which it reads and checks again with each source.  So the sources that
are shipped lie one behind the other in one file for each folder and set of compiler options.  (They are not included by
it: clang-analyzer leaves out what is.)  For that, names in the unnamed namespaces of a folder must differ.

Kernels for CUDA are left out, because clang does not know nvcc's options.
"""
import json
import re
import shlex
import sys
from pathlib import Path

SHIPPED = re.compile(r"^(engine|gst|examples)/.*\.cpp$")
WITH_VALUE = {"-MQ", "-MF", "-o", "-include"}  # and these have no meaning here
WITHOUT = re.compile(r"^(ccache|-MD|-c|-Winvalid-pch|-fpch-preprocess|-fdiagnostics-color.*|-I\S+\.p)$")


def options_of(entry):
    """The compiler and what decides how it reads a source; without GCC's precompiled headers, which clang cannot read."""
    kept, words = [], iter(shlex.split(entry["command"]))
    for word in words:
        if word in WITH_VALUE:
            next(words)
        elif not WITHOUT.match(word) and word != entry["file"]:
            kept.append(word)
    return tuple(kept)


def units(build, root):
    """{(folder, options): sources}, each source once: tests compile some again."""
    found, seen = {}, set()
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = (Path(entry["directory"]) / entry["file"]).resolve()
        if source in seen or not source.is_relative_to(root) or entry["output"].startswith("tests/"):
            continue
        if SHIPPED.match(str(source.relative_to(root))):
            seen.add(source)
            found.setdefault((source.parent, options_of(entry)), []).append(source)
    return found


def write(build, out, root):
    out.mkdir(parents=True, exist_ok=True)
    commands, places = [], {}
    for number, ((folder, options), sources) in enumerate(units(build, root).items()):
        unit = out / f"{number:02}-{'-'.join(folder.relative_to(root).parts)}.cpp"
        text, places[str(unit)] = "", []
        for source in sources:
            places[str(unit)].append([text.count("\n"), str(source)])
            text += source.read_text() + "\n"
        unit.write_text(text)
        command = shlex.join([*options, f"-I{folder}", "-c", str(unit)])
        commands.append({"directory": str(build), "file": str(unit), "command": command})
    (out / "compile_commands.json").write_text(json.dumps(commands, indent=1))
    (out / "places.json").write_text(json.dumps(places, indent=1))
    print(f"{sum(map(len, places.values()))} sources in {len(places)} units")


def translate(places, log):
    def place(match):
        if match[1] not in places:
            return match[0]
        before, source = max(entry for entry in places[match[1]] if entry[0] < int(match[2]))
        return f"{source}:{int(match[2]) - before}"

    for line in log:
        sys.stdout.write(re.sub(r"(/[^\s:]+\.cpp):(\d+)", place, line))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    out = Path(sys.argv[2]).resolve()
    if sys.argv[1] == "--places":
        translate(json.loads((out / "places.json").read_text()), sys.stdin)
    else:
        write(Path(sys.argv[1]).resolve(), out, Path(__file__).resolve().parents[1])


if __name__ == "__main__":
    main()
