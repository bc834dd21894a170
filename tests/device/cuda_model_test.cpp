// SPDX-License-Identifier: MIT
// The loaded model on a CUDA device: what the golden tests do not ask.
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>

#include <memory>
#include <random>
#include <vector>

#include "checkpoint_writer.h"
#include "device/cuda_device.h"
#include "engine/operations/naive.h"
#include "model/exact_arithmetic.h"
#include "model/torch_runner.h"
#include "model/vision_encoder.h"
#include "tools/draft_pairs.h"
#include "tools/expect_error.h"
#include "tools/patterns.h"
#include "tools/temporary_folder.h"

namespace deepseekocr::test {
namespace {

const CancelFlag never{false};

/// The answer of one sequence: ids and how sure each was.
struct Answer {
  std::vector<int32_t> ids;
  std::vector<float> margins;
};

class CudaModel : public OnCuda {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    write_checkpoint("mini-a", folder_->path());
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::unique_ptr<ModelRunner> load(DsocrPrecision precision, const std::string& name = "cuda:0") {
    ModelOptions options;
    options.model_path = folder_->path();
    options.device = name;
    options.precision = precision;
    return load_model(options, nullptr, never);
  }

  static std::unique_ptr<ImageFeatures> encode(ModelRunner& model) {
    const PageViews page =
        make_views(draw_pattern("page", 300, 200), plan_views(300, 200, DSOCR_MODE_TINY, 2, model.config()));
    const PageViews* pointer = &page;
    const CancelFlag* flag = &never;
    return std::move(model.encode({&pointer, 1}, {&flag, 1}).at(0));
  }

  /// `count` sequences with the same picture and other prompts, `steps` steps together.
  static std::vector<Answer> decode(ModelRunner& model, const ImageFeatures& image, int first, int count, int steps) {
    std::vector<std::unique_ptr<Sequence>> sequences;
    std::vector<Answer> answers(static_cast<size_t>(count));
    std::vector<DecodeItem> items;
    for (int i = 0; i < count; ++i) {
      const std::vector<int32_t> before = {0}, after = {201, 256 + first + i};
      TokenChoice choice;
      sequences.push_back(model.prefill(before, image, after, {}, never, choice));
      items.push_back({sequences.back().get(), choice.id, {}, choice});
    }
    for (int step = 0; step < steps; ++step) {
      model.decode(items);
      for (size_t i = 0; i < items.size(); ++i) {
        items[i].input = items[i].choice.id;
        answers[i].ids.push_back(items[i].choice.id);
        answers[i].margins.push_back(items[i].choice.margin);
      }
    }
    return answers;
  }

