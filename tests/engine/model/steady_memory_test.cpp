// SPDX-License-Identifier: MIT
// A decode step takes no memory once its buffers are there.  This program's own malloc counts what is asked of it, by
// the engine, LibTorch and the C++ library alike.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint_writer.h"
#include "kernels/isa.h"
#include "model/torch_runner.h"
#include "tools/patterns.h"
#include "tools/temporary_folder.h"

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

namespace {

std::atomic<bool> counting = false;
std::atomic<uint64_t> taken = 0;

void count_one() {
  if (counting) ++taken;
}

}  // namespace

extern "C" {

void* malloc(size_t size) {
  count_one();
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  count_one();
  return __libc_calloc(count, size);
}

void* realloc(void* old, size_t size) {
  count_one();
  return __libc_realloc(old, size);
}

int posix_memalign(void** result, size_t alignment, size_t size) {
  count_one();
  *result = __libc_memalign(alignment, size);
  return *result == nullptr ? ENOMEM : 0;
}

void* aligned_alloc(size_t alignment, size_t size) {
  count_one();
  return __libc_memalign(alignment, size);
}

}  // extern "C"

namespace deepseekocr::test {
namespace {

const CancelFlag never{false};

TEST(CountingMalloc, CountsWhatIsAskedFor) {
  counting = true;
  const auto own = std::make_unique<std::vector<int>>(1000);
  counting = false;
  EXPECT_GE(taken.exchange(0), 2U);
  EXPECT_EQ(own->size(), 1000U);
}

class SteadyMemory : public testing::TestWithParam<std::tuple<DsocrPrecision, int>> {
 protected:
  void SetUp() override {
    if (kernels::active_isa() == kernels::Isa::none) GTEST_SKIP() << "LibTorch's operations take memory";
    write_checkpoint("mini-a", folder_.path());
    ModelOptions options;
    options.model_path = folder_.path();
    std::tie(options.precision, options.threads) = GetParam();
    model_ = load_model(options, {}, never);
    const PageViews page =
        make_views(draw_pattern("syn", 200, 100), plan_views(200, 100, DSOCR_MODE_TINY, 2, model_->config()));
    const PageViews* pointer = &page;
    const CancelFlag* flag = &never;
    image_ = std::move(model_->encode({&pointer, 1}, {&flag, 1}).at(0));
  }

  /// Memory that `steps` steps of the sequences ask for.
  uint64_t taken_by(std::vector<DecodeItem>& items, int steps) {
    taken = 0;
    counting = true;
    for (int i = 0; i < steps; ++i) {
      model_->decode(items);
      for (DecodeItem& item : items) item.input = item.choice.id;
    }
    counting = false;
    return taken;
  }

  TemporaryFolder folder_;
  std::unique_ptr<ModelRunner> model_;
  std::unique_ptr<ImageFeatures> image_;
};

TEST_P(SteadyMemory, StepsTakeNoneAfterTheFirstOnes) {
  constexpr int32_t kBefore[] = {0};
  const std::vector<int32_t> banned = {1, 2, 3};
  std::vector<std::unique_ptr<Sequence>> sequences;
  std::vector<DecodeItem> items(3);
  for (size_t i = 0; i < items.size(); ++i) {
    const std::vector<int32_t> after = {static_cast<int32_t>(5 + i), 7};
    TokenChoice choice;
    sequences.push_back(model_->prefill(kBefore, *image_, after, {}, never, choice));
    items[i].sequence = sequences.back().get();
    items[i].input = choice.id;
    items[i].banned = banned;
  }
  taken_by(items, 3);
  EXPECT_EQ(taken_by(items, 40), 0U);
}

INSTANTIATE_TEST_SUITE_P(Precisions, SteadyMemory,
                         testing::Combine(testing::Values(DSOCR_PRECISION_FP32, DSOCR_PRECISION_BF16,
                                                          DSOCR_PRECISION_INT8, DSOCR_PRECISION_INT4),
                                          testing::Values(1, 2)));

}  // namespace
}  // namespace deepseekocr::test
