// SPDX-License-Identifier: MIT
// A model whose packed weights come from a file: the same model, whatever happens to the file.
#include "model/packed_weights.h"

#include <sys/stat.h>

#include <memory>
#include <set>
#include <thread>

#include "checkpoint/safetensors.h"
#include "checkpoint_writer.h"
#include "model/torch_runner.h"
#include "tools/patterns.h"
#include "tools/temporary_folder.h"

namespace deepseekocr::test {
namespace {

namespace fs = std::filesystem;

const CancelFlag never{false};

/// What a load said, and what its model answers.
struct Outcome {
  uint64_t weight_bytes = 0;
  std::vector<int32_t> ids;
  std::vector<float> margins, log_probabilities;
  std::vector<int> percents;
  std::vector<std::string> notes;  ///< sentences about the cache

  void add(const TokenChoice& choice) {
    ids.push_back(choice.id);
    margins.push_back(choice.margin);
    log_probabilities.push_back(choice.log_probability);
  }
};

void expect_equal(const Outcome& one, const Outcome& other) {
  EXPECT_EQ(one.weight_bytes, other.weight_bytes);
  EXPECT_EQ(one.ids, other.ids);
  EXPECT_EQ(one.margins, other.margins);  // to the last bit
  EXPECT_EQ(one.log_probabilities, other.log_probabilities);
}

void answer(ModelRunner& model, Outcome& outcome) {
  const DsocrMode mode = model.config().uses_canvases() ? DSOCR_MODE_AUTO : DSOCR_MODE_TINY;
  const PageViews page = make_views(draw_pattern("syn", 200, 100), plan_views(200, 100, mode, 2, model.config()));
  const PageViews* pointer = &page;
  const CancelFlag* flag = &never;
  const auto image = std::move(model.encode({&pointer, 1}, {&flag, 1}).at(0));
  const std::vector<int32_t> before = {0}, after = {5, 7};
  TokenChoice first;
  const auto sequence = model.prefill(before, *image, after, {}, never, first);
  outcome.add(first);
  for (int n = 0; n < 12; ++n) {
    DecodeItem item{sequence.get(), outcome.ids.back(), {}, {}};
    model.decode({&item, 1});
    outcome.add(item.choice);
  }
}

class PackedWeights : public testing::TestWithParam<DsocrPrecision> {
 protected:
  PackedWeights() {
    write_checkpoint("mini-a", checkpoint_);
    options_.model_path = checkpoint_;
    options_.precision = GetParam();
  }

  static Outcome load(const ModelOptions& options) {
    Outcome outcome;
    const auto model = load_model(
        options,
        [&](int percent, const std::string& what) {
          outcome.percents.push_back(percent);
          if (what != "reading weights") outcome.notes.push_back(what);
        },
        never);
    outcome.weight_bytes = model->weight_bytes();
    answer(*model, outcome);
    return outcome;
  }
  Outcome load_plain() const { return load(options_); }
  Outcome load_cached() const {
    ModelOptions options = options_;
    options.weight_cache = cache_;
    return load(options);
  }

  std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    if (fs::exists(cache_))
      for (const auto& entry : fs::directory_iterator(cache_)) all.push_back(entry.path());
    return all;
  }
  fs::path only_file() const {
    EXPECT_EQ(files().size(), 1u);
    return files().at(0);
  }
  /// Of the file: another one has another.
  uint64_t number() const {
    struct stat status {};
    EXPECT_EQ(::stat(only_file().c_str(), &status), 0);
    return status.st_ino;
  }

  /// A change of the checkpoint or of the options after which the file must not be used.
  template <typename Change>
  void expect_stale_after(const Change& change) {
    load_cached();
    // Kept open, so that its number is not given to the next one.
    const RandomAccessFile old(only_file());
    const uint64_t before = number();
    change();
    const Outcome expected = load_plain(), first = load_cached();
    expect_equal(first, expected);
    EXPECT_TRUE(first.notes.empty());
    const uint64_t after = number();
    EXPECT_NE(after, before);
    expect_equal(load_cached(), expected);
    EXPECT_EQ(number(), after);
  }

