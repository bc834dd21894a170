#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Writes what gst-inspect-1.0 prints into the pages of docs/elements, between the lines
#   <!-- gst-inspect:begin -->  and  <!-- gst-inspect:end -->
#
#   docs/update-inspect.sh [--check] BUILD_FOLDER [ELEMENT...]     (all pages without ELEMENT)
#
# --check changes nothing and fails where a page is out of date.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CHECK=no
[ "${1:-}" != --check ] || { CHECK=yes; shift; }
BUILD=$(realpath "${1:?usage: docs/update-inspect.sh [--check] BUILD_FOLDER [ELEMENT...]}")
shift

# The dump without what differs from machine to machine: the folders of the build, GStreamer's own version.
dump() {
  meson devenv -C "$BUILD" -w "$ROOT" env NO_COLOR=1 LC_ALL=C.UTF-8 gst-inspect-1.0 "$1" |
    sed -E "s#$BUILD#<build>#g; s#$ROOT#<source>#g; s/[[:space:]]+\$//; /^  Filename /d"
}

# The page with a new dump between its markers.
renew() {
  local page=$1 text
  text=$(mktemp)
  dump "$(basename "$page" .md)" >"$text"
  awk -v text="$text" '
    /<!-- gst-inspect:begin -->/ {
      print; print "```"; while ((getline line < text) > 0) print line; print "```"; inside = 1; found = 1
    }
    /<!-- gst-inspect:end -->/ { inside = 0 }
    !inside || /<!-- gst-inspect:end -->/ { if (!/gst-inspect:begin/) print }
    END { exit !found }' "$page" || { echo "$page: no <!-- gst-inspect:begin --> line" >&2; return 1; }
  rm -f "$text"
}

status=0
if [ $# = 0 ]; then
  for page in "$ROOT"/docs/elements/*.md; do set -- "$@" "$(basename "$page" .md)"; done
fi
for element in "$@"; do
  page=$ROOT/docs/elements/$element.md
  if [ "$CHECK" = yes ]; then
    diff -u --label "$page" --label "gst-inspect-1.0 $element" "$page" <(renew "$page") ||
      { echo "$page is out of date: run docs/update-inspect.sh $BUILD $element" >&2; status=1; }
  else
    renew "$page" >"$page.new"
    mv "$page.new" "$page"
  fi
done
exit $status
