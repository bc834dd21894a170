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
[[gnu::noinline]] void color_row(const uint8_t* in, int32_t width, uint8_t* __restrict out) {
  for (int32_t x = 0; x < width; ++x)
    out[x] = static_cast<uint8_t>((in[4 * x] + 2 * in[4 * x + 1] + in[4 * x + 2] + 2) >> 2);
}

/// The same of pairs of pixels of three bytes.  No vector code takes these apart: all in one step.
[[gnu::noinline]] void mean_color_pairs(const uint8_t* in, int32_t width, uint8_t* __restrict out) {
  for (int32_t x = 0; x < width; ++x) {
    const uint8_t *left = in + 6 * x, *right = left + 3;
    out[x] = static_cast<uint8_t>((left[0] + 2 * left[1] + left[2] + right[0] + 2 * right[1] + right[2] + 4) >> 3);
  }
}

}  // namespace

void halve_plane(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out) {
  mean_rows(upper, lower, 2 * width, scratch);
  mean_pairs<1>(scratch, width, out);
}

void halve_packed2(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out) {
  mean_rows(upper, lower, 4 * width - 1, scratch);  // where brightness is the second byte, no more are there
  mean_pairs<2>(scratch, width, out);
}

void halve_rgb3(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out) {
  mean_rows(upper, lower, 6 * width, scratch);
  mean_color_pairs(scratch, width, out);
}

void halve_rgb4(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out) {
  mean_rows(upper, lower, 8 * width, scratch);
  uint8_t* const luma = scratch + 8 * width;
  color_row(scratch, 2 * width, luma);
  mean_pairs<1>(luma, width, out);
}

void quarter(Patch source, int32_t width, uint8_t* scratch, uint8_t* out) {
  const int32_t bytes = 4 * width;
  uint8_t *const upper = scratch, *const lower = scratch + bytes;
  mean_rows(source.data, source.data + source.stride, bytes, upper);
  mean_rows(source.data + 2 * source.stride, source.data + 3 * source.stride, bytes, lower);
  uint8_t* const rows = lower + bytes;
  mean_rows(upper, lower, bytes, rows);
  mean_pairs<1>(rows, 2 * width, upper);
  mean_pairs<1>(upper, width, out);
}

}  // namespace deepseekocr::plugin::GATE_VARIANT
