// SPDX-License-Identifier: MIT
#include "serving/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <vector>

namespace deepseekocr {
namespace {

using Ids = std::vector<int32_t>;

/// The rules word for word as the specification states them (5.2, 5.3), with copies and without haste.
std::set<int32_t> stated_bans(const NgramRule& rule, const Ids& prompt, const Ids& answer) {
  Ids s = answer;
  if (rule.window == 0) s.insert(s.begin(), prompt.begin(), prompt.end());
  const auto length = static_cast<int>(s.size());
  const int n = rule.size;
  if (length < n) return {};
  const Ids prefix(s.end() - (n - 1), s.end());
  std::set<int32_t> banned;
  for (int i = rule.window == 0 ? 0 : std::max(0, length - rule.window); i <= length - n; ++i) {
    if (Ids(s.begin() + i, s.begin() + i + n - 1) == prefix) banned.insert(s[static_cast<size_t>(i + n - 1)]);
  }
  for (const int32_t id : rule.whitelist) banned.erase(id);
  return banned;
}

Ids random_ids(std::mt19937& random, size_t max_length) {
  Ids ids(random() % max_length);
  for (int32_t& id : ids) id = static_cast<int32_t>(random() % 3);
  return ids;
}

TEST(NgramRule, EqualsItsStatement) {
  std::mt19937 random(3);
  size_t bans = 0;
  for (int round = 0; round < 20000; ++round) {
    const Ids prompt = random_ids(random, 20);
    const Ids answer = random_ids(random, 30);
    NgramRule rule{static_cast<int>(random() % 6) + 2, static_cast<int>(random() % 20), {}};
    if (random() % 3 == 0) rule.whitelist = {1};
    const Ids banned = banned_ids(rule, prompt, answer);
    const std::set<int32_t> stated = stated_bans(rule, prompt, answer);
    ASSERT_EQ(std::set<int32_t>(banned.begin(), banned.end()), stated);
    ASSERT_EQ(banned.size(), stated.size());  // each once
    bans += banned.size();
  }
  EXPECT_GT(bans, 1000U);
}

TEST(NgramRule, ClassicLooksAtThePrompt) {
  EXPECT_EQ(banned_ids({3, 0, {}}, Ids{1, 2, 3}, Ids{1, 2}), (Ids{3}));
  EXPECT_EQ(banned_ids({3, 90, {}}, Ids{1, 2, 3}, Ids{1, 2}), Ids{});
}

TEST(NgramRule, WindowForgets) {
  const Ids answer = {1, 2, 3, 9, 9, 8, 1, 2};
  EXPECT_EQ(banned_ids({3, 8, {}}, {}, answer), (Ids{3}));
  EXPECT_EQ(banned_ids({3, 7, {}}, {}, answer), Ids{});
}

TEST(NgramRule, WhitelistIsNeverBanned) {
  EXPECT_EQ(banned_ids({3, 0, {3}}, {}, Ids{1, 2, 3, 1, 2}), Ids{});
}

TEST(NgramRule, OffOrTooLong) {
  const Ids answer = {1, 1, 1, 1};
  EXPECT_EQ(banned_ids({0, 0, {}}, {}, answer), Ids{});
  EXPECT_EQ(banned_ids({1, 0, {}}, {}, answer), Ids{});
  EXPECT_EQ(banned_ids({1 << 30, 0, {}}, {}, answer), Ids{});
  EXPECT_EQ(banned_ids({2, 0, {}}, {}, {}), Ids{});
}

/// Feeds ids until the detector speaks.
std::optional<size_t> run(const Ids& ids) {
  LoopDetector detector;
  for (const int32_t id : ids) {
    if (const std::optional<size_t> keep = detector.push(id)) return keep;
  }
  return std::nullopt;
}

/// Different ids, then `count` ids of period `period`.
Ids loop(int32_t period, int32_t count) {
  Ids ids = {1000, 1001, 1002, 1003, 1004};
  for (int32_t i = 0; i < count; ++i) ids.push_back(i % period);
  return ids;
}

TEST(LoopDetector, FindsEveryPeriod) {
  for (int32_t period = 1; period <= 32; ++period) {
    EXPECT_EQ(run(loop(period, 2000)), 5U + static_cast<size_t>(period)) << period;
  }
}

TEST(LoopDetector, LetsLongerPeriodsPass) {
  EXPECT_EQ(run(loop(33, 5000)), std::nullopt);
}

TEST(LoopDetector, SpeaksAfterItsThreshold) {
  EXPECT_EQ(run(loop(1, 127)), std::nullopt);
  EXPECT_EQ(run(loop(1, 128)), 6U);
  EXPECT_EQ(run(loop(14, 24 * 14 - 1)), std::nullopt);
  EXPECT_EQ(run(loop(14, 24 * 14)), 19U);
}

TEST(LoopDetector, LetsOrdinaryPagesPass) {
  EXPECT_EQ(run(Ids(100, 16)), std::nullopt);  // a dot leader, a ruled line, a row of zeros
  Ids empty_rows;
  for (int row = 0; row < 20; ++row) {
    empty_rows.push_back(128823);
    for (int cell = 0; cell < 6; ++cell) empty_rows.insert(empty_rows.end(), {128821, 128822});
    empty_rows.push_back(128824);
  }
  EXPECT_EQ(run(empty_rows), std::nullopt);
}

TEST(LoopDetector, AnInterruptionStartsAgain) {
  Ids ids;
  for (int i = 0; i < 50; ++i) {
    ids.insert(ids.end(), 60, 7);
    ids.push_back(100 + i);
  }
  EXPECT_EQ(run(ids), std::nullopt);
}

TEST(LoopDetector, EqualsTheDefinitionOnRandomIds) {
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    const auto period = static_cast<int32_t>(random() % 32 + 1);
    Ids pattern;
    for (int32_t i = 0; i < period; ++i) pattern.push_back(static_cast<int32_t>(random() % 2));
    Ids ids;
    for (size_t i = 0; i < 1500; ++i) ids.push_back(pattern[i % pattern.size()]);
    const std::optional<size_t> keep = run(ids);
    ASSERT_TRUE(keep);
    EXPECT_LE(*keep, static_cast<size_t>(period));  // one period, perhaps of a shorter one found first
  }
}

}  // namespace
}  // namespace deepseekocr
