// SPDX-License-Identifier: MIT
#include "model/weight_loader.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>

namespace deepseekocr {
namespace {

ElementType element_type(at::ScalarType type) {
  TORCH_CHECK(type == at::kFloat || type == at::kBFloat16, "weights are float32 or bfloat16");
  return type == at::kFloat ? ElementType::f32 : ElementType::bf16;
}

}  // namespace

WeightLoader::WeightLoader(const Checkpoint& checkpoint, const at::TensorOptions& options, const LoadProgress& progress,
                           const CancelFlag& cancelled)
    : checkpoint_(checkpoint),
      options_(options),
      progress_(progress),
      cancelled_(cancelled),
      staging_(options.device()) {
  report(0);
}

at::Tensor WeightLoader::allocate(at::IntArrayRef shape) const {
  return at::empty(shape, options_);
}

at::Tensor WeightLoader::load(const std::string& name) {
  at::Tensor tensor = allocate(shape(name));
  read(name, tensor);
  return tensor;
}

at::Tensor WeightLoader::load_float32(const std::string& name) {
  at::Tensor tensor = at::empty(shape(name), options_.dtype(at::kFloat));
  read(name, tensor);
  return tensor;
}

at::Tensor WeightLoader::load_stacked(const std::vector<std::string>& names) {
  int64_t rows = 0;
  for (const std::string& name : names) rows += shape(name).at(0);
  at::Tensor stacked = allocate({rows, shape(names.at(0)).at(1)});
  int64_t row = 0;
  for (const std::string& name : names) {
    const int64_t count = shape(name).at(0);
    load_into(name, stacked.narrow(0, row, count));
    row += count;
  }
  return stacked;
}

LinearWeights WeightLoader::load_linear(const std::string& name) {
  return {load(name + ".weight"), load(name + ".bias")};
}

NormWeights WeightLoader::load_norm(const std::string& name) {
  return {load_float32(name + ".weight"), load_float32(name + ".bias")};
}

void WeightLoader::load_into(const std::string& name, const at::Tensor& destination) {
  TORCH_CHECK(destination.sizes() == at::IntArrayRef(shape(name)), name, " does not have the shape of its place");
  read(name, destination);
}

void WeightLoader::read(const std::string& name, const at::Tensor& destination) {
  if (cancelled_) throw Cancelled{};
  TORCH_CHECK(destination.is_contiguous(), name, " would be read into scattered memory");
  if (destination.is_cpu()) {
    checkpoint_.read(name, element_type(destination.scalar_type()), destination.mutable_data_ptr());
  } else {
    staging_.read(checkpoint_, name, element_type(destination.scalar_type()), destination);
  }
  bytes_held_ += destination.nbytes();
  report(checkpoint_.info(name).bytes);
}

void WeightLoader::report(uint64_t bytes) {
  bytes_read_ += bytes;
  const uint64_t total = std::max<uint64_t>(checkpoint_.total_bytes(), 1);
  const int percent = static_cast<int>(std::min<uint64_t>(bytes_read_ * 100 / total, 100));
  if (percent == percent_ || !progress_) return;
  percent_ = percent;
  progress_(percent, "reading weights");
}

}  // namespace deepseekocr
