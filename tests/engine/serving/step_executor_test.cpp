// SPDX-License-Identifier: MIT
// Time limits on a clock of the test's own, without threads.
#include "serving/step_executor.h"

#include <gtest/gtest.h>

#include "checkpoint/error.h"
#include "fake_runner.h"

namespace deepseekocr::testing {
namespace {

Request::Time test_time{};
Request::Time test_clock() {
  return test_time;
}

class StepExecutorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fake.wait_until_unloaded();
    fake.reset();
    fake.set_endless_answer(7, 50);
    runner = load_fake(
        {}, [](int, const std::string&) {}, never);
    executor = std::make_unique<StepExecutor>(
        *runner, nullptr, [](Request&, const std::string&) {}, test_clock);
  }

  // A prepared request that may take 10 ms.
  std::shared_ptr<Request> make_request(int image_tokens = 3) {
    RequestSpec spec;
    spec.max_time = std::chrono::milliseconds(10);
    DsocrImage image{};
    image.struct_size = sizeof image;
    image.format = DSOCR_FORMAT_GRAY8;
    image.width = image.height = image.strides[0] = 1;
    image.planes[0] = &pixel;
    auto request = std::make_shared<Request>(1, nullptr, spec, image, DSOCR_MEMORY_HOST, PixelRelease(image));
    request->started = test_time;
    request->page.views.global = RgbImage(64, 64);
    request->page.image_tokens = image_tokens;
    request->page.prompt = {{0}, {7}};
    request->page.limits.max_new_tokens = 100;
    return request;
  }

  FakeModel& fake = FakeModel::instance();
  const CancelFlag never{false};
  const uint8_t pixel = 0;
  std::unique_ptr<ModelRunner> runner;
  std::unique_ptr<StepExecutor> executor;
};

TEST_F(StepExecutorTest, TimeEndsAnAnswerWithWhatItHas) {
  const auto request = make_request();
  Request* const members[] = {request.get()};
  executor->admit(members);
  EXPECT_EQ(executor->decode(members).size(), 1U);
  test_time += std::chrono::milliseconds(9);
  EXPECT_EQ(executor->decode(members).size(), 1U);
  EXPECT_FALSE(request->outcome);
  test_time += std::chrono::milliseconds(1);
  EXPECT_TRUE(executor->decode(members).empty());
  ASSERT_TRUE(request->outcome);
  EXPECT_EQ(request->outcome->reason, DSOCR_FINISH_TIMEOUT);
  EXPECT_EQ(request->generation.ids().size(), 3U);
}

TEST_F(StepExecutorTest, TimeIsLookedAtBeforeVision) {
  const auto request = make_request();
  Request* const members[] = {request.get()};
  test_time += std::chrono::seconds(1);
  executor->admit(members);
  ASSERT_TRUE(request->outcome);
  EXPECT_EQ(request->outcome->reason, DSOCR_FINISH_TIMEOUT);
  EXPECT_TRUE(fake.encoded_batches().empty());
}

TEST_F(StepExecutorTest, WrongNumberOfImageTokensIsAnError) {
  const auto request = make_request(99);
  Request* const members[] = {request.get()};
  executor->admit(members);
  ASSERT_TRUE(request->outcome && request->outcome->error);
  EXPECT_NE(std::string(request->outcome->error->message).find("3 image tokens"), std::string::npos);
}

TEST_F(StepExecutorTest, ASequenceWithoutMemoryEndsAlone) {
  const auto full = make_request(), other = make_request();
  full->page.prompt = {{0}, {8}};
  fake.set_endless_answer(8, 50);
  Request* const members[] = {full.get(), other.get()};
  executor->admit(members);
  fake.fail_next_step_of(8, std::make_exception_ptr(EngineError(DSOCR_OUT_OF_MEMORY, "The cache is full.")));
  executor->decode(members);
  ASSERT_TRUE(full->outcome && full->outcome->error);
  EXPECT_EQ(full->outcome->error->status, DSOCR_OUT_OF_MEMORY);
  EXPECT_FALSE(other->outcome);
  EXPECT_EQ(other->generation.ids().size(), 2U);
  EXPECT_EQ(executor->decode(members).size(), 1U);
}

}  // namespace
}  // namespace deepseekocr::testing