  static TemporaryFolder* folder_;
};

TemporaryFolder* CudaModel::folder_ = nullptr;

TEST_F(CudaModel, SaysWhereItIs) {
  EXPECT_EQ(load(DSOCR_PRECISION_FP32)->device(), "cuda:0");
  EXPECT_EQ(load(DSOCR_PRECISION_FP32, "cuda")->device(), "cuda:0");
  EXPECT_EQ(load(DSOCR_PRECISION_BF16)->precision(), "bf16");
  EXPECT_EQ(load(DSOCR_PRECISION_AUTO, "auto")->device(), "cuda:0");
  expect_error(DSOCR_NOT_FOUND, {"cuda:99", "does not exist"}, [] { load(DSOCR_PRECISION_FP32, "cuda:99"); });
}

TEST_F(CudaModel, Float32GivesTheIdsOfTheCpu) {
  const auto on_cuda = load(DSOCR_PRECISION_FP32), on_cpu = load(DSOCR_PRECISION_FP32, "cpu");
  const auto got = decode(*on_cuda, *encode(*on_cuda), 0, 3, 24),
             expected = decode(*on_cpu, *encode(*on_cpu), 0, 3, 24);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(got[i].ids, expected[i].ids) << "sequence " << i;
    expect_close({got[i].margins.begin(), got[i].margins.end()},
                 {expected[i].margins.begin(), expected[i].margins.end()}, 1e-3);
  }
}

TEST_F(CudaModel, AGraphGivesWhatItsLaunchesGave) {
  const auto model = load(DSOCR_PRECISION_BF16);
  const auto image = encode(*model);
  for (const int count : {1, 3, 9, 40}) {
    const auto first = decode(*model, *image, 0, count, 6);  // the first step of this size is no graph, the others are
    const auto again = decode(*model, *image, 0, count, 6);
    for (size_t i = 0; i < first.size(); ++i) {
      EXPECT_EQ(first[i].ids, again[i].ids) << count << " sequences, " << i;
      EXPECT_EQ(first[i].margins, again[i].margins) << count << " sequences, " << i;
    }
  }
}

TEST_F(CudaModel, ASequenceAnswersAloneAsAmongOthers) {
  const auto model = load(DSOCR_PRECISION_BF16);
  const auto image = encode(*model);
  const auto together = decode(*model, *image, 0, 5, 1);
  for (int i = 0; i < 5; ++i) {
    const auto alone = decode(*model, *image, i, 1, 1);
    EXPECT_NEAR(alone[0].margins[0], together[static_cast<size_t>(i)].margins[0], 0.05) << i;
  }
}

TEST_F(CudaModel, CachesGrowDuringAnAnswer) {
  const auto model = load(DSOCR_PRECISION_BF16);
  const auto image = encode(*model);
  const auto answers = decode(*model, *image, 0, 2, 600);  // past the first two capacities
  EXPECT_EQ(answers[1].ids.size(), 600U);
}

TEST_F(CudaModel, ADraftGivesTheSameAnswer) {
  const auto model = load(DSOCR_PRECISION_FP32);
  std::mt19937 random(20);
  for (size_t i = 0; i < 6; ++i) {
    const Scene scene = random_scene(*model, random, i);
    const auto plain = read(*model, scene, {});
    for (const NamedDraft& draft : drafts_of(plain.ids, scene, model->config().decoder.vocab_size, random)) {
      const auto drafted = read(*model, scene, draft.ids);
      EXPECT_EQ(drafted.ids, plain.ids) << "scene " << i << ", " << draft.kind;
      EXPECT_EQ(drafted.reason, plain.reason) << "scene " << i << ", " << draft.kind;
      EXPECT_EQ(drafted.length, plain.length) << "scene " << i << ", " << draft.kind;
    }
  }
}

// The step that is one operation begins where the draft was given up.
TEST_F(CudaModel, StepsGoOnBehindADraftThatWasRejected) {
  const auto model = load(DSOCR_PRECISION_BF16);
  const auto image = encode(*model);
  const std::vector<int32_t> before = {0}, after = {201, 256};
  const auto step_behind = [&](const std::vector<int32_t>& draft, size_t kept) {
    const std::vector<std::span<const int32_t>> nothing(draft.size() + 1);
    std::vector<TokenChoice> choices;
    const auto sequence = model->prefill({before, image.get(), after, draft, nothing}, never, choices);
    EXPECT_EQ(choices.size(), kept + 1);
    EXPECT_EQ(sequence->length(), 1 + image->token_count() + 2 + static_cast<int>(kept));
    DecodeItem item{sequence.get(), 7, {}, {}};
    for (int i = 0; i < 3; ++i) model->decode({&item, 1});
    return item.choice;
  };
  const std::vector<int32_t> answer = decode(*model, *image, 0, 1, 4)[0].ids;
  TokenChoice first;
  model->prefill(before, *image, after, {}, never, first);
  const int32_t other = (answer[0] + 1) % 2048;
  const auto clean = step_behind({first.id}, 1), rejected = step_behind({first.id, other, 9, 9, 9, 9}, 1);
  EXPECT_EQ(rejected.id, clean.id);
  EXPECT_NEAR(rejected.margin, clean.margin, 0.05);
}

TEST_F(CudaModel, PixelsAreThoseOfTheCpuToTheBit) {
  const RgbImage picture = draw_pattern("page", 64, 48);
  const ViewPixels pixels = pixels_of(picture);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor got = normalise({&pixels, 1}, at::TensorOptions().dtype(type).device(device()));
    const at::Tensor expected = normalise({&pixels, 1}, at::TensorOptions().dtype(type));
    EXPECT_EQ(values(got), values(expected));
  }
}

/// Largest error of a product, relative to the largest value.
double product_error(const at::Tensor& x, const at::Tensor& weight) {
  const at::Tensor got = at::linear(x.to(at::Device(at::kCUDA, 0)), weight.to(at::Device(at::kCUDA, 0)));
  const at::Tensor expected = at::linear(x.to(at::kDouble), weight.to(at::kDouble));
  return ((got.cpu().to(at::kDouble) - expected).abs().max() / expected.abs().max()).item<double>();
}

TEST_F(CudaModel, ProductsAreExactWhateverTheProcessAllows) {
  const at::Tensor x = numbers({256, 512}, 1), weight = numbers({256, 512}, 2);
  const bool before = at::globalContext().allowTF32CuBLAS();
  at::globalContext().setAllowTF32CuBLAS(true);
  const double loose = product_error(x, weight);
  double exact = 1;
  {
    const ExactArithmetic guard(at::kFloat);
    exact = product_error(x, weight);
  }
  const double again = product_error(x, weight);
  at::globalContext().setAllowTF32CuBLAS(before);
  EXPECT_LT(exact, 3e-6);
  if (cuda::device_properties(0).major >= 8) {
    EXPECT_GT(loose, 3e-5) << "TF32 makes no difference here: this test shows nothing";
    EXPECT_EQ(again, loose);
  }
}

}  // namespace
}  // namespace deepseekocr::test
