// SPDX-License-Identifier: MIT
// The kernels of a decode step one by one, on odd sizes, against the reference in float32 on the host.
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>

#include "device/cuda_device.h"
#include "engine/operations/naive.h"
#include "operations/aten/reference.h"
#include "operations/cuda/operations.h"

namespace deepseekocr::test {
namespace {

using cuda::Bits;
using operations::CacheSlice;
using operations::Routing;

class CudaOperations : public OnCuda {
 protected:
  /// bfloat16 values, as float32 on the host.
  static at::Tensor rounded(at::IntArrayRef shape, uint64_t seed) {
    return numbers(shape, seed).to(at::kBFloat16).to(at::kFloat);
  }
  static at::Tensor bf16(const at::Tensor& host) { return host.to(at::kBFloat16).to(device()); }
  static at::Tensor fp32(const at::Tensor& host) { return host.to(at::kFloat).to(device()); }
  static at::Tensor int32(const at::Tensor& host) { return host.to(at::kInt).to(device()); }
  static at::Tensor room(at::IntArrayRef shape, at::ScalarType type) {
    return at::zeros(shape, at::TensorOptions().dtype(type).device(device()));
  }
  static Bits* bits(const at::Tensor& tensor) { return static_cast<Bits*>(tensor.mutable_data_ptr()); }
  template <typename T = float>
  static T* data(const at::Tensor& tensor) {
    return static_cast<T*>(tensor.mutable_data_ptr());
  }
  static cuda::Stream stream() { return operations::cuda::current_stream(device()); }

  /// @param relative  to the largest value that is expected
  static void expect_near(const at::Tensor& got, const at::Tensor& expected, double relative, const std::string& what) {
    ASSERT_EQ(got.sizes(), expected.sizes()) << what;
    const double scale = expected.numel() == 0 ? 1 : std::max(1e-3, expected.abs().max().item<double>());
    const at::Tensor difference = (got.to(at::kCPU, at::kDouble) - expected.to(at::kDouble)).abs();
    const double largest = got.numel() == 0 ? 0 : difference.max().item<double>();
    EXPECT_LE(largest, relative * scale) << what;  // a NaN is not less
  }
};

constexpr double kSums = 2e-6;     ///< float32 sums in another order, of up to some thousand terms
constexpr double kRounded = 5e-3;  ///< rounded to bfloat16 once

TEST_F(CudaOperations, Linear) {
  for (const int rows : {1, 2, 7, 8, 9, 16, 17, 33, 64, 65, 100, 128}) {
    for (const auto& [outputs, inputs] :
         {std::pair<int, int>{1, 8}, {16, 32}, {37, 72}, {48, 256}, {131, 1288}, {96, 896}, {40, 3000}}) {
      const at::Tensor x = rounded({rows, inputs}, 1), weight = rounded({outputs, inputs}, 2);
      const at::Tensor before = numbers({rows, outputs}, 3), product = at::linear(x, weight);
      const at::Tensor on_x = bf16(x), on_weight = bf16(weight), out = fp32(before);
      const std::string what = std::to_string(rows) + " x " + std::to_string(inputs) + " to " + std::to_string(outputs);
      cuda::LinearArguments a{bits(on_x), bits(on_weight), data(out), rows, inputs, outputs, false};
      cuda::check(library().linear(a, stream()));
      expect_near(out, product, kSums, what);
      a.add = true;
      cuda::check(library().linear(a, stream()));
      expect_near(out, product * 2, kSums, what + " added");
    }
  }
}

TEST_F(CudaOperations, Norm) {
  for (const int rows : {1, 3, 100}) {
    for (const int hidden : {8, 72, 1280}) {
      const int top = 3, slices = 2;
      const at::Tensor x = numbers({rows, hidden}, 1), weight = numbers({hidden}, 2);
      const at::Tensor routed = numbers({rows * top, hidden}, 3), weights = numbers({rows, top}, 4),
                       own = numbers({slices, rows, hidden}, 5);
      const at::Tensor on_x = fp32(x), on_weight = fp32(weight), on_routed = fp32(routed), on_weights = fp32(weights),
                       on_own = fp32(own), out = room({rows, hidden}, at::kBFloat16);
      cuda::NormArguments a{data(on_x), nullptr, nullptr, nullptr, data(on_weight), bits(out), rows,
                            hidden,     top,     slices,  1e-6F};
      cuda::check(library().norm(a, stream()));
      const std::string what = std::to_string(rows) + " x " + std::to_string(hidden);
      expect_near(out, operations::aten::rms_norm(x, weight, 1e-6), kRounded, what);
      expect_near(on_x, x, 0, what + " unchanged");

      a.routed = data(on_routed);
      a.routed_weights = data(on_weights);
      a.own = data(on_own);
      cuda::check(library().norm(a, stream()));
      const at::Tensor sum = x + (routed.view({rows, top, hidden}) * weights.unsqueeze(-1)).sum({1}) + own.sum({0});
      expect_near(on_x, sum, kSums, what + " sum");
      expect_near(out, operations::aten::rms_norm(sum, weight, 1e-6), kRounded, what + " with parts");
    }
  }
}

/// Sequences of some lengths with room for more, on the host in float32 and on the device in bfloat16.
struct Sequences {
  Sequences(const std::vector<int64_t>& lengths, int64_t heads, int64_t dim, at::Device device) {
    uint64_t seed = 10;
    for (const int64_t length : lengths) {
      const int64_t capacity = length + 1 + static_cast<int64_t>(seed % 3) * 7;
      const at::Tensor keys = numbers({heads, capacity, dim}, ++seed).to(at::kBFloat16),
                       values = numbers({heads, capacity, dim}, ++seed).to(at::kBFloat16);
      host.push_back({keys.to(at::kFloat), values.to(at::kFloat), length, 1});
      own.push_back({keys.to(device), values.to(device), length, 1});
      capacities.push_back(static_cast<int32_t>(capacity));
    }
  }
  std::vector<CacheSlice> host, own;
  std::vector<int32_t> capacities;
};

template <typename T>
at::Tensor to_tensor(const std::vector<T>& values, at::ScalarType type) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(values.size() * sizeof(T) / at::elementSize(type))},
                                at::TensorOptions().dtype(type));
  std::copy_n(values.data(), values.size(), static_cast<T*>(tensor.mutable_data_ptr()));
  return tensor;
}

