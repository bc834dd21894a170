// SPDX-License-Identifier: MIT
// What the kernels need of AVX2 and FMA.  For variant files only.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace deepseekocr::kernels::KERNEL_VARIANT {

/// Eight float32 numbers.
struct Lanes {
  /// Parts of a sum of products that are added to in turn.
  static constexpr int kChains = 4;
  /// Inputs whose sums fit the registers.
  static constexpr int kInputs = 2;
  static constexpr int64_t kCount = 8;

  __m256 value;

  static Lanes all(float x) { return {_mm256_set1_ps(x)}; }
  static Lanes load(const float* x) { return {_mm256_loadu_ps(x)}; }
  static Lanes load(const uint16_t* bf16) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bf16)));
    return {_mm256_castsi256_ps(_mm256_slli_epi32(wide, 16))};
  }
  static Lanes load(const int8_t* whole) {
    return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(whole))))};
  }
  void store(float* out) const { _mm256_storeu_ps(out, value); }
  void store(uint16_t* bf16) const {
    const __m256i bits = _mm256_castps_si256(value);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded =
        _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(rounded, rounded), 0xd8);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bf16), _mm256_castsi256_si128(packed));
  }
  /// Whole numbers that 16 bits hold.
  void store(int16_t* whole) const {
    const __m256i wide = _mm256_cvtps_epi32(value);
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(wide, wide), 0xd8);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(whole), _mm256_castsi256_si128(packed));
  }
  float sum() const {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  static Lanes add(Lanes a, Lanes b) { return {_mm256_add_ps(a.value, b.value)}; }
  static Lanes multiply(Lanes a, Lanes b) { return {_mm256_mul_ps(a.value, b.value)}; }
  static Lanes divide(Lanes a, Lanes b) { return {_mm256_div_ps(a.value, b.value)}; }
  static Lanes largest(Lanes a, Lanes b) { return {_mm256_max_ps(a.value, b.value)}; }
  static Lanes smallest(Lanes a, Lanes b) { return {_mm256_min_ps(a.value, b.value)}; }
  /// a · b + c
  static Lanes fused(Lanes a, Lanes b, Lanes c) { return {_mm256_fmadd_ps(a.value, b.value, c.value)}; }
  static Lanes nearest(Lanes a) { return {_mm256_round_ps(a.value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
  /// 2^a for whole a from −126 to 127
  static Lanes power_of_two(Lanes a) {
    const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(a.value), _mm256_set1_epi32(127));
    return {_mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23))};
  }
};

/// Eight rows of whole numbers: quads of 8 bits, pairs of 16, or sums of 32.
struct Words {
  static constexpr int64_t kRows = 8;
  /// Inputs whose sums, whole and float32, are kept beside each other.
  static constexpr int kInputs = 4;

  __m256i value;

  static Words all(int32_t x) { return {_mm256_set1_epi32(x)}; }
  /// The same four bytes for every row.
  static Words all_rows(const uint8_t* x) {
    int32_t four = 0;
    __builtin_memcpy(&four, x, sizeof four);
    return all(four);
  }
  /// Pairs of bytes with a sign.
  static Words load_bytes(const uint8_t* x) {
    return {_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x)))};
  }
  static Words load_words(const uint8_t* x) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x))}; }
  /// Of each 8 bits the lower four, and the upper ones.
  Words low_nibbles() const { return {_mm256_and_si256(value, _mm256_set1_epi8(15))}; }
  Words high_nibbles() const { return {_mm256_and_si256(_mm256_srli_epi16(value, 4), _mm256_set1_epi8(15))}; }
  /// sums + the products of a pair
  static Words multiply_add(Words a, Words b, Words sums) {
    return {_mm256_add_epi32(sums.value, _mm256_madd_epi16(a.value, b.value))};
  }
  /// The products of a quad, added in pairs: bytes of `a` have no sign.  Sums are of 16 bits, and do not overflow.
  static Words multiply_add_bytes(Words a, Words b, Words sums) {
    return {_mm256_add_epi16(sums.value, _mm256_maddubs_epi16(a.value, b.value))};
  }
#ifdef __AVXVNNI__
  static constexpr bool kFuses = true;
  static Words fused_pairs(Words a, Words b, Words sums) {
    return {_mm256_dpwssd_avx_epi32(sums.value, a.value, b.value)};
  }
  static Words fused_quads(Words a, Words b, Words sums) {
    return {_mm256_dpbusd_avx_epi32(sums.value, a.value, b.value)};
  }
#else
  static constexpr bool kFuses = false;  ///< pairs and quads are not multiplied and added by one instruction
#endif
  /// What follows stays behind this.
  void settle() {
    asm("" : "+x"(value));
  }
  Lanes to_lanes() const {
    return {_mm256_cvtepi32_ps(value)};
  }
  /// out[i] = the sum of the 32-bit numbers of parts[i]
  static void sums(const Words (&parts)[8], int32_t* out) {
    const __m256i first = _mm256_hadd_epi32(_mm256_hadd_epi32(parts[0].value, parts[1].value),
                                            _mm256_hadd_epi32(parts[2].value, parts[3].value));
    const __m256i second = _mm256_hadd_epi32(_mm256_hadd_epi32(parts[4].value, parts[5].value),
                                             _mm256_hadd_epi32(parts[6].value, parts[7].value));
    const __m256i both = _mm256_add_epi32(_mm256_permute2x128_si256(first, second, 0x20),
                                          _mm256_permute2x128_si256(first, second, 0x31));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), both);
  }
};

}  // namespace deepseekocr::kernels::KERNEL_VARIANT
