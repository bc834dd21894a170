#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The gst-inspect-1.0 dumps in docs/elements are those of the built elements."""
import sys

from pipelines import ROOT, Skip, Suite, check_success, run

# gst-inspect-1.0 of other versions prints other words about the same element.
VERSION = "1.22"


def compare(element):
    if f"version {VERSION}." not in run(["gst-inspect-1.0", "--version"], ROOT).output:
        raise Skip(f"the pages hold what gst-inspect-1.0 {VERSION} prints")
    check_success(run([str(ROOT / "docs" / "update-inspect.sh"), "--check", sys.argv[1], element], ROOT))


def main():
    suite = Suite()
    for page in sorted((ROOT / "docs" / "elements").glob("*.md")):
        suite.test(page.stem, compare, page.stem)
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
