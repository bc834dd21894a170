#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads the bundled samples with the bundled checkpoint and compares the text, the cues, the JSON and the overlay."""
import json
import pathlib
import re
import struct
import sys

from pipelines import DATA, SAMPLES, Skip, Suite, check_success, launch, run, workspace

LABEL = "BIN 14-C\nBrass screws M4\nQTY 250\n"
SLIP = [
    "PACKING SLIP\nOrder 5821\n12 x desk lamp\n3 x wall clock\n1 x tool box\n",
    "SHIP TO\nMaren Holt\nAlder Lane 27\n4410 Northbridge\nHANDLE WITH CARE\n",
]
VIDEO_LABELS = ["FRAGILE\nTHIS SIDE UP", "ORDER 58213\nQTY 12", "DELIVER TO\nIngrid Vale", "BATCH C-17\nKEEP DRY"]
# When each label lies on the table, in seconds.
VIDEO_TIMES = [(1, 3), (4, 6), (7, 9), (10, 12)]

PICTURE = f"filesrc location={SAMPLES}/label.png ! pngdec ! videoconvert"
VIDEO = f"filesrc location={SAMPLES}/labels.webm ! decodebin ! videoconvert"
PDF = f"filesrc location={SAMPLES}/slip.pdf ! pdfdec"


def read(folder, pipeline, name):
    check_success(launch(f"{pipeline} ! filesink location={name}", folder))
    return pathlib.Path(folder, name).read_text(encoding="utf-8")


def equal(found, expected):
    assert found == expected, f"found {found!r}\nexpected {expected!r}"


def picture(folder):
    equal(read(folder, f"{PICTURE} ! deepseekocr name=ocr ocr.text ! queue", "label.txt"), LABEL)


def picture_formats(folder, pixel_format):
    pipeline = f"{PICTURE} ! video/x-raw,format={pixel_format} ! deepseekocr name=ocr ocr.text ! queue"
    equal(read(folder, pipeline, f"{pixel_format}.txt"), LABEL)


def file_format(folder, path, decoder):
    """The same label in every file format; its small print is at the limit of the checkpoint."""
    text = read(folder, f"filesrc location={path} ! {decoder} ! deepseekocr name=ocr ocr.text ! queue", "format.txt")
    for line in ("FROM: HEXWORTH", "Tracking No. 438646713013"):
        assert line in text, text


def bitmap(folder):
    """A BMP file of the label, which needs no encoder."""
    width, height = 512, 256
    raw = f"{PICTURE} ! video/x-raw,format=BGR ! filesink location=raw"
    check_success(launch(raw, folder))
    pixels = pathlib.Path(folder, "raw").read_bytes()
    equal(len(pixels), width * height * 3)
    header = struct.pack("<2sIII", b"BM", 54 + len(pixels), 0, 54)
    header += struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 24, 0, len(pixels), 2835, 2835, 0, 0)
    pathlib.Path(folder, "label.bmp").write_bytes(header + pixels)
    pipeline = "filesrc location=label.bmp ! gdkpixbufdec ! videoconvert ! deepseekocr name=ocr ocr.text ! queue"
    equal(read(folder, pipeline, "bmp.txt"), LABEL)


FILE_FORMATS = {
    "label.jpg": "jpegdec ! videoconvert",
    "label-exif6.jpg": "jpegparse ! jpegdec ! videoflip video-direction=auto ! videoconvert",
    "label-16bit.png": "pngdec ! videoconvert",
    "label-gray.png": "pngdec ! videoconvert",
    "label-alpha.png": "pngdec ! compositor background=white ! videoconvert",
    "label.gif": "gdkpixbufdec ! videoconvert",
    "label.tiff": "gdkpixbufdec ! videoconvert",
    "label.webp": "webpdec ! videoconvert",
}


def pages(folder):
    equal(read(folder, f"{PDF} ! deepseekocr name=ocr ocr.text ! queue", "slip.txt"), "".join(SLIP))


def decodebin_pages(folder):
    pipeline = f"uridecodebin uri=file://{SAMPLES}/slip.pdf ! videoconvert ! deepseekocr name=ocr ocr.text ! queue"
    equal(read(folder, pipeline, "slip2.txt"), "".join(SLIP))


def seconds(text):
    hours, minutes, rest = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest.replace(",", "."))


