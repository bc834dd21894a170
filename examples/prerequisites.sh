#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What the project needs from outside, found or installed: Debian packages and LibTorch.  Sourced by quickstart.sh and
# tests/run.sh; does nothing by itself.
#
#   install_packages NAME...     leaves the packages installed; asks apt only for those that are missing
#   find_libtorch [DIR]          sets LIBTORCH to a folder with include/ and lib/; installs it where none is found
#   step TEXT                    a progress line
#
# The script that sources it sets LOGS (a folder for logs) and STEPS (how many steps it has).

# Names that the sourcing script uses or sets:
# shellcheck disable=SC2034,SC2153

# To build, and to read pictures, videos and PDF files.
BUILD_PACKAGES=(
  build-essential meson ninja-build pkg-config python3 python3-pip
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libpcre2-dev nlohmann-json3-dev
  libpoppler-glib-dev libcairo2-dev libpango1.0-dev
)
# srtenc and webvttenc are in -bad, pngdec, jpegdec, vp8dec and the file formats in -good.
RUN_PACKAGES=(gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad)
# What the test suite needs beside them.  textoverlay is in -x, x264enc in -ugly.
TEST_PACKAGES=(
  ccache libgtest-dev libgmock-dev valgrind clang-format clang-tidy shellcheck
  gstreamer1.0-x gstreamer1.0-plugins-ugly python3-gi gir1.2-gstreamer-1.0
)

# The CUDA build of LibTorch as PyPI has it.  Its CPU library needs two of the NVIDIA wheels to load; the others are for
# machines with an NVIDIA driver.
TORCH_VERSION=2.11.0
TORCH_CPU_WHEELS=("torch==$TORCH_VERSION" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85)

# Each argument on a line of its own.
say() { printf '%s\n' "$@"; }

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# The next of $STEPS steps, as a progress line.
step() {
  STEP=$((${STEP:-0} + 1))
  say "[$STEP/$STEPS] $* (at $((SECONDS / 60)):$(printf %02d $((SECONDS % 60))) min)"
}

# ------------------------------------------------------------------------------------------------- packages

as_root() {
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif ! command -v sudo >/dev/null; then
    return 127
  elif [ -t 0 ]; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

missing_packages() {
  local name
  for name in "$@"; do
    # ${Status} is for dpkg-query, not for the shell
    # shellcheck disable=SC2016
    [ "$(dpkg-query -W -f '${Status}' "$name" 2>/dev/null)" = "install ok installed" ] || printf '%s\n' "$name"
  done
}

install_packages() {
  local missing apt=(apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600)
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    fail "this is neither Debian nor Ubuntu: install what these Debian packages hold, then run again with" \
      "--no-packages: $*"
  fi
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} = 0 ]; then
    say "  all $# packages are there"
    return
  fi
  say "  installing ${#missing[@]} packages: ${missing[*]}"
  as_root true || fail "installing packages needs root or sudo; ask an administrator to run: apt-get install" \
    "--no-install-recommends ${missing[*]}"
  as_root "${apt[@]}" update >"$LOGS/apt.log" 2>&1 </dev/null || { tail -n 15 "$LOGS/apt.log" >&2
    fail "apt-get update failed (above, and $LOGS/apt.log)"; }
  as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" >>"$LOGS/apt.log" 2>&1 </dev/null ||
    { tail -n 15 "$LOGS/apt.log" >&2; fail "apt-get install failed (above, and $LOGS/apt.log)"; }
}

# ------------------------------------------------------------------------------------------------- LibTorch

# Why the folder is no usable LibTorch, in one sentence; nothing if it is one.
libtorch_problem() {
  local dir=$1 name missing
  for name in include/ATen/core/Tensor.h lib/libtorch_cpu.so lib/libc10.so; do
    if [ ! -e "$dir/$name" ]; then
      say "$dir holds no $name"
      return
    fi
  done
  missing=$(ldd "$dir/lib/libtorch_cpu.so" 2>/dev/null | awk '/=> not found/ { printf " %s", $1 }')
  [ -z "$missing" ] || say "$dir/lib/libtorch_cpu.so needs libraries that are not there:$missing"
}

# The LibTorch folder behind what a user names: the folder itself, a pip --target folder or a site-packages folder.
libtorch_folder() {
  local dir
  for dir in "$1" "$1/torch" "$1/libtorch"; do
    if [ -e "$dir/lib/libtorch_cpu.so" ]; then
      (cd "$dir" && pwd)
      return
    fi
  done
  return 1
}

