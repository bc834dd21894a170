#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The gst-inspect-1.0 dumps in docs/elements are those of the built elements."""
import sys

from pipelines import ROOT, Suite, check_success, run


def main():
    suite = Suite()
    for page in sorted((ROOT / "docs" / "elements").glob("*.md")):
        script = ROOT / "docs" / "update-inspect.sh"
        suite.test(page.stem, lambda page=page: check_success(run([str(script), "--check", sys.argv[1], page.stem], ROOT)))
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
