// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/kernels/bytes.h"
#include "deepseekocr/gate/kernels/variant.h"

namespace deepseekocr::plugin::GATE_VARIANT {
namespace {

// Loops over a row are functions that stay so: inlined, what is known of their pointers is lost to the compiler, and
// they are no vector code any more.

uint8_t mean(uint8_t a, uint8_t b) {
  return static_cast<uint8_t>((a + b + 1) >> 1);
}

[[gnu::noinline]] void mean_rows(const uint8_t* upper, const uint8_t* lower, int32_t bytes, uint8_t* __restrict out) {
  for (int32_t i = 0; i < bytes; ++i) out[i] = mean(upper[i], lower[i]);
}

/// Means of pairs of pixels that are `kStep` bytes apart.
template <int kStep>
[[gnu::noinline]] void mean_pairs(const uint8_t* in, int32_t width, uint8_t* __restrict out) {
  for (int32_t x = 0; x < width; ++x) out[x] = mean(in[2 * kStep * x], in[2 * kStep * x + kStep]);
}

/// Near enough to brightness, and the same for RGB and BGR: a quarter, a half, a quarter.
template <int kStep>
[[gnu::noinline]] void mean_color_pairs(const uint8_t* in, int32_t width, uint8_t* __restrict out) {
  for (int32_t x = 0; x < width; ++x) {
    const uint8_t *left = in + 2 * kStep * x, *right = left + kStep;
    out[x] = static_cast<uint8_t>((left[0] + 2 * left[1] + left[2] + right[0] + 2 * right[1] + right[2] + 4) >> 3);
  }
}

[[gnu::noinline]] void add_fours(const uint8_t* in, int32_t width, uint16_t* __restrict sums) {
  for (int32_t x = 0; x < width; ++x)
    sums[x] = static_cast<uint16_t>(sums[x] + in[4 * x] + in[4 * x + 1] + in[4 * x + 2] + in[4 * x + 3]);
}

}  // namespace

void halve_plane(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out) {
  mean_rows(upper, lower, 2 * width, scratch);
  mean_pairs<1>(scratch, width, out);
}

void halve_packed2(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out) {
  mean_rows(upper, lower, 4 * width, scratch);
  mean_pairs<2>(scratch, width, out);
}

void halve_rgb3(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out) {
  mean_rows(upper, lower, 6 * width, scratch);
  mean_color_pairs<3>(scratch, width, out);
}

void halve_rgb4(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out) {
  mean_rows(upper, lower, 8 * width, scratch);
  mean_color_pairs<4>(scratch, width, out);
}

void quarter(Patch source, int32_t width, uint8_t* out) {
  constexpr int32_t kRows = 4;
  for (int32_t x = 0; x < width; x += kBlock) {
    uint16_t sums[kBlock];
    for (uint16_t& sum : sums) sum = 8;
    const int32_t count = width - x < kBlock ? width - x : kBlock;
    for (int32_t y = 0; y < kRows; ++y) add_fours(source.data + y * source.stride + 4 * x, count, sums);
    for (int32_t i = 0; i < count; ++i) out[x + i] = static_cast<uint8_t>(sums[i] >> 4);
  }
}

}  // namespace deepseekocr::plugin::GATE_VARIANT
