#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Test Anything Protocol for shell scripts; sourced.
#
#   tap_check NAME COMMAND...   one test: passes if the command exits with 0; else its output follows as a comment
#   tap_skip NAME REASON        one test that cannot run here
#   tap_end                     the plan; fails if a test failed

TAP_NUMBER=0
TAP_FAILED=0

tap_check() {
  local name=$1 output status=0
  shift
  TAP_NUMBER=$((TAP_NUMBER + 1))
  output=$("$@" 2>&1 </dev/null) || status=$?
  if [ "$status" = 0 ]; then
    printf 'ok %d - %s\n' "$TAP_NUMBER" "$name"
  else
    TAP_FAILED=$((TAP_FAILED + 1))
    printf 'not ok %d - %s\n# exit status %d\n' "$TAP_NUMBER" "$name" "$status"
    printf '%s\n' "$output" | tail -n 60 | sed 's/^/# /'
  fi
}

tap_skip() {
  TAP_NUMBER=$((TAP_NUMBER + 1))
  printf 'ok %d - %s # SKIP %s\n' "$TAP_NUMBER" "$1" "$2"
}

tap_end() {
  printf '1..%d\n' "$TAP_NUMBER"
  [ "$TAP_FAILED" = 0 ]
}
