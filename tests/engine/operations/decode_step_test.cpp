// SPDX-License-Identifier: MIT
// The decode step of a processor as one operation, against the same step operation by operation: equal to the bit.
// meson runs these tests once for each level of instructions (DEEPSEEKOCR_ISA).
#include "operations/decode_step.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "checkpoint/error.h"
#include "engine/operations/naive.h"
#include "engine/operations/with_team.h"
#include "kernels/isa.h"
#include "operations/aten/reference.h"
#include "operations/threads.h"

namespace deepseekocr::test {
namespace {

using operations::CacheSlice;
using operations::Choice;
using operations::DecoderLayerWeights;
using operations::DecoderWeights;
using operations::PackedFormat;
using operations::StepSequence;
using operations::Weights;

struct Kind {
  const char* name;
  at::ScalarType dtype;
  std::optional<PackedFormat> packing;
  CacheFormat caches = CacheFormat::plain;
};

// Neither is a multiple of what a product takes at once.
constexpr int64_t kHidden = 72, kHeads = 3, kDim = kHidden / kHeads, kCapacity = 24;
constexpr int64_t kExperts = 5, kTop = 2, kWidth = 67, kOwnWidth = 130, kVocabulary = 300;

Weights matrices(const Kind& kind, int64_t count, int64_t rows, int64_t columns, uint64_t seed) {
  const at::Tensor all = numbers({count * rows, columns}, seed) * 0.3;
  if (!kind.packing) return all.to(kind.dtype);
  const auto packed = operations::allocate_packed(*kind.packing, count, rows, columns, kind.dtype);
  for (int64_t i = 0; i < count; ++i) {
    operations::pack_matrix(packed, i, [&](int64_t first, int64_t some, float* out) {
      std::copy_n(all.const_data_ptr<float>() + (i * rows + first) * columns, some * columns, out);
    });
  }
  return packed;
}

at::Tensor norm_weight(uint64_t seed) {
  return numbers({kHidden}, seed) * 0.2 + 1;
}

/// As the model hands it over: dense experts have an axis of their own.
Weights by_expert(Weights weights, int64_t columns) {
  if (auto* dense = std::get_if<at::Tensor>(&weights)) *dense = dense->view({kExperts, -1, columns});
  return weights;
}

DecoderLayerWeights make_layer(const Kind& kind, bool routed, uint64_t seed) {
  DecoderLayerWeights layer{norm_weight(seed),
                            norm_weight(seed + 1),
                            matrices(kind, 3, kHidden, kHidden, seed + 2),
                            matrices(kind, 1, kHidden, kHidden, seed + 3),
                            {}};
  auto& network = layer.feed_forward;
  network.own_gate_up = matrices(kind, 2, kOwnWidth, kHidden, seed + 4);
  network.own_down = matrices(kind, 1, kHidden, kOwnWidth, seed + 5);
  if (!routed) return layer;
  network.gate = numbers({kExperts, kHidden}, seed + 6);
  network.gate_up = by_expert(matrices(kind, 2 * kExperts, kWidth, kHidden, seed + 7), kHidden);
  network.down = by_expert(matrices(kind, kExperts, kHidden, kWidth, seed + 8), kWidth);
  return layer;
}

/// A decoder of random weights.
struct Network {
  explicit Network(const Kind& kind) : table(numbers({kVocabulary, kHidden}, 1).to(kind.dtype)) {
    weights.norm = norm_weight(2);
    weights.rope = operations::rope_table(kCapacity, kDim, 10000, at::kCPU);
    for (uint64_t i = 0; i < 3; ++i) weights.layers.push_back(make_layer(kind, i > 0, 10 + 10 * i));
    weights.heads = kHeads;
    weights.experts_per_token = kTop;
    weights.weight_scale = 1.5;
    weights.epsilon = 1e-6;
    if (kind.packing) {
      pack_head();
      weights.packed_head = &head;
      weights.read_embedding = [this](int32_t id, float* out) {
        const at::Tensor row = table[id].to(at::kFloat).contiguous();
        std::copy_n(row.const_data_ptr<float>(), kHidden, out);
      };
    } else {
      weights.embedding = table;
      weights.lm_head = numbers({kVocabulary, kHidden}, 3).to(kind.dtype);
    }
  }
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  void pack_head() {
    const at::Tensor exact = numbers({kVocabulary, kHidden}, 3);
    head.weights = operations::allocate_packed(PackedFormat::int8, 1, kVocabulary, kHidden, at::kFloat);
    head.exact = [exact](int64_t first, int64_t count, float* out) {
      std::copy_n(exact.const_data_ptr<float>() + first * kHidden, count * kHidden, out);
    };
    operations::RowLoss loss;
    operations::pack_matrix(head.weights, 0, head.exact, &loss);
    head.errors = loss.errors;
    head.largest_norm = *std::max_element(loss.norms.begin(), loss.norms.end());
  }

