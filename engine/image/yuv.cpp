// SPDX-License-Identifier: MIT
#include "image/yuv.h"

#include <algorithm>
#include <cmath>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace deepseekocr {
namespace {

int16_t to_factor(double value) {
  return static_cast<int16_t>(std::lrint(value * 256.0));
}

/// A sample as a signed 16-bit number around middle grey, its byte repeated: 257/65536 stands for 1/255 of the range.
int centred(uint8_t sample) {
  const int value = sample - 128;
  return value * 256 + (value & 255);
}

/// One term of the matrix product, rounded down as the high half of a 16-bit multiplication is.
int term(uint8_t sample, int16_t factor) {
  return (centred(sample) * factor) >> 16;
}

uint8_t to_channel(int value) {
  return static_cast<uint8_t>(std::clamp(value + 128, 0, 255));
}

void convert_pixel(uint8_t y, uint8_t u, uint8_t v, const YuvMatrix& matrix, uint8_t* rgb) {
  const int luma = term(y, matrix.luma);
  rgb[0] = to_channel(luma + term(v, matrix.red_v));
  rgb[1] = to_channel(luma + term(u, matrix.green_u) + term(v, matrix.green_v));
  rgb[2] = to_channel(luma + term(u, matrix.blue_u));
}

}  // namespace

YuvMatrix::YuvMatrix(DsocrColorMatrix matrix, DsocrColorRange range) {
  struct Weights {
    double red, blue;
  };
  const Weights weights = matrix == DSOCR_MATRIX_BT709    ? Weights{0.2126, 0.0722}
                          : matrix == DSOCR_MATRIX_BT2020 ? Weights{0.2627, 0.0593}
                                                          : Weights{0.299, 0.114};
  const double green = 1.0 - weights.red - weights.blue;
  const bool full = range == DSOCR_RANGE_FULL;
  const double chroma = full ? 1.0 : 255.0 / 224.0;
  const double v_scale = 2.0 * (1.0 - weights.red) * chroma;
  const double u_scale = 2.0 * (1.0 - weights.blue) * chroma;
  luma = to_factor(full ? 1.0 : 255.0 / 219.0);
  red_v = to_factor(v_scale);
  blue_u = to_factor(u_scale);
  green_u = to_factor(-u_scale * weights.blue / green);
  green_v = to_factor(-v_scale * weights.red / green);
}

uint8_t luma_to_gray(uint8_t luma, const YuvMatrix& matrix) {
  return to_channel(term(luma, matrix.luma));
}

#ifdef __SSE2__
namespace {

/// Eight samples as centred() makes them.
__m128i load_centred(const uint8_t* samples) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(samples));
  const __m128i shifted = _mm_xor_si128(bytes, _mm_set1_epi8(-128));
  return _mm_unpacklo_epi8(shifted, shifted);
}

/// Four pixels of four bytes to four of three; writes 12 bytes and two more.
void store_four(__m128i pixels, uint8_t* rgb) {
  const __m128i first = _mm_and_si128(pixels, _mm_set1_epi64x(0xFFFFFF));
  const __m128i second = _mm_slli_epi64(_mm_srli_epi64(pixels, 32), 24);
  const __m128i packed = _mm_or_si128(first, second);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(rgb), packed);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(rgb + 6), _mm_srli_si128(packed, 8));
}

/// Eight pixels; writes 24 bytes and two more.
void convert_eight(const uint8_t* y, const uint8_t* u, const uint8_t* v, const YuvMatrix& matrix, uint8_t* rgb) {
  const __m128i luma = _mm_mulhi_epi16(load_centred(y), _mm_set1_epi16(matrix.luma));
  const __m128i cu = load_centred(u);
  const __m128i cv = load_centred(v);
  const __m128i red = _mm_add_epi16(luma, _mm_mulhi_epi16(cv, _mm_set1_epi16(matrix.red_v)));
  const __m128i blue = _mm_add_epi16(luma, _mm_mulhi_epi16(cu, _mm_set1_epi16(matrix.blue_u)));
  const __m128i green = _mm_add_epi16(_mm_add_epi16(luma, _mm_mulhi_epi16(cu, _mm_set1_epi16(matrix.green_u))),
                                      _mm_mulhi_epi16(cv, _mm_set1_epi16(matrix.green_v)));
  const __m128i offset = _mm_set1_epi8(-128);
  const __m128i red_blue = _mm_xor_si128(_mm_packs_epi16(red, blue), offset);
  const __m128i green_bytes = _mm_xor_si128(_mm_packs_epi16(green, green), offset);
  const __m128i red_green = _mm_unpacklo_epi8(red_blue, green_bytes);
  const __m128i blue_zero = _mm_unpackhi_epi8(red_blue, _mm_setzero_si128());
  store_four(_mm_unpacklo_epi16(red_green, blue_zero), rgb);
  store_four(_mm_unpackhi_epi16(red_green, blue_zero), rgb + 12);
}

}  // namespace
#endif

