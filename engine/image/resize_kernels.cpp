// SPDX-License-Identifier: MIT
#include "image/resize_kernels.h"

#include <algorithm>
#include <array>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace deepseekocr {
namespace {

/// Adds up in wrapping 32-bit arithmetic: parts may leave the range, the whole sum of a bicubic window never does.
struct SplitSum {
  uint32_t high = 0;
  uint32_t low = 0;

  void add(const WeightPair& weight, int a, int b) {
    high += static_cast<uint32_t>(weight.high[0] * a + weight.high[1] * b);
    low += static_cast<uint32_t>(weight.low[0] * a + weight.low[1] * b);
  }
  uint8_t pixel() const {
    const uint32_t sum = (high << kHighBits) + low + (1U << (kWeightBits - 1));
    return static_cast<uint8_t>(std::clamp(static_cast<int32_t>(sum) >> kWeightBits, 0, 255));
  }
};

uint8_t weigh_one(const uint8_t* const* rows, const WeightPair* weights, int pairs, int column) {
  SplitSum sum;
  for (int j = 0; j < pairs; ++j) sum.add(weights[j], rows[2 * j][column], rows[2 * j + 1][column]);
  return sum.pixel();
}

}  // namespace

namespace portable {

void weigh_pixels(const PixelPairs* pixels, const WeightPair* weights, int pairs, uint8_t* const out[kRowGroup],
                  size_t offset) {
  for (int channel = 0; channel < 3; ++channel) {
    std::array<SplitSum, kRowGroup> sums;
    for (int j = 0; j < pairs; ++j) {
      const auto& values = pixels[j].values[channel];
      for (size_t row = 0; row < kRowGroup; ++row) sums[row].add(weights[j], values[row][0], values[row][1]);
    }
    for (size_t row = 0; row < kRowGroup; ++row) out[row][offset + static_cast<size_t>(channel)] = sums[row].pixel();
  }
}

void weigh_rows(const uint8_t* const* rows, const WeightPair* weights, int pairs, int bytes, uint8_t* out) {
  for (int i = 0; i < bytes; ++i) out[i] = weigh_one(rows, weights, pairs, i);
}

}  // namespace portable

#ifdef __SSE2__
namespace {

struct PairVectors {
  __m128i high;
  __m128i low;

  explicit PairVectors(const WeightPair& weight) {
    int32_t high_pair = 0;
    int32_t low_pair = 0;
    std::memcpy(&high_pair, weight.high, sizeof high_pair);
    std::memcpy(&low_pair, weight.low, sizeof low_pair);
    high = _mm_set1_epi32(high_pair);
    low = _mm_set1_epi32(low_pair);
  }
};

/// Four split sums side by side.
struct VectorSum {
  __m128i high = _mm_setzero_si128();
  __m128i low = _mm_setzero_si128();

  void add(const PairVectors& weight, __m128i pairs) {
    high = _mm_add_epi32(high, _mm_madd_epi16(pairs, weight.high));
    low = _mm_add_epi32(low, _mm_madd_epi16(pairs, weight.low));
  }
  /// Not yet clamped: the saturating packs that follow do it.
  __m128i pixels() const {
    const __m128i half = _mm_set1_epi32(1 << (kWeightBits - 1));
    const __m128i sum = _mm_add_epi32(_mm_add_epi32(_mm_slli_epi32(high, kHighBits), low), half);
    return _mm_srai_epi32(sum, kWeightBits);
  }
};

__m128i load(const void* address) {
  return _mm_loadu_si128(static_cast<const __m128i*>(address));
}

/// 16 columns of one row from several.
void weigh_columns(const uint8_t* const* rows, const WeightPair* weights, int pairs, int column, uint8_t* out) {
  const __m128i zero = _mm_setzero_si128();
  VectorSum sums[4];
  for (int j = 0; j < pairs; ++j) {
    const PairVectors weight(weights[j]);
    const __m128i upper = load(rows[2 * j] + column);
    const __m128i lower = load(rows[2 * j + 1] + column);
    const __m128i left = _mm_unpacklo_epi8(upper, lower);
    const __m128i right = _mm_unpackhi_epi8(upper, lower);
    sums[0].add(weight, _mm_unpacklo_epi8(left, zero));
    sums[1].add(weight, _mm_unpackhi_epi8(left, zero));
    sums[2].add(weight, _mm_unpacklo_epi8(right, zero));
    sums[3].add(weight, _mm_unpackhi_epi8(right, zero));
  }
  const __m128i left = _mm_packs_epi32(sums[0].pixels(), sums[1].pixels());
  const __m128i right = _mm_packs_epi32(sums[2].pixels(), sums[3].pixels());
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out + column), _mm_packus_epi16(left, right));
}

}  // namespace

void weigh_pixels(const PixelPairs* pixels, const WeightPair* weights, int pairs, uint8_t* const out[kRowGroup],
                  size_t offset) {
  VectorSum red;
  VectorSum green;
  VectorSum blue;
  for (int j = 0; j < pairs; ++j) {
    const PairVectors weight(weights[j]);
    red.add(weight, load(pixels[j].values[0]));
    green.add(weight, load(pixels[j].values[1]));
    blue.add(weight, load(pixels[j].values[2]));
  }
  // Planes of four rows (RRRR GGGG BBBB BBBB) to pixels (RGBB RGBB RGBB RGBB).
  const __m128i blue_pixels = blue.pixels();
  const __m128i planes =
      _mm_packus_epi16(_mm_packs_epi32(red.pixels(), green.pixels()), _mm_packs_epi32(blue_pixels, blue_pixels));
  const __m128i mixed = _mm_unpacklo_epi8(planes, _mm_srli_si128(planes, 8));
  const __m128i packed = _mm_unpacklo_epi8(mixed, _mm_srli_si128(mixed, 8));
  alignas(16) uint8_t bytes[16];
  _mm_store_si128(reinterpret_cast<__m128i*>(bytes), packed);
  for (size_t row = 0; row < kRowGroup; ++row) std::memcpy(out[row] + offset, bytes + 4 * row, 4);
}

void weigh_rows(const uint8_t* const* rows, const WeightPair* weights, int pairs, int bytes, uint8_t* out) {
  int i = 0;
  for (; i + 16 <= bytes; i += 16) weigh_columns(rows, weights, pairs, i, out);
  for (; i < bytes; ++i) out[i] = weigh_one(rows, weights, pairs, i);
}

#else

void weigh_pixels(const PixelPairs* pixels, const WeightPair* weights, int pairs, uint8_t* const out[kRowGroup],
                  size_t offset) {
  portable::weigh_pixels(pixels, weights, pairs, out, offset);
}

void weigh_rows(const uint8_t* const* rows, const WeightPair* weights, int pairs, int bytes, uint8_t* out) {
  portable::weigh_rows(rows, weights, pairs, bytes, out);
}

#endif

}  // namespace deepseekocr
