#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Frames in CUDA memory in real pipelines: what is read from them is what is read from frames in system memory, and none
# passes through the host.
#
#   tests/device/cuda_frames.sh PREFIX PLUGINS ENGINE OUT
#
#   PREFIX   where Debian's packages of GStreamer 1.22 or later are unpacked (or /): gstreamer1.0-tools, and
#            gstreamer1.0-plugins-base, -good and -bad with what they need
#   PLUGINS  folder of libgstdeepseekocr.so
#   ENGINE   libdeepseekocr-engine.so, with libdeepseekocr-engine-cuda.so beside it
#   OUT      folder for what the pipelines wrote
#
# Prints a line for each check; the exit status is not 0 if one failed, and 77 where there is no plugin for CUDA.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
[ $# = 4 ] || { sed -n '4,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2; exit 2; }
PREFIX=${1%/} PLUGINS=$2 OUT=$4
export DEEPSEEKOCR_ENGINE=$3 DEEPSEEKOCR_MODEL=$ROOT/engine/models/label-reader
SYSTEM=$PREFIX/usr/lib/x86_64-linux-gnu
export PATH=$PREFIX/usr/bin:$PATH LD_LIBRARY_PATH=$SYSTEM${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export GST_PLUGIN_SYSTEM_PATH_1_0=$SYSTEM/gstreamer-1.0 GST_PLUGIN_PATH_1_0=$PLUGINS GST_REGISTRY_1_0=$OUT/registry.bin
export GST_PLUGIN_SCANNER_1_0=$SYSTEM/gstreamer1.0/gstreamer-1.0/gst-plugin-scanner
FAILED=0

# read_picture NAME DEVICE CAPS [ELEMENTS]: two seconds of the sample label; the text goes to OUT/NAME.txt, messages to .log.
read_picture() {
  local upload=${4:-}
  # shellcheck disable=SC2086 # `upload` is words of the pipeline
  gst-launch-1.0 -m filesrc "location=$ROOT/examples/samples/label.png" ! pngdec ! videoconvert ! "video/x-raw,format=$3" ! \
    imagefreeze num-buffers=20 ! 'video/x-raw,framerate=10/1' ! identity sync=true ! $upload \
    deepseekocr "device=$2" stats-interval=200 name=ocr ocr.text ! filesink "location=$OUT/$1.txt" ocr.src ! fakesink \
    >"$OUT/$1.log" 2>&1 || { tail -n 5 "$OUT/$1.log"; return 1; }
}

# host_copies NAME: the number in the last statistics of a run.
host_copies() { sed -nE 's/.*host-copies=\(guint64\)([0-9]+).*/\1/p' "$OUT/$1.log" | tail -n 1; }

check() {
  local what=$1
  shift
  if "$@"; then echo "ok      $what"; else echo "FAILED  $what"; FAILED=1; fi
}

check_upload() {
  local name=$1 device=$2 format=$3 copies
  if ! read_picture "$name" "$device" "$format" 'cudaupload ! video/x-raw(memory:CUDAMemory) !'; then
    check "$name: the pipeline runs" false
    return
  fi
  check "$name: the text of frames in system memory" cmp "$OUT/$name.txt" "$OUT/system-$device-$format.txt"
  copies=$(host_copies "$name")
  if [ "$device" = cpu ]; then check "$name: frames are copied (${copies:-none counted})" [ "${copies:-0}" -gt 0 ]
  else check "$name: no frame is copied (${copies:-none counted})" [ "${copies:-1}" = 0 ]; fi
}

main() {
  mkdir -p "$OUT"
  if ! gst-inspect-1.0 --exists cudaupload; then
    echo "no element cudaupload: gst-plugins-bad finds no driver, or is not in $PREFIX/"
    exit 77
  fi
  for device in cuda:0 cpu; do
    for format in NV12 RGBA; do
      check "system-$device-$format: the pipeline runs" read_picture "system-$device-$format" "$device" "$format"
      check_upload "cuda-$device-$format" "$device" "$format"
    done
  done
  cat "$OUT/cuda-cuda:0-NV12.txt"
  exit $FAILED
}

main
