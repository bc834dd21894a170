// SPDX-License-Identifier: MIT
// Products of weights in 8 and 4 bits against the reference on the same weights unpacked; meson runs these tests once
// for each level of instructions (DEEPSEEKOCR_ISA).
#include "operations/weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <c10/util/Exception.h>

#include <map>
#include <stdexcept>

#include "engine/operations/naive.h"
#include "engine/operations/with_team.h"
#include "kernels/isa.h"
#include "operations/aten/reference.h"
#include "operations/host_memory.h"
#include "operations/threads.h"

namespace deepseekocr::test {
namespace {

using operations::PackedFormat;
using operations::PackedMatrices;
using operations::Routing;
using operations::Weights;

constexpr int64_t kRowCounts[] = {0, 1, 2, 5, 16, 19, 40};

/// count · rows × columns numbers as `count` matrices.
PackedMatrices pack(PackedFormat format, const at::Tensor& all, int64_t count, at::ScalarType dtype) {
  const int64_t rows = all.size(0) / count, columns = all.size(1);
  const PackedMatrices matrices = operations::allocate_packed(format, count, rows, columns, dtype);
  for (int64_t i = 0; i < count; ++i) {
    operations::pack_matrix(matrices, i, [&](int64_t first, int64_t some, float* out) {
      std::copy_n(all.const_data_ptr<float>() + (i * rows + first) * columns, some * columns, out);
    });
  }
  return matrices;
}

struct Precision {
  PackedFormat format;
  at::ScalarType dtype;
};

class PackedWeights : public WithTeam<testing::TestWithParam<Precision>> {
 protected:
  static PackedMatrices packed(int64_t count, int64_t rows, int64_t columns, uint64_t seed) {
    return pack(GetParam().format, numbers({count * rows, columns}, seed), count, GetParam().dtype);
  }
  /// Inputs are rounded to a 65534th of the largest of their group, or a 254th; bfloat16 rounds what comes out, too.
  static void expect_equal(const at::Tensor& got, const at::Tensor& expected, at::ScalarType dtype) {
    EXPECT_EQ(got.sizes(), expected.sizes());
    EXPECT_EQ(got.scalar_type(), dtype);
    const double scale = expected.numel() == 0 ? 1 : std::max(1.0, expected.abs().max().item<double>());
    const double inputs = GetParam().format == PackedFormat::int8 ? 2e-4 : 0.02;
    expect_close(values(got), values(expected), (inputs + (dtype == at::kFloat ? 0 : 0.005)) * scale);
  }
};

TEST_P(PackedWeights, UnpackingGivesTheRowsInTheirOrder) {
  const at::Tensor all = numbers({3 * 37, 70}, 1);
  const at::Tensor got = operations::unpacked(pack(GetParam().format, all, 3, at::kFloat));
  EXPECT_EQ(got.sizes(), all.sizes());
  const std::map<PackedFormat, double> bounds = {
      {PackedFormat::int8, 0.5 / 127 * 1.01}, {PackedFormat::int8x8, 1.0 / 127 * 1.01}, {PackedFormat::int4, 0.2}};
  expect_close(values(got), values(all), bounds.at(GetParam().format));
}

TEST_P(PackedWeights, Project) {
  for (const int64_t rows : kRowCounts) {
    for (const auto& [outputs, inputs] : {std::pair<int64_t, int64_t>{1, 1}, {7, 5}, {33, 64}, {96, 67}, {130, 320}}) {
      for (const int64_t count : {1, 3}) {
        const at::Tensor x = numbers({rows, inputs}, 1);
        const PackedMatrices weight = packed(count, outputs, inputs, 2);
        const at::Tensor expected = operations::aten::project(x, operations::unpacked(weight));
        expect_equal(operations::project(x, Weights(weight)), expected, GetParam().dtype);
        // Several sequences, and inputs in the model's dtype.
        const at::Tensor other = x.to(GetParam().dtype);
        expect_equal(operations::project(other.unsqueeze(0), Weights(weight)),
                     operations::aten::project(other.unsqueeze(0), operations::unpacked(weight)), GetParam().dtype);
      }
    }
  }
}

TEST_P(PackedWeights, Swiglu) {
  for (const int64_t rows : kRowCounts) {
    const at::Tensor x = numbers({rows, 40}, 1);
    const PackedMatrices gate_up = packed(2, 75, 40, 2), down = packed(1, 40, 75, 3);
    expect_equal(operations::swiglu(x, Weights(gate_up), Weights(down)),
                 operations::aten::swiglu(x, operations::unpacked(gate_up), operations::unpacked(down)),
                 GetParam().dtype);
  }
}

TEST_P(PackedWeights, RoutedExperts) {
  for (const int64_t rows : kRowCounts) {
    const at::Tensor x = numbers({rows, 40}, 1), gate = numbers({9, 40}, 2);
    const Routing routing = operations::aten::route(x, gate, 4, true, 1);
    const PackedMatrices gate_up = packed(2 * 9, 75, 40, 3), down = packed(9, 40, 75, 4);
    const at::Tensor expected = operations::aten::routed_experts(
        x, routing, operations::unpacked(gate_up).view({9, 2 * 75, 40}), operations::unpacked(down).view({9, 40, 75}));
    expect_equal(operations::routed_experts(x, routing, Weights(gate_up), Weights(down)), expected, at::kFloat);
  }
}

/// What a step computes, with as many threads.
std::vector<at::Tensor> step(int threads, const at::Tensor& x, const Precision& precision) {
  operations::use_threads(threads, true);
  const auto packed = [&](int64_t count, int64_t rows, int64_t columns, uint64_t seed) {
    return Weights(pack(precision.format, numbers({count * rows, columns}, seed), count, precision.dtype));
  };
  const Routing routing = operations::route(x, numbers({9, 40}, 2), 4, false, 1);
  return {operations::project(x, packed(3, 70, 40, 5)),
          operations::swiglu(x, packed(2, 75, 40, 6), packed(1, 40, 75, 7)),
          operations::routed_experts(x, routing, packed(18, 75, 40, 8), packed(9, 40, 75, 9))};
}

TEST_P(PackedWeights, ResultsDoNotDependOnTheNumberOfThreads) {
  if (kernels::active_isa() == kernels::Isa::none) GTEST_SKIP() << "LibTorch computes";
  const at::Tensor x = numbers({21, 40}, 1);
  const auto expected = step(1, x, GetParam());
  for (const int threads : {2, 3, 4}) {
    const auto got = step(threads, x, GetParam());
    for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(at::equal(got[i], expected[i])) << threads << ", result " << i;
  }
}

TEST_P(PackedWeights, ASequenceComesToTheSameAloneAndAmongOthers) {
  if (kernels::active_isa() == kernels::Isa::none) GTEST_SKIP() << "LibTorch computes";
  const at::Tensor x = numbers({5, 40}, 1);
  const auto together = step(2, x, GetParam()), alone = step(2, x.narrow(0, 0, 1), GetParam());
  for (size_t i = 0; i < alone.size(); ++i)
    EXPECT_TRUE(at::equal(alone[i], together[i].narrow(0, 0, 1))) << "result " << i;
}

TEST_P(PackedWeights, LossOfEachRowIsABound) {
  const at::Tensor all = numbers({50, 70}, 1);
  const PackedMatrices matrix = operations::allocate_packed(GetParam().format, 1, 50, 70, at::kFloat);
  operations::RowLoss loss;
  operations::pack_matrix(
      matrix, 0,
      [&](int64_t first, int64_t some, float* out) {
        std::copy_n(all.const_data_ptr<float>() + first * 70, some * 70, out);
      },
      &loss);
  const at::Tensor exact = all.to(at::kDouble), kept = operations::unpacked(matrix).to(at::kDouble);
  for (int64_t row = 0; row < 50; ++row) {
    const double lost = (exact[row] - kept[row]).norm().item<double>();
    EXPECT_GE(loss.errors[row], lost);
    EXPECT_LE(loss.errors[row], lost * 1.0001);
    EXPECT_GE(loss.norms[row], std::max(exact[row].norm().item<double>(), kept[row].norm().item<double>()));
  }
}

TEST_P(PackedWeights, AFailureToReadIsTold) {
  const PackedMatrices matrix = operations::allocate_packed(GetParam().format, 1, 50, 70, at::kFloat);
  EXPECT_THROW(operations::pack_matrix(matrix, 0, [](int64_t, int64_t, float*) { throw std::runtime_error("gone"); }),
               std::runtime_error);
}

TEST_P(PackedWeights, TakesAsManyBytesAsAnnounced) {
  const PackedMatrices matrices = packed(3, 37, 70, 1);
  EXPECT_EQ(matrices.panels.nbytes(), operations::packed_bytes(GetParam().format, 3, 37, 70));
  // 48 rows and two groups of 64 columns, or three of 32, with two bytes of a scale and perhaps four of a sum.
  const std::map<PackedFormat, uint64_t> bytes = {{PackedFormat::int8, 3U * 48 * 2 * (64 + 2)},
                                                  {PackedFormat::int8x8, 3U * 48 * 2 * (64 + 2 + 4)},
                                                  {PackedFormat::int4, 3U * 48 * 3 * (16 + 2)}};
  EXPECT_EQ(matrices.panels.nbytes(), bytes.at(GetParam().format));
}

std::string format_name(PackedFormat format) {
  if (format == PackedFormat::int8) return "int8";
  return format == PackedFormat::int8x8 ? "int8x8" : "int4";
}

INSTANTIATE_TEST_SUITE_P(Formats, PackedWeights,
                         testing::Values(Precision{PackedFormat::int8, at::kFloat},
                                         Precision{PackedFormat::int8, at::kBFloat16},
                                         Precision{PackedFormat::int8x8, at::kFloat},
                                         Precision{PackedFormat::int4, at::kFloat},
                                         Precision{PackedFormat::int4, at::kBFloat16}),
                         [](const auto& info) {
                           return format_name(info.param.format) + (info.param.dtype == at::kFloat ? "_fp32" : "_bf16");
                         });

TEST(DenseWeights, AreLeftToTheOtherOperations) {
  const at::Tensor x = numbers({2, 40}, 1), gate_up = numbers({9 * 70, 40}, 2), down = numbers({9 * 40, 35}, 3);
  EXPECT_TRUE(at::equal(operations::project(x, Weights(gate_up)), operations::project(x, gate_up)));
  const Routing routing = operations::aten::route(x, numbers({9, 40}, 4), 3, true, 1);
  EXPECT_TRUE(at::equal(operations::routed_experts(x, routing, Weights(gate_up), Weights(down)),
                        operations::routed_experts(x, routing, gate_up.view({9, 70, 40}), down.view({9, 40, 35}))));
}

// Around the size from which memory is asked for in huge pages, and of sizes that are none of theirs.
TEST(HostMemory, IsWhatWasAskedFor) {
  for (const int64_t rows : {int64_t{0}, int64_t{1}, int64_t{1023}, int64_t{1024}, int64_t{1025}, int64_t{3001}}) {
    const at::Tensor memory = operations::empty_on_host({rows, 1024}, at::kFloat);
    ASSERT_EQ(memory.sizes(), at::IntArrayRef({rows, 1024}));
    EXPECT_EQ(memory.scalar_type(), at::kFloat);
    EXPECT_TRUE(memory.is_contiguous());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.const_data_ptr()) % 64, 0u);
    const at::Tensor other = operations::empty_on_host({rows, 1024}, at::kFloat);
    at::Tensor(memory).fill_(1);
    at::Tensor(other).fill_(2);
    EXPECT_EQ(memory.sum().item<double>(), static_cast<double>(rows) * 1024);
  }
}

TEST(HostMemory, IsRefusedWhereThereIsNone) {
  EXPECT_THROW(operations::empty_on_host({int64_t{1} << 50}, at::kFloat), c10::OutOfMemoryError);
}

TEST(PackedMatricesBytes, AreThoseOfOneMatrix) {
  const PackedMatrices matrices = operations::allocate_packed(PackedFormat::int8, 3, 40, 70, at::kFloat);
  const auto* first = static_cast<const std::byte*>(matrices.panels.const_data_ptr());
  const size_t each = operations::packed_bytes(PackedFormat::int8, 1, 40, 70);
  for (int64_t i = 0; i < 3; ++i) {
    const std::span<std::byte> bytes = operations::matrix_bytes(matrices, i);
    EXPECT_EQ(bytes.size(), each);
    EXPECT_EQ(bytes.data(), first + i * static_cast<int64_t>(each));
  }
}

}  // namespace
}  // namespace deepseekocr::test