  at::Tensor table;
  operations::PackedHead head;
  DecoderWeights weights;
};

/// Sequences of which some positions are filled already.
struct Caches {
  Caches(const Kind& kind, int64_t sequences) {
    for (int64_t i = 0; i < sequences; ++i) {
      lengths.push_back(i % 7);
      std::vector<CacheSlice> own;
      for (uint64_t layer = 0; layer < 3; ++layer) {
        const auto seed = static_cast<uint64_t>(100 * i) + 2 * layer;
        own.push_back(slice(kind, numbers({kHeads, kCapacity, kDim}, 500 + seed),
                            numbers({kHeads, kCapacity, kDim}, 501 + seed), lengths.back()));
      }
      slices.push_back(std::move(own));
    }
  }
  static CacheSlice slice(const Kind& kind, const at::Tensor& keys, const at::Tensor& values, int64_t length) {
    if (kind.caches == CacheFormat::plain) return {keys.to(kind.dtype), values.to(kind.dtype), length, 1};
    const auto own_keys = operations::aten::round_vectors(keys), own_values = operations::aten::round_vectors(values);
    return {own_keys.numbers, own_values.numbers, length, 1, own_keys.scales, own_values.scales};
  }
  std::vector<CacheAddress> scale_addresses(size_t sequence) const {
    std::vector<CacheAddress> all;
    for (const CacheSlice& slice : slices[sequence])
      if (slice.is_rounded())
        all.push_back({slice.key_scales.mutable_data_ptr(), slice.value_scales.mutable_data_ptr()});
    return all;
  }
  std::vector<CacheAddress> addresses(size_t sequence) const {
    std::vector<CacheAddress> all;
    for (const CacheSlice& slice : slices[sequence])
      all.push_back({slice.keys.mutable_data_ptr(), slice.values.mutable_data_ptr()});
    return all;
  }
  std::vector<int64_t> lengths;
  std::vector<std::vector<CacheSlice>> slices;  ///< of each sequence, of each layer
};

at::Tensor feed_forward(const operations::FeedForwardWeights& network, const DecoderWeights& weights,
                        const at::Tensor& x) {
  const at::Tensor own = operations::swiglu(x, network.own_gate_up, network.own_down);
  if (!network.gate.defined()) return own;
  const auto routing = operations::route(x, network.gate, kTop, weights.normalise_weights, weights.weight_scale);
  return operations::routed_experts(x, routing, network.gate_up, network.down) + own;
}

/// The step operation by operation.  @return its normed hidden states
at::Tensor step_by_step(const Network& network, const std::vector<int32_t>& ids, Caches& caches) {
  std::vector<at::Tensor> rows;
  for (const int32_t id : ids) rows.push_back(network.table[id]);
  at::Tensor x = at::stack(rows).to(at::kFloat);
  for (size_t i = 0; i < network.weights.layers.size(); ++i) {
    const DecoderLayerWeights& layer = network.weights.layers[i];
    std::vector<CacheSlice> slices;
    for (size_t s = 0; s < ids.size(); ++s) {
      slices.push_back(caches.slices[s][i]);
      slices.back().length = caches.lengths[s];
    }
    const at::Tensor qkv = operations::project(operations::rms_norm(x, layer.input_norm, 1e-6), layer.qkv);
    x = x + operations::project(operations::cached_attention(qkv, network.weights.rope, kHeads, slices), layer.out);
    x = x + feed_forward(layer.feed_forward, network.weights, operations::rms_norm(x, layer.post_attention_norm, 1e-6));
  }
  return operations::rms_norm(x, network.weights.norm, 1e-6);
}

std::vector<Choice> choose(const Network& network, const at::Tensor& normed, std::span<const int32_t> banned) {
  const auto rows = static_cast<size_t>(normed.size(0));
  if (network.weights.packed_head != nullptr) {
    const std::vector<std::span<const int32_t>> bans(rows, banned);
    return operations::choose(normed, network.head, bans);
  }
  const at::Tensor logits = operations::logits(normed, network.weights.lm_head);
  std::vector<Choice> choices;
  for (size_t i = 0; i < rows; ++i)
    choices.push_back(operations::choose({logits.const_data_ptr<float>() + i * kVocabulary, kVocabulary}, banned));
  return choices;
}

class DecodeStepTest : public WithTeam<testing::TestWithParam<Kind>> {
 protected:
  void SetUp() override {
    WithTeam::SetUp();
    if (kernels::active_isa() == kernels::Isa::none) GTEST_SKIP() << "no kernels on this processor, or none wanted";
  }

