// SPDX-License-Identifier: MIT
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>

#include "engine/operations/naive.h"
#include "operations/cpu/decoder.h"
#include "operations/operations.h"

namespace deepseekocr::test {
namespace {

TEST(Linear, IsAProductPlusBias) {
  const at::Tensor x = numbers({3, 5}, 1), weight = numbers({7, 5}, 2), bias = numbers({7}, 3);
  std::vector<double> expected = naive_product(values(x), values(weight), 5);
  for (size_t i = 0; i < expected.size(); ++i) expected[i] += values(bias)[i % 7];
  expect_close(values(operations::linear(x, weight, bias)), expected, 1e-5);
}

TEST(Linear, CastsToTheDtypeOfItsWeights) {
  const at::Tensor weight = numbers({7, 5}, 2).to(at::kBFloat16);
  EXPECT_EQ(operations::linear(numbers({3, 5}, 1), weight, {}).scalar_type(),
            operations::cpu::is_slow(at::kBFloat16) ? at::kFloat : at::kBFloat16);
}

TEST(Linear, WidensWeightsThatItsProcessorIsSlowAt) {
  if (!operations::cpu::is_slow(at::kBFloat16)) GTEST_SKIP() << "this processor multiplies bfloat16";
  const at::Tensor x = numbers({3, 5}, 1), weight = numbers({7, 5}, 2).to(at::kBFloat16),
                   bias = numbers({7}, 3).to(at::kBFloat16);
  EXPECT_TRUE(at::equal(operations::linear(x, weight, bias),
                        operations::linear(x, weight.to(at::kFloat), bias.to(at::kFloat))));
  const at::Tensor image = numbers({1, 4, 6, 2}, 4), kernel = numbers({5, 2, 3, 3}, 5).to(at::kBFloat16);
  EXPECT_TRUE(at::equal(operations::convolution3x3(image, kernel, 2),
                        operations::convolution3x3(image, kernel.to(at::kFloat), 2)));
  const at::Tensor second = numbers({5, 7}, 6).to(at::kBFloat16), other = numbers({5}, 7).to(at::kBFloat16);
  EXPECT_TRUE(at::equal(operations::gelu_mlp(x, weight, bias, second, other),
                        operations::gelu_mlp(x, weight.to(at::kFloat), bias.to(at::kFloat), second.to(at::kFloat),
                                             other.to(at::kFloat))));
}

TEST(Linear, TakesNoRows) {
  EXPECT_EQ(operations::linear(numbers({0, 5}, 1), numbers({7, 5}, 2), {}).sizes(), at::IntArrayRef({0, 7}));
}

TEST(LayerNorm, UsesTheBiasedVariance) {
  const at::Tensor x = numbers({4, 9}, 1), weight = numbers({9}, 2), bias = numbers({9}, 3);
  const std::vector<double> in = values(x), w = values(weight), b = values(bias);
  std::vector<double> expected(in.size());
  for (size_t row = 0; row < 4; ++row) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < 9; ++i) mean += in[row * 9 + i] / 9;
    for (size_t i = 0; i < 9; ++i) variance += (in[row * 9 + i] - mean) * (in[row * 9 + i] - mean) / 9;
    for (size_t i = 0; i < 9; ++i) {
      expected[row * 9 + i] = (in[row * 9 + i] - mean) / std::sqrt(variance + 0.01) * w[i] + b[i];
    }
  }
  expect_close(values(operations::layer_norm(x, weight, bias, 0.01)), expected, 1e-5);
  EXPECT_EQ(operations::layer_norm(x.to(at::kBFloat16), weight, bias, 0.01).scalar_type(), at::kFloat);
}

TEST(PatchEmbedding, IsAConvolutionWithItsOwnStride) {
  const at::Tensor pixels = numbers({2, 3, 6, 9}, 1), weight = numbers({5, 3, 3, 3}, 2), bias = numbers({5}, 3);
  const auto pixel = [in = values(pixels)](size_t view, size_t channel, size_t y, size_t x) {
    return in[((view * 3 + channel) * 6 + y) * 9 + x];
  };
  const std::vector<double> w = values(weight), b = values(bias);
  std::vector<double> expected;
  for (size_t view = 0; view < 2; ++view) {
    for (size_t patch = 0; patch < 6; ++patch) {  // 2 rows of 3
      for (size_t out = 0; out < 5; ++out) {
        double sum = b[out];
        for (size_t i = 0; i < 27; ++i) {
          sum += w[out * 27 + i] * pixel(view, i / 9, patch / 3 * 3 + i % 9 / 3, patch % 3 * 3 + i % 3);
        }
        expected.push_back(sum);
      }
    }
  }
  const at::Tensor out = operations::patch_embedding(pixels, weight, bias);
  EXPECT_EQ(out.sizes(), at::IntArrayRef({2, 2, 3, 5}));
  expect_close(values(out), expected, 1e-5);
}

