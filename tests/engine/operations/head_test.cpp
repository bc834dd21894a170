// SPDX-License-Identifier: MIT
// The choice of a head in 8 bits is that of the exact head.
#include "operations/head.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <set>

#include "engine/operations/naive.h"
#include "engine/operations/with_team.h"
#include "tools/expect_error.h"

namespace deepseekocr::test {
namespace {

using operations::Choice;
using operations::PackedFormat;
using operations::PackedHead;

/// A head that notes which exact rows were asked for.
struct TestHead {
  explicit TestHead(const at::Tensor& rows) : exact(rows.contiguous()) {
    head.weights = operations::allocate_packed(PackedFormat::int8, 1, exact.size(0), exact.size(1), at::kFloat);
    operations::RowLoss loss;
    operations::pack_matrix(
        head.weights, 0, [this](auto... range) { read(range...); }, &loss);
    head.errors = loss.errors;
    head.largest_norm = *std::max_element(loss.norms.begin(), loss.norms.end());
    head.exact = [this](int64_t first, int64_t count, float* out) {
      asked.insert(first);
      read(first, count, out);
    };
  }
  void read(int64_t first, int64_t count, float* out) const {
    std::copy_n(exact.const_data_ptr<float>() + first * exact.size(1), count * exact.size(1), out);
  }
  Choice choose_exactly(const at::Tensor& x, std::span<const int32_t> banned) const {
    const at::Tensor logits = operations::logits(x, exact);
    return operations::choose({logits.const_data_ptr<float>(), static_cast<size_t>(logits.numel())}, banned);
  }
  Choice choose(const at::Tensor& x, std::span<const int32_t> banned) const {
    return operations::choose(x, head, {&banned, 1}).at(0);
  }

  at::Tensor exact;
  PackedHead head;
  std::set<int64_t> asked;
};

constexpr int64_t kVocabulary = 5000, kHidden = 96;

class PackedHeadTest : public WithTeam<> {};

void expect_equal(const Choice& got, const Choice& expected) {
  EXPECT_EQ(got.id, expected.id);
  EXPECT_NEAR(got.margin, expected.margin, 1e-3);
  // The other rows of the sum are packed ones.
  EXPECT_NEAR(got.log_probability, expected.log_probability, 0.02);
}

TEST_F(PackedHeadTest, ChoosesAsTheExactHeadAndReadsFewRows) {
  TestHead head(numbers({kVocabulary, kHidden}, 1));
  for (uint64_t seed = 2; seed < 60; ++seed) {
    const at::Tensor x = numbers({1, kHidden}, seed) * 3;
    head.asked.clear();
    expect_equal(head.choose(x, {}), head.choose_exactly(x, {}));
    EXPECT_GE(head.asked.size(), 2U);
    EXPECT_LE(head.asked.size(), 60U) << "more rows are exact than the bound needs";
  }
}

/// Rows that differ by less than 8 bits can tell: packed, they are equal or the other way round.
TEST_F(PackedHeadTest, TellsApartWhatEightBitsDoNot) {
  const at::Tensor row = numbers({1, kHidden}, 1);
  std::vector<at::Tensor> rows = {numbers({300, kHidden}, 2) * 0.1};
  for (uint64_t i = 0; i < 40; ++i) rows.push_back(row + numbers({1, kHidden}, 100 + i) * 1e-4);
  TestHead head(at::cat(rows));
  const at::Tensor x = row * 2;
  const Choice exact = head.choose_exactly(x, {});
  const at::Tensor packed = operations::logits(x, head.head);
  int64_t differing = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const at::Tensor other = x + numbers({1, kHidden}, 500 + seed) * 0.1;
    const Choice expected = head.choose_exactly(other, {}), got = head.choose(other, {});
    EXPECT_EQ(got.id, expected.id);
    differing += operations::logits(other, head.head).argmax().item<int64_t>() != expected.id ? 1 : 0;
  }
  EXPECT_GT(differing, 0) << "8 bits alone would have been enough: the test shows nothing";
  expect_equal(head.choose(x, {}), exact);
}

TEST_F(PackedHeadTest, SkipsBannedIds) {
  TestHead head(numbers({kVocabulary, kHidden}, 1));
  const at::Tensor x = numbers({1, kHidden}, 2);
  std::vector<int32_t> banned;
  for (int i = 0; i < 20; ++i) {
    const Choice expected = head.choose_exactly(x, banned);
    expect_equal(head.choose(x, banned), expected);
    banned.push_back(expected.id);
  }
}

TEST_F(PackedHeadTest, ChoosesForSeveralRowsAtOnce) {
  TestHead head(numbers({kVocabulary, kHidden}, 1));
  const at::Tensor x = numbers({5, kHidden}, 2);
  const std::vector<int32_t> some = {head.choose_exactly(x.narrow(0, 3, 1), {}).id};
  const std::vector<std::span<const int32_t>> banned = {{}, {}, {}, some, {}};
  const std::vector<Choice> choices = operations::choose(x, head.head, banned);
  ASSERT_EQ(choices.size(), 5U);
  for (int64_t i = 0; i < 5; ++i)
    expect_equal(choices[static_cast<size_t>(i)],
                 head.choose_exactly(x.narrow(0, i, 1), banned[static_cast<size_t>(i)]));
}

TEST_F(PackedHeadTest, EndsBehindTheFirstRowThatIsNotAsExpected) {
  TestHead head(numbers({kVocabulary, kHidden}, 1));
  const at::Tensor x = numbers({5, kHidden}, 2);
  const std::vector<std::span<const int32_t>> banned(5);
  std::vector<int32_t> expected;
  for (const Choice& choice : operations::choose(x, head.head, banned)) expected.push_back(choice.id);
  const auto count = [&](std::span<const int32_t> ids) { return operations::choose(x, head.head, banned, ids).size(); };
  EXPECT_EQ(count(expected), 5U);
  EXPECT_EQ(count(std::span(expected).first(4)), 5U);
  ++expected[2];
  EXPECT_EQ(count(expected), 3U);
  ++expected[0];
  EXPECT_EQ(count(expected), 1U);
}

TEST_F(PackedHeadTest, OfEqualLogitsTakesTheLowestId) {
  TestHead head(at::cat({numbers({3, kHidden}, 1) * 0.01, numbers({1, kHidden}, 2).expand({70, kHidden})}));
  const at::Tensor x = head.exact.narrow(0, 3, 1);
  EXPECT_EQ(head.choose(x, {}).id, 3);
  EXPECT_EQ(head.choose(x, {}).margin, 0);
}

TEST_F(PackedHeadTest, AHiddenStateOfZerosIsNoError) {
  TestHead head(numbers({100, kHidden}, 1));
  EXPECT_EQ(head.choose(at::zeros({1, kHidden}), {}).id, 0);
}

TEST_F(PackedHeadTest, RefusesWhatIsNotANumber) {
  TestHead head(numbers({100, kHidden}, 1));
  at::Tensor x = numbers({1, kHidden}, 2);
  x[0][7] = std::numeric_limits<float>::quiet_NaN();
  expect_error(DSOCR_INTERNAL, {"not finite"}, [&] { head.choose(x, {}); });
}

}  // namespace
}  // namespace deepseekocr::test
