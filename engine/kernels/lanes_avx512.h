// SPDX-License-Identifier: MIT
// What the kernels need of AVX-512.  For variant files only.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace deepseekocr::kernels::KERNEL_VARIANT {

/// Sixteen float32 numbers.
struct Lanes {
  /// Parts of a sum of products that are added to in turn.
  static constexpr int kChains = 2;
  /// Inputs whose sums fit the registers.
  static constexpr int kInputs = 4;
  static constexpr int64_t kCount = 16;

  __m512 value;

  static Lanes all(float x) { return {_mm512_set1_ps(x)}; }
  static Lanes load(const float* x) { return {_mm512_loadu_ps(x)}; }
  static Lanes load(const uint16_t* bf16) {
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bf16)));
    return {_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16))};
  }
  static Lanes load(const int8_t* whole) {
    return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(whole))))};
  }
  void store(float* out) const { _mm512_storeu_ps(out, value); }
  void store(uint16_t* bf16) const {
    const __m512i bits = _mm512_castps_si512(value);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded =
        _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(bf16), _mm512_cvtepi32_epi16(rounded));
  }
  /// Whole numbers that 16 bits hold.
  void store(int16_t* whole) const {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(whole), _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(value)));
  }
  float sum() const { return _mm512_reduce_add_ps(value); }
  static Lanes add(Lanes a, Lanes b) { return {_mm512_add_ps(a.value, b.value)}; }
  static Lanes multiply(Lanes a, Lanes b) { return {_mm512_mul_ps(a.value, b.value)}; }
  static Lanes divide(Lanes a, Lanes b) { return {_mm512_div_ps(a.value, b.value)}; }
  static Lanes largest(Lanes a, Lanes b) { return {_mm512_max_ps(a.value, b.value)}; }
  static Lanes smallest(Lanes a, Lanes b) { return {_mm512_min_ps(a.value, b.value)}; }
  /// a · b + c
  static Lanes fused(Lanes a, Lanes b, Lanes c) { return {_mm512_fmadd_ps(a.value, b.value, c.value)}; }
  static Lanes nearest(Lanes a) {
    return {_mm512_roundscale_ps(a.value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
  }
  /// 2^a for whole a from −126 to 127
  static Lanes power_of_two(Lanes a) {
    const __m512i exponent = _mm512_add_epi32(_mm512_cvtps_epi32(a.value), _mm512_set1_epi32(127));
    return {_mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23))};
  }
};

/// Sixteen rows of whole numbers: quads of 8 bits, pairs of 16, or sums of 32.
struct Words {
  static constexpr int64_t kRows = 16;
  /// Inputs whose sums, whole and float32, are kept beside each other.
  static constexpr int kInputs = 8;

  __m512i value;

  static Words all(int32_t x) { return {_mm512_set1_epi32(x)}; }
  /// The same four bytes for every row.
  static Words all_rows(const uint8_t* x) {
    int32_t four = 0;
    __builtin_memcpy(&four, x, sizeof four);
    return all(four);
  }
  /// Pairs of bytes with a sign.
  static Words load_bytes(const uint8_t* x) {
    return {_mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)))};
  }
  static Words load_words(const uint8_t* x) { return {_mm512_loadu_si512(x)}; }
  /// Of each 8 bits the lower four, and the upper ones.
  Words low_nibbles() const { return {_mm512_and_si512(value, _mm512_set1_epi8(15))}; }
  Words high_nibbles() const { return {_mm512_and_si512(_mm512_srli_epi16(value, 4), _mm512_set1_epi8(15))}; }
  /// sums + the products of a pair
  static Words multiply_add(Words a, Words b, Words sums) {
    return {_mm512_add_epi32(sums.value, _mm512_madd_epi16(a.value, b.value))};
  }
  /// The products of a quad, added in pairs: bytes of `a` have no sign.  Sums are of 16 bits, and do not overflow.
  static Words multiply_add_bytes(Words a, Words b, Words sums) {
    return {_mm512_add_epi16(sums.value, _mm512_maddubs_epi16(a.value, b.value))};
  }
#ifdef __AVX512VNNI__
  static constexpr bool kFuses = true;
  static Words fused_pairs(Words a, Words b, Words sums) {
    return {_mm512_dpwssd_epi32(sums.value, a.value, b.value)};
  }
  static Words fused_quads(Words a, Words b, Words sums) {
    return {_mm512_dpbusd_epi32(sums.value, a.value, b.value)};
  }
#else
  static constexpr bool kFuses = false;  ///< pairs and quads are not multiplied and added by one instruction
#endif
  /// What follows stays behind this.
  void settle() {
    asm("" : "+v"(value));
  }
  Lanes to_lanes() const {
    return {_mm512_cvtepi32_ps(value)};
  }
  /// out[i] = the sum of the 32-bit numbers of parts[i]
  static void sums(const Words (&parts)[8], int32_t* out) {
    __m256i half[8];
    for (int i = 0; i < 8; ++i)
      half[i] = _mm256_add_epi32(_mm512_castsi512_si256(parts[i].value), _mm512_extracti64x4_epi64(parts[i].value, 1));
    const __m256i first = _mm256_hadd_epi32(_mm256_hadd_epi32(half[0], half[1]), _mm256_hadd_epi32(half[2], half[3]));
    const __m256i second = _mm256_hadd_epi32(_mm256_hadd_epi32(half[4], half[5]), _mm256_hadd_epi32(half[6], half[7]));
    const __m256i both = _mm256_add_epi32(_mm256_permute2x128_si256(first, second, 0x20),
                                          _mm256_permute2x128_si256(first, second, 0x31));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), both);
  }
};

}  // namespace deepseekocr::kernels::KERNEL_VARIANT
