#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs deepseekocr-subtitles as a user does.

    subtitles.py PROGRAM
"""
import pathlib
import shutil
import sys

from pipelines import SAMPLES, Suite, check_success, launch, run, workspace

PROGRAM = sys.argv[1]
VIDEO = SAMPLES / "labels.webm"
SRT = """1
00:00:01,000 --> 00:00:03,000
FRAGILE
THIS SIDE UP

2
00:00:04,000 --> 00:00:06,000
ORDER 58213
QTY 12

3
00:00:07,000 --> 00:00:09,000
DELIVER TO
Ingrid Vale

4
00:00:10,000 --> 00:00:12,000
BATCH C-17
KEEP DRY
"""


def read(folder, name):
    return pathlib.Path(folder, name).read_text(encoding="utf-8")


def equal(found, expected):
    assert found == expected, f"found {found!r}\nexpected {expected!r}"


def subtitles(folder, *arguments):
    return run([PROGRAM, *map(str, arguments)], folder)


def default_output(folder):
    shutil.copy(VIDEO, pathlib.Path(folder, "movie.webm"))
    outcome = subtitles(folder, "--area", "full", "movie.webm")
    check_success(outcome)
    equal(read(folder, "movie.srt").strip(), SRT.strip())
    assert "4 cues from 65 frames" in outcome.output, outcome.describe()


def webvtt(folder):
    check_success(subtitles(folder, "--area=full", "-o", "movie.vtt", VIDEO))
    text = read(folder, "movie.vtt")
    assert text.startswith("WEBVTT") and "00:00:07.000 --> 00:00:09.000\nDELIVER TO\nIngrid Vale" in text, text


def track(folder):
    """A copy with a track: the video is the same to the byte, the texts come back."""
    check_success(subtitles(folder, "--area=full", "-l", "en", "-o", "copy.mkv", VIDEO))
    back = "filesrc location=copy.mkv ! matroskademux name=d d.video_0 ! queue ! filesink async=false location=video.copy " \
        "d.subtitle_0 ! queue ! filesink async=false location=texts"
    check_success(launch(back, folder))
    check_success(launch(f"filesrc location={VIDEO} ! matroskademux ! filesink location=video.original", folder))
    assert pathlib.Path(folder, "video.copy").read_bytes() == pathlib.Path(folder, "video.original").read_bytes()
    equal(read(folder, "texts"), "FRAGILE\nTHIS SIDE UPORDER 58213\nQTY 12DELIVER TO\nIngrid ValeBATCH C-17\nKEEP DRY")


def part(folder):
    check_success(subtitles(folder, "--area=full", "--from=3.5", "--to=0:09.5", "-o", "part.srt", VIDEO))
    text = read(folder, "part.srt")
    assert "ORDER 58213" in text and "Ingrid Vale" in text, text
    assert "FRAGILE" not in text and "BATCH" not in text, text
    assert "00:00:04,000 --> 00:00:06,000" in text, text


def failing_track(folder):
    """VP8 does not go into MP4: one sentence, and the cues are kept."""
    outcome = subtitles(folder, "--area=full", "-o", "copy.mp4", VIDEO)
    equal(outcome.code, 1)
    assert "copy.mp4 was not written" in outcome.errors and ".mkv" in outcome.errors, outcome.describe()
    equal(read(folder, "copy.mp4.srt").strip(), SRT.strip())


def bad_arguments(folder, sentence, *arguments):
    outcome = subtitles(folder, *arguments)
    assert outcome.code not in (0, None) and outcome.code > 0, outcome.describe()
    assert sentence in outcome.errors, outcome.describe()


def main():
    suite = Suite()
    with workspace() as folder:
        suite.test("the cues go beside the video", default_output, folder)
        suite.test("WebVTT", webvtt, folder)
        suite.test("a copy with a subtitle track", track, folder)
        suite.test("a part of the video", part, folder)
        suite.test("a track that cannot be written", failing_track, folder)
        suite.test("no file", bad_arguments, folder, "give one video file")
        suite.test("a file that is not there", bad_arguments, folder, "nothing.mp4 does not exist", "nothing.mp4")
        suite.test("an unknown kind of output", bad_arguments, folder, "none of .srt", "-o", "a.ass", VIDEO)
        suite.test("a folder that is not there", bad_arguments, folder, "make it first", "-o", "no/a.srt", VIDEO)
        suite.test("no area", bad_arguments, folder, "neither a preset", "--area=middle", VIDEO)
        suite.test("no time", bad_arguments, folder, "is no time", "--from=later", VIDEO)
        suite.test("behind the end", bad_arguments, folder, "behind the end", "--from=1:00:00", VIDEO)
        suite.test("no video", bad_arguments, folder, "deepseekocr-subtitles: ", "-o", "a.srt", __file__)
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
