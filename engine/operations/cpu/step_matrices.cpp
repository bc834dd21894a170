// SPDX-License-Identifier: MIT
#include "operations/cpu/step_matrices.h"

#include <c10/util/Exception.h>

#include "operations/cpu/packed.h"

namespace deepseekocr::operations::cpu {

StepMatrices::StepMatrices(const Weights& weights, int64_t count) : count_(count) {
  if (const auto* dense = std::get_if<at::Tensor>(&weights)) {
    dense_ = *dense;
    columns_ = dense_.size(-1);
    rows_ = dense_.numel() / columns_ / count;
  } else {
    packed_ = std::get<PackedMatrices>(weights);
    rows_ = packed_->rows;
    columns_ = packed_->columns;
    TORCH_CHECK(packed_->count == count, "another number of packed matrices");
  }
}

std::optional<PackedFormat> StepMatrices::format() const {
  return packed_ ? std::optional(packed_->format) : std::nullopt;
}

void StepMatrices::multiply(int64_t matrix, int64_t first, int64_t some, const StepInputs& x, int64_t count,
                            StepSums& sums) const {
  if (packed_) {
    const int64_t panels = (some + kernels::kPanelRows - 1) / kernels::kPanelRows;
    panel_kernels(packed_->format)
        .products(panels_from(*packed_, matrix, first), panels, x.rounded, count, {sums.data(), kStepRows});
    return;
  }
  with_element(dense_.scalar_type(), [&]<typename T>(T) {
    typed_kernels<T>().products({read_only<T>(dense_) + (matrix * rows_ + first) * columns_, columns_}, some, x.exact,
                                count, columns_, {sums.data(), kStepRows});
  });
}

void StepBuffer::reserve(int64_t rows, int64_t columns) {
  columns_ = columns;
  grown(exact_, rows * columns);
}

StepInputs StepBuffer::inputs(int64_t rows, const StepMatrices& matrices) {
  StepInputs inputs{{exact_.data(), columns_}, {}, 0};
  if (const auto format = matrices.format()) {
    inputs.rounded = rounded_.round(inputs.exact, rows, columns_, *format);
    inputs.group = group_bytes(*format);
  }
  return inputs;
}

StepInputs StepBuffer::gather(const StepInputs& x, std::span<const int64_t> pairs, int64_t k) {
  if (x.group > 0) return {{}, rounded_.gather(x.rounded, pairs, k, x.group), x.group};
  reserve(std::ssize(pairs), x.exact.stride);
  for (int64_t place = 0; place < std::ssize(pairs); ++place)
    std::copy_n(x.exact.data + pairs[static_cast<size_t>(place)] / k * x.exact.stride, columns_, row(place));
  return {{exact_.data(), columns_}, {}, 0};
}

}  // namespace deepseekocr::operations::cpu
