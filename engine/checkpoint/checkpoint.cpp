// SPDX-License-Identifier: MIT
#include "checkpoint/checkpoint.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "checkpoint/adapter.h"
#include "checkpoint/error.h"
#include "checkpoint/json_document.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/weight_files.h"

namespace deepseekocr {
namespace {

/// Opens each file of the folder once, when its first tensor is asked for.
class Shards {
 public:
  explicit Shards(const std::filesystem::path& directory)
      : directory_(directory), files_(find_weight_files(directory)) {}

  /// Number of the file that must hold `tensor`.
  int shard_of(const std::string& tensor) {
    if (!files_.single.empty()) return open(files_.single.filename().string());
    const auto place = files_.weight_map.find(tensor);
    if (place == files_.weight_map.end())
      throw CheckpointError(files_.index.string() + ": the field \"weight_map\" lacks the tensor " + quote(tensor) +
                            " that config.json asks for; the files do not belong together.");
    return open(place->second);
  }

  const SafetensorsFile& file(int shard) const { return opened_[static_cast<size_t>(shard)]; }
  std::vector<SafetensorsFile> take() { return std::move(opened_); }

 private:
  int open(const std::string& name) {
    const auto known = numbers_.find(name);
    if (known != numbers_.end()) return known->second;
    opened_.push_back(SafetensorsFile::open(directory_ / name));
    const int number = static_cast<int>(opened_.size()) - 1;
    numbers_.emplace(name, number);
    return number;
  }

  std::filesystem::path directory_;
  WeightFiles files_;
  std::vector<SafetensorsFile> opened_;
  std::map<std::string, int> numbers_;  // file name → place in opened_
};

TensorInfo locate(const TensorRequirement& required, Shards& shards) {
  const int shard = shards.shard_of(required.name);
  const SafetensorsFile& file = shards.file(shard);
  const std::string subject = file.path().string() + ": the tensor " + quote(required.name);
  const SafetensorsEntry* entry = file.find(required.name);
  if (!entry)
    throw CheckpointError(subject + " is missing, but config.json asks for it with shape " +
                          shape_text(required.shape) + "; fetch the whole checkpoint.");
  if (entry->shape != required.shape)
    throw CheckpointError(subject + " has the shape " + shape_text(entry->shape) + ", but config.json asks for " +
                          shape_text(required.shape) + "; the files do not belong together.");
  const std::optional<ElementType> type = element_type_of(entry->type);
  if (!type)
    throw CheckpointError(subject + " has the dtype " + storage_name(entry->type) +
                          ", but weights must be BF16, F16 or F32; convert the checkpoint.");
  return {*type, entry->shape, shard, entry->offset, entry->bytes};
}

/// Elements of a place of the first axis; 1 where there are none.
uint64_t columns_of(const TensorInfo& tensor) {
  const uint64_t rows = tensor.shape.empty() ? 0 : static_cast<uint64_t>(tensor.shape[0]);
  return rows == 0 ? 1 : tensor.bytes / element_size(tensor.type) / rows;
}

constexpr uint64_t merged_elements = 1 << 16;  // that are merged in one go

void check_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return;
  if (!std::filesystem::exists(directory, error))
    throw EngineError(DSOCR_NOT_FOUND,
                      directory.string() + " does not exist; give the folder of a DeepSeek-OCR checkpoint.");
  throw CheckpointError(directory.string() + " is not a folder; give the folder of a DeepSeek-OCR checkpoint.");
}

}  // namespace

struct Checkpoint::Impl {
  std::filesystem::path directory;
  ModelConfig config;
  std::vector<SafetensorsFile> files;
  std::unordered_map<std::string, TensorInfo> tensors;
  uint64_t parameters = 0;
  uint64_t bytes = 0;
  std::unique_ptr<const Adapter> adapter;  // none: NULL
  std::filesystem::path adapter_directory;
};

