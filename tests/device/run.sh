#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds and runs everything that needs a CUDA device, on a machine with one, PyTorch 2.11 and nvcc; it needs neither
# GStreamer nor a network.
#
#   tests/device/run.sh [--prebuilt DIR] [--libtorch DIR] [--golden DIR] [--out DIR] [--only STEPS] [--sanitize]
#                       [--gstreamer PREFIX]
#
#   --prebuilt DIR   do not build: DIR holds the programs, and libraries in DIR/lib (see bundle.sh)
#   --libtorch DIR   this LibTorch; else the one that python3 would import
#   --golden DIR     golden data of the full-size random checkpoint (official-seed1), compared too
#   --out DIR        where logs go; else a temporary folder
#   --only STEPS     some of: operations golden official speed apart (separated by commas); apart is the speed of
#                    decoding with kernels that do not overlap, and is left out without this
#   --gstreamer PREFIX  pipelines with frames in CUDA memory too; PREFIX is where Debian's packages of GStreamer are
#                    unpacked (cuda_frames.sh says which); the plugin comes with --prebuilt
#   --sanitize       the operation tests under compute-sanitizer's memcheck and racecheck too
#
# The full-size checkpoint (6.7 GB) is generated in /dev/shm, or in DEEPSEEKOCR_SCRATCH, and removed at the end.  Prints
# one table; the last line is "N passed, N failed, N skipped", and the exit status is not 0 if a test failed or none ran.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PREBUILT='' LIBTORCH='' GOLDEN='' OUT='' GSTREAMER='' STEPS=operations,golden,official,speed SANITIZE=no
PASSED=0 FAILED=0 SKIPPED=0
TABLE=()
CHECKPOINT='' WRITER=''

usage() { sed -n '4,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

fail() {
  echo "run.sh: $*" >&2
  exit 2
}

parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --sanitize) SANITIZE=yes; shift; continue ;;
      -h | --help) usage; exit 0 ;;
      --prebuilt | --libtorch | --golden | --out | --only | --gstreamer) [ $# -ge 2 ] || fail "$1 needs a value" ;;
      *) fail "unknown argument $1 (see --help)" ;;
    esac
    case $1 in
      --prebuilt) PREBUILT=$(cd "$2" && pwd) ;;
      --libtorch) LIBTORCH=$2 ;;
      --golden) GOLDEN=$2 ;;
      --out) OUT=$2 ;;
      --only) STEPS=$2 ;;
      --gstreamer) GSTREAMER=$2 ;;
    esac
    shift 2
  done
}

wanted() { case ,$STEPS, in *,"$1",*) return 0 ;; *) return 1 ;; esac }

# row NAME RESULT SECONDS: a line of the table.
row() { TABLE+=("$(printf '%-44s %-40s %6s s' "$1" "$2" "$3")"); }

