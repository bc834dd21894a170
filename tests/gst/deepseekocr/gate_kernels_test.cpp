// SPDX-License-Identifier: MIT
// The forms of the gate's kernels: all give the same bytes, and those are right.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "deepseekocr/gate/kernels/kernels.h"

namespace deepseekocr::test {
namespace {

using namespace plugin;  // NOLINT(google-build-using-namespace)

using Numbers = std::vector<uint8_t>;

constexpr int32_t kBlocks = 5, kWidth = kBlocks * kBlock, kCells = kBlocks * kBlockCells;
constexpr int32_t kSide = 32, kStride = kWidth + 2 * kSide;

/// Random bytes: of the whole range, and of a small one, in which most comparisons are close.
Numbers noise(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  Numbers numbers(count);
  const bool narrow = seed % 2 == 1;
  for (uint8_t& number : numbers) number = static_cast<uint8_t>(narrow ? 100 + random() % 40 : random());
  return numbers;
}

/// A plane with room to either side of its rows.
struct Noise {
  Noise(int32_t rows, unsigned seed) : bytes(noise(static_cast<size_t>(rows) * kStride, seed)) {}
  const uint8_t* row(int32_t y) const { return &bytes[static_cast<size_t>(y) * kStride + kSide]; }
  Patch patch() const { return {row(0), kStride}; }
  template <size_t kCount>
  std::array<const uint8_t*, kCount> rows() const {
    std::array<const uint8_t*, kCount> all{};
    for (size_t i = 0; i < kCount; ++i) all[i] = row(static_cast<int32_t>(i));
    return all;
  }
  Numbers bytes;
};

class GateKernels : public testing::TestWithParam<unsigned> {
 protected:
  /// What both forms write.
  template <typename Function>
  void expect_equal(Function&& run) {
    EXPECT_EQ(run(baseline_kernels()), run(best_kernels())) << best_kernels().name;
  }
};

TEST_P(GateKernels, Halve) {
  const Numbers upper = noise(4 * 2 * kWidth, GetParam()), lower = noise(4 * 2 * kWidth, GetParam() + 2);
  for (int layout = 0; layout < 4; ++layout) {
    for (const int32_t width : {1, 7, 31, 32, 33, kWidth}) {
      expect_equal([&](const Kernels& kernels) {
        Numbers scratch(static_cast<size_t>(kScratch) * width), out(width);
        kernels.halve[layout](upper.data(), lower.data(), width, scratch.data(), out.data());
        return out;
      });
    }
  }
}

TEST_P(GateKernels, Quarter) {
  const Noise source(4, GetParam());
  for (const int32_t width : {1, 7, 33, kWidth / 4}) {
    expect_equal([&](const Kernels& kernels) {
      Numbers scratch(static_cast<size_t>(kScratch) * width), out(width);
      kernels.quarter(source.patch(), width, scratch.data(), out.data());
      return out;
    });
  }
}

TEST_P(GateKernels, MeasureBand) {
  const Noise rows(4, GetParam());
  for (const int32_t count : {1, 3, 4}) {
    const auto measure = [&](const Kernels& kernels) {
      Numbers ranges(kBlocks * kBlockRanges);
      kernels.measure_band(rows.patch(), count, kBlocks, ranges.data());
      return ranges;
    };
    expect_equal(measure);
    const Numbers ranges = measure(best_kernels());
    for (int32_t x = 0; x < kWidth; x += kRangeColumns) {
      uint8_t high = 0, low = 255;
      for (int32_t y = 0; y < count; ++y) {
        const auto [least, most] = std::minmax_element(rows.row(y) + x, rows.row(y) + x + kRangeColumns);
        high = std::max(high, *most), low = std::min(low, *least);
      }
      ASSERT_EQ(ranges[2 * x / kRangeColumns], high) << x;
      ASSERT_EQ(ranges[2 * x / kRangeColumns + 1], 255 - low) << x;
    }
  }
}

/// Ranges of one band, and what lies beside them.
struct Band {
  Band() : bytes(kBlocks * kBlockRanges + 2 * kBandMargin) {
    for (int32_t column = 0; column < kWidth; column += kRangeColumns) set(column, 100, 100);
  }
  /// @param column  of pixels
  void set(int32_t column, int32_t low, int32_t high) {
    uint8_t* range = &bytes[kBandMargin + 2 * (column / kRangeColumns)];
    range[0] = static_cast<uint8_t>(high);
    range[1] = static_cast<uint8_t>(255 - low);
  }
  const uint8_t* ranges() const { return &bytes[kBandMargin]; }
  Numbers bytes;
};

TEST_P(GateKernels, FindLively) {
  std::mt19937 random(GetParam());
  std::array<Band, kLivelyBands> bands;
  std::array<const uint8_t*, kLivelyBands> begins{};
  for (int32_t band = 0; band < kLivelyBands; ++band) {
    begins[band] = bands[band].ranges();
    for (int32_t x = 0; x < kWidth; x += kRangeColumns) {
      const auto low = static_cast<int32_t>(100 + random() % 5);
      bands[band].set(x, low, low + static_cast<int32_t>(random() % 3));
    }
  }
  for (uint8_t least = 0; least < 9; ++least) {
    expect_equal([&](const Kernels& kernels) {
      Numbers lively(kBlocks);
      kernels.find_lively(begins.data(), kBlocks, least, lively.data());
      return lively;
    });
  }
}

TEST(GateKernelsFindLively, LooksAsFarAsStrokesReach) {
  for (const Kernels* kernels : {&baseline_kernels(), &best_kernels()}) {
    for (int32_t x = 0; x < kWidth; x += kRangeColumns) {
      const Band plain;
      Band band;
      band.set(x, 100, 120);
      for (int32_t i = 0; i < kLivelyBands; ++i) {
        std::array<const uint8_t*, kLivelyBands> bands{};
        bands.fill(plain.ranges());
        bands[i] = band.ranges();
        Numbers expected(kBlocks), lively(kBlocks);
        for (const int32_t near : {x - kStrokeReach, x, x + kStrokeReach}) {
          if (near >= 0 && near < kWidth) expected[near / kBlock] = 1;
        }
        kernels->find_lively(bands.data(), kBlocks, 20, lively.data());
        EXPECT_EQ(lively, expected) << kernels->name << " " << x;
        kernels->find_lively(bands.data(), kBlocks, 21, lively.data());
        EXPECT_EQ(lively, Numbers(kBlocks)) << kernels->name << " " << x;
      }
    }
  }
}

TEST_P(GateKernels, WidestGap) {
  const Noise rows(2, GetParam());
  const auto widest = [&](const Kernels& kernels) { return kernels.widest_gap(rows.row(0), rows.row(1), kBlocks); };
  expect_equal(widest);
  int32_t expected = 0;
  for (int32_t x = 0; x < kWidth; ++x) expected = std::max(expected, std::abs(rows.row(0)[x] - rows.row(1)[x]));
  EXPECT_EQ(widest(best_kernels()), expected);
}

TEST_P(GateKernels, SampleRow) {
  const Noise noise(2 * kStrokeReach + 1, GetParam());
  const auto rows = noise.rows<2 * kStrokeReach + 1>();
  for (const bool either_way : {false, true}) {
    expect_equal([&](const Kernels& kernels) {
      Numbers heights(kCells);
      kernels.sample_row(rows.data(), kBlocks, either_way, heights.data());
      return heights;
    });
  }
}

TEST_P(GateKernels, FindStrokes) {
  const Noise noise(kBlockRows, GetParam());
  const auto rows = noise.rows<kBlockRows>();
  const Numbers lively = {1, 0, 1, 1, 0};
  for (const int32_t count : {1, 5, kCell}) {
    for (const uint8_t threshold : {0, 14, 40, 255}) {
      expect_equal([&](const Kernels& kernels) {
        std::array<Numbers, 6> found;
        for (Numbers& numbers : found) numbers.resize(kCells, 77);
        found[5].resize(static_cast<size_t>(kCell) * kWidth, 77);
        kernels.find_strokes(rows.data(), count, lively.data(), kBlocks, threshold, found[5].data(), kWidth,
                             {found[0].data(), found[1].data(), found[2].data(), found[3].data(), found[4].data()});
        return found;
      });
    }
  }
}

TEST_P(GateKernels, CountMoved) {
  const Noise before(kCell, GetParam()), now(kCell, GetParam() + 2);
  for (const int32_t count : {1, kCell}) {
    for (const uint8_t least : {12, 255}) {
      expect_equal([&](const Kernels& kernels) {
        Numbers moved(kBlockCells);
        const bool any = kernels.count_moved(before.patch(), now.patch(), count, least, moved.data());
        EXPECT_EQ(any, std::count(moved.begin(), moved.end(), 0) != kBlockCells);
        return moved;
      });
    }
  }
}

TEST_P(GateKernels, Compare) {
  const Noise luma(kCell, GetParam()), luma_now(kCell, GetParam() + 2);
  const Noise height(kCell, GetParam() + 4), height_now(kCell, GetParam() + 6);
  const Numbers change = {16, 20, 40, 63}, bright = {136, 138, 140, 150}, dark = {120, 118, 116, 106};
  const Numbers bright_luma = {0, 100, 120, 207}, dark_luma = {255, 140, 120, 48};
  const BlockLimits limits = {change.data(), bright.data(), dark.data(), bright_luma.data(), dark_luma.data()};
  for (const int32_t count : {1, kCell}) {
    expect_equal([&](const Kernels& kernels) {
      BlockChange found{};
      kernels.compare(luma.patch(), luma_now.patch(), height.patch(), height_now.patch(), count, limits, &found);
      Numbers bytes;
      for (const auto* numbers : {&found.strokes, &found.bright, &found.dark, &found.all_bright, &found.all_dark})
        bytes.insert(bytes.end(), std::begin(*numbers), std::end(*numbers));
      return bytes;
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, GateKernels, testing::Range(1U, 9U));

}  // namespace
}  // namespace deepseekocr::test