TEST_F(CudaOperations, Attention) {
  constexpr int kHeads = 3;
  const std::vector<int64_t> lengths = {0, 1, 17, 300, 64, 1023};
  const int rows = static_cast<int>(lengths.size());
  for (const int dim : {32, 64, 128, 256}) {
    const auto rope = operations::rope_table(1100, dim, 10000, at::kCPU);
    const at::Tensor qkv = rounded({rows, 3 * kHeads * dim}, 1) * 2, cosines = fp32(rope.cosines),
                     sines = fp32(rope.sines), on_qkv = fp32(qkv);
    for (const int parts : {1, 2, 32}) {
      Sequences sequences(lengths, kHeads, dim, device());
      std::vector<CacheAddress> addresses;
      std::vector<int32_t> filled(lengths.begin(), lengths.end());
      for (const CacheSlice& slice : sequences.own)
        addresses.push_back({slice.keys.mutable_data_ptr(), slice.values.mutable_data_ptr()});
      const at::Tensor caches = to_tensor(addresses, at::kLong).to(device()),
                       on_lengths = to_tensor(filled, at::kInt).to(device()),
                       capacities = to_tensor(sequences.capacities, at::kInt).to(device());
      const at::Tensor values = room({rows, kHeads, parts, dim}, at::kFloat),
                       sums = room({rows, kHeads, parts, 2}, at::kFloat),
                       out = room({rows, kHeads * dim}, at::kBFloat16);
      cuda::AttentionArguments a{};
      a.qkv = data(on_qkv);
      a.cosines = data(cosines);
      a.sines = data(sines);
      a.caches = data<CacheAddress>(caches);
      a.lengths = data<int32_t>(on_lengths);
      a.capacities = data<int32_t>(capacities);
      a.part_values = data(values);
      a.part_sums = data(sums);
      a.out = bits(out);
      a.rows = rows;
      a.heads = kHeads;
      a.dim = dim;
      a.parts = parts;
      a.cache_stride = 1;
      cuda::check(library().attention(a, stream()));
      const std::string what = "dim " + std::to_string(dim) + ", parts " + std::to_string(parts);
      expect_near(out, operations::aten::cached_attention(qkv, rope, kHeads, sequences.host), 2 * kRounded, what);
      for (size_t i = 0; i < lengths.size(); ++i) {
        expect_near(sequences.own[i].keys, sequences.host[i].keys, kRounded, what + " keys");
        expect_near(sequences.own[i].values, sequences.host[i].values, 0, what + " values");
      }
    }
  }
}

/// A layer's router and networks on the device.
struct Layer {
  int rows, hidden, experts, top, width, own_width, slices;
  bool normalise;
};

