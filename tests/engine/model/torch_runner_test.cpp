// SPDX-License-Identifier: MIT
// The loaded model behind the scheduler's interface.
#include "model/torch_runner.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <thread>

#include "checkpoint_writer.h"
#include "operations/cuda/support.h"
#include "tools/expect_error.h"
#include "tools/patterns.h"
#include "tools/temporary_folder.h"

namespace deepseekocr::test {
namespace {

const CancelFlag never{false};
const CancelFlag always{true};
const std::vector<int32_t> kBefore = {0}, kAfter = {201, 256};

/// A picture cut for a small canvas, so that a test takes little time.
PageViews page(const ModelConfig& config, const std::string& pattern, int width, int height, DsocrMode mode) {
  return make_views(draw_pattern(pattern, width, height), plan_views(width, height, mode, 2, config));
}

/// What one answer consists of.
struct Answer {
  std::vector<int32_t> ids;
  std::vector<float> margins;
};

class TorchRunner : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    write_checkpoint("mini-a", folder_->path());
    model_ = load_model(options(), nullptr, never).release();
  }
  static void TearDownTestSuite() {
    delete model_;
    delete folder_;
  }

  static ModelOptions options() {
    ModelOptions options;
    options.model_path = folder_->path();
    options.precision = DSOCR_PRECISION_FP32;
    return options;
  }

  static std::vector<std::unique_ptr<ImageFeatures>> encode(const std::vector<PageViews>& pages,
                                                            std::vector<const CancelFlag*> flags = {}) {
    std::vector<const PageViews*> pointers;
    for (const PageViews& own : pages) pointers.push_back(&own);
    flags.resize(pages.size(), &never);
    return model_->encode(pointers, flags);
  }

  static std::unique_ptr<Sequence> prefill(const ImageFeatures& image, Answer& answer) {
    TokenChoice choice;
    auto sequence = model_->prefill(kBefore, image, kAfter, {}, never, choice);
    answer.ids.push_back(choice.id);
    answer.margins.push_back(choice.margin);
    return sequence;
  }

  /// One step of several answers at once.
  static void step(const std::vector<Sequence*>& sequences, const std::vector<Answer*>& answers) {
    std::vector<DecodeItem> items;
    for (size_t i = 0; i < sequences.size(); ++i) items.push_back({sequences[i], answers[i]->ids.back(), {}, {}});
    model_->decode(items);
    for (size_t i = 0; i < items.size(); ++i) {
      answers[i]->ids.push_back(items[i].choice.id);
      answers[i]->margins.push_back(items[i].choice.margin);
    }
  }

  static TemporaryFolder* folder_;
  static ModelRunner* model_;
};

TemporaryFolder* TorchRunner::folder_ = nullptr;
ModelRunner* TorchRunner::model_ = nullptr;

TEST_F(TorchRunner, SaysWhatItLoaded) {
  EXPECT_EQ(model_->device(), "cpu");
  EXPECT_EQ(model_->precision(), "fp32");
  EXPECT_EQ(model_->config().decoder.vocab_size, 2048);
  EXPECT_GE(model_->weight_bytes(), model_->parameter_count() * 4);
  EXPECT_EQ(std::string(model_library_name()).rfind("LibTorch ", 0), 0U);
}

TEST_F(TorchRunner, PrefersFloat32ForASmallModelOnACpu) {
  ModelOptions automatic = options();
  automatic.precision = DSOCR_PRECISION_AUTO;
  EXPECT_EQ(load_model(automatic, nullptr, never)->precision(), "fp32");
}

TEST_F(TorchRunner, ReportsProgressUpTo100) {
  std::vector<int> percents;
  load_model(
      options(), [&](int percent, const std::string&) { percents.push_back(percent); }, never);
  ASSERT_FALSE(percents.empty());
  EXPECT_TRUE(std::is_sorted(percents.begin(), percents.end()));
  EXPECT_EQ(percents.back(), 100);
}

TEST_F(TorchRunner, StopsLoadingWhenCancelled) {
  EXPECT_THROW(load_model(options(), nullptr, always), Cancelled);
}

TEST_F(TorchRunner, RefusesOtherDevices) {
  ModelOptions other = options();
  if (const std::string& complaint = cuda::support().complaint; !complaint.empty()) {
    other.device = "cuda:0";
    expect_error(DSOCR_UNSUPPORTED, {"cuda:0", complaint, "use cpu or auto"},
                 [&] { load_model(other, nullptr, never); });
  }
  other.device = "abacus";
  expect_error(DSOCR_INVALID_ARGUMENT, {"abacus"}, [&] { load_model(other, nullptr, never); });
}

