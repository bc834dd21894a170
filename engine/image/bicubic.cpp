// SPDX-License-Identifier: MIT
#include "image/bicubic.h"

#include <algorithm>
#include <cmath>

namespace deepseekocr {
namespace {

/// Keys' cubic with a = -0.5.
double bicubic_kernel(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return 0.0;
}

/// Toward zero, which is what defines the borders of a window; not the same as rounding for negative values.
int truncate(double value) {
  return static_cast<int>(value);
}

int32_t to_fixed_point(double weight) {
  const double scaled = weight * (1 << kWeightBits);
  return static_cast<int32_t>(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
}

/// The source interval of one resized sample, and its weights as Pillow computes them.
struct Window {
  int first = 0;
  std::vector<double> weights;
};

void compute_window(int source, double scale, int index, Window& window) {
  const double filter_scale = std::max(scale, 1.0);
  const double support = 2.0 * filter_scale;
  const double inverse = 1.0 / filter_scale;
  const double centre = (index + 0.5) * scale;
  window.first = std::max(0, truncate(centre - support + 0.5));
  const int last = std::min(source, truncate(centre + support + 0.5));
  window.weights.clear();
  double sum = 0.0;
  for (int j = 0; j < last - window.first; ++j) {
    window.weights.push_back(bicubic_kernel((j + window.first - centre + 0.5) * inverse));
    sum += window.weights.back();
  }
  if (sum != 0.0) {
    for (double& weight : window.weights) weight /= sum;
  }
}

WeightPair make_pair(int32_t a, int32_t b) {
  constexpr int32_t mask = (1 << kHighBits) - 1;
  return {{static_cast<int16_t>(a >> kHighBits), static_cast<int16_t>(b >> kHighBits)},
          {static_cast<int16_t>(a & mask), static_cast<int16_t>(b & mask)}};
}

}  // namespace

AxisWeights bicubic_weights(int source, int target, int alignment) {
  const double scale = static_cast<double>(source) / target;
  AxisWeights axis;
  axis.samples.reserve(static_cast<size_t>(target));
  Window window;
  std::vector<int32_t> fixed;
  for (int i = 0; i < target; ++i) {
    compute_window(source, scale, i, window);
    const int lead = window.first % alignment;
    fixed.assign(static_cast<size_t>(lead), 0);
    for (const double weight : window.weights) fixed.push_back(to_fixed_point(weight));
    if (fixed.size() % 2 != 0) fixed.push_back(0);
    const int pairs = static_cast<int>(fixed.size() / 2);
    axis.samples.push_back({window.first - lead, pairs, static_cast<int>(axis.weights.size())});
    for (size_t j = 0; j < fixed.size(); j += 2) axis.weights.push_back(make_pair(fixed[j], fixed[j + 1]));
    axis.max_pairs = std::max(axis.max_pairs, pairs);
  }
  return axis;
}

}  // namespace deepseekocr
