// SPDX-License-Identifier: MIT
// Time from a camera frame to a view, and how much the resize gains over two plain loops with the same result.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "engine/image/test_picture.h"
#include "image/bicubic.h"
#include "image/resize.h"

namespace deepseekocr {
namespace {

/// One weighted sum of samples that lie `step` bytes apart, as the definition of the filter says it.
uint8_t weigh(const AxisWeights& axis, int index, const uint8_t* samples, int count, ptrdiff_t step) {
  const auto& sample = axis.samples[static_cast<size_t>(index)];
  int64_t sum = int64_t{1} << (kWeightBits - 1);
  for (int j = 0; j < 2 * sample.pairs && sample.first + j < count; ++j) {
    const WeightPair& pair = axis.weights[static_cast<size_t>(sample.offset) + static_cast<size_t>(j) / 2];
    const int weight = pair.high[j % 2] * (1 << kHighBits) + pair.low[j % 2];
    sum += int64_t{weight} * samples[(sample.first + j) * step];
  }
  return static_cast<uint8_t>(std::clamp<int64_t>(sum >> kWeightBits, 0, 255));
}

RgbImage plain_resize(const RgbImage& picture, int width, int height) {
  const AxisWeights across = bicubic_weights(picture.width, width, 1);
  const AxisWeights down = bicubic_weights(picture.height, height, 1);
  RgbImage rows(width, picture.height);
  for (int y = 0; y < picture.height; ++y) {
    for (int i = 0; i < 3 * width; ++i) rows.row(y)[i] = weigh(across, i / 3, picture.row(y) + i % 3, picture.width, 3);
  }
  RgbImage out(width, height);
  for (int y = 0; y < height; ++y) {
    for (int i = 0; i < 3 * width; ++i) out.row(y)[i] = weigh(down, y, rows.row(0) + i, picture.height, 3 * width);
  }
  return out;
}

/// Median of several runs, in milliseconds.
double milliseconds(int runs, const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
  return times[static_cast<size_t>(runs / 2)];
}

bool bench_resize(int width, int height, int target_width, int target_height) {
  const test::TestPicture picture(DSOCR_FORMAT_RGB, width, height, 0, 1);
  const RgbImage rgb = to_rgb(picture.image);
  const double fast = milliseconds(21, [&] { resize_bicubic(rgb, target_width, target_height); });
  const double plain = milliseconds(3, [&] { plain_resize(rgb, target_width, target_height); });
  const bool equal =
      resize_bicubic(rgb, target_width, target_height).data == plain_resize(rgb, target_width, target_height).data;
  std::printf("resize %4dx%-4d to %4dx%-4d %7.2f ms, plain loops %7.2f ms, ratio %4.1f, %s\n", width, height,
              target_width, target_height, fast, plain, plain / fast, equal ? "equal" : "DIFFERENT");
  return equal;
}

void bench_formats(int width, int height) {
  for (const DsocrPixelFormat format : test::kAllFormats) {
    const test::TestPicture picture(format, width, height, 0, 1);
    const double time = milliseconds(21, [&] { to_rgb(picture.image); });
    std::printf("to_rgb %-5s %4dx%-4d %6.2f ms\n", pixel_layout(format)->name, width, height, time);
  }
}

}  // namespace
}  // namespace deepseekocr

int main() {
  using deepseekocr::bench_resize;
  bool equal = bench_resize(1280, 720, 512, 288);
  equal = bench_resize(1920, 1080, 1024, 576) && equal;
  equal = bench_resize(1191, 1684, 1280, 1920) && equal;
  equal = bench_resize(320, 180, 512, 288) && equal;
  deepseekocr::bench_formats(1280, 720);
  return equal ? 0 : 1;
}
