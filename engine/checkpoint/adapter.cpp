// SPDX-License-Identifier: MIT
#include "checkpoint/adapter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "checkpoint/adapter_names.h"
#include "checkpoint/element_type.h"
#include "checkpoint/error.h"
#include "checkpoint/json_document.h"
#include "checkpoint/sha256.h"

namespace deepseekocr {
namespace {

constexpr const char* kWeights = "adapter_model.safetensors";
constexpr size_t kKept = 2;  ///< updates in memory
// A part of the official model that the network never uses (checkpoint.h), so what changes it changes nothing.
constexpr std::string_view kUnused = "model.vision_model.embeddings.patch_embedding.";

SafetensorsFile open_weights(const std::filesystem::path& directory) {
  std::error_code ignored;  // a path that cannot be examined is reported when it is opened
  const std::filesystem::path path = directory / kWeights;
  if (std::filesystem::exists(path, ignored)) return SafetensorsFile::open(path);
  if (std::filesystem::exists(directory / "adapter_model.bin", ignored))
    throw EngineError(DSOCR_UNSUPPORTED, (directory / "adapter_model.bin").string() +
                                             " is a pickle, which may run code; save the adapter again with "
                                             "safe_serialization=True.");
  throw EngineError(DSOCR_NOT_FOUND, path.string() +
                                         " does not exist; give the folder of a PEFT adapter, with "
                                         "adapter_config.json and adapter_model.safetensors.");
}

/// (rows, columns) → (columns, rows)
std::vector<float> transposed(const std::vector<float>& matrix, int64_t rows, int64_t columns) {
  std::vector<float> result(matrix.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      result[static_cast<size_t>(c * rows + r)] = matrix[static_cast<size_t>(r * columns + c)];
  return result;
}

/// `first` and the places of `shape` behind its first.
std::vector<int64_t> with_first(int64_t first, const std::vector<int64_t>& shape) {
  std::vector<int64_t> result = shape;
  result.front() = first;
  return result;
}

}  // namespace

int64_t Adapter::Change::columns() const {
  return std::accumulate(shape.begin() + 1, shape.end(), int64_t{1}, std::multiplies<>());
}

std::unique_ptr<const Adapter> Adapter::open(const std::filesystem::path& directory, const Shapes& shapes) {
  AdapterConfig config = AdapterConfig::from_file(directory);
  std::unique_ptr<Adapter> adapter(new Adapter(std::move(config), open_weights(directory)));
  for (const SafetensorsEntry& entry : adapter->file_.entries()) adapter->place(entry, shapes);
  if (adapter->changes_.empty())
    throw CheckpointError(adapter->file_.path().string() + " changes nothing; save the adapter again.");
  for (const auto& [name, change] : adapter->changes_) adapter->check(change);
  adapter->check_saved_modules();
  return adapter;
}

std::string Adapter::subject(const SafetensorsEntry& entry) const {
  return file_.path().string() + ": the tensor " + quote(entry.name);
}

/// Files a tensor of the adapter under the weight that it changes.
void Adapter::place(const SafetensorsEntry& entry, const Shapes& shapes) {
  const AdapterName name = parse_adapter_name(entry.name);
  if (name.tensor.starts_with(kUnused)) return;
  if (!element_type_of(entry.type))
    throw CheckpointError(subject(entry) + " has the dtype " + storage_name(entry.type) +
                          ", but weights must be BF16, F16 or F32; save the adapter in one of them.");
  const auto weight = shapes.find(name.tensor);
  if (weight == shapes.end())
    throw CheckpointError(subject(entry) + " belongs to " + quote(name.tensor) +
                          ", which the checkpoint does not have; the adapter is for another model.");
  if (name.part == AdapterPart::up_bias)
    throw EngineError(DSOCR_UNSUPPORTED, subject(entry) +
                                             " is a bias of the update (lora_bias), which this engine "
                                             "does not know how to merge; train without it.");
  Change& change = changes_[name.tensor];
  change.shape = weight->second;
  change.module = name.module;
  const bool of_embedding = name.part == AdapterPart::embedding_down || name.part == AdapterPart::embedding_up;
  const SafetensorsEntry** slot = &change.whole;
  if (name.part == AdapterPart::down || name.part == AdapterPart::embedding_down) slot = &change.down;
  if (name.part == AdapterPart::up || name.part == AdapterPart::embedding_up) slot = &change.up;
  if (name.part == AdapterPart::magnitude) slot = &change.magnitude;
  if (*slot != nullptr || (of_embedding != change.of_embedding && (change.down || change.up)))
    throw CheckpointError(subject(entry) + " comes twice under different names; save the adapter again.");
  *slot = &entry;
  change.of_embedding |= of_embedding;
}

void Adapter::expect_shape(const SafetensorsEntry& entry, const std::vector<int64_t>& shape,
                           const std::string& why) const {
  if (entry.shape == shape) return;
  throw CheckpointError(subject(entry) + " has the shape " + shape_text(entry.shape) + ", but " + why + " asks for " +
                        shape_text(shape) + "; the files do not belong together.");
}

void Adapter::check(const Change& change) const {
  if (change.whole) expect_shape(*change.whole, change.shape, "the checkpoint");
  if (!change.down && !change.up && !change.magnitude) return;
  if (!change.down || !change.up) {
    const SafetensorsEntry* there = change.down ? change.down : change.up ? change.up : change.magnitude;
    throw CheckpointError(subject(*there) + " has no " + (change.down ? "lora_B" : "lora_A") +
                          " beside it; save the adapter again.");
  }
  if (change.shape.size() < 2)
    throw CheckpointError(subject(*change.down) + " belongs to a weight of the shape " + shape_text(change.shape) +
                          ", which is no matrix; train without that module.");
  const int64_t rank = config_.rank_of(change.module);
  const std::string why = "the checkpoint with the rank " + std::to_string(rank) + " of adapter_config.json";
  std::vector<int64_t> up(change.shape.size(), 1);  // a convolution's B is 1 × 1
  up[0] = change.rows();
  up[1] = rank;
  expect_shape(*change.down, change.of_embedding ? std::vector{rank, change.rows()} : with_first(rank, change.shape),
               why);
  expect_shape(*change.up, change.of_embedding ? std::vector{change.columns(), rank} : up, why);
  if (config_.uses_dora() != (change.magnitude != nullptr))
    throw CheckpointError(subject(*change.down) + (change.magnitude ? " has" : " has no") +
                          " lora_magnitude_vector beside it, but adapter_config.json says " +
                          (change.magnitude ? "otherwise" : "use_dora") + "; the files do not belong together.");
  if (!change.magnitude) return;
  if (change.of_embedding)
    throw EngineError(DSOCR_UNSUPPORTED, subject(*change.magnitude) +
                                             " asks for use_dora on an embedding, which this engine does not know how "
                                             "to merge; train without that module.");
  std::vector<int64_t> lengths = {change.rows()};
  if (change.shape.size() > 2) {
    lengths.assign(change.shape.size(), 1);
    lengths[1] = change.rows();
  }
  expect_shape(*change.magnitude, lengths, "the checkpoint");
}

void Adapter::check_saved_modules() const {
  for (const std::string& name : config_.saved_modules()) {
    const bool found = std::any_of(changes_.begin(), changes_.end(), [&](const auto& entry) {
      const Change& change = entry.second;
      // Of a module with modules inside, its name is in the middle.
      return change.whole != nullptr && ("." + change.module + ".").find("." + name + ".") != std::string::npos;
    });
    if (!found)
      throw CheckpointError(file_.path().string() + " has no weights of " + quote(name) +
                            ", which adapter_config.json names in \"modules_to_save\"; save the adapter again.");
  }
}

bool Adapter::replaces(const std::string& tensor) const {
  const auto found = changes_.find(tensor);
  return found != changes_.end() && found->second.whole != nullptr;
}

void Adapter::read_rows(const std::string& tensor, int64_t first, int64_t count, float* rows) const {
  const Change& change = changes_.at(tensor);
  const ElementType type = *element_type_of(change.whole->type);
  const auto columns = static_cast<size_t>(change.columns()), size = element_size(type);
  std::vector<std::byte> stored(static_cast<size_t>(count) * columns * size);
  file_.read(*change.whole, static_cast<uint64_t>(first) * columns * size, stored.data(), stored.size());
  convert_elements(type, stored.data(), ElementType::f32, rows, static_cast<size_t>(count) * columns);
}

void Adapter::update_rows(const std::string& tensor, int64_t first, int64_t count, float* rows) const {
  const Change& change = changes_.at(tensor);
  if (change.down != nullptr) add_update(*update_of(tensor, change), first, count, rows);
}

/// A whole tensor of the adapter in float32.
std::vector<float> Adapter::values(const SafetensorsEntry& entry) const {
  const ElementType type = *element_type_of(entry.type);
  const std::vector<std::byte> stored = file_.read(entry.name);
  std::vector<float> numbers(stored.size() / element_size(type));
  convert_elements(type, stored.data(), ElementType::f32, numbers.data(), numbers.size());
  if (!std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); }))
    throw CheckpointError(subject(entry) +
                          " holds numbers that are not finite; the training went wrong, repeat it with "
                          "a lower learning rate.");
  return numbers;
}

