#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Processor time of a slip on one core, this element's and Tesseract's, in turns on the same pictures.

    compare_tesseract.py TRUTH [--read-samples PROGRAM] [--tier slips] [--rounds 3] [--core 0] [--element PROPERTIES ...]

TRUTH is a sample set's truth.jsonl.  Run it in `meson devenv -C build -w .`, with the plugin on GST_PLUGIN_PATH.  Needs
Debian's python3-tesserocr, tesseract-ocr-eng and python3-pil.

Both go from the file to its text with a model that is loaded.  Ours is the processor time of a whole process that reads
the tier, a pipeline for each picture, less that of one that reads nothing; Tesseract's that of decoding and its two calls.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEGMENTATION = {"block of text": 6, "its own layout": 3}  # Tesseract's page segmentation modes


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("truth", type=Path)
    add("--read-samples", default="build/tests/bench/read-samples")
    add("--tier", default="slips")
    add("--rounds", type=int, default=3)
    add("--core", type=int, default=0, help="the processor that everything is pinned to")
    add("--element", nargs="+", default=["vote-reads=0", "vote-reads=1", "precision=fp32"], help="properties, one string a variant")
    return parser.parse_args()


def files_of(truth, tier):
    rows = [json.loads(line) for line in truth.read_text().splitlines()]
    return [truth.parent / row["file"] for row in rows if row["tier"] == tier]


def processor_seconds(command):
    """User and system time of a child process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ours(arguments, properties, count):
    """Processor seconds a picture."""
    def run(tier):
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as out:
            element = f"threads=1 max-new-tokens=320 no-repeat-ngram-size=0 {properties}"
            return processor_seconds([arguments.read_samples, "--truth", str(arguments.truth), "--out", out.name, "--tier",
                                      tier, "--element", element])
    return (run(arguments.tier) - run("none-of-them")) / count


def tesseract(api, open_picture, files, mode):
    """Processor seconds a picture."""
    api.SetPageSegMode(mode)
    before = time.process_time()
    for file in files:
        api.SetImage(open_picture(file).convert("RGB"))
        api.GetUTF8Text()
    return (time.process_time() - before) / len(files)


def main():
    arguments = parse_arguments()
    os.environ["OMP_THREAD_LIMIT"] = "1"  # before Tesseract's library is loaded
    os.sched_setaffinity(0, {arguments.core})
    try:
        import tesserocr
        from PIL import Image
    except ImportError as error:
        sys.exit(f"compare_tesseract.py: {error}: install python3-tesserocr, tesseract-ocr-eng and python3-pil")
    files = files_of(arguments.truth, arguments.tier)
    if not files:
        sys.exit(f"compare_tesseract.py: {arguments.truth} has no pictures of tier {arguments.tier}")
    api = tesserocr.PyTessBaseAPI(lang="eng")
    seconds = {}
    for _ in range(arguments.rounds):
        for properties in arguments.element:
            seconds.setdefault(properties, []).append(ours(arguments, properties, len(files)))
        for name, mode in SEGMENTATION.items():
            seconds.setdefault(f"Tesseract, {name}", []).append(tesseract(api, Image.open, files, mode))
    best = min(statistics.median(v) for name, v in seconds.items() if name.startswith("Tesseract"))
    for name, values in seconds.items():
        middle = statistics.median(values)
        print(f"{name:28} {middle:.3f} s a picture ({min(values):.3f} to {max(values):.3f}), {middle / best:.2f} of Tesseract's")


if __name__ == "__main__":
    main()
