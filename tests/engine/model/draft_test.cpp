// SPDX-License-Identifier: MIT
// A draft changes how long an answer takes and nothing else.
#include "tools/draft_pairs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>

#include "checkpoint_writer.h"
#include "image/views.h"
#include "kernels/isa.h"
#include "tools/patterns.h"
#include "tools/temporary_folder.h"

namespace deepseekocr::test {
namespace {

const CancelFlag never{false};

/// A checkpoint, and how its caches are kept.
class Draft : public testing::TestWithParam<std::tuple<const char*, DsocrKvCache>> {
 protected:
  void SetUp() override {
    const auto& [checkpoint, kv_cache] = GetParam();
    if (kv_cache == DSOCR_KV_CACHE_INT8) {
      if (kernels::active_isa() == kernels::Isa::none) GTEST_SKIP() << "no kernels on this processor, or none wanted";
      // A last bit may decide to which step a number is rounded.
      tolerance_ = 0.02;
    }
    write_checkpoint(checkpoint, folder_.path());
    ModelOptions options;
    options.kv_cache = kv_cache;
    options.model_path = folder_.path();
    options.precision = DSOCR_PRECISION_FP32;
    model_ = load_model(options, nullptr, never);
  }

  /// Whether the answers part at an id that hardly won, which rounding to 8 bits may decide.
  bool is_tie(const SceneAnswer& drafted, const SceneAnswer& plain) const {
    const auto parted =
        std::mismatch(drafted.ids.begin(), drafted.ids.end(), plain.ids.begin(), plain.ids.end()).second;
    const auto place = static_cast<size_t>(parted - plain.ids.begin());
    return place < plain.margins.size() && static_cast<double>(plain.margins[place]) < tolerance_;
  }

  void expect_same(const SceneAnswer& drafted, const SceneAnswer& plain) {
    EXPECT_EQ(drafted.reason, plain.reason);
    ASSERT_EQ(drafted.ids, plain.ids);
    EXPECT_EQ(drafted.bans, plain.bans);
    EXPECT_EQ(drafted.length, plain.length);
    for (size_t i = 0; i < plain.ids.size(); ++i) {
      EXPECT_NEAR(drafted.log_probabilities[i], plain.log_probabilities[i], tolerance_) << i;
      EXPECT_NEAR(drafted.margins[i], plain.margins[i], tolerance_) << i;
    }
  }

  double tolerance_ = 1e-4;
  TemporaryFolder folder_;
  std::unique_ptr<ModelRunner> model_;
};

// A hundred pairs of a reading and a draft for each checkpoint.
TEST_P(Draft, GivesTheSameAnswerAsDecoding) {
  std::mt19937 random(20);
  uint64_t bans = 0, accepted = 0, rejected = 0;
  int stopped = 0, ties = 0;
  for (size_t i = 0; i < 10; ++i) {
    const Scene scene = random_scene(*model_, random, i);
    const SceneAnswer plain = read(*model_, scene, {});
    stopped += plain.reason == DSOCR_FINISH_STOP ? 1 : 0;
    bans += plain.bans;
    for (const NamedDraft& draft : drafts_of(plain.ids, scene, model_->config().decoder.vocab_size, random)) {
      SCOPED_TRACE("scene " + std::to_string(i) + ", " + draft.kind);
      const SceneAnswer drafted = read(*model_, scene, draft.ids);
      if (std::get<1>(GetParam()) == DSOCR_KV_CACHE_INT8 && is_tie(drafted, plain)) {
        ++ties;
        continue;
      }
      expect_same(drafted, plain);
      if (draft.kind == "equal") {
        EXPECT_EQ(drafted.draft_accepted, drafted.draft_tokens);
      }
      accepted += drafted.draft_accepted;
      rejected += drafted.draft_tokens - drafted.draft_accepted;
    }
  }
  EXPECT_LE(ties, 10) << "more than one scene";
  EXPECT_GT(bans, 0U);
  EXPECT_GT(accepted, 100U);
  EXPECT_GT(rejected, 100U);
  EXPECT_GT(stopped, 0);
  EXPECT_LT(stopped, 10);
}

/// Some ids behind a sequence whose last choice is given, alone or beside another.
std::vector<TokenChoice> decode_on(ModelRunner& model, Sequence& sequence, TokenChoice last, Sequence* beside) {
  std::vector<TokenChoice> choices;
  for (int i = 0; i < 12; ++i) {
    std::vector<DecodeItem> items = {{&sequence, last.id, {}, {}}};
    if (beside != nullptr) items.push_back({beside, 5 + i, {}, {}});
    model.decode(items);
    choices.push_back(last = items[0].choice);
  }
  return choices;
}

TEST_P(Draft, WhatWasRejectedLeavesNothingBehind) {
  const ModelConfig& config = model_->config();
  const PageViews page = make_views(draw_pattern("syn", 200, 100), plan_views(200, 100, DSOCR_MODE_TINY, 2, config));
  const PageViews* pointer = &page;
  const CancelFlag* flag = &never;
  const auto image = std::move(model_->encode({&pointer, 1}, {&flag, 1}).at(0));
  const std::vector<int32_t> before = {0}, after = {201, 256};
  TokenChoice first;
  const auto plain = model_->prefill(before, *image, after, {}, never, first);
  std::vector<TokenChoice> expected = {first};
  for (const TokenChoice& choice : decode_on(*model_, *plain, first, nullptr)) expected.push_back(choice);

  // Each draft has `kept` right ids and then wrong ones, more than the head is asked for at once.
  for (const size_t kept : {size_t{0}, size_t{1}, size_t{7}}) {
    std::vector<int32_t> draft(60, 77);
    for (size_t i = 0; i < kept; ++i) draft[i] = expected[i].id;
    draft[kept] = (expected[kept].id + 1) % config.decoder.vocab_size;
    const std::vector<std::span<const int32_t>> nothing(draft.size() + 1);
    for (const bool alone : {true, false}) {
      std::vector<TokenChoice> choices;
      const auto sequence = model_->prefill({before, image.get(), after, draft, nothing}, never, choices);
      ASSERT_EQ(choices.size(), kept + 1);
      EXPECT_EQ(sequence->length(), 1 + 73 + 2 + static_cast<int>(kept));
      TokenChoice other;
      const auto beside = model_->prefill(before, *image, std::vector<int32_t>{3}, {}, never, other);
      for (const TokenChoice& choice : decode_on(*model_, *sequence, choices.back(), alone ? nullptr : beside.get()))
        choices.push_back(choice);
      for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(choices[i].id, expected[i].id) << kept << " kept, " << i;
        EXPECT_NEAR(choices[i].log_probability, expected[i].log_probability, tolerance_) << kept << " kept, " << i;
      }
    }
  }
}

std::string name_of(const testing::TestParamInfo<Draft::ParamType>& info) {
  const auto& [checkpoint, kv_cache] = info.param;
  return std::string(checkpoint[5] == 'a' ? "mini_a" : "mini_b") + (kv_cache == DSOCR_KV_CACHE_INT8 ? "_int8" : "");
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Draft,
                         testing::Combine(testing::Values("mini-a", "mini-b"),
                                          testing::Values(DSOCR_KV_CACHE_NATIVE, DSOCR_KV_CACHE_INT8)),
                         name_of);

}  // namespace
}  // namespace deepseekocr::test
