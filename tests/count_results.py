#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts test cases for run.sh.

    count_results.py --meson LOGS/testlog     what `meson test` left: testlog.json and testlog.junit.xml
    count_results.py --tap FILE               what a script of the Test Anything Protocol printed

Prints one line for each failed and each skipped case, then "PASSED FAILED SKIPPED".
"""
import json
import re
import sys
import xml.etree.ElementTree as ElementTree

# How `meson test` ends a program that did not do what it should.
BAD_RESULTS = {"FAIL", "ERROR", "TIMEOUT", "INTERRUPT", "UNEXPECTEDPASS"}


class Counts:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def fail(self, name):
        self.failed += 1
        print(f"  failed: {name}")

    def skip(self, name, reason):
        self.skipped += 1
        print(f"  skipped: {name}: {' '.join(reason.split()) or 'no reason given'}")


def case_name(suite, case):
    return f"{suite.get('name', '')}.{case.get('name', '')}"


def count_cases(path, counts):
    """Counts every case of a JUnit file; returns the names of the suites that hold failures."""
    bad_suites = []
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        for case in suite.findall("testcase"):
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                counts.fail(case_name(suite, case))
                # A program without cases of its own stands in the project's suite under its name.
                bad_suites += [suite.get("name", ""), case.get("name", "")]
            elif skipped is not None or case.get("status") == "notrun":
                reason = skipped.get("message", "") if skipped is not None else "disabled"
                counts.skip(case_name(suite, case), reason or case.findtext("system-out") or "")
            else:
                counts.passed += 1
    return bad_suites


def count_meson(base, counts):
    try:
        bad_suites = count_cases(base + ".junit.xml", counts)
    except FileNotFoundError:
        counts.fail(f"no tests ran: there is no {base}.junit.xml")
        return
    # A program that crashed may have left no cases, or those of an earlier run: then it is one failure by itself.
    with open(base + ".json", encoding="utf-8") as log:
        for line in log:
            program = json.loads(line)
            if program["result"] not in BAD_RESULTS:
                continue
            name = program["name"].split(" / ")[-1]
            if not any(name == bad or f".{name}." in f".{bad}." for bad in bad_suites):
                counts.fail(f"{name} ({program['result'].lower()}, exit status {program['returncode']})")


def count_tap(path, counts):
    plan = None
    seen = 0
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if match := re.match(r"1\.\.(\d+)", line):
                plan = int(match.group(1))
            if not (match := re.match(r"(not )?ok \d+ - ([^#]*)(?:# SKIP (.*))?", line)):
                continue
            seen += 1
            if match.group(1):
                counts.fail(match.group(2).strip())
            elif match.group(3) is not None:
                counts.skip(match.group(2).strip(), match.group(3))
            else:
                counts.passed += 1
    if plan != seen:
        counts.fail(f"{path} ended early")


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("--meson", "--tap"):
        sys.exit(__doc__)
    counts = Counts()
    (count_meson if sys.argv[1] == "--meson" else count_tap)(sys.argv[2], counts)
    print(counts.passed, counts.failed, counts.skipped)


if __name__ == "__main__":
    main()
