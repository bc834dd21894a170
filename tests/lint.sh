#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Format and lint checks, as tests of the Test Anything Protocol.
#
#   tests/lint.sh [--quick] BUILD_FOLDER      --quick leaves clang-tidy out
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
# shellcheck source=tap.sh
. tests/tap.sh

FORMAT_VERSION=14 # other versions lay out some lines differently
SOURCE_LINES=600

sources() { find engine gst tests examples -name '*.cpp' -o -name '*.h' -o -name '*.c' -o -name '*.cu' -o -name '*.cuh' | sort; }
scripts() { find .ci examples tests docs -name '*.sh' -o -path .ci/run | sort; }

clang_format() {
  command -v "clang-format-$FORMAT_VERSION" && return
  clang-format --version 2>/dev/null | grep -q "version $FORMAT_VERSION\." && command -v clang-format
}

check_format() { sources | xargs "$FORMAT" --dry-run -Werror; }

check_shell() { scripts | xargs shellcheck -x -P SCRIPTDIR; }

# The first line of a source names the licence; a script's may come after its interpreter.
check_licence() {
  local file status=0
  while read -r file; do
    if ! head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT'; then
      echo "$file: no SPDX-License-Identifier"
      status=1
    fi
  done < <(sources; scripts; find tests examples docs engine -name '*.py')
  return $status
}

# What names its interpreter is started by its own name, as the documentation does.
check_executable() {
  local file status=0
  while read -r file; do
    if [ "$(head -c 2 "$file" | tr -d '\0')" = '#!' ]; then
      echo "$file: names an interpreter and is not executable"
      status=1
    fi
  done < <(find .ci docs engine examples gst tests -type f -size -1024k ! -perm -u+x)
  return $status
}

check_length() {
  local file lines status=0
  while read -r file; do
    lines=$(wc -l <"$file")
    if [ "$lines" -gt $SOURCE_LINES ]; then
      echo "$file: $lines lines, more than $SOURCE_LINES"
      status=1
    fi
  done < <(sources)
  return $status
}

# The rooms' walls: the engine without GStreamer, the plugin without LibTorch, and no umbrella header of LibTorch.
check_walls() {
  ! grep -rnE '#include <(torch/(torch|all|extension|script)|ATen/ATen)\.h>' engine gst tests &&
    ! grep -rnE '#include <(gst|glib)[/.]' engine &&
    ! grep -rnE '#include <(ATen|c10)/' gst
}

# What is shipped.  The tests are left out: they take as long again and clang-analyzer finds little in gtest's macros.
check_tidy() {
  rm -rf "$BUILD/tidy"
  python3 tests/tidy_units.py "$BUILD" "$BUILD/tidy"
  run-clang-tidy -quiet -p "$BUILD/tidy" -j "$(nproc)" -header-filter="^$ROOT/" -config="$(cat .clang-tidy)" \
    >"$BUILD/clang-tidy.log" 2>&1 ||
    { grep -E '(warning|error):' "$BUILD/clang-tidy.log" | python3 tests/tidy_units.py --places "$BUILD/tidy" | sort -u; return 1; }
}

QUICK=no
[ "${1:-}" != --quick ] || { QUICK=yes; shift; }
BUILD=${1:?usage: tests/lint.sh [--quick] BUILD_FOLDER}

if FORMAT=$(clang_format); then
  tap_check "clang-format" check_format
else
  tap_skip "clang-format" "the sources are laid out by clang-format $FORMAT_VERSION, which is not installed"
fi
tap_check "shellcheck" check_shell
tap_check "licence lines" check_licence
tap_check "scripts are executable" check_executable
tap_check "length of files" check_length
tap_check "includes" check_walls
[ "$QUICK" = yes ] || tap_check "clang-tidy of engine, gst and examples" check_tidy
tap_end
