// SPDX-License-Identifier: MIT
// The index functions that the kernels for CUDA share with the host, and the choice of an id from parts of the logits.
#include "operations/cuda/layout.h"

#include <limits>
#include <set>
#include <vector>

#include "engine/operations/naive.h"
#include "operations/cuda/operations.h"
#include "operations/operations.h"

namespace deepseekocr::test {
namespace {

/// What the tensor core holds of one operand: logical column 0 … 15 of a lane's four or two pairs.
int logical_column(int lane, int pair) {
  return lane % 4 * 2 + pair * 8;
}

TEST(CudaLayout, BothOperandsHaveTheSameColumnInEveryPlace) {
  // A lane's 8 columns are the pairs (0, 1) of a first product and (2, 3) of a second one.
  for (int product = 0; product < 2; ++product) {
    std::set<int> seen;
    for (int lane = 0; lane < 32; ++lane) {
      for (int pair = 0; pair < 2; ++pair) {
        for (int half = 0; half < 2; ++half) {
          const int actual = cuda::lane_column(lane) + product * 4 + pair * 2 + half;
          EXPECT_LT(actual, cuda::kTileColumns);
          // Lanes that share a logical column share the actual one, so a sum over one is a sum over the other.
          seen.insert(logical_column(lane, pair) * cuda::kTileColumns + half * 16 * cuda::kTileColumns + actual);
        }
      }
    }
    EXPECT_EQ(seen.size(), 16U);
  }
}

TEST(CudaLayout, TheLanesOfAWarpLoadEveryElementOnce) {
  std::set<int> seen;
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 8; ++i) seen.insert(cuda::lane_row(lane) * cuda::kTileColumns + cuda::lane_column(lane) + i);
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(cuda::kTileRows * cuda::kTileColumns));
}

TEST(CudaLayout, TheValuesOfAProductAreAllItsElements) {
  std::set<int> seen;
  for (int lane = 0; lane < 32; ++lane) {
    for (int value = 0; value < 4; ++value) {
      EXPECT_LT(cuda::product_row(lane, value), cuda::kTileRows);
      seen.insert(cuda::product_feature(lane, value) * cuda::kTileRows + cuda::product_row(lane, value));
    }
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(cuda::kTileFeatures * cuda::kTileRows));
  EXPECT_EQ(*seen.rbegin(), cuda::kTileFeatures * cuda::kTileRows - 1);
}

TEST(CudaLayout, PartsCoverEverythingOnce) {
  for (const int total : {0, 1, 5, 31, 32, 33, 1000}) {
    for (const int parts : {1, 2, 7, 32, 64}) {
      int next = 0;
      for (int part = 0; part < parts; ++part) {
        const cuda::Range range = cuda::part_of(total, parts, part);
        EXPECT_EQ(range.begin, next) << total << " in " << parts;
        EXPECT_GE(range.end, range.begin);
        next = range.end;
      }
      EXPECT_EQ(next, total);
    }
  }
}

TEST(CudaLayout, FewRowsAreAttendedToInManyParts) {
  EXPECT_EQ(cuda::attention_parts(1, 10, 132), 32);
  EXPECT_EQ(cuda::attention_parts(8, 10, 132), 7);
  EXPECT_EQ(cuda::attention_parts(100, 10, 132), 1);
}

TEST(CudaLayout, ACacheIsHeadsOfPositions) {
  EXPECT_EQ(cuda::cache_offset(2, 3, 256, 128), (2 * 256 + 3) * 128);
  EXPECT_EQ(cuda::cache_offset(9, 8191, 8192, 128), int64_t{9 * 8192 + 8191} * 128);
}

TEST(CudaLayout, SlicesAreAboutAsWideAsAnExpert) {
  EXPECT_EQ(operations::cuda::slices_of(6848), 8);
  EXPECT_EQ(operations::cuda::slices_of(1792), 2);
  EXPECT_EQ(operations::cuda::slices_of(352), 1);
  EXPECT_EQ(operations::cuda::slices_of(1304), 1);  // halves are no multiples of 8
}

/// The logits of a row dealt out to `parts` parts, joined two by two.
cuda::RowChoice choose_in_parts(const std::vector<float>& logits, const std::vector<int32_t>& banned, int parts) {
  const auto count = static_cast<int>(logits.size());
  std::vector<cuda::ChoicePart> all(static_cast<size_t>(parts));
  for (int part = 0; part < parts; ++part) {
    const cuda::Range range = cuda::part_of(count, parts, part);
    for (int id = range.begin; id < range.end; ++id) {
      cuda::add_logit(all[static_cast<size_t>(part)], logits[static_cast<size_t>(id)], id,
                      std::find(banned.begin(), banned.end(), id) != banned.end());
    }
  }
  while (all.size() > 1) {
    // The last with the first, so that parts join out of their order.
    all.front() = cuda::join(all.back(), all.front());
    all.pop_back();
  }
  return cuda::choice_of(all.front(), count);
}

void expect_same_choice(const std::vector<float>& logits, const std::vector<int32_t>& banned) {
  const operations::Choice expected = operations::choose(logits, banned);
  for (const int parts : {1, 2, 5, 64}) {
    const cuda::RowChoice got = choose_in_parts(logits, banned, parts);
    EXPECT_EQ(got.finite, 1);
    EXPECT_EQ(got.id, expected.id) << parts;
    EXPECT_NEAR(got.log_probability, expected.log_probability, 1e-5 * (1 + std::abs(expected.log_probability)));
    EXPECT_NEAR(got.margin, expected.margin, 1e-5 * (1 + expected.margin)) << parts;
  }
}

TEST(CudaChoice, IsThatOfTheHost) {
  const at::Tensor random = numbers({401}, 3).mul(20);
  const std::vector<float> logits(random.const_data_ptr<float>(), random.const_data_ptr<float>() + 401);
  expect_same_choice(logits, {});
  const int32_t best = operations::choose(logits, {}).id;
  expect_same_choice(logits, {best});
  expect_same_choice(logits, {best, 400, 0, best});
}

TEST(CudaChoice, KnowsTiesAndExtremes) {
  expect_same_choice({1, 4, 4, 4}, {});
  expect_same_choice({1, 4, 4, 4}, {1, 2});
  expect_same_choice({-3e38F, 1000, 999}, {});
  expect_same_choice({5, 1}, {0});
  expect_same_choice({2, 2, 2}, {});
  expect_same_choice({7}, {});
}

TEST(CudaChoice, ReportsWhatTheHostRefuses) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(choose_in_parts({1, nan, 2}, {}, 2).finite, 0);
  EXPECT_EQ(choose_in_parts({1, infinity, 2}, {}, 2).finite, 0);
  EXPECT_EQ(choose_in_parts({1, -infinity, 2}, {1}, 3).finite, 0);
  EXPECT_EQ(choose_in_parts({1, 2}, {0, 1}, 2).id, -1);
}

}  // namespace
}  // namespace deepseekocr::test
