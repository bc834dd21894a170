// SPDX-License-Identifier: MIT
#include "checkpoint/adapter_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "checkpoint/config_fields.h"
#include "checkpoint/error.h"
#include "checkpoint/file.h"
#include "checkpoint/json_document.h"

namespace deepseekocr {
namespace {

using nlohmann::json;

constexpr const char* kName = "adapter_config.json";
constexpr uint64_t kLargestConfig = 16 << 20;
constexpr int kLargestRank = 1 << 16;

// How the adapter was trained, and by what; none of it changes what its tensors mean.
constexpr std::array<std::string_view, 17> kIgnored = {"auto_mapping",
                                                       "base_model_name_or_path",
                                                       "corda_config",
                                                       "ensure_weight_tying",
                                                       "eva_config",
                                                       "exclude_modules",
                                                       "inference_mode",
                                                       "layers_pattern",
                                                       "layers_to_transform",
                                                       "lora_dropout",
                                                       "megatron_core",
                                                       "peft_version",
                                                       "qalora_group_size",
                                                       "revision",
                                                       "runtime_config",
                                                       "target_modules",
                                                       "task_type"};
constexpr std::array<std::string_view, 10> kRead = {
    "alpha_pattern", "bias", "init_lora_weights", "lora_alpha", "modules_to_save",
    "peft_type",     "r",    "rank_pattern",      "use_dora",   "use_rslora"};

template <size_t count>
bool contains(const std::array<std::string_view, count>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Whether a field asks for something: numbers alone do not, they stand beside a field that does.
bool asks(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  return !value.is_number() && !value.empty() && !(value.is_string() && value.get_ref<const std::string&>().empty());
}

[[noreturn]] void refuse(const ConfigFields& fields, const std::string& key, const std::string& what) {
  throw EngineError(DSOCR_UNSUPPORTED, fields.name(key) + " is " + excerpt(*fields.find(key)) + ": " + what + ".");
}

void check_method(const ConfigFields& fields, const json& root) {
  if (!fields.find("peft_type")) fields.fail("peft_type", "is missing; an adapter that PEFT saved has it");
  if (fields.text("peft_type", "") != "LORA") refuse(fields, "peft_type", "only LORA adapters can be merged");
  for (const auto& [key, value] : root.items()) {
    if (contains(kIgnored, key) || contains(kRead, key) || !asks(value)) continue;
    if (key == "fan_in_fan_out") refuse(fields, key, "this model has no transposed matrices, train with false");
    refuse(fields, key, "this engine does not know how to merge that, train without it");
  }
}

/// PiSSA and its like change the checkpoint's own weights, so that the adapter does not fit the checkpoint as it is.
void check_start(const ConfigFields& fields) {
  const json* start = fields.find("init_lora_weights");
  if (!start || start->is_boolean()) return;
  const std::string name = fields.text("init_lora_weights", "");
  if (name == "gaussian" || name == "eva" || name == "orthogonal") return;
  refuse(fields, "init_lora_weights",
         "such an adapter belongs to changed weights; save it with path_initial_model_for_weight_conversion");
}

void check_bias(const ConfigFields& fields) {
  const std::string bias = fields.text("bias", "none");
  if (bias != "none" && bias != "all" && bias != "lora_only")
    fields.fail("bias", "must be \"none\", \"all\" or \"lora_only\", not " + excerpt(*fields.find("bias")));
}

std::vector<std::string> read_names(const ConfigFields& fields, const std::string& key) {
  std::vector<std::string> names;
  const json* list = fields.find(key);
  if (!list) return names;
  if (!list->is_array()) fields.fail(key, "must be a list of module names, not " + excerpt(*list));
  for (const json& name : *list) {
    if (!name.is_string() || name.get_ref<const std::string&>().empty())
      fields.fail(key, "must be a list of module names, but holds " + excerpt(name));
    names.push_back(name.get<std::string>());
  }
  return names;
}

}  // namespace

AdapterConfig AdapterConfig::from_file(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / kName;
  std::error_code ignored;  // a path that cannot be examined is reported when it is opened
  if (!std::filesystem::exists(path, ignored))
    throw EngineError(DSOCR_NOT_FOUND, path.string() + " does not exist; give the folder of a PEFT adapter, with " +
                                           kName + " and adapter_model.safetensors.");
  return from_json(read_text_file(path, kLargestConfig), path.string());
}

AdapterConfig AdapterConfig::from_json(std::string_view text, const std::string& origin) {
  const json root = parse_json(text, origin);
  if (!root.is_object()) throw CheckpointError(origin + " holds no JSON object; put the adapter's file there.");
  const ConfigFields fields(origin, "", root);
  check_method(fields, root);
  check_start(fields);
  check_bias(fields);
  AdapterConfig config;
  for (const char* key : {"r", "lora_alpha"})
    if (!fields.find(key)) fields.fail(key, "is missing; an adapter that PEFT saved has it");
  config.rank_ = fields.integer("r", 1, kLargestRank);
  config.alpha_ = fields.number("lora_alpha", 1e-6, 1e6, 0);
  config.stabilised_ = fields.boolean("use_rslora", false);
  config.uses_dora_ = fields.boolean("use_dora", false);
  if (const json* ranks = fields.find("rank_pattern"))
    config.ranks_ = ModulePatterns(*ranks, true, fields.name("rank_pattern"));
  if (const json* alphas = fields.find("alpha_pattern"))
    config.alphas_ = ModulePatterns(*alphas, false, fields.name("alpha_pattern"));
  config.saved_modules_ = read_names(fields, "modules_to_save");
  return config;
}

int AdapterConfig::rank_of(const std::string& module) const {
  return static_cast<int>(ranks_.find(module).value_or(rank_));
}

double AdapterConfig::scale_of(const std::string& module) const {
  const double rank = rank_of(module);
  return alphas_.find(module).value_or(alpha_) / (stabilised_ ? std::sqrt(rank) : rank);
}

}  // namespace deepseekocr
