// SPDX-License-Identifier: MIT
// Weights of products: as they are, or in 8 or 4 bits (kernels/panels.h).
//
// Weights in few bits lie in a processor's memory.  What they are multiplied with is rounded in groups: for weights of
// the decoder to 16 bits where they have 8, a hundredth of what their own rounding costs, and to 8 bits where they have
// 4, a fifteenth; for those of the vision encoder, 8 bits both (int8x8), as much as their own.  Sums are float32, and
// results are rounded to the model's dtype, as those of other weights are.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "operations/operations.h"

namespace deepseekocr::operations {

enum class PackedFormat { int8, int8x8, int4 };

/// `count` matrices of equal shape (rows, columns), one below the other.  A handle: copies share the panels.
struct PackedMatrices {
  PackedFormat format = PackedFormat::int8;
  int64_t count = 0;
  int64_t rows = 0;
  int64_t columns = 0;
  at::ScalarType dtype = at::kFloat;  ///< of the model: that of products
  at::Tensor panels;                  ///< (count, panels of a matrix, bytes of a panel), uint8
};

/// A tensor (outputs, inputs), or the same in few bits.
using Weights = std::variant<at::Tensor, PackedMatrices>;

/// Bytes of `count` matrices in `format`.
uint64_t packed_bytes(PackedFormat format, int64_t count, int64_t rows, int64_t columns);

/// Matrices whose weights are still undefined.
PackedMatrices allocate_packed(PackedFormat format, int64_t count, int64_t rows, int64_t columns, at::ScalarType dtype);

/// The bytes of matrix `index`.
std::span<std::byte> matrix_bytes(const PackedMatrices& matrices, int64_t index);

/// What the bytes of packed matrices depend on but the weights and the format: for files of them.  Every processor
/// packs alike.
std::string packing_layout();

/// Writes rows first … first + count − 1 of a matrix to `out`, row-major.  Called by several threads at once.
using ReadRows = std::function<void(int64_t first, int64_t count, float* out)>;

/// What packing did to each row of a matrix, both rounded up.
struct RowLoss {
  std::vector<float> errors;  ///< ‖row − packed row‖
  std::vector<float> norms;   ///< no less than ‖row‖ and ‖packed row‖
};

/// Packs matrix `index`, a few rows of each thread at a time.
/// @param loss  may be null
/// @throws what `read` throws; the matrix is then undefined
void pack_matrix(const PackedMatrices& matrices, int64_t index, const ReadRows& read, RowLoss* loss = nullptr);

/// All matrices in float32: (count · rows, columns).
at::Tensor unpacked(const PackedMatrices& matrices);

/// As those of operations.h; what weights in few bits give is float32.
at::Tensor linear(const at::Tensor& x, const Weights& weight, const at::Tensor& bias);
at::Tensor gelu_mlp(const at::Tensor& x, const Weights& first, const at::Tensor& first_bias, const Weights& second,
                    const at::Tensor& second_bias);
at::Tensor quick_gelu_mlp(const at::Tensor& x, const Weights& first, const at::Tensor& first_bias,
                          const Weights& second, const at::Tensor& second_bias);
/// weight (width, 3·p·p)
at::Tensor patch_embedding(const at::Tensor& pixels, const Weights& weight, const at::Tensor& bias, int64_t p);

/// As those of operations.h.  The rows of gate and of up are two matrices, and so those of each expert.
at::Tensor project(const at::Tensor& x, const Weights& weight);
at::Tensor swiglu(const at::Tensor& x, const Weights& gate_up, const Weights& down);
at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const Weights& gate_up, const Weights& down);

}  // namespace deepseekocr::operations
