#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every gst-launch-1.0 line of README.md and docs/ as a reader would, in the environment of `meson devenv`.

    documented.py BUILD_FOLDER

A line is one that stands in a fenced block and begins with gst-launch-1.0, with its continuations; those of one block
run one after another in one folder.  Each must end with exit status 0 and every file that it names in filesink or
multifilesink must have content.  A comment before the block changes that:

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


class Block:
    """The pipelines of one fenced block; they run one after another in one folder."""

    def __init__(self, document, number, commands, markers):
        self.name = f"{document}:{number}"
        self.commands = commands
        self.markers = markers


def pipelines(lines):
    """The gst-launch-1.0 commands among the lines, each with its continuations joined."""
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [line for line in joined.splitlines() if line.startswith("gst-launch-1.0 ")]


def parse(path):
    """The blocks of one document, with the markers that stand directly before them."""
    found, markers, lines, first = [], [], None, 0
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if text.startswith("```"):
            if lines is None:
                lines, first = [], number
                continue
            if commands := pipelines(lines):
                found.append(Block(path.relative_to(ROOT), first, commands, markers))
            markers, lines = [], None
        elif lines is not None:
            lines.append(text)
        elif match := MARKER.search(text):
            markers = markers + [match.groups()]
        elif text.strip():
            markers = []
    return found


def untested(path):
    """Launch lines outside of fenced blocks, which parse() does not see."""
    fenced = False
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if text.startswith("```"):
            fenced = not fenced
        elif not fenced and text.lstrip().startswith("gst-launch-1.0 "):
            yield f"{path.relative_to(ROOT)}:{number}"


def check_fenced(documents):
    lines = [line for document in documents for line in untested(document)]
    assert not lines, "not in a fenced block, so not tested: " + ", ".join(lines)


def outputs(command):
    """The files that the sinks of a command write, as globs."""
    names = re.findall(r"filesink location=(\S+)", command)
    return [re.sub(r"%\d*d", "*", name.strip("\"'")) for name in names]


def apply_markers(block):
    commands = "\n".join(block.commands)
    for kind, value in block.markers:
        if kind == "skip":
            raise Skip(value)
        what, _, replacement = value.partition(" -> ")
        assert what in commands, f"{block.name}: there is no {what!r} to replace in the block"
        commands = commands.replace(what, replacement)
    return commands.splitlines()


def run_command(command, folder, env):
    # Without its fault handler a crash ends the program instead of waiting for a debugger.
    outcome = run(command.replace("gst-launch-1.0 ", "gst-launch-1.0 --no-fault ", 1), folder, env)
    check_success(outcome)
    for name in outputs(command):
        files = glob.glob(str(pathlib.Path(folder, name)))
        assert files, f"{name} was not written\n{command}"
        for file in files:
            assert pathlib.Path(file).stat().st_size > 0, f"{name} is empty\n{command}"
    if "fdsink" in command:
        assert outcome.output.strip(), f"nothing was printed\n{command}"


def run_block(block, env):
    with workspace() as folder:
        for command in apply_markers(block):
            run_command(command, folder, env)


def environment(build):
    """The environment that `meson devenv` gives."""
    printed = subprocess.run(["meson", "devenv", "-C", build, "env", "-0"], check=True, capture_output=True).stdout
    return dict(item.split("=", 1) for item in printed.decode().split("\0") if "=" in item)


def main():
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]
    suite = Suite()
    env = environment(sys.argv[1])
    suite.test("every line stands in a fenced block", check_fenced, documents)
    for block in [block for document in documents for block in parse(document)]:
        suite.test(block.name, run_block, block, env)
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
