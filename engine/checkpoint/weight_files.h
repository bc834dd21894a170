// SPDX-License-Identifier: MIT
// Which files of a checkpoint folder hold the weights.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace deepseekocr {

/// The safetensors files of a folder.
struct WeightFiles {
  std::filesystem::path single;                   ///< one file with everything; empty if there is an index
  std::filesystem::path index;                    ///< model.safetensors.index.json; empty if there is one file
  std::map<std::string, std::string> weight_map;  ///< of the index: tensor → file name inside the folder
};

/// Looks, in this order, for model.safetensors, model.safetensors.index.json, and the official file name without its
/// index.  Names in the index must not lead out of the folder.
/// @throws EngineError(DSOCR_NOT_FOUND) if there is none of them, CheckpointError for a bad index.
WeightFiles find_weight_files(const std::filesystem::path& directory);

}  // namespace deepseekocr