Adapter::UpdatePtr Adapter::read_update(const Change& change) const {
  auto update = std::make_shared<LowRankUpdate>();
  update->columns = change.columns();
  update->rank = config_.rank_of(change.module);
  update->scale = static_cast<float>(config_.scale_of(change.module));
  update->down = values(*change.down);
  update->up = values(*change.up);
  if (change.of_embedding) {  // its weight is (B·A)ᵀ
    std::vector<float> down = transposed(update->up, change.columns(), update->rank);
    update->up = transposed(update->down, update->rank, change.rows());
    update->down = std::move(down);
  }
  if (change.magnitude) update->lengths = values(*change.magnitude);
  return update;
}

Adapter::UpdatePtr Adapter::update_of(const std::string& tensor, const Change& change) const {
  const std::lock_guard lock(mutex_);
  const auto known =
      std::find_if(recent_.begin(), recent_.end(), [&](const Recent& recent) { return recent.tensor == tensor; });
  if (known != recent_.end()) return known->update;
  UpdatePtr update = read_update(change);
  if (recent_.size() == kKept) recent_.erase(recent_.begin());
  recent_.push_back({tensor, update});
  return update;
}

std::string adapter_identity(const std::filesystem::path& directory) {
  Sha256 hash;
  for (const char* name : {"adapter_config.json", kWeights}) {
    const std::string digits = sha256_hex_of_file(directory / name);
    hash.update(digits.data(), digits.size());
  }
  return sha256_hex(hash);
}

}  // namespace deepseekocr