TEST_F(CudaOperations, RouteAndExperts) {
  for (const Layer& l : {Layer{1, 40, 9, 4, 24, 16, 1, false}, Layer{2, 72, 8, 3, 40, 24, 3, true},
                         Layer{9, 128, 64, 6, 72, 72, 2, false}, Layer{16, 64, 5, 5, 32, 8, 1, false},
                         Layer{33, 264, 130, 2, 16, 48, 2, true}, Layer{100, 96, 64, 6, 88, 88, 2, false},
                         Layer{128, 32, 3, 1, 8, 8, 1, false}, Layer{1, 1280, 64, 6, 896, 896, 2, false},
                         Layer{8, 1280, 64, 6, 896, 896, 2, false}}) {
    const std::string what = std::to_string(l.rows) + " rows, " + std::to_string(l.experts) + " experts of " +
                             std::to_string(l.hidden) + " x " + std::to_string(l.width);
    const int pairs = l.rows * l.top, own_all = l.slices * l.own_width;
    const at::Tensor x = numbers({l.rows, l.hidden}, 1), norm = numbers({l.hidden}, 2) + 1,
                     gate = numbers({l.experts, l.hidden}, 3);
    const at::Tensor normed = operations::aten::rms_norm(x, norm, 1e-6);
    const Routing expected = operations::aten::route(normed, gate, l.top, l.normalise, 1.5);

    const at::Tensor on_x = fp32(x), on_norm = fp32(norm), on_gate = fp32(gate),
                     on_normed = room({l.rows, l.hidden}, at::kBFloat16),
                     scores = room({l.rows, l.experts}, at::kFloat), counter = room({1}, at::kInt);
    const at::Tensor experts = room({l.rows, l.top}, at::kInt), weights = room({l.rows, l.top}, at::kFloat),
                     touched = room({l.experts + 1}, at::kInt), first = room({l.experts + 1}, at::kInt),
                     places = room({pairs}, at::kInt);
    const cuda::Groups groups{data<int32_t>(experts), data(weights), data<int32_t>(touched), data<int32_t>(first),
                              data<int32_t>(places)};
    const cuda::RouterArguments router{
        data(on_x), data(on_norm), data(on_gate), bits(on_normed), data(scores), data<int32_t>(counter),
        groups,     l.rows,        l.hidden,      l.experts,       l.top,        1e-6F,
        1.5F,       l.normalise};
    for (int run = 0; run < 2; ++run) cuda::check(library().route(router, stream()));  // the counter is 0 again
    expect_near(on_normed, normed, kRounded, what + " norm");
    EXPECT_TRUE(at::equal(experts.cpu().to(at::kLong), expected.experts)) << what;
    expect_near(weights, expected.weights, 1e-5, what + " weights");
    const std::vector<double> ends = values(first), sorted = values(places), chosen = values(expected.experts);
    EXPECT_EQ(ends.back(), pairs) << what;
    for (int expert = 0, place = 0; expert < l.experts; ++expert) {
      for (; place < static_cast<int>(ends[static_cast<size_t>(expert) + 1]); ++place)
        EXPECT_EQ(chosen[static_cast<size_t>(sorted[static_cast<size_t>(place)])], expert) << what;
    }

    const at::Tensor rounded_x = normed.to(at::kBFloat16).to(at::kFloat);
    const at::Tensor gate_up = rounded({l.experts, 2 * l.width, l.hidden}, 4),
                     down = rounded({l.experts, l.hidden, l.width}, 5),
                     own_gate_up = rounded({2 * own_all, l.hidden}, 6), own_down = rounded({l.hidden, own_all}, 7);
    const at::Tensor on_gate_up = bf16(gate_up), on_down = bf16(down), on_own_gate_up = bf16(own_gate_up),
                     on_own_down = bf16(own_down), inner = room({pairs, l.width}, at::kBFloat16),
                     own_inner = room({l.slices, l.rows, l.own_width}, at::kBFloat16),
                     routed = room({pairs, l.hidden}, at::kFloat), own = room({l.slices, l.rows, l.hidden}, at::kFloat);
    cuda::ExpertsArguments a{};
    a.x = bits(on_normed);
    a.gate_up = bits(on_gate_up);
    a.down = bits(on_down);
    a.own_gate_up = bits(on_own_gate_up);
    a.own_down = bits(on_own_down);
    a.groups = groups;
    a.inner = bits(inner);
    a.own_inner = bits(own_inner);
    a.routed = data(routed);
    a.own = data(own);
    a.rows = l.rows;
    a.hidden = l.hidden;
    a.experts = l.experts;
    a.top = l.top;
    a.width = l.width;
    a.slices = l.slices;
    a.own_width = l.own_width;
    cuda::check(library().experts(a, stream()));
    const at::Tensor sum = (routed.cpu().view({l.rows, l.top, l.hidden}) * expected.weights.unsqueeze(-1)).sum({1});
    expect_near(sum, operations::aten::routed_experts(rounded_x, expected, gate_up, down), 2 * kRounded,
                what + " routed");
    expect_near(own.sum({0}), operations::aten::swiglu(rounded_x, own_gate_up, own_down), 2 * kRounded, what + " own");
  }
}

