// SPDX-License-Identifier: MIT
#include "checkpoint/packed_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "checkpoint/crc32c.h"
#include "checkpoint/error.h"
#include "checkpoint/json_document.h"
#include "checkpoint/packed_layout.h"

namespace deepseekocr {
namespace {

using namespace packed_layout;

[[noreturn]] void damaged(const std::filesystem::path& path, const std::string& how) {
  throw CheckpointError(path.string() + " is damaged: " + how + ".");
}

uint64_t number_at(const std::array<uint8_t, kTrailerBytes>& trailer, size_t place) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number |= uint64_t{trailer[place + i]} << (8 * i);
  return number;
}

/// The text of the index, which was checked.
std::string read_index(const RandomAccessFile& file) {
  const uint64_t size = file.size();
  if (size < kStartBytes + kTrailerBytes) damaged(file.path(), "it has only " + std::to_string(size) + " bytes");
  std::array<char, kStartBytes> start = {};
  file.read_at(0, start.data(), start.size());
  if (start != start_of_file()) damaged(file.path(), "it begins with something else");
  std::array<uint8_t, kTrailerBytes> trailer = {};
  file.read_at(size - kTrailerBytes, trailer.data(), trailer.size());
  if (std::memcmp(trailer.data() + 24, kEnd.data(), kEnd.size()) != 0) damaged(file.path(), "its end is missing");
  const uint64_t offset = number_at(trailer, 0), bytes = number_at(trailer, 8);
  const bool fits =
      offset >= kStartBytes && offset <= size && bytes <= kMostIndexBytes && bytes + kTrailerBytes == size - offset;
  if (!fits) damaged(file.path(), "its index is not where it should be");
  std::string index(static_cast<size_t>(bytes), '\0');
  file.read_at(offset, index.data(), index.size());
  if (crc32c(index.data(), index.size()) != number_at(trailer, 16)) damaged(file.path(), "its index was changed");
  return index;
}

/// Blocks in the order of the file, inside it.
std::vector<PackedBlock> blocks_of(const nlohmann::json& index, const RandomAccessFile& file) {
  std::vector<PackedBlock> blocks;
  uint64_t end = kStartBytes;
  for (const nlohmann::json& entry : index.at("blocks")) {
    PackedBlock block{entry.at(0).get<std::string>(), entry.at(1).get<uint64_t>(), entry.at(2).get<uint64_t>(),
                      entry.at(3).get<uint32_t>()};
    if (block.offset < end || block.offset > file.size() || block.bytes > file.size() - block.offset)
      damaged(file.path(), "the block " + quote(block.name) + " is not inside it");
    end = block.offset + block.bytes;
    blocks.push_back(std::move(block));
  }
  return blocks;
}

}  // namespace

std::unique_ptr<PackedFile> PackedFile::open(const std::filesystem::path& path, std::string_view key) {
  RandomAccessFile file(path);
  const nlohmann::json index = parse_json(read_index(file), path.string());
  try {
    if (index.at("key").get<std::string>() != key) return nullptr;
    std::vector<PackedBlock> blocks = blocks_of(index, file);
    return std::unique_ptr<PackedFile>(new PackedFile(std::move(file), std::move(blocks)));
  } catch (const nlohmann::json::exception&) {
    damaged(path, "its index is none");
  }
}

void PackedFile::read(const PackedBlock& block, std::byte* out, const RunParts& run) const {
  std::vector<uint32_t> sums(part_count(block.bytes));
  std::mutex mutex;  // guards failure
  std::exception_ptr failure;
  run(static_cast<int64_t>(sums.size()), [&](int64_t part) {
    try {
      const auto [first, bytes] = part_of(block.bytes, static_cast<uint64_t>(part));
      file_.read_at(block.offset + first, out + first, static_cast<size_t>(bytes));
      sums[static_cast<size_t>(part)] = crc32c_of_quarters(out + first, static_cast<size_t>(bytes));
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  });
  if (failure) std::rethrow_exception(failure);
  if (checksum_of(sums) != block.checksum)
    damaged(file_.path(), "the block " + quote(block.name) + " is not what was written");
}

}  // namespace deepseekocr