  const TemporaryFolder folder_;
  const fs::path checkpoint_ = folder_ / "model", cache_ = folder_ / "cache",
                 weights_ = checkpoint_ / "model.safetensors";
  ModelOptions options_;
};

TEST_P(PackedWeights, GiveTheSameModel) {
  const Outcome plain = load_plain(), writing = load_cached();
  expect_equal(writing, plain);
  const uint64_t file = number();
  const Outcome reading = load_cached();
  expect_equal(reading, plain);
  EXPECT_EQ(number(), file);
  for (const Outcome* outcome : {&writing, &reading}) {
    EXPECT_TRUE(outcome->notes.empty());
    EXPECT_TRUE(std::is_sorted(outcome->percents.begin(), outcome->percents.end()));
    EXPECT_EQ(outcome->percents.back(), 100);
  }
}

TEST_P(PackedWeights, GiveTheSameBundledModel) {
  options_.model_path = BUNDLED_MODEL_DIR;
  options_.threads = 2;
  const Outcome plain = load_plain();
  expect_equal(load_cached(), plain);
  const uint64_t file = number();
  expect_equal(load_cached(), plain);
  EXPECT_EQ(number(), file);
}

// What was packed is not looked at in the checkpoint again: there it is gone, unknown to size and time.
TEST_P(PackedWeights, AreWhatTheFileSays) {
  const Outcome plain = load_plain();
  load_cached();
  const auto time = fs::last_write_time(weights_);
  std::string bytes = read_file(weights_);
  const SafetensorsFile file = SafetensorsFile::open(weights_);
  size_t spoiled = 0;
  for (const SafetensorsEntry& entry : file.entries()) {
    const bool packed = entry.name.rfind("model.layers.", 0) == 0 && entry.shape.size() == 2 &&
                        entry.name.find(".gate.weight") == std::string::npos;
    if (packed) std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(entry.offset), entry.bytes, '\0');
    spoiled += packed;
  }
  EXPECT_GT(spoiled, 10u);
  write_file(weights_, bytes);
  fs::last_write_time(weights_, time);
  EXPECT_NE(load_plain().margins, plain.margins);
  expect_equal(load_cached(), plain);
}

TEST_P(PackedWeights, AreStaleWhereTheCheckpointWasWrittenTo) {
  expect_stale_after(
      [&] { fs::last_write_time(weights_, fs::last_write_time(weights_) + std::chrono::nanoseconds(1)); });
}

TEST_P(PackedWeights, AreStaleWhereTheCheckpointWasReplaced) {
  const auto time = fs::last_write_time(weights_);
  expect_stale_after([&] {
    CheckpointOptions other;
    other.seed = 2;
    write_checkpoint("mini-a", checkpoint_, other);
    fs::last_write_time(weights_, time + std::chrono::seconds(1));
  });
}

TEST_P(PackedWeights, AreStaleWhereTheCheckpointHasAnotherSize) {
  expect_stale_after([&] {
    const auto time = fs::last_write_time(weights_);
    write_file(weights_, read_file(weights_) + "more");
    fs::last_write_time(weights_, time);
  });
}

TEST_P(PackedWeights, AreStaleWhereTheHeaderIsAnother) {
  expect_stale_after([&] {
    const auto time = fs::last_write_time(weights_);
    std::string bytes = read_file(weights_);
    bytes.replace(bytes.find("\"pt\""), 4, "\"xx\"");
    write_file(weights_, bytes);
    fs::last_write_time(weights_, time);
  });
}

TEST_P(PackedWeights, AreStaleWhereTheAdapterIsAnother) {
  const fs::path adapter = folder_ / "adapter";
  fs::copy(TEST_DATA_DIR "/golden/adapter-mini-a/decoder", adapter);
  const Outcome plain = load_plain();
  options_.adapter_path = adapter;
  expect_stale_after([&] {
    const fs::path config = adapter / "adapter_config.json";
    std::string text = read_file(config);
    const size_t alpha = text.find_first_of("0123456789", text.find("\"lora_alpha\""));
    ASSERT_NE(alpha, std::string::npos);
    write_file(config, text.insert(alpha, "1"));  // ten times as much, or more
  });
  EXPECT_NE(load_cached().margins, plain.margins);
  options_.adapter_path.clear();
  expect_equal(load_cached(), plain);
  EXPECT_EQ(files().size(), 2u);
}

