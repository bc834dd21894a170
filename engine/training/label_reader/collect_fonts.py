#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Collects the training and held-out fonts of fonts.py from installed Debian packages into one small folder.

    collect_fonts.py --list-packages | xargs apt-get install -y --no-install-recommends
    collect_fonts.py --out .fonts

Every font is reduced to the characters that the reader can be asked for and turned into TrueType outlines without
hints, which are small and drawn several times faster. Kerning, ligatures and missing characters are written beside the
fonts in facts.json, because Pillow's basic layout cannot be asked for them. Needs fontTools; the training machine needs
only the folder.
"""

import argparse
import json
import logging
import pathlib
import subprocess
import sys

import fonts


def package_files(package):
    """The font files of an installed package by name without extension; OpenType before Type 1 of the same name."""
    answer = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True)
    if answer.returncode:
        raise SystemExit(f"the package {package} is not installed: see --list-packages")
    files = {}
    for line in answer.stdout.splitlines():
        path = pathlib.Path(line)
        if path.suffix.lower() in (".ttf", ".otf"):
            files.setdefault(path.stem, path)
    return files


def collect(families, folder):
    """Writes the fonts of one set into the folder and says which ones were left out."""
    import small_font  # here: the packages are listed before fontTools is installed

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.ttf"):
        old.unlink()
    total, every = 0, {}
    for family in families:
        files = package_files(family.package)
        for name in family.files:
            data, facts = small_font.reduced(files[name])
            if data is None:
                print(f"left out, lacks ASCII letters of its own: {family.package} {name}", file=sys.stderr)
                continue
            file = f"{name.replace(' ', '-')}.ttf"
            (folder / file).write_bytes(data)
            total, every[file] = total + len(data), facts
    (folder / "facts.json").write_text(json.dumps(every, separators=(",", ":")) + "\n")
    print(f"{folder.name}: {len(every)} fonts, {total / 1e6:.2f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(".fonts"), help="folder to write (.fonts)")
    parser.add_argument("--list-packages", action="store_true", help="print the Debian packages needed and end")
    arguments = parser.parse_args()
    if arguments.list_packages:
        print(" ".join(fonts.packages()))
        return
    logging.disable(logging.WARNING)  # remarks about tables that are dropped on purpose
    for name, families in fonts.FONTS.items():
        collect(families, arguments.out / name)


if __name__ == "__main__":
    main()
