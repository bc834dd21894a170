#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Makes the sample files of this folder again: label.png, slip.pdf and labels.webm.
#
#   examples/samples/make-samples.sh [BUILD_FOLDER]      (default: build, as quickstart.sh leaves it)
#
# The texts stand in draw_samples.cpp.  Needs gst-launch-1.0 with vp8enc and webmmux (Debian: gstreamer1.0-tools,
# gstreamer1.0-plugins-good) and the cairo headers at build time.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "$root" && realpath "${1:-build}")

if [ ! -f "$build/build.ninja" ]; then
  echo "make-samples.sh: $build is no build folder; run examples/quickstart.sh or meson setup first" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

meson compile -C "$build" draw-samples
"$build/examples/samples/draw-samples" "$work"
gst-launch-1.0 -q \
  multifilesrc location="$work/frames/frame%04d.png" index=0 caps="image/png,framerate=5/1" ! pngdec ! videoconvert \
  ! video/x-raw,format=I420 ! vp8enc deadline=1 target-bitrate=400000 keyframe-max-dist=10 ! webmmux \
  ! filesink location="$work/labels.webm"
cp "$work/label.png" "$work/slip.pdf" "$work/labels.webm" "$here/"
ls -l "$here"/label.png "$here"/slip.pdf "$here"/labels.webm
