#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Installs a build and uses it as another user of the machine would: no variable of the build folder is set.
#
#   tests/installed.sh BUILD_FOLDER      (configured with a --prefix that may be written)
#
# Prints the Test Anything Protocol.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tap.sh
. "$ROOT/tests/tap.sh"

BUILD=$(realpath "${1:?usage: tests/installed.sh BUILD_FOLDER}")
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

option() {
  meson introspect --buildoptions "$BUILD" | python3 -c '
import json, sys
print(next(option["value"] for option in json.load(sys.stdin) if option["name"] == sys.argv[1]))' "$1"
}

install_build() {
  rm -rf "$PREFIX"
  meson install -C "$BUILD" --no-rebuild
}

inspect() { gst-inspect-1.0 "$1"; }

# The plugin folder holds plugins only: GStreamer opens every library that lies there.
plugins_alone() {
  local others
  others=$(find "$LIBRARIES/gstreamer-1.0" -type f ! -name 'libgst*.so')
  [ -z "$others" ] || { echo "$others"; return 1; }
}

# read_sample NAME WORD: the sample's text holds the word.
read_sample() {
  local source
  case $1 in
    label.png) source="pngdec ! videoconvert" ;;
    slip.pdf) source=pdfdec ;;
  esac
  # shellcheck disable=SC2086  # the elements are separate words
  gst-launch-1.0 -q filesrc location="$ROOT/examples/samples/$1" ! $source ! deepseekocr name=ocr ocr.text \
    ! filesink location="$WORK/text" || return 1
  grep -q "$2" "$WORK/text"
}

# A C program that asks for the metadata, built with what pkg-config says.
build_client() {
  cat >"$WORK/client.c" <<'CLIENT'
#include <deepseekocr/engine.h>
#include <deepseekocr/gstdeepseekocrmeta.h>

int main(int argc, char** argv) {
  GstBuffer* buffer;
  gst_init(&argc, &argv);
  buffer = gst_buffer_new();
  if (gst_deepseek_ocr_meta_get_text(buffer) != NULL) return 1;
  gst_buffer_unref(buffer);
  return DSOCR_API_VERSION == 0;
}
CLIENT
  # shellcheck disable=SC2046  # the flags are separate words
  cc -Wall -Werror "$WORK/client.c" -o "$WORK/client" $(pkg-config --cflags --libs deepseekocr gstreamer-1.0) &&
    "$WORK/client"
}

PREFIX=$(option prefix)
LIBRARIES=$PREFIX/$(option libdir)
case $PREFIX in
  "$ROOT"/*) ;;
  *) echo "Bail out! $PREFIX is outside of the checkout: configure the build with --prefix"; exit 1 ;;
esac

unset DEEPSEEKOCR_ENGINE DEEPSEEKOCR_MODEL GST_PLUGIN_PATH
export GST_PLUGIN_PATH_1_0=$LIBRARIES/gstreamer-1.0 GST_REGISTRY_1_0=$WORK/registry.bin
export PKG_CONFIG_PATH=$LIBRARIES/pkgconfig

tap_check "meson install" install_build
for element in deepseekocr ocroverlay pdfdec; do tap_check "gst-inspect-1.0 $element" inspect "$element"; done
tap_check "the plugin folder holds plugins only" plugins_alone
tap_check "a picture is read" read_sample label.png "Brass screws M4"
tap_check "a PDF is read" read_sample slip.pdf "HANDLE WITH CARE"
tap_check "deepseekocr-trace --help" "$PREFIX/bin/deepseekocr-trace" --help
tap_check "a C program builds with pkg-config" build_client
tap_end