TEST_F(CudaOperations, Choose) {
  for (const int vocabulary : {1, 5, 64, 1000, 129280}) {
    for (const int rows : {1, 3}) {
      const at::Tensor logits = numbers({rows, vocabulary}, 5) * 20, on_logits = fp32(logits);
      std::vector<int32_t> banned, first = {0};
      std::vector<operations::Choice> expected;
      for (int row = 0; row < rows; ++row) {
        const float* own = logits.const_data_ptr<float>() + static_cast<int64_t>(row) * vocabulary;
        const std::span<const float> all(own, static_cast<size_t>(vocabulary));
        std::vector<int32_t> bans;
        if (row > 0 && vocabulary > 4) bans = {vocabulary - 1, operations::choose(all, {}).id, 0};
        expected.push_back(operations::choose(all, bans));
        banned.insert(banned.end(), bans.begin(), bans.end());
        first.push_back(static_cast<int32_t>(banned.size()));
      }
      banned.push_back(-1);  // never empty
      const at::Tensor on_banned = to_tensor(banned, at::kInt).to(device()),
                       on_first = to_tensor(first, at::kInt).to(device()),
                       parts = room({rows, cuda::kChoiceParts, sizeof(cuda::ChoicePart)}, at::kByte),
                       choices = room({rows, sizeof(cuda::RowChoice)}, at::kByte);
      cuda::check(library().choose({data(on_logits), data<int32_t>(on_banned), data<int32_t>(on_first),
                                    data<cuda::ChoicePart>(parts), data<cuda::RowChoice>(choices), rows, vocabulary},
                                   stream()));
      const at::Tensor host = choices.cpu();
      for (int row = 0; row < rows; ++row) {
        const cuda::RowChoice& got = data<cuda::RowChoice>(host)[row];
        EXPECT_EQ(got.finite, 1);
        EXPECT_EQ(got.id, expected[static_cast<size_t>(row)].id) << vocabulary;
        EXPECT_NEAR(got.log_probability, expected[static_cast<size_t>(row)].log_probability, 1e-4) << vocabulary;
        EXPECT_NEAR(got.margin, expected[static_cast<size_t>(row)].margin, 1e-4) << vocabulary;
      }
    }
  }
}

TEST_F(CudaOperations, GroupedExpertsOfAPrompt) {
  for (const int rows : {1, 20, 300}) {
    const at::Tensor x = rounded({rows, 64}, 1), gate = numbers({16, 64}, 2);
    const at::Tensor gate_up = rounded({16, 2 * 48, 64}, 3), down = rounded({16, 64, 48}, 4);
    const Routing routing = operations::aten::route(x, gate, 4, false, 1);
    const Routing on_routing{routing.experts.to(device()), routing.weights.to(device())};
    if (!operations::cuda::takes_experts(bf16(x), bf16(gate_up)))
      GTEST_SKIP() << "this architecture has no grouped product in LibTorch";
    const at::Tensor got = operations::cuda::routed_experts(bf16(x), on_routing, bf16(gate_up), bf16(down));
    expect_near(got, operations::aten::routed_experts(x, routing, gate_up, down), 4 * kRounded, std::to_string(rows));
  }
}

TEST_F(CudaOperations, RelativePositionAttention) {
  for (const auto& [views, rows, columns, heads, dim] :
       {std::tuple<int, int, int, int, int>{2, 5, 7, 2, 24}, {1, 14, 14, 4, 64}, {1, 20, 12, 1, 64}}) {
    const at::Tensor qkv = rounded({views, rows, columns, 3 * heads * dim}, 1),
                     row_table = rounded({rows, rows, dim}, 2), column_table = rounded({columns, columns, dim}, 3);
    const at::Tensor expected = operations::aten::relative_position_attention(qkv, row_table, column_table, heads);
    ASSERT_TRUE(operations::cuda::takes_grid(fp32(qkv), heads));
    const std::string what = std::to_string(rows) + " x " + std::to_string(columns);
    expect_near(operations::relative_position_attention(fp32(qkv), fp32(row_table), fp32(column_table), heads),
                expected, 1e-5, what + " fp32");
    expect_near(operations::relative_position_attention(bf16(qkv), bf16(row_table), bf16(column_table), heads),
                expected, 0.04, what + " bf16");
  }
}

}  // namespace
}  // namespace deepseekocr::test
