// SPDX-License-Identifier: MIT
#include "checkpoint/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "checkpoint/error.h"

namespace deepseekocr {
namespace {

std::string system_message(int error) {
  return std::system_category().message(error);
}

}  // namespace

// O_NONBLOCK: opening a named pipe must not wait for a writer; it means nothing for the regular files that are kept.
RandomAccessFile::RandomAccessFile(const std::filesystem::path& path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (descriptor_ < 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR)
      throw EngineError(DSOCR_NOT_FOUND, path.string() + " does not exist; check the path of the checkpoint folder.");
    throw CheckpointError(path.string() + " cannot be opened (" + system_message(error) + ").");
  }
  struct stat status = {};
  const bool regular = ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  if (!regular) {
    ::close(descriptor_);  // no destructor runs after a throwing constructor
    throw CheckpointError(path.string() + " is not a regular file; put the checkpoint's file there.");
  }
  size_ = static_cast<uint64_t>(status.st_size);
  modified_ = int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

RandomAccessFile::RandomAccessFile(RandomAccessFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      modified_(other.modified_) {}

RandomAccessFile& RandomAccessFile::operator=(RandomAccessFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  std::swap(modified_, other.modified_);
  return *this;
}

RandomAccessFile::~RandomAccessFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void RandomAccessFile::read_at(uint64_t offset, void* destination, size_t bytes) const {
  auto* to = static_cast<char*>(destination);
  while (bytes > 0) {
    constexpr size_t largest_read = size_t{1} << 30;  // Linux reads at most 2 GiB at once
    const ssize_t got = ::pread(descriptor_, to, std::min(bytes, largest_read), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw CheckpointError(path_.string() + " cannot be read (" + system_message(errno) + ").");
    if (got == 0)
      throw CheckpointError(path_.string() + " has become shorter while it was read: it ends before byte " +
                            std::to_string(offset + bytes) + "; do not replace the files of a checkpoint in use.");
    to += got;
    offset += static_cast<uint64_t>(got);
    bytes -= static_cast<size_t>(got);
  }
}

bool write_all(int descriptor, const void* data, size_t bytes) {
  constexpr size_t largest_write = size_t{1} << 30;  // Linux writes at most 2 GiB at once
  const auto* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t done = ::write(descriptor, from, std::min(bytes, largest_write));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    from += done;
    bytes -= static_cast<size_t>(done);
  }
  return true;
}

std::string read_text_file(const std::filesystem::path& path, uint64_t max_bytes) {
  const RandomAccessFile file(path);
  if (file.size() > max_bytes)
    throw CheckpointError(path.string() + " has " + std::to_string(file.size()) + " bytes, more than the " +
                          std::to_string(max_bytes) + " that such a file may have; it is not what its name says.");
  std::string text(static_cast<size_t>(file.size()), '\0');
  file.read_at(0, text.data(), text.size());
  return text;
}

}  // namespace deepseekocr