void yuv_to_rgb(const uint8_t* y, const uint8_t* u, const uint8_t* v, int width, const YuvMatrix& matrix,
                uint8_t* rgb) {
  int x = 0;
#ifdef __SSE2__
  // The bytes written beyond a block belong to the next pixel, which must be inside the row.
  for (; x + 8 < width; x += 8) convert_eight(y + x, u + x, v + x, matrix, rgb + 3 * static_cast<ptrdiff_t>(x));
#endif
  for (; x < width; ++x) convert_pixel(y[x], u[x], v[x], matrix, rgb + 3 * static_cast<ptrdiff_t>(x));
}

void repeat_chroma(const ChromaRow& row, int first, int width, uint8_t* out) {
  for (int x = first; x < first + width; ++x) *out++ = row.samples[static_cast<ptrdiff_t>(x / 2) * row.step];
}

namespace {

/// The two pixels of a block from its own sample and its neighbours'.
struct BetweenColumns {
  static uint8_t even(int before, int own) { return static_cast<uint8_t>((3 * own + before + 2) >> 2); }
  static uint8_t odd(int own, int after) { return static_cast<uint8_t>((3 * own + after + 2) >> 2); }
};
struct OnEvenColumns {
  static uint8_t even(int /*before*/, int own) { return static_cast<uint8_t>(own); }
  static uint8_t odd(int own, int after) { return static_cast<uint8_t>((own + after + 1) >> 1); }
};

template <typename Filter>
void interpolate_blocks(const ChromaRow& row, int first, int width, uint8_t* out) {
  const auto sample = [&](int i) -> int { return row.samples[static_cast<ptrdiff_t>(i) * row.step]; };
  const int last = row.count - 1;
  const int end = first + width;
  int block = first / 2;
  int before = sample(std::max(block - 1, 0));
  int own = sample(block);
  int x = first;
  if (x % 2 != 0) {  // the area begins with the right half of a block
    const int after = sample(std::min(block + 1, last));
    *out++ = Filter::odd(own, after);
    before = own;
    own = after;
    ++block;
    ++x;
  }
  for (; x + 1 < end; x += 2, ++block) {
    const int after = sample(std::min(block + 1, last));
    *out++ = Filter::even(before, own);
    *out++ = Filter::odd(own, after);
    before = own;
    own = after;
  }
  if (x < end) *out = Filter::even(before, own);
}

}  // namespace

void interpolate_chroma(const ChromaRow& row, bool left, int first, int width, uint8_t* out) {
  if (left) {
    interpolate_blocks<OnEvenColumns>(row, first, width, out);
  } else {
    interpolate_blocks<BetweenColumns>(row, first, width, out);
  }
}

void blend_chroma(const uint8_t* near_row, const uint8_t* far_row, int width, uint8_t* out) {
  int x = 0;
#ifdef __SSE2__
  const __m128i zero = _mm_setzero_si128();
  const auto blend = [](__m128i near_samples, __m128i far_samples) {
    const __m128i triple = _mm_add_epi16(near_samples, _mm_add_epi16(near_samples, near_samples));
    return _mm_srli_epi16(_mm_add_epi16(_mm_add_epi16(triple, far_samples), _mm_set1_epi16(2)), 2);
  };
  for (; x + 16 <= width; x += 16) {
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(near_row + x));
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(far_row + x));
    const __m128i low = blend(_mm_unpacklo_epi8(a, zero), _mm_unpacklo_epi8(b, zero));
    const __m128i high = blend(_mm_unpackhi_epi8(a, zero), _mm_unpackhi_epi8(b, zero));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + x), _mm_packus_epi16(low, high));
  }
#endif
  for (; x < width; ++x) out[x] = static_cast<uint8_t>((3 * near_row[x] + far_row[x] + 2) >> 2);
}

}  // namespace deepseekocr
