#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compile commands for clang-tidy, with the sources of a folder as one unit.

    tidy_units.py BUILD OUT

What clang-tidy spends its time on is the headers, which it reads and checks again with each source.  So the sources that
are shipped are included, one after the other, by one file for each folder and set of compiler options; these files and
their compile_commands.json go to OUT.  For that, names in the unnamed namespaces of a folder must differ.

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


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    build, out, root = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), Path(__file__).resolve().parents[1]
    out.mkdir(parents=True, exist_ok=True)
    commands = []
    for number, ((folder, options), sources) in enumerate(units(build, root).items()):
        unit = out / f"{number:02}-{'-'.join(folder.relative_to(root).parts)}.cpp"
        unit.write_text("".join(f'#include "{source}"\n' for source in sources))
        commands.append({"directory": str(build), "file": str(unit), "command": shlex.join([*options, "-c", str(unit)])})
    (out / "compile_commands.json").write_text(json.dumps(commands, indent=1))
    print(f"{sum(map(len, units(build, root).values()))} sources in {len(commands)} units")


if __name__ == "__main__":
    main()