TEST_F(TorchRunner, AnswersWhereItWouldRun) {
  EXPECT_EQ(find_device("cpu", DSOCR_PRECISION_AUTO), "cpu");
  const std::string& complaint = cuda::support().complaint;
  EXPECT_EQ(find_device("auto", DSOCR_PRECISION_AUTO), complaint.empty() ? "cuda:0" : "cpu");
  EXPECT_EQ(find_device("auto", DSOCR_PRECISION_INT8), "cpu");
  expect_error(DSOCR_INVALID_ARGUMENT, {"abacus"}, [] { find_device("abacus", DSOCR_PRECISION_AUTO); });
  if (complaint.empty()) return;
  expect_error(DSOCR_UNSUPPORTED, {"cuda:0", complaint}, [] { find_device("cuda:0", DSOCR_PRECISION_AUTO); });
}

TEST_F(TorchRunner, OnAProcessorHasNoUseForCudaMemory) {
  const std::string& complaint = cuda::support().complaint;
  if (complaint.empty()) GTEST_SKIP() << "CUDA can be used here";
  EXPECT_EQ(model_->device_pictures(), nullptr);
  DsocrImage image{};
  image.format = DSOCR_FORMAT_GRAY8;
  image.width = image.height = image.strides[0] = 2;
  image.planes[0] = reinterpret_cast<const uint8_t*>(0x10);  // never read
  uint8_t out = 0;
  expect_error(DSOCR_UNSUPPORTED, {complaint, "cudadownload"}, [&] { halve_device_luma(image, &out, 1); });
}

TEST_F(TorchRunner, RefusesUnknownInstructions) {
  const char* before = std::getenv("DEEPSEEKOCR_ISA");
  const std::string kept = before != nullptr ? before : "";
  setenv("DEEPSEEKOCR_ISA", "avx9", 1);
  expect_error(DSOCR_INVALID_ARGUMENT, {"DEEPSEEKOCR_ISA", "avx9"}, [&] { load_model(options(), nullptr, never); });
  setenv("DEEPSEEKOCR_ISA", kept.c_str(), 1);
}

TEST_F(TorchRunner, RefusesAMissingFolder) {
  ModelOptions missing = options();
  missing.model_path = folder_->path() / "nowhere";
  expect_error(DSOCR_NOT_FOUND, {"nowhere"}, [&] { load_model(missing, nullptr, never); });
}

TEST_F(TorchRunner, EncodesPagesOfAllSizesTogetherAsAlone) {
  const ModelConfig& config = model_->config();
  const std::vector<PageViews> pages = {
      page(config, "syn", 200, 100, DSOCR_MODE_TINY), page(config, "page", 300, 300, DSOCR_MODE_SMALL),
      page(config, "smooth", 90, 150, DSOCR_MODE_TINY), page(config, "page", 900, 500, DSOCR_MODE_GUNDAM)};
  const auto together = encode(pages);
  const std::vector<int> tokens = {73, 111, 73, 273 + 10 * (2 * 10 + 1)};
  for (size_t i = 0; i < pages.size(); ++i) {
    EXPECT_EQ(together[i]->token_count(), tokens[i]);
    Answer one, other;
    prefill(*together[i], one);
    prefill(*encode({pages[i]})[0], other);
    EXPECT_EQ(one.ids, other.ids) << "page " << i;
    EXPECT_NEAR(one.margins[0], other.margins[0], 1e-4) << "page " << i;
  }
}

TEST_F(TorchRunner, LeavesOutCancelledPages) {
  const ModelConfig& config = model_->config();
  const std::vector<PageViews> pages = {page(config, "syn", 200, 100, DSOCR_MODE_TINY),
                                        page(config, "page", 200, 100, DSOCR_MODE_TINY),
                                        page(config, "page", 200, 100, DSOCR_MODE_SMALL)};
  const auto features = encode(pages, {&always, &never, &always});
  EXPECT_EQ(features[0], nullptr);
  EXPECT_NE(features[1], nullptr);
  EXPECT_EQ(features[2], nullptr);
}

