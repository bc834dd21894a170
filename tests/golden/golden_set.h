// SPDX-License-Identifier: MIT
// Golden data: what the official implementation computed for a checkpoint, stage by stage (specification 12.3).
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "serving/sampler.h"

namespace deepseekocr::test {

/// One stage of a case: which rows of the whole tensor are stored.
struct GoldenTensor {
  std::string name;
  std::vector<int64_t> shape;  ///< of the whole tensor
  int64_t row_offset = 0;
  int64_t row_step = 1;
};

/// One decoding run of a case.
struct GoldenDecode {
  std::string rule;
  NgramRule ngram;
  std::vector<int32_t> ids;
  std::vector<float> margins;
};

/// One picture in one mode.
struct GoldenCase {
  std::string name;
  std::filesystem::path file;  ///< safetensors
  DsocrMode mode = DSOCR_MODE_AUTO;
  std::string pattern, image_sha256;
  int width = 0, height = 0;
  std::vector<int32_t> ids_before, ids_after;
  int image_tokens = 0;
  std::vector<GoldenTensor> tensors;
  std::vector<GoldenDecode> decode;
};

struct GoldenSet {
  std::string preset;  ///< of the checkpoint
  int64_t seed = 0;
  std::string weights_file, weights_sha256;
  std::vector<GoldenCase> cases;

  /// Reads `folder`/manifest.json.  @throws std::exception
  static GoldenSet read(const std::filesystem::path& folder);
};

}  // namespace deepseekocr::test