  /// Six steps of `count` sequences, both ways.
  static void expect_equal_steps(int64_t count) {
    const Network network(GetParam());
    const auto step = operations::make_decode_step(network.weights);
    ASSERT_NE(step, nullptr);
    Caches caches(GetParam(), count), others(GetParam(), count);
    std::vector<int32_t> ids;
    for (int32_t i = 0; i < count; ++i) ids.push_back(17 * i % kVocabulary);
    std::vector<int32_t> banned = {3, 7};
    for (int n = 0; n < 6; ++n) {
      std::vector<std::vector<CacheAddress>> addresses, scales;
      std::vector<StepSequence> sequences;
      for (size_t s = 0; s < ids.size(); ++s) addresses.push_back(caches.addresses(s));
      for (size_t s = 0; s < ids.size(); ++s) scales.push_back(caches.scale_addresses(s));
      for (size_t s = 0; s < ids.size(); ++s)
        sequences.push_back({ids[s], caches.lengths[s], kCapacity, addresses[s], banned, scales[s]});
      ASSERT_TRUE(step->takes(sequences));
      std::vector<Choice> choices(ids.size());
      step->run(sequences, choices);
      const at::Tensor normed = step_by_step(network, ids, others);
      const std::vector<Choice> expected = choose(network, normed, banned);
      for (size_t s = 0; s < ids.size(); ++s) {
        EXPECT_EQ(choices[s].id, expected[s].id);
        EXPECT_EQ(choices[s].log_probability, expected[s].log_probability);
        EXPECT_EQ(choices[s].margin, expected[s].margin);
        for (size_t layer = 0; layer < 3; ++layer) {
          EXPECT_TRUE(at::equal(caches.slices[s][layer].keys, others.slices[s][layer].keys));
          EXPECT_TRUE(at::equal(caches.slices[s][layer].values, others.slices[s][layer].values));
          if (GetParam().caches == CacheFormat::plain) continue;
          EXPECT_TRUE(at::equal(caches.slices[s][layer].key_scales, others.slices[s][layer].key_scales));
          EXPECT_TRUE(at::equal(caches.slices[s][layer].value_scales, others.slices[s][layer].value_scales));
        }
        ids[s] = choices[s].id;
        ++caches.lengths[s];
        ++others.lengths[s];
      }
      banned.push_back(ids[0]);
    }
  }
};

TEST_P(DecodeStepTest, OfOneSequenceIsThatOfTheOperations) {
  expect_equal_steps(1);
}

TEST_P(DecodeStepTest, OfSeveralSequencesIsThatOfTheOperations) {
  for (const int64_t count : {2, 5, 16}) expect_equal_steps(count);
}

TEST_P(DecodeStepTest, DoesNotDependOnTheNumberOfThreads) {
  for (const int threads : {1, 2, 4}) {
    operations::use_threads(threads, true);
    expect_equal_steps(3);
  }
}

TEST_P(DecodeStepTest, TakesNoMoreSequencesThanProductsOfFewRows) {
  const Network network(GetParam());
  const auto step = operations::make_decode_step(network.weights);
  const std::vector<StepSequence> sequences(17);
  EXPECT_FALSE(step->takes({}));
  EXPECT_TRUE(step->takes({sequences.data(), 16}));
  EXPECT_FALSE(step->takes(sequences));
}

TEST_P(DecodeStepTest, GivesTheLogitsOfItsChoices) {
  const Network network(GetParam());
  const auto step = operations::make_decode_step(network.weights);
  const Caches caches(GetParam(), 2);
  const auto first = caches.addresses(0), second = caches.addresses(1);
  const auto scales = caches.scale_addresses(0), others = caches.scale_addresses(1);
  const std::vector<StepSequence> sequences = {{5, 0, kCapacity, first, {}, scales},
                                               {6, 1, kCapacity, second, {}, others}};
  std::vector<Choice> choices(2);
  step->run(sequences, choices);
  const at::Tensor logits = step->logits();
  ASSERT_EQ(logits.sizes(), (std::vector<int64_t>{2, kVocabulary}));
  for (int64_t row = 0; row < 2; ++row)
    EXPECT_EQ(logits[row].argmax().item<int64_t>(), choices[static_cast<size_t>(row)].id);
}

TEST_P(DecodeStepTest, RefusesLogitsThatAreNoNumbers) {
  Network network(GetParam());
  network.weights.norm = network.weights.norm * std::numeric_limits<float>::infinity();
  const auto step = operations::make_decode_step(network.weights);
  const Caches caches(GetParam(), 1);
  const auto addresses = caches.addresses(0);
  const auto scales = caches.scale_addresses(0);
  const StepSequence sequence{5, 0, kCapacity, addresses, {}, scales};
  Choice choice;
  EXPECT_THROW(step->run({&sequence, 1}, {&choice, 1}), EngineError);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, DecodeStepTest,
    testing::Values(Kind{"fp32", at::kFloat, {}}, Kind{"bf16", at::kBFloat16, {}},
                    Kind{"int8", at::kFloat, PackedFormat::int8}, Kind{"int4", at::kFloat, PackedFormat::int4},
                    Kind{"int8OfBf16", at::kBFloat16, PackedFormat::int8},
                    Kind{"fp32CachesInt8", at::kFloat, {}, CacheFormat::int8},
                    Kind{"int4OfBf16CachesInt8", at::kBFloat16, PackedFormat::int4, CacheFormat::int8}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace deepseekocr::test
