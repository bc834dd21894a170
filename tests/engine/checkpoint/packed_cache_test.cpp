// SPDX-License-Identifier: MIT
#include "checkpoint/packed_cache.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include "temporary_folder.h"

namespace deepseekocr {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::TemporaryFolder;
using test::write_file;

using Bytes = std::vector<std::byte>;

/// Blocks of a model: some empty, some of more than one part.
std::vector<std::pair<std::string, Bytes>> model_blocks() {
  std::vector<std::pair<std::string, Bytes>> blocks;
  for (const size_t size : {100ul, 0ul, 64ul, 70'000ul, 200'001ul, 1ul}) {
    Bytes bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * i % 251 + size);
    blocks.emplace_back("block \"" + std::to_string(size) + "\"", std::move(bytes));
  }
  return blocks;
}

/// What happened during a load.
struct Load {
  size_t found = 0;  ///< blocks that came from the cache
  std::vector<std::string> notes;
};

class PackedCacheTest : public testing::Test {
 protected:
  PackedCachePlace place(const std::string& key = "key") const { return {file_, key, 1000}; }

  static void run(int64_t count, const std::function<void(int64_t)>& work) {
    for (int64_t i = count; i-- > 0;) work(i);
  }

  /// Loads the model as a loader does, and checks every block that the cache gave.
  /// @param end  false: cancelled behind the last block
  Load load(const PackedCachePlace& place, bool end = true) const {
    Load load;
    PackedCache cache(place, run, [&](const std::string& sentence) { load.notes.push_back(sentence); });
    for (const auto& [name, bytes] : blocks_) {
      Bytes read(bytes.size(), std::byte{0xaa});
      if (cache.read(name, read)) {
        ++load.found;
        EXPECT_EQ(read, bytes) << name;
      } else {
        cache.add(name, bytes);
      }
    }
    if (end) cache.finish();
    return load;
  }

  /// The names of the files in the cache's folder.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(file_.parent_path())) names.push_back(entry.path().filename());
    return names;
  }

  /// Loads with a file that is damaged: nothing wrong is given, the file is as it was before the damage, and it is used
  /// by the next load.
  void expect_rebuilt(const std::string& damaged, const std::string& what) const {
    write_file(file_, damaged);
    const Load first = load(place());
    EXPECT_LT(first.found, blocks_.size()) << what;
    ASSERT_EQ(first.notes.size(), 1u) << what;
    EXPECT_NE(first.notes[0].find(file_.string()), std::string::npos) << first.notes[0];
    EXPECT_EQ(read_file(file_), whole_) << what;
    EXPECT_EQ(load(place()).found, blocks_.size()) << what;
  }

  void make_whole() {
    load(place());
    whole_ = read_file(file_);
  }

  const TemporaryFolder folder_;
  const fs::path file_ = folder_ / "a" / "b" / "model.packed";
  const std::vector<std::pair<std::string, Bytes>> blocks_ = model_blocks();
  std::string whole_;  ///< a good file
};

TEST_F(PackedCacheTest, IsWrittenOnceAndReadFromThenOn) {
  EXPECT_EQ(load(place()).found, 0u);
  EXPECT_EQ(files(), std::vector<std::string>{"model.packed"});
  const Load again = load(place());
  EXPECT_EQ(again.found, blocks_.size());
  EXPECT_TRUE(again.notes.empty());
}

