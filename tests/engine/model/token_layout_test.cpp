// SPDX-License-Identifier: MIT
#include "model/token_layout.h"

#include <ATen/ops/full.h>

#include "engine/operations/naive.h"

namespace deepseekocr::test {
namespace {

constexpr double kNewline = 1000, kSeparator = 2000;

/// A vector of length 1, so that a sequence reads like a list of numbers.
at::Tensor vector(double value) {
  return at::full({1}, value);
}

/// (rows, columns, 1) with first, first + 1, …
at::Tensor raster(double first, int64_t rows, int64_t columns) {
  at::Tensor out = at::full({rows, columns, 1}, 0.0);
  for (int64_t i = 0; i < rows * columns; ++i) out[i / columns][i % columns].fill_(first + static_cast<double>(i));
  return out;
}

TEST(TokenLayout, OfOneViewIsRowsWithNewlinesAndASeparator) {
  const at::Tensor tokens = lay_out_tokens(raster(1, 2, 3), {}, {}, vector(kNewline), vector(kSeparator));
  EXPECT_EQ(values(tokens), (std::vector<double>{1, 2, 3, kNewline, 4, 5, 6, kNewline, kSeparator}));
}

TEST(TokenLayout, TilesAreOneRasterBeforeTheGlobalView) {
  at::Tensor tiles = at::full({6, 2, 1, 1}, 0.0);  // 2 columns, 3 rows of tiles of 2 × 1 tokens
  for (int64_t tile = 0; tile < 6; ++tile) tiles[tile].copy_(raster(static_cast<double>(tile + 1) * 10, 2, 1));
  const at::Tensor tokens = lay_out_tokens(raster(1, 1, 1), tiles, {2, 3}, vector(kNewline), vector(kSeparator));
  EXPECT_EQ(values(tokens),
            (std::vector<double>{10,       20, kNewline, 11,       21, kNewline, 30,       40, kNewline, 31,        41,
                                 kNewline, 50, 60,       kNewline, 51, 61,       kNewline, 1,  kNewline, kSeparator}));
}

}  // namespace
}  // namespace deepseekocr::test
