// SPDX-License-Identifier: MIT
#include "image/text_height.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <vector>

namespace deepseekocr {
namespace {

constexpr int kLeastBand = 6;                               // rows
constexpr int kMostBand = 160;                              // rows
constexpr double kLeastDensity = 0.04, kMostDensity = 0.7;  // edges among the pixels of a band
constexpr double kSmallerShare = 0.3;
/// Rows of upright strokes of a line in its font size: between the height of small letters and that of capitals.
constexpr double kBandOfFontSize = 0.72;

/// Rows of a column with strokes, without a gap of more than one row.
struct Band {
  int rows = 0;
  int edges = 0;
};

int luma(const uint8_t* rgb) {
  return (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2]) >> 8;
}

/// Edges in each row of each column: counts[column * height + y].
std::vector<int32_t> count_edges(const RgbImage& picture, int column_width, int columns) {
  std::vector<int32_t> counts(static_cast<size_t>(columns) * static_cast<size_t>(picture.height));
  std::vector<int> row(static_cast<size_t>(picture.width));
  for (int y = 0; y < picture.height; ++y) {
    const uint8_t* pixels = picture.row(y);
    for (size_t x = 0; x < row.size(); ++x) row[x] = luma(pixels + 3 * x);
    for (int column = 0; column < columns; ++column) {
      const auto first = static_cast<size_t>(column) * static_cast<size_t>(column_width);
      int edges = 0;
      for (size_t x = first; x < first + static_cast<size_t>(column_width); ++x) {
        edges += std::abs(row[x + 2] - row[x]) > kEdge ? 1 : 0;
      }
      counts[static_cast<size_t>(column) * static_cast<size_t>(picture.height) + static_cast<size_t>(y)] = edges;
    }
  }
  return counts;
}

bool may_be_writing(const Band& band, int column_width) {
  const double density = static_cast<double>(band.edges) / (static_cast<double>(band.rows) * column_width);
  return band.rows >= kLeastBand && band.rows <= kMostBand && density > kLeastDensity && density < kMostDensity;
}

void find_bands(const int32_t* counts, int height, int column_width, std::vector<Band>& bands) {
  const int least = std::max(2, column_width / 16);
  Band band;
  for (int y = 0; y <= height; ++y) {
    const bool goes_on =
        y < height && (counts[y] >= least || (band.rows > 0 && y + 1 < height && counts[y + 1] >= least));
    if (goes_on) {
      ++band.rows;
      band.edges += counts[y];
    } else {
      if (may_be_writing(band, column_width)) bands.push_back(band);
      band = {};
    }
  }
}

}  // namespace

EdgeColumns edge_columns(int picture_width) {
  const int width = std::clamp(picture_width / 16, 32, 64);
  return {width, std::max(0, (picture_width - 2) / width)};
}

std::optional<double> estimate_text_height(const RgbImage& picture) {
  const EdgeColumns columns = edge_columns(picture.width);
  return estimate_text_height(count_edges(picture, columns.width, columns.count), picture.height, columns);
}

std::optional<double> estimate_text_height(const std::vector<int32_t>& counts, int height, const EdgeColumns& columns) {
  std::vector<Band> bands;
  for (int column = 0; column < columns.count; ++column) {
    find_bands(counts.data() + static_cast<size_t>(column) * static_cast<size_t>(height), height, columns.width, bands);
  }
  if (bands.size() < 2) return std::nullopt;
  std::sort(bands.begin(), bands.end(), [](const Band& a, const Band& b) { return a.rows < b.rows; });
  const int64_t all = std::accumulate(bands.begin(), bands.end(), int64_t{0},
                                      [](int64_t sum, const Band& band) { return sum + band.edges; });
  int64_t below = 0;
  for (const Band& band : bands) {
    below += band.edges;
    if (static_cast<double>(below) >= kSmallerShare * static_cast<double>(all)) return band.rows / kBandOfFontSize;
  }
  return std::nullopt;
}

}  // namespace deepseekocr
