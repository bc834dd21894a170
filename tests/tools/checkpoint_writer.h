// SPDX-License-Identifier: MIT
// Writes checkpoint folders with reproducible random weights: real tensor names, shapes, file format and configuration
// keys, at full size or reduced.
//
// A value depends on (seed, tensor name, its recipe) only, not on shards, threads or the processor.  Element i is
//
//     key      = first 16 bytes of SHA-256("deepseekocr-checkpoint/1\n<seed>\n<name>"), two little-endian uint64
//     r_i      = i-th 64-bit output of Philox-4x64-10 with that key
//     s_i      = sum of the four 16-bit fields of r_i, minus 131070   (Irwin-Hall: nearly normal, |z| <= 3.46)
//     value_i  = bf16( float32(mean) + float32(s_i) * float32(deviation / sqrt((2^32 - 1) / 3)) )
//
// with float32 operations, each rounded to nearest even.  Values are always rounded to bf16, so the BF16, F16 and F32
// files of one seed hold the same numbers (F16: the nearest ones).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/element_type.h"
#include "checkpoint/model_config.h"

namespace deepseekocr::test {

struct CheckpointOptions {
  int64_t seed = 1;
  ElementType type = ElementType::bf16;
  int shards = 1;                   ///< more than one: numbered files with an index
  bool official_layout = false;     ///< one shard under the official file name, with an index
  std::filesystem::path tokenizer;  ///< tokenizer.json to copy; empty: none
  unsigned threads = 2;
};

/// "official", "mini-a" or "mini-b".  The two minis differ in every number that code may not assume.
/// @throws std::invalid_argument for another name.
ModelConfig preset(std::string_view name);

/// The text of a config.json in the official structure.
std::string config_json(const ModelConfig& config, ElementType type = ElementType::bf16);

/// Writes config.json, the weights, and where needed the index, into `directory` (made if it is missing).
/// @return the names of the weight files.
/// @throws std::exception if a file cannot be written.
std::vector<std::string> write_checkpoint(const ModelConfig& config, const std::filesystem::path& directory,
                                          const CheckpointOptions& options = {});

/// The same for a preset by name.
std::vector<std::string> write_checkpoint(std::string_view preset_name, const std::filesystem::path& directory,
                                          const CheckpointOptions& options = {});

}  // namespace deepseekocr::test
