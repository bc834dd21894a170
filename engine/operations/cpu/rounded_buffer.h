// SPDX-License-Identifier: MIT
// Memory for rounded inputs that a thread keeps from step to step.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/panels.h"
#include "operations/cpu/matrix.h"
#include "operations/weights.h"

namespace deepseekocr::operations::cpu {

/// Bytes of a group of inputs for weights of a format.
int64_t group_bytes(PackedFormat format);

/// Grows, and never shrinks.  What it gave is valid until the next call.
class RoundedBuffer {
 public:
  /// Room for `rows` rows of `groups` groups of `group` bytes.
  kernels::RoundedRows take(int64_t rows, int64_t groups, int64_t group);
  /// `rows` rows of `length` columns, rounded by the whole team.
  kernels::RoundedRows round(Rows<const float> x, int64_t rows, int64_t length, PackedFormat format);

 private:
  std::vector<uint8_t> numbers_;
  std::vector<float> scales_;
  std::vector<int32_t> sums_;
};

}  // namespace deepseekocr::operations::cpu
