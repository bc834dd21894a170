// SPDX-License-Identifier: MIT
#include "model/position_fit.h"

#include "engine/operations/naive.h"
#include "operations/operations.h"
#include "tools/expect_error.h"

namespace deepseekocr::test {
namespace {

TEST(FitAbsolute, LeavesATableOfTheRightSize) {
  const at::Tensor table = numbers({4, 4, 2}, 1);
  EXPECT_TRUE(fit_absolute(table, 4, 4, PositionFit::interpolate).is_same(table));
  EXPECT_TRUE(fit_absolute(table, 4, 4, PositionFit::crop).is_same(table));
}

TEST(FitAbsolute, CropTakesTheTopLeftPart) {
  const at::Tensor table = numbers({4, 5, 2}, 1), fitted = fit_absolute(table, 2, 3, PositionFit::crop);
  ASSERT_EQ(fitted.sizes(), at::IntArrayRef({2, 3, 2}));
  for (int64_t row = 0; row < 2; ++row) {
    for (int64_t column = 0; column < 3; ++column) EXPECT_TRUE(fitted[row][column].equal(table[row][column]));
  }
}

TEST(FitAbsolute, InterpolateResizes) {
  const at::Tensor table = numbers({4, 4, 2}, 1);
  EXPECT_TRUE(fit_absolute(table, 2, 6, PositionFit::interpolate).equal(operations::resize_bicubic(table, 2, 6)));
}

TEST(FitAbsolute, CropRefusesToGrow) {
  expect_error(DSOCR_INVALID_ARGUMENT, {"4x4", "4x5"}, [] {
    fit_absolute(numbers({4, 4, 2}, 1), 4, 5, PositionFit::crop);
  });
}

TEST(FitRelative, EntriesAreQueryMinusKey) {
  const at::Tensor table = numbers({7, 2}, 1);  // for a side of 4
  for (const PositionFit fit : {PositionFit::interpolate, PositionFit::crop}) {
    const at::Tensor fitted = fit_relative(table, 4, fit);
    for (int64_t query = 0; query < 4; ++query) {
      for (int64_t key = 0; key < 4; ++key) EXPECT_TRUE(fitted[query][key].equal(table[query - key + 3]));
    }
  }
}

TEST(FitRelative, CropTakesTheMiddle) {
  const at::Tensor table = numbers({7, 2}, 1), fitted = fit_relative(table, 2, PositionFit::crop);
  ASSERT_EQ(fitted.sizes(), at::IntArrayRef({2, 2, 2}));
  for (int64_t query = 0; query < 2; ++query) {
    for (int64_t key = 0; key < 2; ++key) EXPECT_TRUE(fitted[query][key].equal(table[query - key + 3]));
  }
}

TEST(FitRelative, InterpolateResizesFirst) {
  const at::Tensor table = numbers({7, 2}, 1), fitted = fit_relative(table, 6, PositionFit::interpolate);
  const at::Tensor resized = operations::resize_linear(table, 11);
  EXPECT_TRUE(fitted[5][0].equal(resized[10]));
  EXPECT_TRUE(fitted[0][5].equal(resized[0]));
  EXPECT_TRUE(fitted[3][3].equal(resized[5]));
}

TEST(FitRelative, CropRefusesToGrow) {
  expect_error(DSOCR_INVALID_ARGUMENT, {"4x4", "5x5"}, [] { fit_relative(numbers({7, 2}, 1), 5, PositionFit::crop); });
}

}  // namespace
}  // namespace deepseekocr::test
