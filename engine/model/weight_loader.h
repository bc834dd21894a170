// SPDX-License-Identifier: MIT
// From checkpoint to tensors: every weight is read once, straight to the place where it is used.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "model/staging.h"
#include "serving/model_runner.h"

namespace deepseekocr {

/// A matrix and its bias (undefined where there is none).
struct LinearWeights {
  at::Tensor weight;
  at::Tensor bias;
};

/// Of a layer norm; always float32.
struct NormWeights {
  at::Tensor weight;
  at::Tensor bias;
};

/// Reads tensors as the model stores them.  Reports progress by bytes, and looks at a cancel flag before each tensor.
class WeightLoader {
 public:
  /// @param options  dtype (float32 or bfloat16) and device of the weights
  /// @param progress, cancelled  must outlive the loader
  WeightLoader(const Checkpoint& checkpoint, const at::TensorOptions& options, const LoadProgress& progress,
               const CancelFlag& cancelled);

  /// One tensor in its own shape.  @throws Cancelled, CheckpointError
  at::Tensor load(const std::string& name);
  /// The same in float32, whatever the model's dtype.
  at::Tensor load_float32(const std::string& name);
  /// Matrices with equal columns, one below the other.
  at::Tensor load_stacked(const std::vector<std::string>& names);
  /// name.weight and name.bias
  LinearWeights load_linear(const std::string& name);
  /// The same of a layer norm.
  NormWeights load_norm(const std::string& name);
  /// Fills a contiguous tensor of the loader's dtype (or a contiguous part of one).
  void load_into(const std::string& name, const at::Tensor& destination);

  /// Uninitialised memory of the loader's dtype and device.
  at::Tensor allocate(at::IntArrayRef shape) const;
  std::vector<int64_t> shape(const std::string& name) const { return checkpoint_.info(name).shape; }
  const at::TensorOptions& options() const { return options_; }
  /// Bytes in memory of what was loaded so far.
  uint64_t bytes_held() const { return bytes_held_; }

 private:
  void read(const std::string& name, const at::Tensor& destination);
  void report(uint64_t bytes);

  const Checkpoint& checkpoint_;
  at::TensorOptions options_;
  const LoadProgress& progress_;
  const CancelFlag& cancelled_;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_held_ = 0;
  int percent_ = -1;
  Staging staging_;
};

}  // namespace deepseekocr