TEST_F(PackedCacheTest, IsReplacedForAnotherKey) {
  load(place("one"));
  EXPECT_EQ(load(place("two")).found, 0u);
  EXPECT_EQ(load(place("two")).found, blocks_.size());
  EXPECT_EQ(load(place("one")).found, 0u);
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(PackedCacheTest, IsRebuiltWhereverABitChanged) {
  make_whole();
  const auto edge = [&](size_t i) { return i < 300 || i + 500 > whole_.size(); };
  size_t changed = 0;
  for (size_t i = 0; i < whole_.size(); i += edge(i) ? 3 : 49'999) {
    std::string damaged = whole_;
    damaged[i] = static_cast<char>(damaged[i] ^ 1 << i % 8);
    write_file(file_, damaged);
    const Load one = load(place());
    if (one.found == blocks_.size()) {  // the zeros between blocks are nobody's
      EXPECT_EQ(whole_[i], '\0') << "byte " << i;
      continue;
    }
    ++changed;
    ASSERT_EQ(read_file(file_), whole_) << "byte " << i;
  }
  EXPECT_GT(changed, 80u);
}

TEST_F(PackedCacheTest, IsRebuiltWhereABlockIsDamaged) {
  make_whole();
  const size_t place_of_block = whole_.find(std::string(reinterpret_cast<const char*>(blocks_[4].second.data()), 100));
  ASSERT_NE(place_of_block, std::string::npos);
  std::string damaged = whole_;
  damaged[place_of_block + 150'000] ^= 4;
  expect_rebuilt(damaged, "block");
}

TEST_F(PackedCacheTest, IsRebuiltWhereItIsCutOff) {
  make_whole();
  for (const size_t size : {size_t{0}, size_t{1}, size_t{64}, size_t{96}, size_t{100}, whole_.size() / 2,
                            whole_.size() - 33, whole_.size() - 1})
    expect_rebuilt(whole_.substr(0, size), std::to_string(size) + " bytes");
}

TEST_F(PackedCacheTest, IsRebuiltWhereItIsSomethingElse) {
  make_whole();
  expect_rebuilt(whole_ + "x", "longer");
  expect_rebuilt(std::string(5000, 'x'), "text");
  expect_rebuilt(whole_.substr(0, whole_.size() - 32) + std::string(24, '\xff') + "DSOCRend", "huge numbers");
}

TEST_F(PackedCacheTest, IsRebuiltForAModelOfOtherBlocks) {
  {
    PackedCache cache(place(), run, {});
    cache.add(blocks_[0].first, blocks_[0].second);
    cache.add("other", blocks_[1].second);
    cache.finish();
  }
  const Load first = load(place());
  EXPECT_EQ(first.found, 1u);  // and it was taken over
  EXPECT_EQ(load(place()).found, blocks_.size());
}

TEST_F(PackedCacheTest, LeavesNothingBehindWhereLoadingEndsEarly) {
  load(place(), false);
  EXPECT_TRUE(files().empty());
  make_whole();
  load(place("other"), false);
  EXPECT_EQ(files(), std::vector<std::string>{"model.packed"});
  EXPECT_EQ(read_file(file_), whole_);
}

TEST_F(PackedCacheTest, UsesAgainWhatAProcessThatWasKilledLeft) {
  fs::create_directories(file_.parent_path());
  write_file(file_.string() + ".tmp", std::string(10'000'000, 'x'));
  load(place());
  EXPECT_EQ(files(), std::vector<std::string>{"model.packed"});
  EXPECT_EQ(load(place()).found, blocks_.size());
}

TEST_F(PackedCacheTest, IsWrittenByOneOfSeveral) {
  std::vector<std::string> notes;
  const auto note = [&](const std::string& sentence) { notes.push_back(sentence); };
  {
    PackedCache first(place(), run, note), second(place(), run, note);
    for (const auto& [name, bytes] : blocks_) {
      second.add(name, Bytes(bytes.size()));  // nobody's
      first.add(name, bytes);
    }
    second.finish();
    EXPECT_FALSE(fs::exists(file_));
    first.finish();
  }
  EXPECT_TRUE(notes.empty());
  EXPECT_EQ(load(place()).found, blocks_.size());
}

TEST_F(PackedCacheTest, IsWholeAtEveryMomentWhileManyLoad) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 25; ++i) {
        const Load one = load(place(t % 2 == 0 ? "even" : "odd"));  // each replaces the other's
        EXPECT_TRUE(one.notes.empty()) << one.notes[0];
        EXPECT_TRUE(one.found == 0 || one.found == blocks_.size()) << one.found;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(files(), std::vector<std::string>{"model.packed"});
}

TEST_F(PackedCacheTest, IsDoneWithoutWhereTheFolderCannotBeMade) {
  write_file(folder_ / "a", "a file");
  const Load one = load(place());
  EXPECT_EQ(one.found, 0u);
  ASSERT_EQ(one.notes.size(), 1u);
  EXPECT_NE(one.notes[0].find(file_.string()), std::string::npos) << one.notes[0];
}

TEST_F(PackedCacheTest, IsDoneWithoutWhereTheFolderTakesNoFiles) {
  const Load one = load({"/proc/self/model.packed", "key", 0});  // by root either
  EXPECT_EQ(one.found, 0u);
  EXPECT_EQ(one.notes.size(), 1u);
}

TEST_F(PackedCacheTest, IsDoneWithoutWhereItsNameIsTaken) {
  fs::create_directories(file_);
  const Load one = load(place());
  EXPECT_EQ(one.found, 0u);
  EXPECT_EQ(one.notes.size(), 1u);
  EXPECT_EQ(files(), std::vector<std::string>{"model.packed"});
}

TEST_F(PackedCacheTest, DoesNotFollowALink) {
  fs::create_directories(file_.parent_path());
  write_file(folder_ / "precious", "precious");
  fs::create_symlink(folder_ / "precious", file_.string() + ".tmp");
  EXPECT_EQ(load(place()).notes.size(), 1u);
  EXPECT_EQ(read_file(folder_ / "precious"), "precious");
}

TEST_F(PackedCacheTest, IsDoneWithoutWhereTheDiskIsTooSmall) {
  const Load one = load({file_, "key", uint64_t{1} << 62});
  ASSERT_EQ(one.notes.size(), 1u);
  EXPECT_NE(one.notes[0].find(std::to_string(uint64_t{1} << 62)), std::string::npos) << one.notes[0];
  EXPECT_TRUE(files().empty());
}

/// Files of this process may have so many bytes at most while it lives.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;
  ~FileLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before_{};
};

TEST_F(PackedCacheTest, IsDoneWithoutWhereWritingFails) {
  make_whole();
  for (const size_t size : {size_t{10}, size_t{1000}, size_t{150'000}, whole_.size() - 20}) {
    fs::remove(file_);
    std::optional<FileLimit> limit(std::in_place, size);
    const Load one = load(place());
    limit.reset();
    EXPECT_EQ(one.notes.size(), 1u) << size;
    EXPECT_TRUE(files().empty()) << size;
  }
}

TEST(PackedCacheFile, HasANameForEachModel) {
  const TemporaryFolder folder;
  for (const char* name : {"model", "other", "adapter"}) fs::create_directory(folder / name);
  const auto name = [&](const char* model, const fs::path& adapter, const char* precision) {
    return packed_cache_file("/cache", folder / model, adapter, precision);
  };
  const fs::path plain = name("model", {}, "int8");
  EXPECT_EQ(plain.parent_path(), "/cache");
  EXPECT_EQ(plain.filename().string().find("model-int8-"), 0u) << plain;
  EXPECT_EQ(plain, name("other/../model", {}, "int8"));
  EXPECT_NE(plain, name("model", {}, "int4"));
  EXPECT_NE(plain, name("other", {}, "int8"));
  EXPECT_NE(plain, name("model", folder / "adapter", "int8"));
}

}  // namespace
}  // namespace deepseekocr
