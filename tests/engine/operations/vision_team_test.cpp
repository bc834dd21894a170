// SPDX-License-Identifier: MIT
// The vision encoder's operations that a team shares: products of weights in 8 bits and attention, against the
// reference on the same weights unpacked; meson runs these tests once for each level of instructions (DEEPSEEKOCR_ISA).
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>

#include "engine/operations/naive.h"
#include "engine/operations/with_team.h"
#include "kernels/isa.h"
#include "operations/aten/reference.h"
#include "operations/cpu/vision_attention.h"
#include "operations/threads.h"
#include "operations/weights.h"

namespace deepseekocr::test {
namespace {

using operations::PackedFormat;
using operations::PackedMatrices;
using operations::Weights;

/// A matrix in 8 bits.
PackedMatrices packed(int64_t rows, int64_t columns, uint64_t seed) {
  const at::Tensor all = numbers({rows, columns}, seed);
  const PackedMatrices matrix = operations::allocate_packed(PackedFormat::int8x8, 1, rows, columns, at::kFloat);
  operations::pack_matrix(matrix, 0, [&](int64_t first, int64_t some, float* out) {
    std::copy_n(all.const_data_ptr<float>() + first * columns, some * columns, out);
  });
  return matrix;
}

/// Each input is off by up to half a step, its group's range / 255.
void expect_near(const at::Tensor& got, const at::Tensor& expected, double tolerance = 0.02) {
  EXPECT_EQ(got.sizes(), expected.sizes());
  EXPECT_EQ(got.scalar_type(), at::kFloat);
  const double scale = expected.numel() == 0 ? 1 : std::max(1.0, expected.abs().max().item<double>());
  expect_close(values(got), values(expected), tolerance * scale);
}

class VisionTeam : public WithTeam<> {};

TEST_F(VisionTeam, Linear) {
  for (const int64_t rows : {0, 1, 5, 32, 33, 100}) {
    for (const auto& [outputs, inputs] : {std::pair<int64_t, int64_t>{1, 1}, {7, 5}, {48, 64}, {33, 67}, {96, 200}}) {
      const at::Tensor x = numbers({1, rows, inputs}, 1), bias = numbers({outputs}, 3);
      const PackedMatrices weight = packed(outputs, inputs, 2);
      expect_near(operations::linear(x, Weights(weight), bias),
                  operations::aten::linear(x, operations::unpacked(weight), bias));
      expect_near(operations::linear(x.to(at::kBFloat16), Weights(weight), {}),
                  operations::aten::linear(x.to(at::kBFloat16), operations::unpacked(weight), {}));
    }
  }
}

TEST_F(VisionTeam, Mlps) {
  for (const int64_t rows : {0, 1, 33, 70}) {
    const at::Tensor x = numbers({rows, 40}, 1), before = numbers({75}, 2), after = numbers({40}, 3);
    const PackedMatrices first = packed(75, 40, 4), second = packed(40, 75, 5);
    const at::Tensor in = operations::unpacked(first), out = operations::unpacked(second);
    expect_near(operations::gelu_mlp(x, Weights(first), before, Weights(second), after),
                operations::gelu_mlp(x, in, before, out, after));
    expect_near(operations::quick_gelu_mlp(x, Weights(first), before, Weights(second), after),
                operations::quick_gelu_mlp(x, in, before, out, after));
  }
}

TEST_F(VisionTeam, PatchEmbedding) {
  const at::Tensor pixels = numbers({2, 3, 8, 12}, 1), bias = numbers({20}, 3);
  const PackedMatrices weight = packed(20, 3 * 4 * 4, 2);
  expect_near(operations::patch_embedding(pixels, Weights(weight), bias, 4),
              operations::patch_embedding(pixels, operations::unpacked(weight).view({20, 3, 4, 4}), bias));
}

TEST_F(VisionTeam, Attention) {
  for (const auto& [positions, heads, dim] : {std::array<int64_t, 3>{1, 1, 1}, {5, 2, 7}, {65, 3, 16}, {130, 2, 64}}) {
    const at::Tensor qkv = numbers({2, positions, 3 * heads * dim}, 1);
    expect_near(operations::attention(qkv, static_cast<int>(heads)),
                operations::aten::attention(qkv, static_cast<int>(heads)), 1e-5);
  }
}

TEST_F(VisionTeam, RelativePositionAttention) {
  for (const auto& [rows, columns, dim] : {std::array<int64_t, 3>{1, 1, 3}, {3, 5, 7}, {8, 8, 64}, {14, 9, 20}}) {
    const at::Tensor qkv = numbers({3, rows, columns, 3 * 2 * dim}, 1), by_row = numbers({rows, rows, dim}, 2),
                     by_column = numbers({columns, columns, dim}, 3);
    expect_near(operations::relative_position_attention(qkv, by_row, by_column, 2),
                operations::aten::relative_position_attention(qkv, by_row, by_column, 2), 2e-5);
  }
}

/// All of them, with as many threads.
std::vector<at::Tensor> all(int threads) {
  operations::use_threads(threads, true);
  const at::Tensor x = numbers({1, 70, 48}, 1), qkv = numbers({2, 9, 11, 3 * 2 * 16}, 2);
  const Weights first = packed(75, 48, 4), second = packed(48, 75, 5);
  const at::Tensor before = numbers({75}, 2), after = numbers({48}, 3);
  return {operations::linear(x, first, before), operations::gelu_mlp(x, first, before, second, after),
          operations::attention(x, 2),
          operations::relative_position_attention(qkv, numbers({9, 9, 16}, 6), numbers({11, 11, 16}, 7), 2)};
}

TEST_F(VisionTeam, ResultsDoNotDependOnTheNumberOfThreads) {
  if (kernels::active_isa() == kernels::Isa::none) GTEST_SKIP() << "LibTorch computes";
  const std::vector<at::Tensor> expected = all(1);
  for (const int threads : {2, 3, 4}) {
    const std::vector<at::Tensor> got = all(threads);
    for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(at::equal(got[i], expected[i])) << threads << ", result " << i;
  }
}

}  // namespace
}  // namespace deepseekocr::test