TEST_P(PackedWeights, AreAnotherFileForAnotherPrecision) {
  load_cached();
  options_.precision = GetParam() == DSOCR_PRECISION_INT8 ? DSOCR_PRECISION_INT4 : DSOCR_PRECISION_INT8;
  expect_equal(load_cached(), load_plain());
  EXPECT_EQ(files().size(), 2u);
  expect_equal(load_cached(), load_plain());
}

TEST_P(PackedWeights, AreMadeAnewWhereTheFileIsDamaged) {
  const Outcome plain = load_plain();
  load_cached();
  const fs::path file = only_file();
  const std::string whole = read_file(file);
  const size_t behind = whole.find("{\"blocks\"");
  ASSERT_NE(behind, std::string::npos);
  // A block in the middle, the last one (the head's norms), the end.
  for (const size_t place : {behind / 2, behind - 300, whole.size() - 1}) {
    std::string damaged = whole;
    damaged[place] ^= 16;
    write_file(file, damaged);
    const Outcome first = load_cached();
    expect_equal(first, plain);
    EXPECT_EQ(first.notes.size(), 1u) << place;
    EXPECT_EQ(read_file(only_file()), whole) << place;
  }
  for (const size_t size : {size_t{0}, whole.size() / 3}) {
    write_file(file, whole.substr(0, size));
    expect_equal(load_cached(), plain);
    EXPECT_EQ(read_file(only_file()), whole) << size;
  }
}

TEST_P(PackedWeights, AreDoneWithoutWhereTheyCannotBeWritten) {
  write_file(cache_, "a file where the folder should be");
  const Outcome first = load_cached();
  expect_equal(first, load_plain());
  ASSERT_EQ(first.notes.size(), 1u);
  EXPECT_NE(first.notes[0].find(cache_.string()), std::string::npos) << first.notes[0];
}

TEST_P(PackedWeights, LeaveNothingBehindWhereLoadingIsCancelled) {
  ModelOptions options = options_;
  options.weight_cache = cache_;
  CancelFlag cancelled{false};
  bool begun = false;
  const auto progress = [&](int percent, const std::string&) {
    begun = begun || !files().empty();
    cancelled = percent >= 70;
  };
  EXPECT_THROW(load_model(options, progress, cancelled), Cancelled);
  EXPECT_TRUE(begun);
  EXPECT_TRUE(files().empty());
}

TEST_P(PackedWeights, AreSharedBySeveralThatLoadAtOnce) {
  const Outcome plain = load_plain();
  std::vector<Outcome> outcomes(3);
  std::vector<std::thread> threads;
  for (Outcome& outcome : outcomes) threads.emplace_back([&] { outcome = load_cached(); });
  for (std::thread& thread : threads) thread.join();
  for (const Outcome& outcome : outcomes) {
    expect_equal(outcome, plain);
    EXPECT_TRUE(outcome.notes.empty());
  }
  only_file();
}

INSTANTIATE_TEST_SUITE_P(Formats, PackedWeights, testing::Values(DSOCR_PRECISION_INT8, DSOCR_PRECISION_INT4),
                         [](const auto& info) { return info.param == DSOCR_PRECISION_INT8 ? "int8" : "int4"; });

TEST(PackedCachePlace, IsOnlyForPackedWeights) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  const Checkpoint checkpoint = Checkpoint::open(folder.path());
  ModelOptions options;
  options.model_path = folder.path();
  const ModelPrecision few = choose_precision(DSOCR_PRECISION_INT8, 1000),
                       all = choose_precision(DSOCR_PRECISION_FP32, 1000);
  EXPECT_FALSE(packed_cache_place(checkpoint, options, few));
  options.weight_cache = "/cache";
  EXPECT_FALSE(packed_cache_place(checkpoint, options, all));
  const auto place = packed_cache_place(checkpoint, options, few);
  ASSERT_TRUE(place);
  for (const std::string& part : {std::string("int8"), operations::packing_layout(), checkpoint.identity()})
    EXPECT_NE(place->key.find(part), std::string::npos) << part;
  EXPECT_GT(place->bytes, 0u);
  EXPECT_LT(place->bytes, weight_bytes(checkpoint.config(), few));
}

}  // namespace
}  // namespace deepseekocr::test
