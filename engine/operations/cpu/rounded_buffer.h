// SPDX-License-Identifier: MIT
// Memory for rounded inputs that a thread keeps from step to step.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/panels.h"
#include "operations/cpu/matrix.h"
#include "operations/weights.h"

namespace deepseekocr::operations::cpu {

/// Memory for `count` numbers, which `own` keeps: it grows, and never shrinks.
template <typename Number>
Number* grown(std::vector<Number>& own, int64_t count) {
  if (own.size() < static_cast<size_t>(count)) own.resize(static_cast<size_t>(count));
  return own.data();
}

/// Bytes of a group of inputs for weights of a format.
int64_t group_bytes(PackedFormat format);
/// Groups of a row.
int64_t group_count(PackedFormat format, int64_t columns);

/// Grows, and never shrinks.  What it gave is valid until the next call.
class RoundedBuffer {
 public:
  /// Room for `rows` rows of `groups` groups of `group` bytes.
  kernels::RoundedRows take(int64_t rows, int64_t groups, int64_t group);
  /// `rows` rows of `length` columns, rounded by the whole team.
  kernels::RoundedRows round(Rows<const float> x, int64_t rows, int64_t length, PackedFormat format);
  /// The rows of `x` that pairs are of: for each of `pairs` row pair / k, copied.
  /// @param group  bytes of a group of `x`
  kernels::RoundedRows gather(const kernels::RoundedRows& x, std::span<const int64_t> pairs, int64_t k, int64_t group);

 private:
  std::vector<uint8_t> numbers_;
  std::vector<float> scales_;
  std::vector<int32_t> sums_;
};

}  // namespace deepseekocr::operations::cpu