void expect_convolution(int64_t rows, int64_t columns, int stride) {
  const at::Tensor x = numbers({2, rows, columns, 3}, 1), weight = numbers({4, 3, 3, 3}, 2);
  const std::vector<double> in = values(x), w = values(weight);
  const int64_t out_rows = (rows + stride - 1) / stride, out_columns = (columns + stride - 1) / stride;
  std::vector<double> expected;
  for (int64_t i = 0; i < 2 * out_rows * out_columns * 4; ++i) {
    const int64_t out = i % 4, column = i / 4 % out_columns, row = i / 4 / out_columns % out_rows;
    const int64_t view = i / 4 / out_columns / out_rows;
    double sum = 0;
    for (int64_t k = 0; k < 27; ++k) {
      const int64_t channel = k % 3, dy = k / 9 - 1, dx = k / 3 % 3 - 1;
      const int64_t y = row * stride + dy, across = column * stride + dx;
      if (y < 0 || y >= rows || across < 0 || across >= columns) continue;
      sum += in[static_cast<size_t>(((view * rows + y) * columns + across) * 3 + channel)] *
             w[static_cast<size_t>(((out * 3 + channel) * 3 + dy + 1) * 3 + dx + 1)];
    }
    expected.push_back(sum);
  }
  const at::Tensor got = operations::convolution3x3(x, weight, stride);
  EXPECT_EQ(got.sizes(), at::IntArrayRef({2, out_rows, out_columns, 4}));
  expect_close(values(got), expected, 1e-5);
}

TEST(Convolution3x3, PadsWithZeros) {
  expect_convolution(5, 7, 1);
  expect_convolution(1, 1, 1);
}

TEST(Convolution3x3, WithStrideTwo) {
  expect_convolution(8, 4, 2);
  expect_convolution(5, 7, 2);
  expect_convolution(2, 1, 2);
}

template <typename Function>
std::vector<double> naive_mlp(const at::Tensor& x, const std::array<at::Tensor, 4>& weights, Function function) {
  const size_t width = static_cast<size_t>(weights[0].size(0)), outputs = static_cast<size_t>(weights[2].size(0));
  std::vector<double> inner = naive_product(values(x), values(weights[0]), static_cast<size_t>(x.size(1)));
  for (size_t i = 0; i < inner.size(); ++i) inner[i] = function(inner[i] + values(weights[1])[i % width]);
  std::vector<double> out = naive_product(inner, values(weights[2]), width);
  for (size_t i = 0; i < out.size(); ++i) out[i] += values(weights[3])[i % outputs];
  return out;
}

TEST(Mlp, GeluIsTheErfOne) {
  const at::Tensor x = numbers({3, 5}, 1).mul(3);
  const std::array<at::Tensor, 4> w = {numbers({11, 5}, 2), numbers({11}, 3), numbers({5, 11}, 4), numbers({5}, 5)};
  const auto gelu = [](double v) { return 0.5 * v * (1 + std::erf(v / std::sqrt(2.0))); };
  expect_close(values(operations::gelu_mlp(x, w[0], w[1], w[2], w[3])), naive_mlp(x, w, gelu), 2e-5);
}

TEST(Mlp, QuickGeluIsClips) {
  const at::Tensor x = numbers({3, 5}, 1).mul(3);
  const std::array<at::Tensor, 4> w = {numbers({11, 5}, 2), numbers({11}, 3), numbers({5, 11}, 4), numbers({5}, 5)};
  const auto quick = [](double v) { return v / (1 + std::exp(-1.702 * v)); };
  expect_close(values(operations::quick_gelu_mlp(x, w[0], w[1], w[2], w[3])), naive_mlp(x, w, quick), 2e-5);
}

TEST(Windows, AreRowMajorAndPaddedWithZeros) {
  const at::Tensor x = numbers({2, 5, 7, 3}, 1);
  const at::Tensor windows = operations::split_windows(x, 4);
  ASSERT_EQ(windows.sizes(), at::IntArrayRef({8, 4, 4, 3}));  // 2 views, 2 × 2 windows
  const auto in = values(x), out = values(windows);
  for (size_t i = 0; i < out.size(); ++i) {
    const size_t channel = i % 3, column = i / 3 % 4, row = i / 12 % 4, window = i / 48 % 4, view = i / 192;
    const size_t y = window / 2 * 4 + row, across = window % 2 * 4 + column;
    const double expected = y < 5 && across < 7 ? in[((view * 5 + y) * 7 + across) * 3 + channel] : 0;
    ASSERT_EQ(out[i], expected) << i;
  }
}

TEST(Windows, MergeUndoesSplit) {
  for (const int64_t rows : {1, 4, 5, 8}) {
    for (const int64_t columns : {3, 4, 7}) {
      const at::Tensor x = numbers({2, rows, columns, 3}, 1);
      const at::Tensor merged = operations::merge_windows(operations::split_windows(x, 4), 2, static_cast<int>(rows),
                                                          static_cast<int>(columns));
      EXPECT_TRUE(merged.equal(x)) << rows << "x" << columns;
    }
  }
}

}  // namespace
}  // namespace deepseekocr::test
