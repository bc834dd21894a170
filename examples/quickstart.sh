#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Installs what is needed, builds deepseekocr and reads a video, a picture and a PDF with the bundled checkpoint.
#
#   examples/quickstart.sh [--libtorch DIR] [--build DIR] [--no-packages]
#
#   --libtorch DIR   use this LibTorch (with include/ and lib/) instead of looking for one and installing it
#   --build DIR      build folder (default: build)
#   --no-packages    do not look for missing Debian packages
#
# Can be run again at any time: what is there already is not done again.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=examples/prerequisites.sh
. "$ROOT/examples/prerequisites.sh"

STEPS=5
BUILD=$ROOT/build
LIBTORCH_ARGUMENT=
PACKAGES=yes

usage() { sed -n '4,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --libtorch | --build) [ $# -ge 2 ] || fail "$1 needs a folder" ;;&
      --libtorch) LIBTORCH_ARGUMENT=$2; shift 2 ;;
      --build) BUILD=$(realpath -m "$2"); shift 2 ;;
      --no-packages) PACKAGES=no; shift ;;
      -h | --help) usage; exit 0 ;;
      *) fail "unknown argument $1 (see --help)" ;;
    esac
  done
}

# A compiler newer than those that the project is tested with may warn where they do not.
build() {
  local options=(--buildtype=release -Dwerror=false -Dengine=enabled -Dgst=enabled -Dtests=disabled
    "-Dlibtorch=$LIBTORCH") verb=setup
  [ ! -e "$BUILD/build.ninja" ] || verb=configure
  if ! { meson "$verb" "$BUILD" "${options[@]}" && meson compile -C "$BUILD"; } >"$LOGS/build.log" 2>&1; then
    tail -n 40 "$LOGS/build.log" >&2
    fail "the build failed (above, and $LOGS/build.log); an old $BUILD may be the reason: remove it and run again"
  fi
}

# read_text NAME ELEMENT...: runs a pipeline that writes $OUTPUT/NAME, which must not stay empty.
read_text() {
  local file=$OUTPUT/$1
  shift
  rm -f "$file"
  meson devenv -C "$BUILD" -w "$ROOT" gst-launch-1.0 -q "$@" ! filesink location="$file" </dev/null ||
    fail "the pipeline that writes $file failed (above)"
  [ -s "$file" ] || fail "$file is empty: nothing was read"
}

read_samples() {
  local samples=$ROOT/examples/samples
  say "  labels.webm -> labels.srt, labels.txt"
  read_text labels.srt filesrc location="$samples/labels.webm" ! decodebin ! videoconvert \
    ! deepseekocr text-format=subtitle name=ocr ocr.text ! srtenc
  read_text labels.txt filesrc location="$samples/labels.webm" ! decodebin ! videoconvert \
    ! deepseekocr inference-interval=10 name=ocr ocr.text ! queue
  say "  label.png -> label.txt"
  read_text label.txt filesrc location="$samples/label.png" ! pngdec ! videoconvert \
    ! deepseekocr name=ocr ocr.text ! queue
  say "  slip.pdf -> slip.txt"
  read_text slip.txt filesrc location="$samples/slip.pdf" ! pdfdec ! deepseekocr name=ocr ocr.text ! queue
}

show() {
  local name
  for name in labels.srt labels.txt label.txt slip.txt; do
    say "" "--- $name"
    cat "$OUTPUT/$name"
  done
  say "" "Done: the files are in $OUTPUT." \
    "" "A shell in which gst-launch-1.0 and gst-inspect-1.0 know the elements:" \
    "  meson devenv -C $BUILD -w $ROOT"
}

main() {
  parse_arguments "$@"
  LOGS=$BUILD.logs OUTPUT=$BUILD/output
  mkdir -p "$LOGS"
  cd "$ROOT"
  step "packages"
  [ "$PACKAGES" = no ] || install_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
  step "LibTorch"
  find_libtorch "$LIBTORCH_ARGUMENT"
  step "building in $BUILD (a few minutes the first time)"
  build
  step "reading the samples"
  mkdir -p "$OUTPUT"
  read_samples
  step "what was read"
  show
}

main "$@"
