// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/operations/naive.h"
#include "operations/operations.h"

namespace deepseekocr::test {
namespace {

/// Pillow's cubic, a = −0.5.
double cubic(double t) {
  t = std::abs(t);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  if (t < 2) return ((-0.5 * t + 2.5) * t - 4) * t + 2;
  return 0;
}

/// Weights of the old positions for position `i` of `to` new ones (specification 1.1.2).
std::vector<double> weights(int from, int to, int i) {
  const double scale = static_cast<double>(from) / to, stretch = std::max(scale, 1.0), centre = (i + 0.5) * scale;
  const int low = std::max(0, static_cast<int>(centre - 2 * stretch + 0.5));
  const int high = std::min(from, static_cast<int>(centre + 2 * stretch + 0.5));
  std::vector<double> out(static_cast<size_t>(from));
  double sum = 0;
  for (int j = low; j < high; ++j) sum += out[static_cast<size_t>(j)] = cubic((j - centre + 0.5) / stretch);
  for (double& weight : out) weight /= sum;
  return out;
}

void expect_bicubic(int rows, int columns, int new_rows, int new_columns) {
  const at::Tensor table = numbers({rows, columns, 2}, 1);
  const std::vector<double> in = values(table);
  std::vector<double> expected;
  for (int i = 0; i < new_rows * new_columns * 2; ++i) {
    const std::vector<double> down = weights(rows, new_rows, i / 2 / new_columns);
    const std::vector<double> across = weights(columns, new_columns, i / 2 % new_columns);
    double sum = 0;
    for (size_t y = 0; y < down.size(); ++y) {
      for (size_t x = 0; x < across.size(); ++x) {
        sum += down[y] * across[x] * in[(y * across.size() + x) * 2 + static_cast<size_t>(i % 2)];
      }
    }
    expected.push_back(sum);
  }
  expect_close(values(operations::resize_bicubic(table, new_rows, new_columns)), expected, 3e-5);
}

TEST(ResizeBicubic, IsAntialiasedWhenItShrinks) {
  expect_bicubic(16, 16, 8, 10);
}

TEST(ResizeBicubic, UsesTheSameCubicWhenItEnlarges) {
  expect_bicubic(8, 8, 20, 10);
}

TEST(ResizeBicubic, TreatsTheAxesSeparately) {
  expect_bicubic(7, 12, 12, 5);
}

TEST(ResizeBicubic, KeepsTheDtype) {
  EXPECT_EQ(operations::resize_bicubic(numbers({4, 4, 2}, 1).to(at::kBFloat16), 3, 5).scalar_type(), at::kBFloat16);
}

void expect_linear(int length, int new_length) {
  const at::Tensor table = numbers({length, 3}, 1);
  const std::vector<double> in = values(table);
  std::vector<double> expected;
  for (int i = 0; i < new_length * 3; ++i) {
    const double source = std::max(0.0, (i / 3 + 0.5) * length / new_length - 0.5);
    const int low = std::min(static_cast<int>(source), length - 1), high = std::min(low + 1, length - 1);
    const double part = source - low;
    expected.push_back(in[static_cast<size_t>(low * 3 + i % 3)] * (1 - part) +
                       in[static_cast<size_t>(high * 3 + i % 3)] * part);
  }
  expect_close(values(operations::resize_linear(table, new_length)), expected, 5e-5);
}

TEST(ResizeLinear, Shrinks) {
  expect_linear(127, 63);
}

TEST(ResizeLinear, Enlarges) {
  expect_linear(63, 159);
}

}  // namespace
}  // namespace deepseekocr::test
