#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every gst-launch-1.0 line of README.md and docs/ as a reader would, in the environment of `meson devenv`.

    documented.py BUILD_FOLDER

A line is one that stands in a fenced block and begins with gst-launch-1.0, with its continuations.  It must end with
exit status 0 and every file that it names in filesink or multifilesink must have content.  A comment before the block
changes that:

    <!-- test: skip: REASON -->                    it needs what is not here, for example a camera
    <!-- test: replace: WHAT -> WITH -->           another source for the test; may be repeated
"""
import glob
import pathlib
import re
import subprocess
import sys

from pipelines import ROOT, Skip, Suite, check_success, run, workspace

MARKER = re.compile(r"<!-- test: (skip|replace): (.*) -->")


class Line:
    def __init__(self, document, number, command, markers):
        self.name = f"{document}:{number}"
        self.command = command
        self.markers = markers


def parse(path):
    """The lines of one document, with the markers that stand directly before their block."""
    found, markers, fenced, command, first = [], [], False, "", 0
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if text.startswith("```"):
            fenced = not fenced
            if not fenced:
                markers = []
        elif not fenced:
            if match := MARKER.search(text):
                markers = markers + [match.groups()]
            elif text.strip():
                markers = []
        elif command or text.startswith("gst-launch-1.0 "):
            first = first if command else number
            command += text.rstrip("\\").strip() + " "
            if not text.endswith("\\"):
                found.append(Line(path.relative_to(ROOT), first, command.strip(), markers))
                command = ""
    return found


def outputs(command):
    """The files that the sinks of a command write, as globs."""
    names = re.findall(r"filesink location=(\S+)", command)
    return [re.sub(r"%\d*d", "*", name.strip("\"'")) for name in names if not name.startswith("/dev/")]


def run_line(line, env):
    command = line.command
    for kind, value in line.markers:
        if kind == "skip":
            raise Skip(value)
        what, _, replacement = value.partition(" -> ")
        assert what in command, f"{line.name}: there is no {what!r} to replace in the line"
        command = command.replace(what, replacement)
    with workspace() as folder:
        outcome = run(command, folder, env)
        check_success(outcome)
        for name in outputs(command):
            files = glob.glob(str(pathlib.Path(folder, name)))
            assert files, f"{name} was not written\n{command}"
            for file in files:
                assert pathlib.Path(file).stat().st_size > 0, f"{name} is empty\n{command}"
        if "location=/dev/stdout" in command:
            assert outcome.output.strip(), f"nothing was printed\n{command}"


def environment(build):
    """The environment that `meson devenv` gives."""
    printed = subprocess.run(["meson", "devenv", "-C", build, "env", "-0"], check=True, capture_output=True).stdout
    return dict(item.split("=", 1) for item in printed.decode().split("\0") if "=" in item)


def main():
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]
    lines = [line for document in documents for line in parse(document)]
    suite = Suite()
    env = environment(sys.argv[1])
    for line in lines:
        suite.test(line.name, run_line, line, env)
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
