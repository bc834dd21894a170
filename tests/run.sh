#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Installs what is needed, builds with tests and runs everything that needs no GPU.
#
#   tests/run.sh [--quick] [--libtorch DIR] [--no-packages]
#
#   --quick          leave out the sanitizer builds, valgrind and clang-tidy
#   --libtorch DIR   use this LibTorch (with include/ and lib/) instead of looking for one and installing it
#   --no-packages    do not look for missing Debian packages
#
# Works in _build/; logs are in _build/logs/.  The last line is "N passed, N failed, N skipped"; the exit status is not
# 0 if a test failed or none ran.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../examples/prerequisites.sh
. "$ROOT/examples/prerequisites.sh"

OUT=$ROOT/_build
LOGS=$OUT/logs
LIBTORCH_ARGUMENT=
PACKAGES=yes
QUICK=no
STEPS=9
PASSED=0 FAILED=0 SKIPPED=0
FAILURES=() # one line each, told again at the end

# Without these ccache compiles anew whatever has a precompiled header.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}

usage() { sed -n '4,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --quick) QUICK=yes STEPS=6; shift ;;
      --libtorch) [ $# -ge 2 ] || fail "--libtorch needs a folder"; LIBTORCH_ARGUMENT=$2; shift 2 ;;
      --no-packages) PACKAGES=no; shift ;;
      -h | --help) usage; exit 0 ;;
      *) fail "unknown argument $1 (see --help)" ;;
    esac
  done
}

# The closing line, also where packages, LibTorch or the build fail and nothing could be tested.
close() {
  local status=$?
  trap - EXIT
  if [ "$status" != 0 ] || [ $((PASSED + FAILED)) = 0 ]; then
    FAILED=$((FAILED + 1))
    FAILURES+=("  failed: the run ended with status $status in step ${STEP:-0} of $STEPS")
  fi
  [ ${#FAILURES[@]} = 0 ] || printf '%s\n' "" "what failed:" "${FAILURES[@]}"
  say "" "wall time: $((SECONDS / 60)) min $((SECONDS % 60)) s" \
    "$PASSED passed, $FAILED failed, $SKIPPED skipped"
  [ "$FAILED" = 0 ] || exit 1
  exit 0
}

# count KIND FILE: adds what count_results.py finds to the totals.
count() {
  local report numbers
  report=$(python3 "$ROOT/tests/count_results.py" "$1" "$2") || report="  failed: no results in $2"$'\n'"0 1 0"
  numbers=$(tail -n 1 <<<"$report")
  sed '$d' <<<"$report"
  while read -r line; do FAILURES+=("  $line"); done < <(grep '^ *failed:' <<<"$report")
  read -r passed failed skipped <<<"$numbers"
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
  say "  here: $passed passed, $failed failed, $skipped skipped"
}

fail_step() {
  FAILED=$((FAILED + 1))
  FAILURES+=("  failed: $*")
  say "  failed: $*"
}

# logged NAME COMMAND...: its output goes to _build/logs/NAME.log, and the end of it to the screen if it fails.
logged() {
  local log=$LOGS/$1.log
  shift
  "$@" >"$log" 2>&1 </dev/null && return
  tail -n 60 "$log"
  return 1
}

# configure NAME OPTION...: a build folder _build/NAME.  Line numbers are all of the debug information that reports need.
configure() {
  local folder=$OUT/$1 name=$1 verb=setup
  shift
  [ ! -e "$folder/build.ninja" ] || verb=configure
  logged "configure-$name" meson "$verb" "$folder" -Ddebug=true -Dcpp_args=-g1 -Dc_args=-g1 "$@"
}

# run_tests NAME LOG ARGUMENT...: `meson test` in _build/NAME, whose results are in LOG.
run_tests() {
  local folder=$OUT/$1 log=$2
  shift 2
  rm -f "$folder/meson-logs/$log".*
  meson test -C "$folder" --print-errorlogs "$@" </dev/null || true
  count --meson "$folder/meson-logs/$log"
}

run_script() {
  local log=$LOGS/$1.tap
  shift
  "$@" </dev/null 2>&1 | tee "$log" || true
  count --tap "$log"
}

# GCC 12's thread sanitizer ends at once where the kernel spreads addresses more widely than this.
spreads_addresses_widely() { [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)" -gt 28 ]; }

# fill_registry NAME: the system's plugins, seen by a program that is not instrumented: sanitizers report what the
# libraries behind those plugins do while they are loaded.  The tests add the plugins of the build.
fill_registry() {
  env -u GST_PLUGIN_PATH GST_PLUGIN_PATH_1_0='' GST_REGISTRY_1_0="$OUT/$1/registry.bin" gst-inspect-1.0 \
    >"$LOGS/registry-$1.log" 2>&1 || fail_step "gst-inspect-1.0 ($LOGS/registry-$1.log)"
}

# test_sanitizer NAME SANITIZERS ENGINE ARGUMENT...: `meson test` in _build/NAME, which builds what these tests need: not
# optimised, because optimising instrumented code takes longer than running it.  LibTorch is not instrumented.
test_sanitizer() {
  local name=$1 sanitizers=$2 engine=$3 log=testlog
  shift 3
  if ! configure "$name" -Doptimization=0 "-Dengine=$engine" "-Dlibtorch=$LIBTORCH" -Dcuda=disabled -Dgst=enabled \
    -Dtests=enabled "-Db_sanitize=$sanitizers"; then
    fail_step "the build folder with -Db_sanitize=$sanitizers (above, and in $LOGS)"
    return
  fi
  fill_registry "$name"
  if [ "$name" = thread ] && spreads_addresses_widely; then
    set -- "$@" --wrapper "setarch -R"
    log=testlog-setarch # Meson names the log after the wrapper
  fi
  run_tests "$name" "$log" --timeout-multiplier 4 "$@"
}

main() {
  parse_arguments "$@"
  mkdir -p "$LOGS"
  trap close EXIT
  trap 'exit 1' INT TERM
  cd "$ROOT"

  step "packages"
  [ "$PACKAGES" = no ] || install_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
  step "LibTorch"
  find_libtorch "$LIBTORCH_ARGUMENT"
  step "build"
  # The kernels for CUDA differ between 80 and 90 only; nothing here runs them.
  configure release --prefix="$OUT/install" -Doptimization=2 -Dengine=enabled -Dgst=enabled -Dpdf=enabled \
    -Dtests=enabled -Dgpu-arch=80,90 "-Dlibtorch=$LIBTORCH" || fail "the build cannot be set up (above, and in $LOGS)"
  logged build-release meson compile -C "$OUT/release" || fail "the build failed (above, and $LOGS/build-release.log)"
  step "tests and pipelines"
  run_tests release testlog --no-rebuild
  step "installed tree"
  run_script installed bash tests/installed.sh "$OUT/release"
  step "format and lint"
  if [ "$QUICK" = yes ]; then
    run_script lint bash tests/lint.sh --quick "$OUT/release"
    return
  fi
  run_script lint bash tests/lint.sh "$OUT/release"
  step "tests with the address and undefined behaviour sanitizers"
  test_sanitizer address address,undefined disabled
  step "tests with the thread sanitizer"
  test_sanitizer thread thread enabled --suite gst --suite threads
  step "tests under valgrind and the leaks tracer"
  run_tests release testlog-valgrind --no-rebuild --setup=valgrind
  run_tests release testlog-leaks --no-rebuild --setup=leaks
}

main "$@"
