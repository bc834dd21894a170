// SPDX-License-Identifier: MIT
#include "checkpoint/safetensors.h"

#include <array>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/json_document.h"
#include "checkpoint/sha256.h"

namespace deepseekocr {
namespace {

std::string read_header(const RandomAccessFile& file) {
  const std::string name = file.path().string();
  std::array<unsigned char, 8> prefix = {};
  if (file.size() < prefix.size())
    throw CheckpointError(name + " has only " + std::to_string(file.size()) +
                          " bytes, too few for a safetensors file; fetch it again.");
  file.read_at(0, prefix.data(), prefix.size());
  uint64_t length = 0;
  for (size_t i = 0; i < prefix.size(); ++i) length |= uint64_t{prefix[i]} << (8 * i);
  if (length > max_safetensors_header)
    throw CheckpointError(name + " states a header of " + std::to_string(length) + " bytes, more than the " +
                          std::to_string(max_safetensors_header) + " that safetensors allows; it is no such file.");
  if (length > file.size() - prefix.size())
    throw CheckpointError(name + " states a header of " + std::to_string(length) + " bytes but has only " +
                          std::to_string(file.size()) + " bytes in all: it is cut off, fetch it again.");
  std::string header(static_cast<size_t>(length), '\0');
  file.read_at(prefix.size(), header.data(), header.size());
  return header;
}

}  // namespace

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  RandomAccessFile file(path);
  std::vector<SafetensorsEntry> entries = parse_safetensors_header(read_header(file), file.size(), path.string());
  return {std::move(file), std::move(entries)};
}

SafetensorsFile::SafetensorsFile(RandomAccessFile file, std::vector<SafetensorsEntry> entries)
    : file_(std::move(file)), entries_(std::move(entries)) {
  for (size_t i = 0; i < entries_.size(); ++i) index_.emplace(entries_[i].name, i);
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const SafetensorsEntry& entry : entries_) names.push_back(entry.name);
  return names;
}

std::string SafetensorsFile::identity() const {
  const std::string header = read_header(file_);
  std::error_code unresolved;  // the file is open, whatever its name means by now
  const std::filesystem::path canonical = std::filesystem::canonical(path(), unresolved);
  return nlohmann::json({{"path", (unresolved ? path() : canonical).string()},
                         {"size", file_.size()},
                         {"modified", file_.modified()},
                         {"header", sha256_hex(header.data(), header.size())}})
      .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

const SafetensorsEntry& SafetensorsFile::info(std::string_view name) const {
  const SafetensorsEntry* entry = find(name);
  if (!entry) throw CheckpointError(path().string() + " has no tensor " + quote(name) + ".");
  return *entry;
}

void SafetensorsFile::read(const SafetensorsEntry& entry, uint64_t begin, void* destination, size_t bytes) const {
  if (begin > entry.bytes || bytes > entry.bytes - begin)
    throw ArgumentError("The tensor " + quote(entry.name) + " of " + path().string() + " has " +
                        std::to_string(entry.bytes) + " bytes; " + std::to_string(bytes) + " from byte " +
                        std::to_string(begin) + " on cannot be read.");
  file_.read_at(entry.offset + begin, destination, bytes);
}

std::vector<std::byte> SafetensorsFile::read(std::string_view name) const {
  const SafetensorsEntry& entry = info(name);
  std::vector<std::byte> data(static_cast<size_t>(entry.bytes));
  read(entry, 0, data.data(), data.size());
  return data;
}

}  // namespace deepseekocr
