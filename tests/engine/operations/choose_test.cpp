// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <vector>

#include "operations/operations.h"
#include "tools/expect_error.h"

namespace deepseekocr::test {
namespace {

using operations::choose;

TEST(Choose, TakesTheLargest) {
  const std::vector<float> logits = {1, 4, -2, 3};
  EXPECT_EQ(choose(logits, {}).id, 1);
}

TEST(Choose, TakesTheLowestIdOnATie) {
  const std::vector<float> logits = {1, 4, 4, 4};
  EXPECT_EQ(choose(logits, {}).id, 1);
  EXPECT_EQ(choose(logits, {}).margin, 0);
}

TEST(Choose, SkipsBannedIdsInAnyOrder) {
  const std::vector<float> logits = {1, 4, 2, 3};
  const std::vector<int32_t> banned = {3, 1, 3};
  EXPECT_EQ(choose(logits, banned).id, 2);
}

TEST(Choose, MeasuresTheMarginAfterBansInDeviationsOfAllLogits) {
  const std::vector<float> logits = {1, 4, 2, 3};  // mean 2.5, deviation √1.25
  const std::vector<int32_t> banned = {3};
  EXPECT_NEAR(choose(logits, banned).margin, 2 / std::sqrt(1.25), 1e-6);
}

TEST(Choose, GivesTheProbabilityBeforeBans) {
  const std::vector<float> logits = {0, 1, 2};
  const std::vector<int32_t> banned = {2};
  const double sum = 1 + std::exp(1.0) + std::exp(2.0);
  EXPECT_NEAR(choose(logits, banned).log_probability, std::log(std::exp(1.0) / sum), 1e-6);
}

TEST(Choose, DoesNotOverflow) {
  const std::vector<float> logits = {-3e38F, 1000, 999};
  EXPECT_EQ(choose(logits, {}).id, 1);
  EXPECT_NEAR(choose(logits, {}).log_probability, -std::log(1 + std::exp(-1.0)), 1e-6);
}

TEST(Choose, WithOneIdLeftHasNoMargin) {
  const std::vector<float> logits = {5, 1};
  const std::vector<int32_t> banned = {0};
  EXPECT_EQ(choose(logits, banned).id, 1);
  EXPECT_EQ(choose(logits, banned).margin, 0);
}

TEST(Choose, RefusesWhatIsNotANumber) {
  const std::vector<float> nan = {1, std::numeric_limits<float>::quiet_NaN()};
  const std::vector<float> infinite = {1, std::numeric_limits<float>::infinity()};
  expect_error(DSOCR_INTERNAL, {"not finite"}, [&] { choose(nan, {}); });
  expect_error(DSOCR_INTERNAL, {"not finite"}, [&] { choose(infinite, {}); });
}

TEST(Choose, RefusesWhereEverythingIsBanned) {
  const std::vector<float> logits = {1, 2};
  const std::vector<int32_t> banned = {0, 1};
  expect_error(DSOCR_INVALID_ARGUMENT, {"All 2 ids are banned"}, [&] { choose(logits, banned); });
}

}  // namespace
}  // namespace deepseekocr::test
