// SPDX-License-Identifier: MIT
// Number formats of a model: what they take, what they say, and that the decoder works in few bits.
#include "model/precision.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "checkpoint/error.h"
#include "checkpoint_writer.h"
#include "kernels/isa.h"
#include "model/torch_runner.h"
#include "tools/expect_error.h"
#include "tools/patterns.h"
#include "tools/temporary_folder.h"

namespace deepseekocr::test {
namespace {

const CancelFlag never{false};

constexpr DsocrPrecision kAll[] = {DSOCR_PRECISION_FP32, DSOCR_PRECISION_BF16, DSOCR_PRECISION_INT8,
                                   DSOCR_PRECISION_INT4};

class Precision : public testing::TestWithParam<DsocrPrecision> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    write_checkpoint("mini-a", folder_->path());
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::unique_ptr<ModelRunner> load(DsocrPrecision precision, const LoadProgress& progress = {},
                                           DsocrKvCache kv_cache = DSOCR_KV_CACHE_AUTO) {
    return load_from(folder_->path(), precision, progress, kv_cache);
  }

  static std::unique_ptr<ModelRunner> load_from(const std::filesystem::path& folder, DsocrPrecision precision,
                                                const LoadProgress& progress = {},
                                                DsocrKvCache kv_cache = DSOCR_KV_CACHE_AUTO) {
    ModelOptions options;
    options.model_path = folder;
    options.precision = precision;
    options.kv_cache = kv_cache;
    return load_model(options, progress, never);
  }

