// SPDX-License-Identifier: MIT
// The tensors of a random checkpoint: names, shapes and how each is filled.  Stated apart from the engine's
// required_tensors(), so that one checks the other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/model_config.h"

namespace deepseekocr::test {

/// A tensor of independent, nearly normal values.  Means and deviations keep the network alive: activations stay of
/// order one through all layers, attention is neither flat nor one-hot, and every bias and table matters.
struct TensorRecipe {
  std::string name;
  std::vector<int64_t> shape;
  double mean = 0;
  double deviation = 1;

  uint64_t count() const;  ///< elements
};

/// All tensors in the order of the written file.
std::vector<TensorRecipe> tensor_recipes(const ModelConfig& config);

}  // namespace deepseekocr::test
