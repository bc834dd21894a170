#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the text that deepseekocr puts on the frames of a file, with plain GObject introspection.

    meson devenv -C build -w . examples/python/read_meta.py examples/samples/labels.webm

Debian: python3-gi gir1.2-gstreamer-1.0.
"""
import pathlib
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402  (the version must be chosen first)

PIPELINE = "uridecodebin name=source ! videoconvert ! deepseekocr ! fakesink name=sink signal-handoffs=true sync=false"


class Printer:
    """Prints the text of frames where it changes."""

    def __init__(self):
        self.text = ""

    def handoff(self, _sink, buffer, _pad):
        """Called in the streaming thread for each frame."""
        meta = buffer.get_custom_meta("GstDeepseekOcrMeta")
        if meta is None:
            return
        reading = meta.get_structure()
        text = reading.get_string("text")
        if text and text != self.text:
            seconds = reading.get_value("stream-time") / Gst.SECOND
            print(f"{seconds:8.3f} s  {reading.get_value('confidence'):.3f}  {text!r}", flush=True)
        self.text = text


def main(path):
    Gst.init(None)
    pipeline = Gst.parse_launch(PIPELINE)
    pipeline.get_by_name("source").set_property("uri", pathlib.Path(path).resolve().as_uri())
    pipeline.get_by_name("sink").connect("handoff", Printer().handoff)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        error, details = message.parse_error()
        sys.exit(f"{error.message}\n{details}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
