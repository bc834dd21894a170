#!/bin/bash
# SPDX-License-Identifier: MIT
# This engine beside llama.cpp: the same checkpoint, the same steps, the same number of threads, in turns.
#
#   tests/bench/compare_llamacpp.sh [BUILD]
#
# BUILD (default: build) must hold tests/bench/model-speed and tests/tools/make-checkpoint.  llama.cpp comes from the
# source package llama-cpp-python of PyPI and is built for this processor.  The checkpoint has official size and random
# weights.  All files go to a folder that is kept: 26 GB, made once.
#
#   WORK       that folder; default: ~/.cache/deepseekocr/llamacpp
#   TOKENIZER  a folder with the official tokenizer.json, tokenizer_config.json and processor_config.json: llama.cpp
#              cannot convert a checkpoint without them
#   PYTHON     an interpreter with torch, transformers, safetensors and numpy; default: python3
#   THREADS    default: 2
#   ROUNDS     turns of each pair; default: 2
#   PRECISIONS default: "int8 int4 bf16"
#   PARTS      default: "decode prefill vision"
#   LOCK       a file to hold locked while something is measured, a few minutes at a time
set -euo pipefail

[ "${1:-}" = --turn ] && shift && turn_only=yes
build=$(realpath "${1:-build}")
source_folder=$(realpath "$(dirname "$0")/../..")
work=${WORK:-$HOME/.cache/deepseekocr/llamacpp}
python=${PYTHON:-python3}
threads=${THREADS:-2}
version=0.3.36
mkdir -p "$work"
work=$(realpath "$work")
peer=$work/llama_cpp_python-$version/vendor/llama.cpp
checkpoint=$work/checkpoint

say() { echo "compare_llamacpp.sh: $*" >&2; }

# --- what is made once ---------------------------------------------------------------------------------------------

fetch() {
  [ -d "$peer" ] && return
  say "fetching llama-cpp-python $version"
  "$python" -m pip download --quiet --no-deps --no-binary llama-cpp-python --dest "$work" "llama-cpp-python==$version"
  tar -C "$work" -xf "$work/llama_cpp_python-$version.tar.gz"
}

build_peer() {
  if [ ! -f "$work/build/tools/mtmd/libmtmd.a" ]; then
    say "building llama.cpp"
    cmake -S "$peer" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DBUILD_SHARED_LIBS=OFF \
      -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF >"$work/cmake.log"
    nice ninja -C "$work/build" llama mtmd >"$work/ninja.log"
  fi
  [ "$work/driver" -nt "$source_folder/tests/bench/llamacpp_driver.cpp" ] && return
  local library=$work/build
  "${CXX:-c++}" -std=c++20 -O2 -I"$peer/include" -I"$peer/ggml/include" -I"$peer/tools/mtmd" \
    "$source_folder/tests/bench/llamacpp_driver.cpp" "$library/tools/mtmd/libmtmd.a" "$library/src/libllama.a" \
    "$library"/ggml/src/libggml.a "$library"/ggml/src/libggml-cpu.a "$library"/ggml/src/libggml-base.a \
    -fopenmp -ldl -lpthread -o "$work/driver"
}

make_checkpoint() {
  [ -f "$checkpoint/config.json" ] && return
  "$build/tests/tools/make-checkpoint" --preset official --seed 1 --official-layout --out "$checkpoint"
}

# The converter reads keys that config.json may leave out because they are zero, and the tokenizer.
prepare_for_converter() {
  [ -n "${TOKENIZER:-}" ] || {
    say "TOKENIZER is not set: name a folder with the official tokenizer.json"
    exit 2
  }
  rm -rf "$work/hf" && mkdir "$work/hf"
  ln -s "$checkpoint"/*.safetensors* "$work/hf/"
  cp "$TOKENIZER"/{tokenizer,tokenizer_config,processor_config}.json "$work/hf/"
  "$python" - "$checkpoint/config.json" "$work/hf/config.json" <<'PY'
import json, sys
config = json.load(open(sys.argv[1]))
for part in (config, config["language_config"]):
    for key in ("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"):
        part.setdefault(key, 0)
vision = config["vision_config"]
vision.setdefault("image_size", 1024)
vision.setdefault("mlp_ratio", 3.7362)
json.dump(config, open(sys.argv[2], "w"), indent=1)
PY
}

convert() {
  [ -f "$work/text-q4_0.gguf" ] && return
  say "converting"
  prepare_for_converter
  local converter=("$python" "$peer/convert_hf_to_gguf.py" "$work/hf" --outtype bf16)
  "${converter[@]}" --outfile "$work/text-bf16.gguf" >"$work/convert.log" 2>&1
  "${converter[@]}" --mmproj --outfile "$work/vision-bf16.gguf" >>"$work/convert.log" 2>&1
  for type in q8_0 q4_0; do "$work/driver" quantise "$work/text-bf16.gguf" "$work/text-$type.gguf" "$type"; done
}

# --- what is measured ----------------------------------------------------------------------------------------------

locked() { if [ -n "${LOCK:-}" ]; then flock "$LOCK" "$@"; else "$@"; fi; }

peer_type() { case $1 in int8) echo q8_0 ;; int4) echo q4_0 ;; *) echo bf16 ;; esac }

# One turn of each, one behind the other.
turn() {
  local precision=$1 part=$2 projector=()
  [ "$part" = vision ] && projector=("$work/vision-bf16.gguf")
  echo "== $precision $part ours"
  "$build/tests/bench/model-speed" "$checkpoint" "$precision" "$threads" "$part"
  echo "== $precision $part llama.cpp"
  "$work/driver" "$part" "$work/text-$(peer_type "$precision").gguf" "$threads" "${projector[@]}"
}

measure() {
  for part in ${PARTS:-decode prefill vision}; do
    for precision in ${PRECISIONS:-int8 int4 bf16}; do
      # The vision encoder is the same whatever the decoder's weights are.
      [ "$part" = vision ] && [ "$precision" != int8 ] && continue
      for _ in $(seq "${ROUNDS:-2}"); do
        locked "$0" --turn "$build" "$precision" "$part"
      done
    done
  done
}

if [ -n "${turn_only:-}" ]; then
  turn "$2" "$3"
  exit
fi
fetch
build_peer
make_checkpoint
convert
measure | tee "$work/measured.txt"
"$python" "$source_folder/tests/bench/compare_table.py" "$work/measured.txt"
