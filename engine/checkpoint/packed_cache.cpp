// SPDX-License-Identifier: MIT
#include "checkpoint/packed_cache.h"

#include <system_error>
#include <utility>
#include <vector>

#include "checkpoint/error.h"
#include "checkpoint/json_document.h"
#include "checkpoint/sha256.h"

namespace deepseekocr {

namespace fs = std::filesystem;

fs::path packed_cache_file(const fs::path& folder, const fs::path& checkpoint, const fs::path& adapter,
                           const std::string& precision) {
  const auto resolved = [](const fs::path& path) {
    std::error_code error;
    const fs::path canonical = fs::canonical(path, error);
    return (error ? path : canonical).string();
  };
  const std::string own = resolved(checkpoint);
  const std::string all = own + '\0' + (adapter.empty() ? "" : resolved(adapter));
  return folder / (fs::path(own).filename().string() + "-" + precision + "-" +
                   sha256_hex(all.data(), all.size()).substr(0, 16) + ".packed");
}

PackedCache::PackedCache(PackedCachePlace place, RunParts run, Note note)
    : place_(std::move(place)), run_(std::move(run)), note_(std::move(note)) {
  open();
  if (!file_) write();
}

void PackedCache::open() {
  try {
    file_ = PackedFile::open(place_.file, place_.key);
  } catch (const EngineError& error) {
    if (error.status() != DSOCR_NOT_FOUND) note(std::string(error.what()) + " It is written anew.");
  }
}

void PackedCache::write() {
  try {
    const fs::path folder = place_.file.parent_path();
    fs::create_directories(folder);
    const uintmax_t available = fs::space(folder).available;
    if (available < place_.bytes)
      throw EngineError(DSOCR_NOT_FOUND, place_.file.string() + " needs " + std::to_string(place_.bytes) +
                                             " bytes, and the disk has only " + std::to_string(available) + ".");
    writer_ = PackedFileWriter::open(place_.file, place_.key);
  } catch (const EngineError& error) {
    give_up(error.what());
  } catch (const fs::filesystem_error& error) {
    give_up(place_.file.string() + " cannot be written (" + error.code().message() + ").");
  }
}

bool PackedCache::read(const std::string& name, std::span<std::byte> out) {
  if (!file_) return false;
  const bool is_next = read_ < file_->blocks().size() && file_->blocks()[read_].name == name &&
                       file_->blocks()[read_].bytes == out.size();
  if (!is_next) {
    replace(place_.file.string() + " lacks " + quote(name) + ".");
    return false;
  }
  try {
    file_->read(file_->blocks()[read_], out.data(), run_);
    ++read_;
    return true;
  } catch (const EngineError& error) {
    replace(error.what());
    return false;
  }
}

void PackedCache::replace(const std::string& reason) {
  note(reason + " It is written anew.");
  const std::unique_ptr<PackedFile> old = std::move(file_);
  write();
  take_over(*old);
}

void PackedCache::take_over(const PackedFile& old) {
  std::vector<std::byte> data;
  for (size_t i = 0; i < read_ && writer_; ++i) {
    const PackedBlock& block = old.blocks()[i];
    try {
      data.resize(static_cast<size_t>(block.bytes));
      old.read(block, data.data(), run_);
    } catch (const EngineError& error) {
      give_up(error.what());
      return;
    }
    add(block.name, data);
  }
}

void PackedCache::add(const std::string& name, std::span<const std::byte> data) {
  if (!writer_ || !written_.insert(name).second) return;
  try {
    writer_->add(name, data, run_);
  } catch (const EngineError& error) {
    give_up(error.what());
  }
}

void PackedCache::finish() {
  if (!writer_) return;
  try {
    writer_->finish();
  } catch (const EngineError& error) {
    give_up(error.what());
  }
  writer_.reset();
}

void PackedCache::give_up(const std::string& reason) {
  writer_.reset();
  note("No weight cache: " + reason);
}

void PackedCache::note(const std::string& sentence) {
  if (note_) std::exchange(note_, {})(sentence);
}

}  // namespace deepseekocr