# Where python3 would import torch from, if that is the version that the project is tested with.  Never imported: that
# takes seconds and fails where only the CPU's libraries are installed.
python_torch() {
  command -v python3 >/dev/null || return 0
  python3 - "$TORCH_VERSION" <<'PYTHON' 2>/dev/null || true
import importlib.util, pathlib, re, sys
spec = importlib.util.find_spec("torch")
for folder in (spec.submodule_search_locations or []) if spec else []:
    version = re.search(r"__version__ = '([^'+]*)", (pathlib.Path(folder) / "version.py").read_text())
    if version and version.group(1) == sys.argv[1]:
        print(folder)
PYTHON
}

has_nvidia_driver() {
  [ -e /proc/driver/nvidia/version ] || { command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; }
}

cache_folder() {
  local home=${HOME:-}
  [ -n "$home" ] || home=$(getent passwd "$(id -u)" | cut -d: -f6)
  if [ -n "${XDG_CACHE_HOME:-}" ]; then
    say "$XDG_CACHE_HOME/deepseekocr"
  else
    say "${home:-/var/tmp}/.cache/deepseekocr"
  fi
}

# pip install --target FOLDER WHEEL...  The wheels for CPython 3.11 are taken whatever python3 is: only LibTorch inside
# them is used.  One command for all: a second one with the same target does not merge the nvidia/ folder.
pip_install() {
  local target=$1 minor platforms=(--platform "manylinux2014_$(uname -m)")
  shift
  for minor in $(seq 17 28); do platforms+=(--platform "manylinux_2_${minor}_$(uname -m)"); done
  env PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 \
    TMPDIR="$target.tmp" "$PIP_PYTHON" -m pip install --quiet --no-compile --no-cache-dir --only-binary=:all: \
    --implementation cp --python-version 3.11 "${platforms[@]}" --target "$target" "$@" </dev/null
}

# A python3 with pip: the one in PATH, else Debian's own.
find_pip() {
  for PIP_PYTHON in python3 /usr/bin/python3; do
    if "$PIP_PYTHON" -m pip --version >/dev/null 2>&1; then return; fi
  done
  fail "python3 has no pip, which fetches LibTorch: install python3-pip, or give a LibTorch with --libtorch DIR"
}

install_libtorch() {
  local folder=$1 temporary wheels=("${TORCH_CPU_WHEELS[@]}") deps=--no-deps
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) fail "PyPI has no LibTorch for $(uname -m): build one and give it with --libtorch DIR" ;;
  esac
  find_pip
  if has_nvidia_driver; then
    say "  an NVIDIA driver is here: fetching LibTorch $TORCH_VERSION with its CUDA libraries (2.7 GB) into $folder"
    deps=--upgrade-strategy=only-if-needed wheels=("torch==$TORCH_VERSION")
  else
    say "  fetching LibTorch $TORCH_VERSION for the CPU (545 MB) into $folder"
  fi
  mkdir -p "$(dirname "$folder")"
  # Installed beside its place and renamed, so that a folder of this name is always a complete one.
  temporary=$(mktemp -d "$folder.XXXXXX")
  mkdir "$temporary.tmp"
  if ! pip_install "$temporary" "$deps" "${wheels[@]}" 2>"$LOGS/pip.log"; then
    rm -rf "$temporary" "$temporary.tmp"
    tail -n 15 "$LOGS/pip.log" >&2
    fail "pip could not install LibTorch (above); give one that you have with --libtorch DIR"
  fi
  chmod 755 "$temporary"
  [ -e "$folder" ] || mv -T "$temporary" "$folder" 2>/dev/null || true # another run may have been faster
  rm -rf "$temporary" "$temporary.tmp"
}

find_libtorch() {
  local problem folder
  if [ -n "${1:-}" ]; then
    LIBTORCH=$(libtorch_folder "$1") || fail "--libtorch $1: neither it nor its folder torch/ holds lib/libtorch_cpu.so"
    problem=$(libtorch_problem "$LIBTORCH")
    [ -z "$problem" ] || fail "--libtorch: $problem"
  else
    LIBTORCH=$(python_torch)
    if [ -n "$LIBTORCH" ]; then
      problem=$(libtorch_problem "$LIBTORCH")
      [ -z "$problem" ] || { say "  python3's torch is not usable here: $problem"; LIBTORCH=; }
    fi
    if [ -z "$LIBTORCH" ]; then
      folder=$(cache_folder)/libtorch-$TORCH_VERSION
      ! has_nvidia_driver || folder+=-cuda
      [ -e "$folder" ] || install_libtorch "$folder"
      LIBTORCH=$folder/torch
      problem=$(libtorch_problem "$LIBTORCH")
      [ -z "$problem" ] || fail "$problem: remove $folder and run again"
    fi
  fi
  say "  LibTorch: $LIBTORCH"
}
