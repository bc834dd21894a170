#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Gathers what tests/device/run.sh --prebuilt DIR runs, from a build folder, so that a machine with a GPU need not build.
#
#   tests/device/bundle.sh BUILD DIR
#
# BUILD was set up with -Dcuda=enabled against the same version of LibTorch.
set -euo pipefail

BUILD=${1:?usage: tests/device/bundle.sh BUILD DIR}
DIR=${2:?usage: tests/device/bundle.sh BUILD DIR}
mkdir -p "$DIR/lib"
for program in device/cuda-test golden/golden-test golden/golden-table bench/model-speed tools/make-checkpoint; do
  strip -o "$DIR/$(basename "$program")" "$BUILD/tests/$program"
done
strip -o "$DIR/lib/libdeepseekocr-engine-cuda.so" "$BUILD/engine/libdeepseekocr-engine-cuda.so"
# For pipelines (run.sh --gstreamer), where the build has the plugin.
if [ -e "$BUILD/gst/libgstdeepseekocr.so" ]; then
  mkdir -p "$DIR/plugins"
  strip -o "$DIR/plugins/libgstdeepseekocr.so" "$BUILD/gst/libgstdeepseekocr.so"
  strip -o "$DIR/lib/libdeepseekocr-engine.so" "$BUILD/engine/libdeepseekocr-engine.so"
fi
# What a bare machine may lack: everything but LibTorch, CUDA and the C and C++ libraries.
ldd "$DIR/model-speed" | awk '/libpcre2/ { print $3 }' | xargs -r -I{} cp -L {} "$DIR/lib/"
du -sh "$DIR"