  static TemporaryFolder* folder_;
};

TemporaryFolder* Precision::folder_ = nullptr;

TEST_P(Precision, SaysHowKeysAndValuesAreKept) {
  const bool kernels = kernels::active_isa() != kernels::Isa::none;
  const std::string native = GetParam() == DSOCR_PRECISION_BF16 ? "bf16" : "fp32";
  const auto automatic = load(GetParam()), plain = load(GetParam(), {}, DSOCR_KV_CACHE_NATIVE);
  EXPECT_EQ(automatic->kv_cache(), native) << "a small model";
  EXPECT_EQ(plain->kv_cache(), native);
  const DecoderConfig& config = plain->config().decoder;
  EXPECT_EQ(plain->position_bytes(), static_cast<uint64_t>(2 * config.layers * config.hidden_size) *
                                         (GetParam() == DSOCR_PRECISION_BF16 ? 2 : 4));
  if (!kernels) return;
  const auto rounded = load(GetParam(), {}, DSOCR_KV_CACHE_INT8);
  EXPECT_EQ(rounded->kv_cache(), "int8");
  EXPECT_EQ(rounded->position_bytes(),
            static_cast<uint64_t>(2 * config.layers * config.heads * (config.head_dim() + 4)));
}

TEST_P(Precision, IsSaidAndTakesWhatWasPlanned) {
  static const char* const kNames[] = {"", "fp32", "bf16", "int8", "int4"};
  int last = -1;
  const auto model = load(GetParam(), [&](int percent, const std::string&) { last = percent; });
  EXPECT_EQ(model->precision(), kNames[GetParam()]);
  EXPECT_EQ(last, 100);
  const ModelPrecision planned = choose_precision(GetParam(), model->parameter_count(), model->config().int8_vision);
  EXPECT_EQ(planned.name(), kNames[GetParam()]);
  EXPECT_EQ(model->weight_bytes(), weight_bytes(model->config(), planned));
}

TEST_P(Precision, OfACheckpointThatIsReadInEightBits) {
  // With few bits a checkpoint that says so has them in the vision encoder, too.
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  std::ifstream in(folder / "config.json");
  nlohmann::json config = nlohmann::json::parse(in);
  config["int8_vision"] = true;
  std::ofstream(folder / "config.json") << config;
  const auto model = load_from(folder.path(), GetParam()), other = load(GetParam());
  const ModelPrecision planned = choose_precision(GetParam(), model->parameter_count(), true);
  EXPECT_EQ(model->weight_bytes(), weight_bytes(model->config(), planned));
  EXPECT_EQ(planned.vision_packing.has_value(), planned.packing.has_value());
  EXPECT_EQ(model->weight_bytes() < other->weight_bytes(), planned.packing.has_value());
  const bool kernels = kernels::active_isa() != kernels::Isa::none;
  EXPECT_EQ(load_from(folder.path(), DSOCR_PRECISION_AUTO)->precision(), kernels ? "int8" : "fp32");
}

/// The id after a prompt and those of some steps, alone and beside another sequence.
TEST_P(Precision, BatchedDecodingGivesTheSameIds) {
  const auto model = load(GetParam());
  const PageViews page =
      make_views(draw_pattern("syn", 200, 100), plan_views(200, 100, DSOCR_MODE_TINY, 2, model->config()));
  const PageViews* pointer = &page;
  const CancelFlag* flag = &never;
  const auto image = std::move(model->encode({&pointer, 1}, {&flag, 1}).at(0));
  const std::vector<int32_t> before = {0}, after = {201, 256}, other_after = {7, 8, 9};
  const auto start = [&](const std::vector<int32_t>& prompt, TokenChoice& choice) {
    return model->prefill(before, *image, prompt, {}, never, choice);
  };
  TokenChoice choice, beside;
  const auto alone = start(after, choice);
  std::vector<int32_t> ids = {choice.id}, together;
  for (int i = 0; i < 12; ++i) {
    DecodeItem item{alone.get(), ids.back(), {}, {}};
    model->decode({&item, 1});
    ids.push_back(item.choice.id);
  }
  const auto first = start(after, choice), second = start(other_after, beside);
  together.push_back(choice.id);
  for (int i = 0; i < 12; ++i) {
    DecodeItem items[] = {{second.get(), beside.id, {}, {}}, {first.get(), together.back(), {}, {}}};
    model->decode(items);
    beside = items[0].choice;
    together.push_back(items[1].choice.id);
  }
  EXPECT_EQ(together, ids);
}

INSTANTIATE_TEST_SUITE_P(Formats, Precision, testing::ValuesIn(kAll),
                         [](const auto& info) { return choose_precision(info.param, 1).name(); });

TEST(ChoosePrecision, RefusesWhatIsNone) {
  expect_error(DSOCR_INVALID_ARGUMENT, {"9", "int8 or int4"},
               [] { choose_precision(static_cast<DsocrPrecision>(9), 1); });
}

TEST(ChoosePrecision, AutoTakesEightBitsOfASmallCheckpointThatReadsAsWellSo) {
  const auto chosen = [](uint64_t parameters, bool int8_vision, bool kernels) {
    return choose_precision(DSOCR_PRECISION_AUTO, parameters, int8_vision, kernels);
  };
  EXPECT_EQ(chosen(1, true, true).name(), "int8");
  EXPECT_TRUE(chosen(1, true, true).vision_packing.has_value());
  EXPECT_EQ(chosen(1, true, false).name(), "fp32");
  EXPECT_EQ(chosen(1, false, true).name(), "fp32");
  EXPECT_EQ(chosen(3'336'000'000, true, true).name(), "bf16");
  EXPECT_EQ(choose_precision(DSOCR_PRECISION_FP32, 1, true, true).name(), "fp32");
}

TEST(ChooseCacheFormat, AutoTakesEightBitsOfALargeModelWhoseWeightsHaveFew) {
  for (const DsocrPrecision wanted : kAll) {
    const bool few = wanted == DSOCR_PRECISION_INT8 || wanted == DSOCR_PRECISION_INT4;
    const ModelPrecision precision = choose_precision(wanted, 3'336'000'000), small = choose_precision(wanted, 1);
    EXPECT_EQ(choose_cache_format(DSOCR_KV_CACHE_AUTO, precision, true), few ? CacheFormat::int8 : CacheFormat::plain);
    EXPECT_EQ(choose_cache_format(DSOCR_KV_CACHE_AUTO, small, true), CacheFormat::plain);
    EXPECT_EQ(choose_cache_format(DSOCR_KV_CACHE_INT8, small, true), CacheFormat::int8);
    EXPECT_EQ(choose_cache_format(DSOCR_KV_CACHE_AUTO, precision, false), CacheFormat::plain);
    EXPECT_EQ(choose_cache_format(DSOCR_KV_CACHE_NATIVE, precision, true), CacheFormat::plain);
    EXPECT_EQ(choose_cache_format(DSOCR_KV_CACHE_INT8, precision, true), CacheFormat::int8);
    expect_error(DSOCR_UNSUPPORTED, {"kv-cache", "native"},
                 [&] { choose_cache_format(DSOCR_KV_CACHE_INT8, precision, false); });
  }
}

TEST(ChoosePrecision, FewerBitsTakeLess) {
  const ModelConfig config = preset("official");
  const auto bytes = [&](DsocrPrecision precision) {
    return weight_bytes(config, choose_precision(precision, 3'336'000'000));
  };
  EXPECT_NEAR(static_cast<double>(bytes(DSOCR_PRECISION_FP32)), 13.35e9, 0.05e9);
  EXPECT_NEAR(static_cast<double>(bytes(DSOCR_PRECISION_BF16)), 6.67e9, 0.05e9);
  // The vision encoder has 0.40 billion weights, in two or four bytes.
  EXPECT_LT(bytes(DSOCR_PRECISION_INT8), 4'700'000'000U);
  EXPECT_LT(bytes(DSOCR_PRECISION_INT4), 3'400'000'000U);
  EXPECT_LT(bytes(DSOCR_PRECISION_INT4) + 1'200'000'000U, bytes(DSOCR_PRECISION_INT8));
}

}  // namespace
}  // namespace deepseekocr::test
