// SPDX-License-Identifier: MIT
// Weights of Pillow's bicubic filter along one axis (specification 3.5, steps 1 to 3).
#pragma once

#include <cstdint>
#include <vector>

namespace deepseekocr {

/// Two neighbouring weights, each split into `high * 2^15 + low`, so that 16-bit multiply-add instructions compute the
/// 22-bit fixed-point sum exactly.
struct WeightPair {
  int16_t high[2];
  int16_t low[2];  ///< 0..32767
};

/// How each sample of a resized axis is made from samples of the source axis.
struct AxisWeights {
  /// One resized sample: source samples first .. first + 2 * pairs - 1.  The last weight may be a zero that only fills
  /// its pair; the source sample that it stands for may then lie one past the end of the axis.
  struct Sample {
    int first;
    int pairs;
    int offset;  ///< of the first pair in `weights`
  };
  std::vector<Sample> samples;
  std::vector<WeightPair> weights;
  int max_pairs = 0;
};

/// Bits behind the point of a weight: the sum of a sample's weights is about 2^22.
constexpr int kWeightBits = 22;
/// Value of one unit of WeightPair::high, as a power of two.
constexpr int kHighBits = 15;

/// Computes the weights that resize `source` samples to `target` samples, both at least 1.
/// @param alignment 1, or 2 to make every `first` even (a leading zero weight is added where needed).
AxisWeights bicubic_weights(int source, int target, int alignment);

}  // namespace deepseekocr
