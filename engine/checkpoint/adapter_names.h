// SPDX-License-Identifier: MIT
// Names of the tensors of a PEFT adapter.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deepseekocr {

/// What a tensor of an adapter is to a module of the model.
enum class AdapterPart { down, up, embedding_down, embedding_up, up_bias, magnitude, whole };

struct AdapterName {
  AdapterPart part = AdapterPart::whole;
  std::string module;  ///< "model.layers.0.self_attn.q_proj"
  std::string tensor;  ///< that it changes: the module's weight, or for `whole` any tensor of it
};

/// Takes a name apart: "base_model.model.", the module, and ".lora_A.weight" or the like.
AdapterName parse_adapter_name(std::string_view name);

}  // namespace deepseekocr
