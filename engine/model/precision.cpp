// SPDX-License-Identifier: MIT
#include "model/precision.h"

#include <algorithm>
#include <array>

#include "checkpoint/checkpoint.h"
#include "checkpoint/error.h"

namespace deepseekocr {
namespace {

/// Parameters from which "auto" prefers bfloat16 on a CPU: below, float32 is as fast and takes little memory.
constexpr uint64_t kLargeModel = 500'000'000;

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

/// The matrices of decoder layers but the router's.
bool is_packed(const TensorRequirement& tensor) {
  return tensor.name.rfind("model.layers.", 0) == 0 && tensor.shape.size() == 2 &&
         !ends_with(tensor.name, ".gate.weight");
}

/// Norms and the router.
bool is_float32(const TensorRequirement& tensor) {
  const bool neck_norm = tensor.name.find(".neck.") != std::string::npos && tensor.shape.size() == 1;
  return neck_norm || ends_with(tensor.name, ".gate.weight") || tensor.name.find("norm") != std::string::npos;
}

bool is_vision(const TensorRequirement& tensor) {
  constexpr std::array<const char*, 5> kPrefixes = {"model.sam_model.", "model.vision_model.", "model.projector.",
                                                    "model.image_newline", "model.view_seperator"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](const char* prefix) { return tensor.name.rfind(prefix, 0) == 0; });
}

bool is_head(const TensorRequirement& tensor) {
  return tensor.name == "lm_head.weight";
}

uint64_t bytes_in_memory(const TensorRequirement& tensor, const ModelPrecision& precision) {
  if (precision.packing) {
    if (tensor.name == "model.embed_tokens.weight") return 0;
    if (is_head(tensor))  // and how far each row is off
      return operations::packed_bytes(operations::PackedFormat::int8, 1, tensor.shape[0], tensor.shape[1]) +
             static_cast<uint64_t>(tensor.shape[0]) * sizeof(float);
    if (is_packed(tensor)) return operations::packed_bytes(*precision.packing, 1, tensor.shape[0], tensor.shape[1]);
  }
  uint64_t elements = 1;
  for (const int64_t size : tensor.shape) elements *= static_cast<uint64_t>(size);
  const at::ScalarType dtype = is_vision(tensor) ? precision.vision : precision.dtype;
  return elements * (is_float32(tensor) ? sizeof(float) : at::elementSize(dtype));
}

}  // namespace

std::string ModelPrecision::name() const {
  if (packing) return *packing == operations::PackedFormat::int8 ? "int8" : "int4";
  return dtype == at::kFloat ? "fp32" : "bf16";
}

ModelPrecision choose_precision(DsocrPrecision wanted, uint64_t parameters) {
  const at::ScalarType fitting = parameters < kLargeModel ? at::kFloat : at::kBFloat16;
  switch (wanted) {
    case DSOCR_PRECISION_FP32:
      return {at::kFloat, at::kFloat, {}};
    case DSOCR_PRECISION_BF16:
      return {at::kBFloat16, at::kBFloat16, {}};
    case DSOCR_PRECISION_AUTO:
      return {fitting, fitting, {}};
    case DSOCR_PRECISION_INT8:
      return {fitting, fitting, operations::PackedFormat::int8};
    case DSOCR_PRECISION_INT4:
      return {fitting, fitting, operations::PackedFormat::int4};
  }
  throw ArgumentError("Unknown precision " + std::to_string(static_cast<int>(wanted)) +
                      ": use auto, fp32, bf16, int8 or int4.");
}

uint64_t weight_bytes(const ModelConfig& config, const ModelPrecision& precision) {
  uint64_t bytes = 0;
  for (const TensorRequirement& tensor : required_tensors(config)) bytes += bytes_in_memory(tensor, precision);
  return bytes;
}

uint64_t packed_weight_bytes(const ModelConfig& config, const ModelPrecision& precision) {
  uint64_t bytes = 0;
  for (const TensorRequirement& tensor : required_tensors(config))
    if (precision.packing && (is_packed(tensor) || is_head(tensor))) bytes += bytes_in_memory(tensor, precision);
  return bytes;
}

}  // namespace deepseekocr
