// SPDX-License-Identifier: MIT
// Which experts a row goes to, from its scores.
#pragma once

#include <cstdint>

namespace deepseekocr::operations::cpu {

/// How a row's weights of its experts come about; as route() of operations.h.
struct RoutingRule {
  int k = 0;
  bool normalise = false;
  float scale = 1;
};

/// The k best of `count` scores by the softmax of all, by falling weight, the lower index first among equals.
/// @param scores  overwritten
void route_row(float* scores, int64_t count, const RoutingRule& rule, int64_t* experts, float* weights);

}  // namespace deepseekocr::operations::cpu
