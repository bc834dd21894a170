#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the commands of docs/how-to/live-labels.md with the real engine and looks at what they print.

    documented.py PROGRAM
"""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "pipelines"))
from pipelines import ROOT, Skip, Suite, check_success, run, workspace  # noqa: E402

NAME = "deepseekocr-live-labels"
LABELS = ["FRAGILE\nTHIS SIDE UP", "ORDER 58213\nQTY 12", "DELIVER TO\nIngrid Vale", "BATCH C-17\nKEEP DRY"]


def commands():
    """The commands of the document, each with its continuations, and whether it needs a camera or a file of the reader."""
    text = (ROOT / "docs" / "how-to" / "live-labels.md").read_text(encoding="utf-8")
    for marker, block in re.findall(r"(<!-- test: skip: .* -->\n)?```sh\n(.*?)```", text, re.S):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            if line.startswith(NAME):
                yield line, bool(marker)


def check(line, skipped, program):
    if skipped:
        raise Skip("it needs a camera or a file that is not here")
    with workspace() as folder:
        outcome = run(line.replace(NAME, program, 1), folder)
        check_success(outcome)
        reports = [json.loads(report) for report in outcome.output.splitlines()]
        finals = [report for report in reports if report["state"] == "final"]
        assert [report["text"] for report in finals] == LABELS, outcome.output
        for report, second in zip(finals, (1, 4, 7, 10)):
            assert report["number"] is None and report["barcodes"] == [], report
            assert report["start"] == second * 10**9, report
        assert ("first" in {report["state"] for report in reports}) == ("--all-states" in line), outcome.output


def main():
    suite = Suite()
    found = list(commands())
    assert any(not skipped for _, skipped in found), "the document has no command to run"
    for line, skipped in found:
        suite.test(line, check, line, skipped, sys.argv[1])
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
