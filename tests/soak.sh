#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Four live streams for half an hour on the real engine, with seeks and reconnects; prints the slope of memory, and
# readings, drops and the worst delay of each stream.
#
#   tests/soak.sh [BUILD_FOLDER] [MINUTES]      (default: build, 30)
#
# The folder is one of `meson setup` with the engine, the plugin and the tests.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$(realpath "${1:-$ROOT/build}")
MINUTES=${2:-30}

[ -e "$BUILD/build.ninja" ] || { echo "soak.sh: $BUILD is no build folder; run meson setup first" >&2; exit 2; }
meson compile -C "$BUILD" soak deepseekocr-engine gstdeepseekocr >/dev/null
exec meson devenv -C "$BUILD" -w "$ROOT" "$BUILD/tests/bench/soak" "$ROOT/examples/samples/labels.webm" "$MINUTES"
