// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/file.h"
#include "checkpoint/packed_file.h"
#include "checkpoint/packed_layout.h"

namespace deepseekocr {
namespace {

using namespace packed_layout;

/// Whether `path` is still the file behind `descriptor`: the one who held its lock may have renamed or removed it.
bool is_at(int descriptor, const std::filesystem::path& path) {
  struct stat own = {}, there = {};
  return ::fstat(descriptor, &own) == 0 && ::lstat(path.c_str(), &there) == 0 && own.st_dev == there.st_dev &&
         own.st_ino == there.st_ino;
}

[[noreturn]] void fail_on(const std::filesystem::path& path) {
  throw EngineError(DSOCR_NOT_FOUND,
                    path.string() + " cannot be written (" + std::system_category().message(errno) + ").");
}

/// The temporary file, locked and empty: what a process that was killed left behind is used again.
/// @return -1: somebody else has it
int open_temporary(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  if (descriptor < 0) fail_on(path);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 || !is_at(descriptor, path)) {
    ::close(descriptor);
    return -1;
  }
  if (::ftruncate(descriptor, 0) == 0) return descriptor;
  const int error = errno;
  ::close(descriptor);
  errno = error;
  fail_on(path);
}

}  // namespace

std::unique_ptr<PackedFileWriter> PackedFileWriter::open(const std::filesystem::path& path, std::string key) {
  std::filesystem::path temporary = path;
  temporary += ".tmp";
  const int descriptor = open_temporary(temporary);
  if (descriptor < 0) return nullptr;
  std::unique_ptr<PackedFileWriter> writer(
      new PackedFileWriter(path, std::move(temporary), std::move(key), descriptor));
  writer->append(start_of_file().data(), kStartBytes);
  return writer;
}

PackedFileWriter::PackedFileWriter(std::filesystem::path path, std::filesystem::path temporary, std::string key,
                                   int descriptor)
    : path_(std::move(path)), temporary_(std::move(temporary)), key_(std::move(key)), descriptor_(descriptor) {}

// Closed last: that gives the lock to others.
PackedFileWriter::~PackedFileWriter() {
  if (!kept_) ::unlink(temporary_.c_str());
  ::close(descriptor_);
}

void PackedFileWriter::fail() const {
  fail_on(path_);
}

void PackedFileWriter::append(const void* data, size_t bytes) {
  if (!write_all(descriptor_, data, bytes)) fail();
  size_ += bytes;
}

void PackedFileWriter::pad() {
  constexpr std::array<char, kAlignment> zeros = {};
  append(zeros.data(), static_cast<size_t>((kAlignment - size_ % kAlignment) % kAlignment));
}

void PackedFileWriter::add(const std::string& name, std::span<const std::byte> data, const RunParts& run) {
  std::vector<uint32_t> sums(part_count(data.size()));
  run(static_cast<int64_t>(sums.size()), [&](int64_t part) {
    const auto [first, bytes] = part_of(data.size(), static_cast<uint64_t>(part));
    sums[static_cast<size_t>(part)] = crc32c_of_quarters(data.data() + first, static_cast<size_t>(bytes));
  });
  pad();
  const uint64_t offset = size_;
  append(data.data(), data.size());
  // The disk begins at once, so that little is left to wait for in the end.
  ::sync_file_range(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(data.size()), SYNC_FILE_RANGE_WRITE);
  blocks_.push_back({name, offset, data.size(), checksum_of(sums)});
}

void PackedFileWriter::finish() {
  nlohmann::json index = {{"key", key_}, {"blocks", nlohmann::json::array()}};
  for (const PackedBlock& block : blocks_)
    index["blocks"].push_back({block.name, block.offset, block.bytes, block.checksum});
  const std::string text = index.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  pad();
  std::string trailer;
  put(trailer, size_, 8);
  put(trailer, text.size(), 8);
  put(trailer, crc32c(text.data(), text.size()), 8);
  trailer += kEnd;
  append(text.data(), text.size());
  append(trailer.data(), trailer.size());
  if (::fsync(descriptor_) != 0) fail();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail();
  kept_ = true;
}

}  // namespace deepseekocr
