// SPDX-License-Identifier: MIT
#include <algorithm>
#include <numeric>

#include "engine/operations/naive.h"
#include "operations/operations.h"

namespace deepseekocr::test {
namespace {

constexpr int64_t kHidden = 5, kWidth = 3, kExperts = 7, kTop = 3;

TEST(RmsNorm, DividesByTheRootMeanSquare) {
  const at::Tensor x = numbers({3, 9}, 1), weight = numbers({9}, 2);
  const std::vector<double> in = values(x), w = values(weight);
  std::vector<double> expected(in.size());
  for (size_t row = 0; row < 3; ++row) {
    double square = 0;
    for (size_t i = 0; i < 9; ++i) square += in[row * 9 + i] * in[row * 9 + i] / 9;
    for (size_t i = 0; i < 9; ++i) expected[row * 9 + i] = w[i] * in[row * 9 + i] / std::sqrt(square + 0.01);
  }
  expect_close(values(operations::rms_norm(x, weight, 0.01)), expected, 1e-5);
}

TEST(Swiglu, IsGateTimesUp) {
  const at::Tensor gate_up = numbers({2 * kWidth, kHidden}, 2), down = numbers({kHidden, kWidth}, 3);
  for (const int64_t rows : {0, 1, 4}) {
    const at::Tensor x = numbers({rows, kHidden}, 1);
    expect_close(values(operations::swiglu(x, gate_up, down)),
                 naive_swiglu(values(x), values(gate_up), values(down), kHidden), 1e-5);
  }
}

TEST(Route, TakesTheLargestProbabilitiesByFallingWeight) {
  const at::Tensor x = numbers({4, kHidden}, 1).mul(2), gate = numbers({kExperts, kHidden}, 2);
  const operations::Routing routing = operations::route(x, gate, kTop, false, 2.5);
  const std::vector<double> logits = naive_product(values(x), values(gate), kHidden);
  const std::vector<double> experts = values(routing.experts), weights = values(routing.weights);
  for (size_t row = 0; row < 4; ++row) {
    const double* own = logits.data() + row * kExperts;
    double sum = 0;
    for (size_t e = 0; e < kExperts; ++e) sum += std::exp(own[e]);
    std::vector<size_t> order(kExperts);
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return own[a] > own[b]; });
    for (size_t k = 0; k < kTop; ++k) {
      EXPECT_EQ(experts[row * kTop + k], static_cast<double>(order[k]));
      EXPECT_NEAR(weights[row * kTop + k], 2.5 * std::exp(own[order[k]]) / sum, 1e-5);
    }
  }
}

TEST(Route, NormalisedWeightsSumToOne) {
  const operations::Routing routing =
      operations::route(numbers({4, kHidden}, 1), numbers({kExperts, kHidden}, 2), kTop, true, 2.5);
  const std::vector<double> weights = values(routing.weights);
  for (size_t row = 0; row < 4; ++row) {
    EXPECT_NEAR(weights[row * kTop] + weights[row * kTop + 1] + weights[row * kTop + 2], 1, 1e-6);
  }
}

void expect_experts(int64_t rows) {
  const at::Tensor x = numbers({rows, kHidden}, 1), gate = numbers({kExperts, kHidden}, 2);
  const at::Tensor gate_up = numbers({kExperts, 2 * kWidth, kHidden}, 3),
                   down = numbers({kExperts, kHidden, kWidth}, 4);
  const operations::Routing routing = operations::route(x, gate, kTop, false, 1);
  const std::vector<double> experts = values(routing.experts), weights = values(routing.weights);
  std::vector<double> expected(static_cast<size_t>(rows * kHidden));
  for (size_t pair = 0; pair < experts.size(); ++pair) {
    const size_t row = pair / kTop;
    const auto expert = static_cast<int64_t>(experts[pair]);
    const std::vector<double> out =
        naive_swiglu(values(x[static_cast<int64_t>(row)]), values(gate_up[expert]), values(down[expert]), kHidden);
    for (size_t i = 0; i < kHidden; ++i) expected[row * kHidden + i] += weights[pair] * out[i];
  }
  const at::Tensor got = operations::routed_experts(x, routing, gate_up, down);
  EXPECT_EQ(got.sizes(), at::IntArrayRef({rows, kHidden}));
  expect_close(values(got), expected, 1e-5);
}

TEST(RoutedExperts, SumWeightedSwiglus) {
  expect_experts(23);
}

TEST(RoutedExperts, OfOneRow) {
  expect_experts(1);
}

TEST(RoutedExperts, OfNoRows) {
  expect_experts(0);
}

TEST(RoutedExperts, KeepTheSumInFloat32) {
  const at::Tensor x = numbers({4, kHidden}, 1);
  const operations::Routing routing = operations::route(x, numbers({kExperts, kHidden}, 2), kTop, false, 1);
  const at::Tensor gate_up = numbers({kExperts, 2 * kWidth, kHidden}, 3).to(at::kBFloat16);
  const at::Tensor down = numbers({kExperts, kHidden, kWidth}, 4).to(at::kBFloat16);
  const at::Tensor out = operations::routed_experts(x, routing, gate_up, down);
  EXPECT_EQ(out.scalar_type(), at::kFloat);
  expect_close(values(out), values(operations::routed_experts(x, routing, gate_up.to(at::kFloat), down.to(at::kFloat))),
               0.05);
}

TEST(Logits, AreFloat32) {
  const at::Tensor x = numbers({2, kHidden}, 1), weight = numbers({11, kHidden}, 2);
  expect_close(values(operations::logits(x, weight)), naive_product(values(x), values(weight), kHidden), 1e-5);
  EXPECT_EQ(operations::logits(x, weight.to(at::kBFloat16)).scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace deepseekocr::test
