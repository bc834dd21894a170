// SPDX-License-Identifier: MIT
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <limits>

#include "engine/operations/naive.h"
#include "operations/operations.h"

namespace deepseekocr::test {
namespace {

/// Softmax-weighted sum of value rows for one query of one head.
/// @param score  of key j
std::vector<double> weighted_sum(size_t keys, const std::function<double(size_t)>& score,
                                 const std::function<double(size_t, size_t)>& value, size_t dim) {
  std::vector<double> weights(keys), out(dim);
  double sum = 0;
  for (size_t j = 0; j < keys; ++j) sum += weights[j] = std::exp(score(j));
  for (size_t j = 0; j < keys; ++j) {
    for (size_t c = 0; c < dim; ++c) out[c] += weights[j] / sum * value(j, c);
  }
  return out;
}

TEST(Attention, EveryPositionSeesEveryOther) {
  constexpr size_t views = 2, positions = 5, heads = 3, dim = 4, width = heads * dim;
  const at::Tensor qkv = numbers({views, positions, 3 * width}, 1);
  const std::vector<double> in = values(qkv);
  const auto at = [&](size_t view, size_t position, size_t part, size_t head, size_t c) {
    return in[(view * positions + position) * 3 * width + part * width + head * dim + c];
  };
  std::vector<double> expected(views * positions * width);
  for (size_t i = 0; i < views * positions * heads; ++i) {
    const size_t head = i % heads, position = i / heads % positions, view = i / heads / positions;
    const auto out = weighted_sum(
        positions,
        [&](size_t j) {
          double dot = 0;
          for (size_t c = 0; c < dim; ++c) dot += at(view, position, 0, head, c) * at(view, j, 1, head, c);
          return dot / std::sqrt(static_cast<double>(dim));
        },
        [&](size_t j, size_t c) { return at(view, j, 2, head, c); }, dim);
    std::copy(out.begin(), out.end(), expected.begin() + static_cast<ptrdiff_t>(i * dim));
  }
  expect_close(values(operations::attention(qkv, heads)), expected, 1e-5);
}

/// Checks every `step`-th query; with all of a large grid the plain statement would take minutes.
void expect_relative_attention(size_t views, size_t rows, size_t columns, size_t heads, size_t dim, size_t step) {
  const size_t width = heads * dim, positions = rows * columns;
  const auto n = [](size_t value) { return static_cast<int64_t>(value); };
  const at::Tensor qkv = numbers({n(views), n(rows), n(columns), n(3 * width)}, 1);
  const at::Tensor row_table = numbers({n(rows), n(rows), n(dim)}, 2);
  const at::Tensor column_table = numbers({n(columns), n(columns), n(dim)}, 3);
  const std::vector<double> in = values(qkv), by_row = values(row_table), by_column = values(column_table);
  const at::Tensor result =
      operations::relative_position_attention(qkv, row_table, column_table, static_cast<int>(heads));
  ASSERT_EQ(result.sizes(), at::IntArrayRef({n(views), n(rows), n(columns), n(width)}));
  const std::vector<double> got = values(result);
  for (size_t i = 0; i < views * positions * heads; i += step) {
    const size_t head = i % heads, position = i / heads % positions, view = i / heads / positions;
    const auto at = [&](size_t place, size_t part, size_t c) {
      return in[(view * positions + place) * 3 * width + part * width + head * dim + c];
    };
    const auto score = [&](size_t j) {
      double dot = 0, bias = 0;
      for (size_t c = 0; c < dim; ++c) {
        const double q = at(position, 0, c);  // the bias takes the query unscaled
        dot += q * at(j, 1, c);
        bias += q * by_row[(position / columns * rows + j / columns) * dim + c];
        bias += q * by_column[(position % columns * columns + j % columns) * dim + c];
      }
      return dot / std::sqrt(static_cast<double>(dim)) + bias;
    };
    const auto out = weighted_sum(
        positions, score, [&](size_t j, size_t c) { return at(j, 2, c); }, dim);
    for (size_t c = 0; c < dim; ++c) ASSERT_NEAR(got[i * dim + c], out[c], 2e-5) << "query " << i;
  }
}

TEST(RelativePositionAttention, AddsTheBiasOfBothAxes) {
  expect_relative_attention(2, 3, 5, 2, 4, 1);
}

TEST(RelativePositionAttention, OfOnePosition) {
  expect_relative_attention(1, 1, 1, 1, 3, 1);
}

TEST(RelativePositionAttention, IsTheSameInChunksOfRows) {
  expect_relative_attention(2, 40, 44, 2, 4, 97);
}

TEST(RelativePositionAttention, IsTheSameInChunksOfViews) {
  expect_relative_attention(40, 14, 14, 3, 4, 97);
}

TEST(RopeTable, HasEqualHalvesOfTheOfficialAngles) {
  const operations::RopeTable rope = operations::rope_table(1000, 6, 10000.0, at::kCPU);
  ASSERT_EQ(rope.cosines.sizes(), at::IntArrayRef({1000, 6}));
  const std::vector<double> cosines = values(rope.cosines), sines = values(rope.sines);
  for (size_t position : {0, 1, 7, 999}) {
    for (size_t i = 0; i < 6; ++i) {
      const double angle = static_cast<double>(position) * std::pow(10000.0, -2.0 * static_cast<double>(i % 3) / 6);
      EXPECT_NEAR(cosines[position * 6 + i], std::cos(angle), 1e-4);
      EXPECT_NEAR(sines[position * 6 + i], std::sin(angle), 1e-4);
    }
  }
}

class CachedAttention : public testing::Test {
 protected:
  static constexpr size_t kHeads = 2, kDim = 6, kWidth = kHeads * kDim;