def check_cues(found):
    equal([text for _, _, text in found], VIDEO_LABELS)
    equal([(begin, end) for begin, end, _ in found], VIDEO_TIMES)


def srt(folder):
    text = read(folder, f"{VIDEO} ! deepseekocr text-format=subtitle name=ocr ocr.text ! srtenc", "labels.srt")
    found = []
    for number, block in enumerate(text.strip().split("\n\n"), start=1):
        lines = block.split("\n")
        equal(lines[0], str(number))
        begin, end = re.fullmatch(r"(\S+) --> (\S+)", lines[1]).groups()
        found.append((seconds(begin), seconds(end), "\n".join(lines[2:])))
    check_cues(found)


def seldom(folder):
    """As examples/quickstart.sh reads it: each label lies there for ten frames, of which one is looked at."""
    text = read(folder, f"{VIDEO} ! deepseekocr inference-interval=10 name=ocr ocr.text ! queue", "labels.txt")
    equal(text, "".join(label + "\n" for label in VIDEO_LABELS))


def webvtt(folder):
    text = read(folder, f"{VIDEO} ! deepseekocr text-format=subtitle name=ocr ocr.text ! webvttenc", "labels.vtt")
    blocks = text.strip().split("\n\n")
    equal(blocks[0].split("\n")[0], "WEBVTT")
    equal(len(blocks), 1 + len(VIDEO_LABELS))


def json_lines(folder):
    text = read(folder, f"{PDF} ! deepseekocr text-format=json name=ocr ocr.text ! queue", "slip.jsonl")
    objects = [json.loads(line) for line in text.splitlines()]
    equal([item["text"].rstrip("\n") + "\n" for item in objects], SLIP)
    equal([item["page"] for item in objects], [1, 2])
    equal([item["finish-reason"] for item in objects], ["stop", "stop"])


def overlay(folder):
    def draw(element, name):
        check_success(launch(f"{PICTURE} ! deepseekocr ! {element} ! videoconvert ! pngenc ! filesink location={name}",
                             folder))
        return pathlib.Path(folder, name).read_bytes()

    assert draw("ocroverlay", "overlay.png") != draw("identity", "plain.png"), "the overlay drew nothing"


def subtitle_track(folder):
    """Text muxed beside the video that it was read from."""
    pipeline = (f"{VIDEO} ! deepseekocr name=ocr text-format=subtitle ! queue ! vp8enc deadline=1 ! "
                "matroskamux name=mux ! filesink location=labels.mkv ocr.text ! queue ! mux.")
    check_success(launch(pipeline, folder))
    text = read(folder, "filesrc location=labels.mkv ! matroskademux name=demux demux.video_0 ! queue ! fakesink async=false demux.subtitle_0 ! queue ! srtenc", "again.srt")
    for label in VIDEO_LABELS:
        assert label in text, text


def python_example(folder):
    """examples/python with a Python that has GObject introspection: Debian's own, if the first in PATH has not."""
    for python in ("python3", "/usr/bin/python3"):
        if run([python, "-c", "import gi"], folder).code == 0:
            outcome = run([python, "examples/python/read_meta.py", "examples/samples/labels.webm"], folder)
            check_success(outcome)
            for label in VIDEO_LABELS:
                assert repr(label) in outcome.output, outcome.describe()
            return
    raise Skip("no python3 here has the module gi (Debian: python3-gi)")


def main():
    suite = Suite()
    with workspace() as folder:
        suite.test("a picture", picture, folder)
        for pixel_format in ("RGB", "BGRx", "NV12", "I420", "YUY2", "GRAY8"):
            suite.test(f"a picture as {pixel_format}", picture_formats, folder, pixel_format)
        for name, decoder in FILE_FORMATS.items():
            suite.test(name, file_format, folder, DATA / "images" / name, decoder)
        suite.test("label.bmp", bitmap, folder)
        suite.test("a PDF", pages, folder)
        suite.test("a PDF through uridecodebin", decodebin_pages, folder)
        suite.test("a video to .srt", srt, folder)
        suite.test("every tenth frame of a video", seldom, folder)
        suite.test("a video to .vtt", webvtt, folder)
        suite.test("a PDF to JSON lines", json_lines, folder)
        suite.test("an overlay", overlay, folder)
        suite.test("a subtitle track in Matroska", subtitle_track, folder)
        suite.test("examples/python", python_example, folder)
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