# LibTorch as python3 would find it, without importing it.
find_libtorch() {
  [ -n "$LIBTORCH" ] || LIBTORCH=$(python3 -c 'import importlib.util as u
s = u.find_spec("torch")
print(s.submodule_search_locations[0] if s else "")')
  [ -e "$LIBTORCH/lib/libtorch_cuda.so" ] || fail "no LibTorch with CUDA in \"$LIBTORCH\": give one with --libtorch"
  export LD_LIBRARY_PATH="$LIBTORCH/lib:$LIBTORCH/../nvidia/cu13/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}

# Sets PROGRAMS: the folder in which every program lies.
build() {
  local build=$ROOT/_build/device started=$SECONDS name
  if [ -n "$PREBUILT" ]; then
    PROGRAMS=$PREBUILT
    export LD_LIBRARY_PATH="$PREBUILT/lib:$LD_LIBRARY_PATH"
    return
  fi
  [ -e "$build/build.ninja" ] || meson setup "$build" "$ROOT" -Doptimization=2 -Dgst=disabled -Dengine=enabled \
    -Dcuda=enabled -Dtests=enabled "-Dlibtorch=$LIBTORCH" >"$OUT/setup.log" 2>&1 || { tail "$OUT/setup.log"; fail "setup"; }
  ninja -C "$build" >"$OUT/build.log" 2>&1 || { tail -n 40 "$OUT/build.log"; fail "the build failed"; }
  PROGRAMS=$OUT/programs
  mkdir -p "$PROGRAMS"
  for name in device/cuda-test golden/golden-test golden/golden-table bench/model-speed tools/make-checkpoint; do
    ln -sf "$build/tests/$name" "$PROGRAMS/"
  done
  export LD_LIBRARY_PATH="$build/engine:$LD_LIBRARY_PATH"
  row "build" "" $((SECONDS - started))
}

# The full-size checkpoint, written while other tests run.
start_checkpoint() {
  if ! wanted official && ! wanted speed && ! wanted apart; then return; fi
  CHECKPOINT=$(mktemp -d "${DEEPSEEKOCR_SCRATCH:-/dev/shm}/dsocr.XXXXXX")
  (
    started=$SECONDS
    "$PROGRAMS/make-checkpoint" --preset official --seed 1 --official-layout --out "$CHECKPOINT" >"$OUT/checkpoint.log" 2>&1
    echo $((SECONDS - started)) >"$OUT/checkpoint.seconds"
  ) &
  WRITER=$!
}

clean_up() {
  [ -z "$WRITER" ] || kill "$WRITER" 2>/dev/null || true
  [ -z "$CHECKPOINT" ] || rm -rf "$CHECKPOINT"
}

have_checkpoint() {
  [ -n "$WRITER" ] || return 0
  if ! wait "$WRITER"; then
    tail -n 3 "$OUT/checkpoint.log"
    FAILED=$((FAILED + 1))
    row "full-size checkpoint" "FAILED" -
    WRITER=''
    return 1
  fi
  WRITER=''
  row "full-size checkpoint written" "" "$(cat "$OUT/checkpoint.seconds")"
}

# count_of WORD FILE: of a GoogleTest summary such as "[  PASSED  ] 12 tests."
count_of() { sed -nE "s/^\[  $1 *\] ([0-9]+) tests?.*/\1/p" "$2" | head -n 1 | grep . || echo 0; }

# run_tests NAME COMMAND...: a GoogleTest program.
run_tests() {
  local name=$1 log started=$SECONDS status=0 passed failed skipped
  log=$OUT/${1// /-}.log
  shift
  timeout 300 "$@" >"$log" 2>&1 || status=$?
  passed=$(count_of PASSED "$log") failed=$(count_of FAILED "$log") skipped=$(count_of SKIPPED "$log")
  if [ $status != 0 ] && [ "$failed" = 0 ]; then failed=1; fi # it crashed
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
  row "$name" "$passed passed, $failed failed, $skipped skipped" $((SECONDS - started))
  if [ "$failed" != 0 ]; then
    echo "--- $name (exit status $status)"
    grep -E 'Failure|^\[  FAILED  \]|error:|what\(\)|!' -A 6 "$log" | head -n 60 || true
    tail -n 5 "$log"
  fi
}

# run_check NAME COMMAND...: one check; its output is shown.
run_check() {
  local name=$1 log started=$SECONDS result=passed
  log=$OUT/${1// /-}.log
  shift
  if timeout 300 "$@" >"$log" 2>&1; then PASSED=$((PASSED + 1)); else result=FAILED FAILED=$((FAILED + 1)); fi
  row "$name" "$result" $((SECONDS - started))
  echo "--- $name"
  grep -v ' ok *$' "$log" | tail -n 40
}

# skip NAME REASON
skip() {
  SKIPPED=$((SKIPPED + 1))
  row "$1" "skipped: $2" -
}

run_frames() {
  local name="frames in CUDA memory" plugin=$PROGRAMS/plugins/libgstdeepseekocr.so status=0 started=$SECONDS
  local log=$OUT/frames.log
  [ -e "$plugin" ] || { skip "$name" "no plugin in $PROGRAMS/plugins"; return; }
  timeout 300 "$ROOT/tests/device/cuda_frames.sh" "$GSTREAMER" "$(dirname "$plugin")" \
    "$PROGRAMS/lib/libdeepseekocr-engine.so" "$OUT/frames" >"$log" 2>&1 || status=$?
  echo "--- $name"
  cat "$log"
  case $status in
    0) PASSED=$((PASSED + 1)); row "$name" passed $((SECONDS - started)) ;;
    77) skip "$name" "$(head -n 1 "$log")" ;;
    *) FAILED=$((FAILED + 1)); row "$name" FAILED $((SECONDS - started)) ;;
  esac
}

sanitize() {
  local tool
  if ! command -v compute-sanitizer >/dev/null; then
    skip "compute-sanitizer" "not installed"
    return
  fi
  for tool in memcheck racecheck; do
    run_check "compute-sanitizer $tool" timeout 120 compute-sanitizer --tool "$tool" --error-exitcode 9 \
      "$PROGRAMS/cuda-test" '--gtest_filter=CudaOperations.*:CudaPicture.*-*.Choose:*Grouped*:*Relative*:*Engine*:*Encoded*'
  done
}

main() {
  parse_arguments "$@"
  [ -n "$OUT" ] || OUT=$(mktemp -d)
  mkdir -p "$OUT"
  trap clean_up EXIT
  find_libtorch
  build
  export DEEPSEEKOCR_TEST_DATA=${DEEPSEEKOCR_TEST_DATA:-$ROOT/tests/data}
  start_checkpoint
  if wanted operations; then run_tests "operations and model" "$PROGRAMS/cuda-test"; fi
  if wanted golden; then run_tests "golden" "$PROGRAMS/golden-test" '--gtest_filter=*_cuda'; fi
  if [ -n "$GSTREAMER" ]; then run_frames; fi
  if [ "$SANITIZE" = yes ]; then sanitize; fi
  if have_checkpoint; then
    if wanted official && [ -n "$GOLDEN" ]; then
      DEEPSEEKOCR_DEVICE=cuda:0 run_check "full-size golden bf16 base" "$PROGRAMS/golden-table" "$GOLDEN" "$CHECKPOINT" bf16 base
    fi
    if wanted speed; then
      run_check "speed of the full-size model" "$PROGRAMS/model-speed" --device cuda:0 "$CHECKPOINT" bf16 4
    fi
    if wanted apart; then
      DEEPSEEKOCR_CUDA_OVERLAP=0 run_check "speed without overlap" \
        "$PROGRAMS/model-speed" --device cuda:0 "$CHECKPOINT" bf16 4 decode
    fi
  fi
  echo
  printf '%s\n' "${TABLE[@]}"
  echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
  [ "$FAILED" = 0 ] && [ "$PASSED" != 0 ]
}

main "$@"
