// SPDX-License-Identifier: MIT
// The operations of a decode step as they are chosen on this processor, against the reference; meson runs these tests
// once for each level of instructions (DEEPSEEKOCR_ISA).
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <limits>

#include "engine/operations/naive.h"
#include "engine/operations/with_team.h"
#include "kernels/isa.h"
#include "operations/aten/reference.h"
#include "operations/cache_address.h"
#include "operations/cpu/decoder.h"
#include "operations/threads.h"

namespace deepseekocr::test {
namespace {

using operations::CacheSlice;
using operations::Routing;

constexpr int64_t kRowCounts[] = {0, 1, 2, 5, operations::cpu::kFewRows};

/// bfloat16 rounds what goes into a product in the reference, and what comes out of it in both.
double tolerance(at::ScalarType type) {
  return type == at::kFloat ? 2e-5 : 0.01;
}

class Cpu : public WithTeam<testing::TestWithParam<at::ScalarType>> {
 protected:
  void SetUp() override {
    WithTeam::SetUp();
    if (kernels::active_isa() == kernels::Isa::none) GTEST_SKIP() << "no kernels on this processor, or none wanted";
  }

  static at::Tensor weights(at::IntArrayRef shape, uint64_t seed) { return numbers(shape, seed).to(GetParam()); }
  static void expect_equal(const at::Tensor& got, const at::Tensor& expected) {
    EXPECT_EQ(got.sizes(), expected.sizes());
    EXPECT_EQ(got.scalar_type(), expected.scalar_type());
    const double scale = expected.numel() == 0 ? 1 : std::max(1.0, expected.abs().max().item<double>());
    expect_close(values(got), values(expected), tolerance(GetParam()) * scale);
  }
};

TEST_P(Cpu, Project) {
  for (const int64_t rows : kRowCounts) {
    for (const auto& [outputs, inputs] : {std::pair<int64_t, int64_t>{1, 1}, {7, 5}, {33, 64}, {96, 67}, {40, 320}}) {
      const at::Tensor x = numbers({rows, inputs}, 1), weight = weights({outputs, inputs}, 2);
      ASSERT_TRUE(operations::cpu::takes(x, weight));
      expect_equal(operations::project(x, weight), operations::aten::project(x, weight));
      // A row of several sequences, and weights that are part of others.
      const at::Tensor part = weights({2 * outputs, inputs}, 3).narrow(0, outputs, outputs);
      expect_equal(operations::project(x.unsqueeze(0), part), operations::aten::project(x.unsqueeze(0), part));
    }
  }
}

TEST_P(Cpu, ManyRows) {
  for (const int64_t rows : {17, 24, 49, 100}) {
    const at::Tensor x = numbers({rows, 67}, 1), weight = weights({37, 67}, 2);
    expect_equal(operations::cpu::project(x, weight), operations::aten::project(x, weight));
    const at::Tensor gate_up = weights({2 * 35, 67}, 3), down = weights({67, 35}, 4);
    expect_equal(operations::cpu::swiglu(x, gate_up, down), operations::aten::swiglu(x, gate_up, down));
    const Routing routing = operations::aten::route(x, numbers({9, 67}, 5), 4, true, 1);
    const at::Tensor all_gate_up = weights({9, 2 * 35, 67}, 6), all_down = weights({9, 67, 35}, 7);
    expect_equal(operations::cpu::routed_experts(x, routing, all_gate_up, all_down),
                 operations::aten::routed_experts(x, routing, all_gate_up, all_down));
  }
}

TEST_P(Cpu, ManyRowsAreLeftToTheReferenceUnlessItIsSlow) {
  EXPECT_EQ(operations::cpu::takes(numbers({operations::cpu::kFewRows + 1, 8}, 1), weights({4, 8}, 2)),
            operations::cpu::is_slow(GetParam()));
}

TEST_P(Cpu, OtherLayoutsAreLeftToTheReference) {
  EXPECT_FALSE(operations::cpu::takes(numbers({1, 8}, 1), weights({8, 4}, 2).t()));
  EXPECT_FALSE(operations::cpu::takes(numbers({1, 8}, 1), numbers({4, 8}, 2).to(at::kHalf)));
}

TEST_P(Cpu, Logits) {
  for (const int64_t rows : kRowCounts) {
    const at::Tensor x = numbers({rows, 72}, 1), weight = weights({101, 72}, 2);
    expect_equal(operations::logits(x, weight), operations::aten::logits(x, weight));
  }
}

TEST_P(Cpu, Swiglu) {
  for (const int64_t rows : kRowCounts) {
    const at::Tensor x = numbers({rows, 40}, 1), gate_up = weights({2 * 35, 40}, 2), down = weights({40, 35}, 3);
    expect_equal(operations::swiglu(x, gate_up, down), operations::aten::swiglu(x, gate_up, down));
  }
}

TEST_P(Cpu, RmsNorm) {
  for (const int64_t rows : kRowCounts) {
    const at::Tensor x = numbers({rows, 75}, 1), weight = numbers({75}, 2);
    expect_equal(operations::rms_norm(x, weight, 1e-6), operations::aten::rms_norm(x, weight, 1e-6));
  }
}

TEST_P(Cpu, RouteOfManyRows) {
  const at::Tensor x = numbers({70, 40}, 1), gate = numbers({9, 40}, 2);
  ASSERT_TRUE(operations::cpu::takes_any_rows(x, gate));
  const Routing got = operations::route(x, gate, 4, true, 1), expected = operations::aten::route(x, gate, 4, true, 1);
  EXPECT_TRUE(at::equal(got.experts, expected.experts));
  expect_close(values(got.weights), values(expected.weights), 1e-5);
}

TEST_P(Cpu, RouteAndExperts) {
  for (const bool normalise : {false, true}) {
    for (const int64_t rows : kRowCounts) {
      const at::Tensor x = numbers({rows, 40}, 1), gate = numbers({9, 40}, 2);
      const Routing got = operations::route(x, gate, 4, normalise, 1.5);
      const Routing expected = operations::aten::route(x, gate, 4, normalise, 1.5);
      EXPECT_TRUE(at::equal(got.experts, expected.experts));
      expect_close(values(got.weights), values(expected.weights), 1e-5);
      const at::Tensor gate_up = weights({9, 2 * 35, 40}, 3), down = weights({9, 40, 35}, 4);
      expect_equal(operations::routed_experts(x, expected, gate_up, down),
                   operations::aten::routed_experts(x, expected, gate_up, down));
    }
  }
}

constexpr int64_t kCapacity = 100;

constexpr CacheFormat kFormats[] = {CacheFormat::plain, CacheFormat::int8};

/// Sequences of these lengths, each extended by a step.
struct Caches {
  Caches(const std::vector<int64_t>& lengths, int64_t heads, int64_t dim, at::ScalarType type,
         CacheFormat format = CacheFormat::plain) {
    uint64_t seed = 10;
    for (const int64_t length : lengths) {
      const at::Tensor keys = numbers({heads, kCapacity, dim}, ++seed), values = numbers(keys.sizes(), ++seed);
      if (format == CacheFormat::plain) {
        slices.push_back({keys.to(type), values.to(type), length, 1});
        continue;
      }
      const auto own_keys = operations::aten::round_vectors(keys), own_values = operations::aten::round_vectors(values);
      slices.push_back({own_keys.numbers, own_values.numbers, length, 1, own_keys.scales, own_values.scales});
    }
  }
  std::vector<CacheSlice> slices;
};

/// What a slice keeps, as numbers.
std::pair<at::Tensor, at::Tensor> kept(const CacheSlice& slice) {
  if (!slice.is_rounded()) return {slice.keys, slice.values};
  return {slice.keys * slice.key_scales.unsqueeze(-1), slice.values * slice.value_scales.unsqueeze(-1)};
}

/// Plain values are copied, plain keys come as close as `plain`; rounded numbers may differ by a step where float32
/// came to another last bit.
void expect_equal_caches(const std::vector<CacheSlice>& got, const std::vector<CacheSlice>& expected, double plain) {
  for (size_t i = 0; i < got.size(); ++i) {
    const auto [keys, own_values] = kept(got[i]);
    const auto [other_keys, other_values] = kept(expected[i]);
    expect_close(values(keys), values(other_keys), got[i].is_rounded() ? 0.02 : plain);
    EXPECT_TRUE(at::equal(own_values, other_values));
  }
}

TEST_P(Cpu, CachedAttention) {
  constexpr int64_t kHeads = 3;
  const std::vector<int64_t> lengths = {0, 1, 17, kCapacity - 1};
  for (const CacheFormat format : kFormats) {
    for (const int64_t dim : {2, 10, 32, 66}) {
      const auto rope = operations::rope_table(kCapacity, static_cast<int>(dim), 10000, at::kCPU);
      Caches own(lengths, kHeads, dim, GetParam(), format), reference(lengths, kHeads, dim, GetParam(), format);
      const at::Tensor qkv = weights({4, 3 * kHeads * dim}, 1);
      ASSERT_TRUE(operations::cpu::takes(qkv, own.slices));
      expect_equal(operations::cached_attention(qkv, rope, kHeads, own.slices),
                   operations::aten::cached_attention(qkv, rope, kHeads, reference.slices));
      expect_equal_caches(own.slices, reference.slices, tolerance(GetParam()));
    }
  }
}

TEST_P(Cpu, ManySequencesAreLeftToTheReferenceUnlessTheirCachesAreRounded) {
  const std::vector<int64_t> lengths(operations::cpu::kFewRows + 4, 5);
  const auto count = static_cast<int64_t>(lengths.size());
  const auto rope = operations::rope_table(kCapacity, 10, 10000, at::kCPU);
  const at::Tensor qkv = weights({count, 3 * 20}, 1);
  EXPECT_FALSE(operations::cpu::takes(qkv, Caches(lengths, 2, 10, GetParam()).slices));
  const Caches own(lengths, 2, 10, GetParam(), CacheFormat::int8), other(lengths, 2, 10, GetParam(), CacheFormat::int8);
  ASSERT_TRUE(operations::cpu::takes(qkv, own.slices));
  const at::Tensor all = operations::cached_attention(qkv, rope, 2, own.slices);
  for (int64_t i = 0; i < count; ++i)
    EXPECT_TRUE(at::equal(all[i], operations::cached_attention(qkv.narrow(0, i, 1), rope, 2,
                                                               {&other.slices[static_cast<size_t>(i)], 1})[0]));
}

TEST_P(Cpu, CachesInEightBitsAreCloseToPlainOnes) {
  const std::vector<int64_t> lengths = {0, 17, kCapacity - 1};
  const auto rope = operations::rope_table(kCapacity, 32, 10000, at::kCPU);
  const at::Tensor qkv = weights({3, 3 * 64}, 1);
  const Caches rounded(lengths, 2, 32, GetParam(), CacheFormat::int8), plain(lengths, 2, 32, GetParam());
  const at::Tensor got = operations::cached_attention(qkv, rope, 2, rounded.slices),
                   expected = operations::cached_attention(qkv, rope, 2, plain.slices);
  expect_close(values(got), values(expected), 0.02);
  EXPECT_FALSE(at::equal(got, expected));
}

TEST_P(Cpu, WhatIsNotFiniteInACacheOfEightBitsIsNotHidden) {
  const auto rope = operations::rope_table(kCapacity, 32, 10000, at::kCPU);
  for (const int64_t part : {0, 1, 2}) {  // a query, a key, a value
    const at::Tensor qkv = weights({1, 3 * 64}, 1);
    qkv[0][part * 64 + 3] = std::numeric_limits<float>::infinity();
    const Caches caches({9}, 2, 32, GetParam(), CacheFormat::int8);
    const at::Tensor out = operations::cached_attention(qkv, rope, 2, caches.slices);
    EXPECT_TRUE(out[0].narrow(0, 0, 32).isnan().all().item<bool>()) << part;
    EXPECT_FALSE(out[0].narrow(0, 32, 32).isnan().any().item<bool>()) << part;
  }
}

/// Sequences that begin with prompts of these lengths; `rows` of them all together.
struct Prompts : Caches {
  Prompts(std::vector<int64_t> counts, int64_t heads, int64_t dim, at::ScalarType type,
          CacheFormat format = CacheFormat::plain)
      : Caches({0, 0, 0}, heads, dim, type, format) {
    for (size_t i = 0; i < slices.size(); ++i) rows += slices[i].count = counts[i];
  }
  int64_t rows = 0;
};

TEST_P(Cpu, PromptAttention) {
  constexpr int64_t kHeads = 3;
  for (const CacheFormat format : kFormats) {
    for (const int64_t dim : {2, 10, 32}) {
      for (const auto& counts : {std::vector<int64_t>{7, kCapacity, 1}, {31, 32, 33}, {64, 2, 65}}) {
        const auto rope = operations::rope_table(kCapacity, static_cast<int>(dim), 10000, at::kCPU);
        Prompts own(counts, kHeads, dim, GetParam(), format), reference(counts, kHeads, dim, GetParam(), format);
        const at::Tensor qkv = weights({own.rows, 3 * kHeads * dim}, 1);
        expect_equal(operations::cpu::prompt_attention(qkv, rope, kHeads, own.slices),
                     operations::aten::cached_attention(qkv, rope, kHeads, reference.slices));
        expect_equal_caches(own.slices, reference.slices, tolerance(GetParam()));
      }
    }
  }
}

/// A draft that is verified inside a prompt and a text that is decoded must agree.
TEST_P(Cpu, APromptInEightBitsAttendsToWhatDecodingReads) {
  constexpr int64_t kPositions = 40;
  const auto rope = operations::rope_table(kCapacity, 32, 10000, at::kCPU);
  Prompts prompts({kPositions, kPositions, 0}, 2, 32, GetParam(), CacheFormat::int8);
  std::vector<CacheSlice>& slices = prompts.slices;
  const at::Tensor qkv = weights({kPositions, 3 * 64}, 1);
  const at::Tensor at_once = operations::cpu::prompt_attention(qkv, rope, 2, {&slices[0], 1});
  for (int64_t i = 0; i < kPositions; ++i) {
    slices[1].length = i;
    slices[1].count = 1;
    const at::Tensor one = operations::cached_attention(qkv.narrow(0, i, 1), rope, 2, {&slices[1], 1});
    // Far less than a rounding to 8 bits makes; bfloat16 rounds what comes out.
    expect_close(values(one[0]), values(at_once[i]), GetParam() == at::kFloat ? 5e-5 : 0.01);
  }
  slices.pop_back();
  EXPECT_TRUE(at::equal(slices[0].keys.narrow(1, 0, kPositions), slices[1].keys.narrow(1, 0, kPositions)));
  EXPECT_TRUE(at::equal(slices[0].values.narrow(1, 0, kPositions), slices[1].values.narrow(1, 0, kPositions)));
}

TEST_P(Cpu, PromptsAreTakenWhereAllProductsAre) {
  Prompts prompts({7, 9, 1}, 2, 8, GetParam());
  const at::Tensor qkv = weights({prompts.rows, 48}, 1);
  EXPECT_EQ(operations::cpu::takes_prompts(qkv, prompts.slices), operations::team_computes(GetParam()));
  EXPECT_EQ(operations::team_computes(GetParam()), operations::cpu::is_slow(GetParam()));
  prompts.slices[1].length = 1;
  EXPECT_FALSE(operations::cpu::takes_prompts(qkv, prompts.slices)) << "one goes on";
}

TEST_P(Cpu, APromptComesToTheSameWithAnyNumberOfThreads) {
  const auto rope = operations::rope_table(kCapacity, 10, 10000, at::kCPU);
  std::vector<at::Tensor> results;
  for (const int threads : {1, 2, 4}) {
    operations::use_threads(threads, true);
    EXPECT_EQ(at::get_num_threads(), 1) << "LibTorch's threads stay out";
    Prompts prompts({70, 3, 33}, 3, 10, GetParam());
    results.push_back(operations::cpu::prompt_attention(weights({prompts.rows, 90}, 1), rope, 3, prompts.slices));
    EXPECT_TRUE(at::equal(results.back(), results.front())) << threads;
  }
}

TEST_P(Cpu, APromptIsNoStep) {
  Caches caches({0}, 2, 8, GetParam());
  caches.slices[0].count = 3;
  EXPECT_FALSE(operations::cpu::takes(weights({3, 48}, 1), caches.slices));
}

/// What a decode step computes, with as many threads.
std::vector<at::Tensor> step(int threads, const at::Tensor& x, at::ScalarType type) {
  operations::use_threads(threads, true);
  const auto weights = [&](at::IntArrayRef shape, uint64_t seed) { return numbers(shape, seed).to(type); };
  const Routing routing = operations::route(x, numbers({9, 40}, 2), 4, false, 1);
  Caches caches({3, 9, 40}, 2, 10, type);
  const auto rope = operations::rope_table(kCapacity, 10, 10000, at::kCPU);
  const at::Tensor qkv = operations::project(x, weights({60, 40}, 5));
  const at::Tensor attended =
      operations::cached_attention(qkv, rope, 2, {caches.slices.data(), static_cast<size_t>(x.size(0))});
  return {routing.weights, operations::routed_experts(x, routing, weights({9, 2 * 70, 40}, 3), weights({9, 40, 70}, 4)),
          qkv, attended, operations::logits(x, weights({301, 40}, 6))};
}

TEST_P(Cpu, ResultsDoNotDependOnTheNumberOfThreads) {
  const at::Tensor x = numbers({3, 40}, 1);
  const auto expected = step(1, x, GetParam());
  for (const int threads : {2, 3, 4}) {
    const auto got = step(threads, x, GetParam());
    for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(at::equal(got[i], expected[i])) << threads << ", result " << i;
  }
}

TEST_P(Cpu, ASequenceComesToTheSameAloneAndAmongOthers) {
  const at::Tensor x = numbers({3, 40}, 1);
  const auto together = step(2, x, GetParam());
  const auto alone = step(2, x.narrow(0, 0, 1), GetParam());
  for (size_t i = 0; i < alone.size(); ++i)
    EXPECT_TRUE(at::equal(alone[i], together[i].narrow(0, 0, 1))) << "result " << i;
}

INSTANTIATE_TEST_SUITE_P(Types, Cpu, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& info) { return info.param == at::kFloat ? "fp32" : "bf16"; });

}  // namespace
}  // namespace deepseekocr::test
