// SPDX-License-Identifier: MIT
#include "image/resize.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "image/bicubic.h"
#include "image/resize_kernels.h"

namespace deepseekocr {
namespace {

/// Rows of the picture after the horizontal pass, made in groups when they are first asked for and kept as long as a
/// window of the vertical pass may need them.
class HorizontalPass {
 public:
  /// @param window rows that the caller looks at together, at most.
  HorizontalPass(const RgbImage& picture, int width, int window)
      : picture_(picture), width_(width), unchanged_(width == picture.width) {
    if (unchanged_) return;
    weights_ = bicubic_weights(picture.width, width, 2);
    // One padding byte for the kernel's fourth; a spare group because rows come in whole groups.
    stride_ = static_cast<size_t>(width) * 3 + 1;
    capacity_ = ((window + kRowGroup - 1) / kRowGroup + 1) * kRowGroup;
    ring_.resize(stride_ * static_cast<size_t>(capacity_));
    pairs_.resize(static_cast<size_t>(picture.width) / 2 + 2);
  }

  /// Row y, valid until a row `window` further down is asked for.  Rows must be asked for in windows that never move
  /// up.
  const uint8_t* row(int y) {
    if (unchanged_) return picture_.row(y);
    while (made_ <= y) make_group();
    return slot(y);
  }

 private:
  uint8_t* slot(int y) { return ring_.data() + stride_ * static_cast<size_t>(y % capacity_); }

  void make_group() {
    const uint8_t* source[kRowGroup];
    uint8_t* target[kRowGroup];
    for (int i = 0; i < kRowGroup; ++i) {
      source[i] = picture_.row(std::min(made_ + i, picture_.height - 1));
      target[i] = slot(made_ + i);
    }
    for (size_t i = 0; i < kRowGroup; ++i) widen(source[i], i);
    for (int x = 0; x < width_; ++x) {
      const auto& sample = weights_.samples[static_cast<size_t>(x)];
      weigh_pixels(&pairs_[static_cast<size_t>(sample.first / 2)],
                   &weights_.weights[static_cast<size_t>(sample.offset)], sample.pairs, target,
                   static_cast<size_t>(x) * 3);
    }
    made_ += kRowGroup;
  }

  /// Spreads one row over the pairs.  The right half of an odd row's last pair stays zero.
  void widen(const uint8_t* source, size_t row) {
    const size_t whole = static_cast<size_t>(picture_.width) / 2;
    for (size_t i = 0; i < whole; ++i, source += 6) {
      auto& values = pairs_[i].values;
      for (size_t channel = 0; channel < 3; ++channel) {
        values[channel][row][0] = source[channel];
        values[channel][row][1] = source[channel + 3];
      }
    }
    if (picture_.width % 2 == 0) return;
    for (size_t channel = 0; channel < 3; ++channel) pairs_[whole].values[channel][row][0] = source[channel];
  }

  const RgbImage& picture_;
  int width_;
  bool unchanged_;
  AxisWeights weights_;
  size_t stride_ = 0;
  int capacity_ = 0;
  int made_ = 0;  ///< rows made so far, in whole groups
  std::vector<uint8_t> ring_;
  std::vector<PixelPairs> pairs_;
};

void resize_rows(HorizontalPass& horizontal, const AxisWeights& vertical, int source_height, int width,
                 const RowSink& sink) {
  std::vector<const uint8_t*> rows(static_cast<size_t>(vertical.max_pairs) * 2);
  std::vector<uint8_t> out(static_cast<size_t>(width) * 3);
  for (size_t y = 0; y < vertical.samples.size(); ++y) {
    const auto& sample = vertical.samples[y];
    // The row of a zero weight that fills a pair may lie below the picture: any row serves.
    for (int j = 0; j < 2 * sample.pairs; ++j) {
      rows[static_cast<size_t>(j)] = horizontal.row(std::min(sample.first + j, source_height - 1));
    }
    weigh_rows(rows.data(), &vertical.weights[static_cast<size_t>(sample.offset)], sample.pairs, width * 3, out.data());
    sink(static_cast<int>(y), out.data());
  }
}

}  // namespace

void resize_bicubic(const RgbImage& picture, int width, int height, const RowSink& sink) {
  if (height == picture.height) {
    HorizontalPass horizontal(picture, width, 1);
    for (int y = 0; y < height; ++y) sink(y, horizontal.row(y));
    return;
  }
  const AxisWeights vertical = bicubic_weights(picture.height, height, 1);
  HorizontalPass horizontal(picture, width, 2 * vertical.max_pairs);
  resize_rows(horizontal, vertical, picture.height, width, sink);
}

RgbImage resize_bicubic(const RgbImage& picture, int width, int height) {
  RgbImage out(width, height);
  const size_t bytes = static_cast<size_t>(width) * 3;
  resize_bicubic(picture, width, height, [&](int y, const uint8_t* row) { std::memcpy(out.row(y), row, bytes); });
  return out;
}

}  // namespace deepseekocr
