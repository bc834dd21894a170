// SPDX-License-Identifier: MIT
#include "checkpoint/safetensors_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <numeric>
#include <system_error>
#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/file.h"
#include "checkpoint/json_document.h"

namespace deepseekocr {
namespace {

uint64_t byte_count(const SafetensorsEntry& entry) {
  uint64_t bytes = storage_size(entry.type);
  for (const int64_t extent : entry.shape)
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes))
      throw ArgumentError("The tensor " + quote(entry.name) + " has an impossible shape; no file was written.");
  return bytes;
}

/// A new file under a temporary name; removed again unless it was kept.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target) : target_(target), path_(temporary_name(target)) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail();
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!kept_) ::unlink(path_.c_str());
  }

  void append(const void* data, size_t bytes) {
    if (!write_all(descriptor_, data, bytes)) fail();
  }

  void keep() {
    if (::close(std::exchange(descriptor_, -1)) != 0) fail();  // some file systems report a full disk only here
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail();
    kept_ = true;
  }

 private:
  static std::filesystem::path temporary_name(std::filesystem::path path) {
    static std::atomic<unsigned> counter{0};
    path += ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
    return path;
  }

  [[noreturn]] void fail() const {
    throw ArgumentError(target_.string() + " cannot be written (" + std::system_category().message(errno) + ").");
  }

  std::filesystem::path target_;
  std::filesystem::path path_;
  int descriptor_ = -1;
  bool kept_ = false;
};

}  // namespace

std::string safetensors_preamble(std::vector<SafetensorsEntry>& entries) {
  nlohmann::ordered_json header;
  header["__metadata__"]["format"] = "pt";
  uint64_t offset = 0;
  for (SafetensorsEntry& entry : entries) {
    entry.bytes = byte_count(entry);
    entry.offset = offset;
    offset += entry.bytes;
    // push_back: assignment by key would search the whole ordered object each time
    header.get_ref<nlohmann::ordered_json::object_t&>().emplace_back(
        entry.name,
        nlohmann::ordered_json{
            {"dtype", storage_name(entry.type)}, {"shape", entry.shape}, {"data_offsets", {entry.offset, offset}}});
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string preamble;
  for (int shift = 0; shift < 64; shift += 8) preamble += static_cast<char>((uint64_t{text.size()} >> shift) & 0xff);
  preamble += text;
  for (SafetensorsEntry& entry : entries) entry.offset += preamble.size();
  return preamble;
}

void SafetensorsWriter::add(const std::string& name, StorageType type, const std::vector<int64_t>& shape,
                            const void* data, size_t bytes) {
  if (name == "__metadata__") throw ArgumentError("No tensor can have the name \"__metadata__\"; choose another.");
  Tensor tensor;
  tensor.entry.name = name;
  tensor.entry.type = type;
  tensor.entry.shape = shape;
  if (byte_count(tensor.entry) != bytes)
    throw ArgumentError("The tensor " + quote(name) + " needs " + std::to_string(byte_count(tensor.entry)) +
                        " bytes, but " + std::to_string(bytes) + " were given.");
  if (std::any_of(tensors_.begin(), tensors_.end(), [&name](const Tensor& other) { return other.entry.name == name; }))
    throw ArgumentError("The tensor " + quote(name) + " was added twice; give each a name of its own.");
  const auto* first = static_cast<const std::byte*>(data);
  tensor.data.assign(first, first + bytes);
  tensors_.push_back(std::move(tensor));
}

void SafetensorsWriter::write(const std::filesystem::path& path) const {
  std::vector<size_t> order(tensors_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [this](size_t a, size_t b) {
    return storage_size(tensors_[a].entry.type) > storage_size(tensors_[b].entry.type);
  });
  std::vector<SafetensorsEntry> entries;
  entries.reserve(order.size());
  for (const size_t i : order) entries.push_back(tensors_[i].entry);
  const std::string preamble = safetensors_preamble(entries);
  TemporaryFile file(path);
  file.append(preamble.data(), preamble.size());
  for (const size_t i : order) file.append(tensors_[i].data.data(), tensors_[i].data.size());
  file.keep();
}

}  // namespace deepseekocr
