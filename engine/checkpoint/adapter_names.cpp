// SPDX-License-Identifier: MIT
#include "checkpoint/adapter_names.h"

#include <array>

namespace deepseekocr {
namespace {

struct Ending {
  std::string_view text;
  AdapterPart part;
};

constexpr std::array<Ending, 7> kEndings = {{
    {".lora_A.weight", AdapterPart::down},
    {".lora_B.weight", AdapterPart::up},
    {".lora_embedding_A", AdapterPart::embedding_down},
    {".lora_embedding_B", AdapterPart::embedding_up},
    {".lora_B.bias", AdapterPart::up_bias},
    {".lora_magnitude_vector", AdapterPart::magnitude},
    {".lora_magnitude_vector.weight", AdapterPart::magnitude},
}};

/// Modules that PEFT puts around the model's own.
void remove_wrapper(std::string& name, std::string_view wrapper) {
  const size_t place = name.find(wrapper);
  if (place != std::string::npos) name.erase(place, wrapper.size() - 1);  // its second dot stays
}

}  // namespace

AdapterName parse_adapter_name(std::string_view name) {
  constexpr std::string_view prefix = "base_model.model.";
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  for (const Ending& ending : kEndings) {
    if (!name.ends_with(ending.text)) continue;
    const std::string module(name.substr(0, name.size() - ending.text.size()));
    return {ending.part, module, module + ".weight"};
  }
  std::string tensor(name);
  remove_wrapper(tensor, ".modules_to_save.");
  remove_wrapper(tensor, ".base_layer.");
  const size_t dot = tensor.rfind('.');
  return {AdapterPart::whole, dot == std::string::npos ? "" : tensor.substr(0, dot), tensor};
}

}  // namespace deepseekocr