Checkpoint::Checkpoint(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Checkpoint Checkpoint::open(const std::filesystem::path& directory, const std::filesystem::path& adapter) {
  check_directory(directory);
  auto impl = std::make_shared<Impl>();
  impl->directory = directory;
  impl->config = ModelConfig::from_file(directory);
  Shards shards(directory);
  for (const TensorRequirement& required : required_tensors(impl->config)) {
    TensorInfo info = locate(required, shards);
    impl->parameters += info.bytes / element_size(info.type);
    impl->bytes += info.bytes;
    impl->tensors.emplace(required.name, std::move(info));
  }
  impl->files = shards.take();
  if (!adapter.empty()) {
    Adapter::Shapes shapes;
    for (const auto& [name, info] : impl->tensors) shapes.emplace(name, info.shape);
    impl->adapter = Adapter::open(adapter, shapes);
    impl->adapter_directory = adapter;
  }
  return Checkpoint(std::move(impl));
}

const std::filesystem::path& Checkpoint::directory() const {
  return impl_->directory;
}
const ModelConfig& Checkpoint::config() const {
  return impl_->config;
}
uint64_t Checkpoint::parameter_count() const {
  return impl_->parameters;
}
uint64_t Checkpoint::total_bytes() const {
  return impl_->bytes;
}

std::string Checkpoint::identity() const {
  std::string text;
  for (const SafetensorsFile& file : impl_->files) text += file.identity() + "\n";
  return text + "adapter " + (impl_->adapter ? adapter_identity(impl_->adapter_directory) : "none");
}

std::filesystem::path Checkpoint::tokenizer_path() const {
  const std::filesystem::path path = impl_->directory / "tokenizer.json";
  std::error_code ignored;  // what cannot be examined is no tokenizer
  return std::filesystem::exists(path, ignored) ? path : std::filesystem::path();
}

const TensorInfo& Checkpoint::info(const std::string& name) const {
  const auto found = impl_->tensors.find(name);
  if (found == impl_->tensors.end())
    throw EngineError(DSOCR_INTERNAL, "The model asked for the tensor " + quote(name) + ", which is none of the " +
                                          std::to_string(impl_->tensors.size()) + " that its config.json needs.");
  return found->second;
}

void Checkpoint::read(const std::string& name, ElementType target, void* destination) const {
  const TensorInfo& tensor = info(name);
  read_part(name, 0, tensor.bytes / element_size(tensor.type), target, destination);
}

void Checkpoint::read(const std::string& name, ElementType target, uint64_t first, uint64_t count,
                      void* destination) const {
  read_part(name, first, count, target, destination);
}

void Checkpoint::read_rows(const std::string& name, int64_t first, int64_t count, ElementType target,
                           void* destination) const {
  const TensorInfo& tensor = info(name);
  const int64_t rows = tensor.shape.empty() ? 0 : tensor.shape[0];
  if (first < 0 || count < 0 || first > rows - count)
    throw EngineError(DSOCR_INTERNAL, "The model asked for rows " + std::to_string(first) + " to " +
                                          std::to_string(first + count) + " of the tensor " + quote(name) +
                                          ", which has " + std::to_string(rows) + ".");
  const uint64_t columns = columns_of(tensor);
  read_part(name, static_cast<uint64_t>(first) * columns, static_cast<uint64_t>(count) * columns, target, destination);
}

void Checkpoint::read_part(const std::string& name, uint64_t first, uint64_t count, ElementType target,
                           void* destination) const {
  if (impl_->adapter && impl_->adapter->changes(name)) {
    read_merged(name, first, count, target, destination);
  } else {
    read_stored(name, first, count, target, destination);
  }
}

void Checkpoint::read_stored(const std::string& name, uint64_t first, uint64_t count, ElementType target,
                             void* destination) const {
  const TensorInfo& tensor = info(name);
  const SafetensorsFile& file = impl_->files[static_cast<size_t>(tensor.shard)];
  const SafetensorsEntry& entry = file.info(name);
  const size_t width = element_size(tensor.type);
  const uint64_t begin = first * width, bytes = count * width;
  if (tensor.type == target) {
    file.read(entry, begin, destination, static_cast<size_t>(bytes));
    return;
  }
  constexpr size_t buffer_elements = 1 << 14;
  std::array<std::byte, buffer_elements * sizeof(float)> buffer;
  auto* to = static_cast<std::byte*>(destination);
  for (uint64_t done = 0; done < bytes;) {
    const auto part = static_cast<size_t>(std::min<uint64_t>(bytes - done, buffer_elements * width));
    file.read(entry, begin + done, buffer.data(), part);
    convert_elements(tensor.type, buffer.data(), target, to, part / width);
    to += part / width * element_size(target);
    done += part;
  }
}

// A row is merged as a whole, so what was asked for is cut out of the rows that hold it.
void Checkpoint::read_merged(const std::string& name, uint64_t first, uint64_t count, ElementType target,
                             void* destination) const {
  const Adapter& adapter = *impl_->adapter;
  const uint64_t columns = columns_of(info(name)), end = first + count;
  const uint64_t together = std::max<uint64_t>(1, merged_elements / columns);  // rows
  std::vector<float> rows;
  auto* to = static_cast<std::byte*>(destination);
  while (first < end) {
    const uint64_t row = first / columns, row_count = std::min(together, (end - 1) / columns - row + 1);
    rows.resize(static_cast<size_t>(row_count * columns));
    if (adapter.replaces(name)) {
      adapter.read_rows(name, static_cast<int64_t>(row), static_cast<int64_t>(row_count), rows.data());
    } else {
      read_stored(name, row * columns, row_count * columns, ElementType::f32, rows.data());
    }
    adapter.update_rows(name, static_cast<int64_t>(row), static_cast<int64_t>(row_count), rows.data());
    const uint64_t skipped = first - row * columns, wanted = std::min(end - first, row_count * columns - skipped);
    convert_elements(ElementType::f32, rows.data() + skipped, target, to, static_cast<size_t>(wanted));
    to += wanted * element_size(target);
    first += wanted;
  }
}

}  // namespace deepseekocr
