// SPDX-License-Identifier: MIT
// What a decode step multiplies, and with what, whether its weights are dense or packed.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "operations/cpu/decoder.h"
#include "operations/cpu/matrix.h"
#include "operations/cpu/rounded_buffer.h"
#include "operations/weights.h"

namespace deepseekocr::operations::cpu {

/// Rows of a matrix that a member of the team takes at once.
constexpr int64_t kStepRows = 64;

constexpr int64_t step_parts(int64_t rows) {
  return (rows + kStepRows - 1) / kStepRows;
}

/// Of kStepRows rows and up to kFewRows inputs: [input · kStepRows + row].
using StepSums = std::array<float, kFewRows * kStepRows>;

/// Rows of inputs, as they are and, for packed matrices, rounded.
struct StepInputs {
  Rows<const float> exact{};
  kernels::RoundedRows rounded{};
  int64_t group = 0;  ///< bytes of a group of `rounded`

  StepInputs from(int64_t row) const {
    return {{exact.data + row * exact.stride, exact.stride}, rounded.from(row, group), group};
  }
};

/// Matrices of equal shape, one below the other.  A handle: copies share the weights.
class StepMatrices {
 public:
  StepMatrices() = default;
  /// @param weights  dense (…, columns), contiguous, or packed
  /// @param count  of the matrices
  StepMatrices(const Weights& weights, int64_t count);

  int64_t count() const { return count_; }
  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  /// Nothing: they are dense.
  std::optional<PackedFormat> format() const;

  /// Products of rows first … first + some − 1 of matrix `matrix` with `count` inputs, at most kFewRows; `first` is a
  /// multiple of kStepRows.
  void multiply(int64_t matrix, int64_t first, int64_t some, const StepInputs& x, int64_t count, StepSums& sums) const;

 private:
  at::Tensor dense_;
  std::optional<PackedMatrices> packed_;
  int64_t count_ = 0, rows_ = 0, columns_ = 0;
};

/// Inputs that are kept from step to step.
class StepBuffer {
 public:
  /// Room for `rows` inputs of `columns` numbers.  Takes memory only where it was never that large.
  void reserve(int64_t rows, int64_t columns);
  float* row(int64_t row) { return exact_.data() + row * columns_; }
  /// The first `rows` of them, as `matrices` take them.  Valid until the next call.
  StepInputs inputs(int64_t rows, const StepMatrices& matrices);
  /// The rows of `x` that pairs are of, instead of own ones: for each of `pairs` row pair / k.  Valid until the next
  /// call.
  StepInputs gather(const StepInputs& x, std::span<const int64_t> pairs, int64_t k);

 private:
  std::vector<float> exact_;
  int64_t columns_ = 0;
  RoundedBuffer rounded_;
};

/// Multiplies all matrices with the first `count` inputs, by the whole team, and calls
/// use(input, matrix, first, some, sums of these rows) for each part of each result.
template <typename Use>
void multiply_all(const StepMatrices& matrices, const StepInputs& x, int64_t count, const Use& use) {
  const int64_t parts = step_parts(matrices.rows());
  team().run(matrices.count() * parts, [&](int64_t part) {
    const int64_t matrix = part / parts, first = part % parts * kStepRows;
    const int64_t some = std::min(kStepRows, matrices.rows() - first);
    StepSums sums;
    matrices.multiply(matrix, first, some, x, count, sums);
    for (int64_t i = 0; i < count; ++i) use(i, matrix, first, some, sums.data() + i * kStepRows);
  });
}

}  // namespace deepseekocr::operations::cpu