TEST_F(TorchRunner, BatchedDecodingGivesTheSameIds) {
  const ModelConfig& config = model_->config();
  const std::vector<PageViews> pages = {page(config, "syn", 200, 100, DSOCR_MODE_TINY),
                                        page(config, "page", 300, 300, DSOCR_MODE_SMALL),
                                        page(config, "smooth", 90, 150, DSOCR_MODE_TINY)};
  const auto features = encode(pages);
  std::vector<Answer> alone(3), together(3);
  std::vector<std::unique_ptr<Sequence>> sequences;
  for (size_t i = 0; i < 3; ++i) {
    const auto sequence = prefill(*features[i], alone[i]);
    for (int n = 0; n < 20; ++n) step({sequence.get()}, {&alone[i]});
  }
  for (size_t i = 0; i < 3; ++i) sequences.push_back(prefill(*features[i], together[i]));
  // The third joins later and the first leaves earlier, as under a scheduler.
  for (int n = 0; n < 5; ++n) step({sequences[0].get(), sequences[1].get()}, {&together[0], &together[1]});
  for (int n = 0; n < 15; ++n) {
    step({sequences[2].get(), sequences[0].get(), sequences[1].get()}, {&together[2], &together[0], &together[1]});
  }
  for (int n = 0; n < 5; ++n) step({sequences[2].get()}, {&together[2]});
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(together[i].ids, alone[i].ids) << "sequence " << i;
  EXPECT_EQ(sequences[0]->length(), 1 + 73 + 2 + 20);
}

TEST_F(TorchRunner, BansHoldAtEveryStep) {
  const auto features = encode({page(model_->config(), "syn", 200, 100, DSOCR_MODE_TINY)});
  TokenChoice first, second, third;
  model_->prefill(kBefore, *features[0], kAfter, {}, never, first);
  const auto sequence = model_->prefill(kBefore, *features[0], kAfter, {&first.id, 1}, never, second);
  EXPECT_NE(second.id, first.id);
  EXPECT_LE(second.log_probability, first.log_probability);
  DecodeItem item{sequence.get(), second.id, {}, {}};
  model_->decode({&item, 1});
  const auto again = model_->prefill(kBefore, *features[0], kAfter, {&first.id, 1}, never, third);
  DecodeItem banned{again.get(), second.id, {&item.choice.id, 1}, {}};
  model_->decode({&banned, 1});
  EXPECT_NE(banned.choice.id, item.choice.id);
}

TEST_F(TorchRunner, RefusesIdsOutsideTheVocabulary) {
  const auto features = encode({page(model_->config(), "syn", 200, 100, DSOCR_MODE_TINY)});
  TokenChoice choice;
  for (const int32_t id : {-1, 2048}) {
    const std::vector<int32_t> ids = {0, id};
    expect_error(DSOCR_INVALID_ARGUMENT, {std::to_string(id), "2048"},
                 [&] { model_->prefill(kBefore, *features[0], ids, {}, never, choice); });
  }
}

TEST_F(TorchRunner, RefusesAPromptBeyondItsPositions) {
  const auto features = encode({page(model_->config(), "syn", 200, 100, DSOCR_MODE_TINY)});
  TokenChoice choice;
  const std::vector<int32_t> ids(static_cast<size_t>(model_->config().decoder.max_positions), 5);
  expect_error(DSOCR_INVALID_ARGUMENT, {"8266", "8192"},
               [&] { model_->prefill(kBefore, *features[0], ids, {}, never, choice); });
}

TEST_F(TorchRunner, StopsAPrefillWhenCancelled) {
  const auto features = encode({page(model_->config(), "syn", 200, 100, DSOCR_MODE_TINY)});
  TokenChoice choice;
  EXPECT_THROW(model_->prefill(kBefore, *features[0], kAfter, {}, always, choice), Cancelled);
}

TEST_F(TorchRunner, UsesItsThreadsOnWhicheverThreadCalls) {
  ModelOptions two = options();
  two.threads = 2;
  const auto model = load_model(two, nullptr, never);
  std::thread([&] {
    const PageViews own = page(model->config(), "syn", 200, 100, DSOCR_MODE_TINY);
    const PageViews* pointer = &own;
    const CancelFlag* flag = &never;
    model->encode({&pointer, 1}, {&flag, 1});
    EXPECT_EQ(at::get_num_threads(), 2);
  }).join();
}

TEST_F(TorchRunner, SaysSoWhereACanvasDoesNotFitThePatches) {
  PageViews odd;
  odd.global = RgbImage(100, 64);
  expect_error(DSOCR_INVALID_ARGUMENT, {"100x64", "16"}, [&] { encode({odd}); });
}

}  // namespace
}  // namespace deepseekocr::test
