// SPDX-License-Identifier: MIT
// From checkpoint to tensors: every weight is read once, straight to the place where it is used.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "checkpoint/packed_cache.h"
#include "model/staging.h"
#include "operations/weights.h"
#include "serving/model_runner.h"

namespace deepseekocr {

/// A matrix and its bias, which is float32 where the matrix is packed.
struct LinearWeights {
  operations::Weights weight;
  at::Tensor bias;
};

/// Of a layer norm; always float32.
struct NormWeights {
  at::Tensor weight;
  at::Tensor bias;
};

/// The checkpoint's name of a dtype that weights may have.
ElementType element_type_of(const at::TensorOptions& options);

/// Reads tensors as the model stores them.  Reports progress by bytes, and looks at a cancel flag before each tensor.
class WeightLoader {
 public:
  /// @param options  dtype (float32 or bfloat16) and device of the weights
  /// @param packing  of matrices; nothing: they have the dtype
  /// @param progress, cancelled  must outlive the loader
  /// @param cache  file for packed matrices; what goes wrong with it is told `progress`
  WeightLoader(const Checkpoint& checkpoint, const at::TensorOptions& options,
               std::optional<operations::PackedFormat> packing, const LoadProgress& progress,
               const CancelFlag& cancelled, const std::optional<PackedCachePlace>& cache = std::nullopt);

  /// Of the weights from here on, as in the constructor.
  void use(at::ScalarType dtype, std::optional<operations::PackedFormat> packing) {
    options_ = options_.dtype(dtype);
    packing_ = packing;
  }

  /// One tensor in its own shape.  @throws Cancelled, CheckpointError
  at::Tensor load(const std::string& name);
  /// The same in float32, whatever the model's dtype.
  at::Tensor load_float32(const std::string& name);
  /// Room for `count` matrices of equal shape, one below the other, to be filled by load_matrix().
  operations::Weights allocate_matrices(int64_t count, int64_t rows, int64_t columns) const;
  void load_matrix(const std::string& name, const operations::Weights& matrices, int64_t index);
  /// Matrices of equal shape, one below the other.
  operations::Weights load_matrices(const std::vector<std::string>& names);
  /// One matrix, whose columns are all axes but the first.
  operations::Weights load_matrix(const std::string& name);
  /// A matrix in int8, whatever `packing` is.
  operations::PackedMatrices load_int8(const std::string& name, operations::RowLoss& loss);
  /// name.weight, as load_matrix() gives it, and name.bias
  LinearWeights load_linear(const std::string& name);
  /// The same of a layer norm.
  NormWeights load_norm(const std::string& name);
  /// Fills a contiguous tensor of the loader's dtype (or a contiguous part of one).
  void load_into(const std::string& name, const at::Tensor& destination);

  /// After the last weight: leaves a packed cache behind.
  void finish();

  /// Counts a tensor as read that stays in the file.
  void leave(const std::string& name) { report(checkpoint_.info(name).bytes); }

  /// Uninitialised memory of the loader's dtype and device.
  at::Tensor allocate(at::IntArrayRef shape) const;
  std::vector<int64_t> shape(const std::string& name) const { return checkpoint_.info(name).shape; }
  const at::TensorOptions& options() const { return options_; }
  bool packs() const { return packing_.has_value(); }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  /// Bytes in memory of what was loaded so far.
  uint64_t bytes_held() const { return bytes_held_; }

 private:
  void read(const std::string& name, const at::Tensor& destination);
  void read_by_parts(const std::string& name, const at::Tensor& destination) const;
  bool find_packed(const std::string& name, const operations::PackedMatrices& matrices, int64_t index,
                   operations::RowLoss* loss);
  void keep_packed(const std::string& name, const operations::PackedMatrices& matrices, int64_t index,
                   const operations::RowLoss* loss);
  void pack(const std::string& name, const operations::PackedMatrices& matrices, int64_t index,
            operations::RowLoss* loss);
  void report(uint64_t bytes);

  const Checkpoint& checkpoint_;
  at::TensorOptions options_;
  std::optional<operations::PackedFormat> packing_;
  const LoadProgress& progress_;
  const CancelFlag& cancelled_;
  std::optional<PackedCache> cache_;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_held_ = 0;
  int percent_ = -1;
  Staging staging_;
};

}  // namespace deepseekocr
