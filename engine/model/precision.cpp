// SPDX-License-Identifier: MIT
#include "model/precision.h"

#include <algorithm>
#include <array>

#include "checkpoint/checkpoint.h"
#include "checkpoint/error.h"
#include "operations/cpu/decoder.h"

namespace deepseekocr {
namespace {

/// Parameters from which "auto" prefers bfloat16 on a CPU: below, float32 is as fast and takes little memory.
constexpr uint64_t kLargeModel = 500'000'000;

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

/// The matrices of decoder layers but the router's.
bool is_decoder_matrix(const TensorRequirement& tensor) {
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

/// The vision encoder's products but its 3×3 convolutions and the projector.
bool is_vision_matrix(const TensorRequirement& tensor) {
  constexpr std::array<const char*, 9> kEnds = {
      "patch_embed.proj.weight",   "attn.qkv.weight", "attn.proj.weight",
      "mlp.lin1.weight",           "mlp.lin2.weight", "self_attn.qkv_proj.weight",
      "self_attn.out_proj.weight", "mlp.fc1.weight",  "mlp.fc2.weight"};
  const auto ends = [&](const char* end) { return ends_with(tensor.name, end); };
  return is_vision(tensor) && (ends("neck.0.weight") || std::any_of(kEnds.begin(), kEnds.end(), ends));
}

bool is_vision_bias(const TensorRequirement& tensor) {
  return is_vision(tensor) && ends_with(tensor.name, ".bias") && tensor.name != "model.projector.layers.bias";
}

bool is_head(const TensorRequirement& tensor) {
  return tensor.name == "lm_head.weight";
}

/// Nothing: its matrix is not packed.
std::optional<operations::PackedFormat> packing_of(const TensorRequirement& tensor, const ModelPrecision& precision) {
  if (is_vision_matrix(tensor)) return precision.vision_packing;
  if (is_head(tensor) && precision.packing) return operations::PackedFormat::int8;
  return is_decoder_matrix(tensor) ? precision.packing : std::nullopt;
}

uint64_t element_count(const TensorRequirement& tensor) {
  uint64_t elements = 1;
  for (const int64_t size : tensor.shape) elements *= static_cast<uint64_t>(size);
  return elements;
}

uint64_t bytes_in_memory(const TensorRequirement& tensor, const ModelPrecision& precision) {
  if (const auto packing = packing_of(tensor, precision)) {
    const int64_t rows = tensor.shape[0], columns = static_cast<int64_t>(element_count(tensor)) / rows;
    // Of the head also how far each row is off.
    const uint64_t losses = is_head(tensor) ? static_cast<uint64_t>(rows) * sizeof(float) : 0;
    return operations::packed_bytes(*packing, 1, rows, columns) + losses;
  }
  if (precision.packing && tensor.name == "model.embed_tokens.weight") return 0;
  const bool packed_bias = precision.vision_packing && is_vision_bias(tensor);
  if (packed_bias || is_float32(tensor)) return element_count(tensor) * sizeof(float);
  return element_count(tensor) * at::elementSize(is_vision(tensor) ? precision.vision : precision.dtype);
}

/// Of a vision encoder whose dense weights have `dtype`.
std::optional<operations::PackedFormat> vision_packing(at::ScalarType dtype) {
  if (dtype == at::kBFloat16 && !operations::cpu::is_slow(dtype)) return std::nullopt;
  return operations::PackedFormat::int8x8;
}

}  // namespace

std::string ModelPrecision::name() const {
  if (packing) return *packing == operations::PackedFormat::int8 ? "int8" : "int4";
  return dtype == at::kFloat ? "fp32" : "bf16";
}

ModelPrecision choose_precision(DsocrPrecision wanted, uint64_t parameters, bool int8_vision, bool kernels) {
  const at::ScalarType fitting = parameters < kLargeModel ? at::kFloat : at::kBFloat16;
  const auto vision = int8_vision ? vision_packing(fitting) : std::nullopt;
  if (wanted == DSOCR_PRECISION_AUTO && vision && kernels && fitting == at::kFloat) wanted = DSOCR_PRECISION_INT8;
  switch (wanted) {
    case DSOCR_PRECISION_FP32:
      return {at::kFloat, at::kFloat, {}, {}};
    case DSOCR_PRECISION_BF16:
      return {at::kBFloat16, at::kBFloat16, {}, {}};
    case DSOCR_PRECISION_AUTO:
      return {fitting, fitting, {}, {}};
    case DSOCR_PRECISION_INT8:
      return {fitting, fitting, operations::PackedFormat::int8, vision};
    case DSOCR_PRECISION_INT4:
      return {fitting, fitting, operations::PackedFormat::int4, vision};
  }
  throw ArgumentError("Unknown precision " + std::to_string(static_cast<int>(wanted)) +
                      ": use auto, fp32, bf16, int8 or int4.");
}

CacheFormat choose_cache_format(DsocrKvCache wanted, const ModelPrecision& precision, bool kernels) {
  if (wanted == DSOCR_KV_CACHE_INT8 && !kernels) {
    throw EngineError(DSOCR_UNSUPPORTED,
                      "kv-cache int8 computes on a CPU with AVX2 or AVX-512 only: use kv-cache auto or native.");
  }
  // A small model reads little of its caches at a step, and loses more to rounding than a large one.
  const bool large = precision.dtype == at::kBFloat16;
  const bool automatic = wanted == DSOCR_KV_CACHE_AUTO && precision.packing && large && kernels;
  return wanted == DSOCR_KV_CACHE_INT8 || automatic ? CacheFormat::int8 : CacheFormat::plain;
}

uint64_t weight_bytes(const ModelConfig& config, const ModelPrecision& precision) {
  uint64_t bytes = 0;
  for (const TensorRequirement& tensor : required_tensors(config)) bytes += bytes_in_memory(tensor, precision);
  return bytes;
}

uint64_t packed_weight_bytes(const ModelConfig& config, const ModelPrecision& precision) {
  uint64_t bytes = 0;
  for (const TensorRequirement& tensor : required_tensors(config))
    if (packing_of(tensor, precision)) bytes += bytes_in_memory(tensor, precision);
  return bytes;
}

}  // namespace deepseekocr