  struct Cache {
    at::Tensor keys = at::full({kHeads, 16, kDim}, std::numeric_limits<float>::quiet_NaN());
    at::Tensor values = at::full({kHeads, 16, kDim}, std::numeric_limits<float>::quiet_NaN());
    int64_t length = 0;

    operations::CacheSlice next(int64_t count) {
      const operations::CacheSlice slice{keys, values, length, count};
      length += count;
      return slice;
    }
  };

  /// What row `row` of a whole sequence attends to, computed from scratch.
  static std::vector<double> naive(const at::Tensor& qkv, size_t row) {
    const std::vector<double> in = test::values(qkv);
    const auto rotated = [&](size_t position, size_t part, size_t head, size_t c) {
      const auto raw = [&](size_t i) { return in[position * 3 * kWidth + part * kWidth + head * kDim + i]; };
      const double angle =
          static_cast<double>(position) * std::pow(10000.0, -2.0 * static_cast<double>(c % (kDim / 2)) / kDim);
      const double turned = c < kDim / 2 ? -raw(c + kDim / 2) : raw(c - kDim / 2);
      return raw(c) * std::cos(angle) + turned * std::sin(angle);
    };
    std::vector<double> out;
    for (size_t head = 0; head < kHeads; ++head) {
      const auto score = [&](size_t j) {
        double dot = 0;
        for (size_t c = 0; c < kDim; ++c) dot += rotated(row, 0, head, c) * rotated(j, 1, head, c);
        return dot / std::sqrt(static_cast<double>(kDim));
      };
      const auto value = [&](size_t j, size_t c) { return in[j * 3 * kWidth + 2 * kWidth + head * kDim + c]; };
      const auto part = weighted_sum(row + 1, score, value, kDim);  // causal
      out.insert(out.end(), part.begin(), part.end());
    }
    return out;
  }

  at::Tensor attend(const at::Tensor& qkv, std::vector<operations::CacheSlice> slices) const {
    return operations::cached_attention(qkv, rope_, kHeads, slices);
  }

  operations::RopeTable rope_ = operations::rope_table(16, kDim, 10000.0, at::kCPU);
};

TEST_F(CachedAttention, PrefillIsCausal) {
  const at::Tensor qkv = numbers({5, 3 * kWidth}, 1);
  Cache cache;
  const at::Tensor out = attend(qkv, {cache.next(5)});
  for (size_t row = 0; row < 5; ++row) expect_close(values(out[static_cast<int64_t>(row)]), naive(qkv, row), 1e-5);
}

TEST_F(CachedAttention, StepsContinueAPrefill) {
  const at::Tensor qkv = numbers({7, 3 * kWidth}, 2);
  Cache cache;
  attend(qkv.narrow(0, 0, 4), {cache.next(4)});
  for (int64_t row = 4; row < 7; ++row) {
    const at::Tensor out = attend(qkv.narrow(0, row, 1), {cache.next(1)});
    expect_close(values(out), naive(qkv, static_cast<size_t>(row)), 1e-5);
  }
}

TEST_F(CachedAttention, SequencesDoNotSeeEachOther) {
  const at::Tensor first = numbers({6, 3 * kWidth}, 3), second = numbers({3, 3 * kWidth}, 4);
  Cache one, other;
  attend(first.narrow(0, 0, 5), {one.next(5)});
  attend(second.narrow(0, 0, 2), {other.next(2)});
  const at::Tensor out = attend(at::cat({first[5].unsqueeze(0), second[2].unsqueeze(0)}), {one.next(1), other.next(1)});
  expect_close(values(out[0]), naive(first, 5), 1e-5);
  expect_close(values(out[1]), naive(second, 2), 1e-5);
}

TEST_F(CachedAttention, RefusesToWriteBehindTheCache) {
  Cache cache;
  cache.length = 16;
  EXPECT_ANY_THROW(attend(numbers({1, 3 * kWidth}, 5), {cache.next(1)}));
}

}  // namespace
}  // namespace deepseekocr::test
