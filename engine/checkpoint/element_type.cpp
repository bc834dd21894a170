// SPDX-License-Identifier: MIT
#include "checkpoint/element_type.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace deepseekocr {
namespace {

float float_from_bf16(uint16_t bits) {
  return std::bit_cast<float>(uint32_t{bits} << 16);
}

uint16_t bf16_from_float(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);  // NaN stays NaN
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

float float_from_f16(uint16_t bits) {
  const uint32_t sign = uint32_t{bits & 0x8000u} << 16;
  const uint32_t exponent = (bits >> 10) & 0x1fu;
  const uint32_t mantissa = bits & 0x3ffu;
  if (exponent == 0x1fu) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
  // Subnormal: mantissa × 2^-24, exact in float32.
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
}

uint16_t f16_from_float(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000u);
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return sign | 0x7e00u;   // NaN
  if (magnitude >= 0x477ff000u) return sign | 0x7c00u;  // from 65520 on the nearest is infinity
  if (magnitude >= 0x38800000u) {                       // normal: 2^-14 and more
    const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
    return static_cast<uint16_t>(sign | ((rounded >> 13) - (112u << 10)));
  }
  // Subnormal: adding 0.5 puts units of 2^-24 into the last bits of the mantissa, rounded by the addition itself.
  const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
  return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u));
}

float load_float(ElementType type, const unsigned char* source) {
  if (type == ElementType::f32) {
    float value;
    std::memcpy(&value, source, sizeof(value));
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, source, sizeof(bits));
  return type == ElementType::f16 ? float_from_f16(bits) : float_from_bf16(bits);
}

void store_float(ElementType type, float value, unsigned char* destination) {
  if (type == ElementType::f32) {
    std::memcpy(destination, &value, sizeof(value));
    return;
  }
  const uint16_t bits = type == ElementType::f16 ? f16_from_float(value) : bf16_from_float(value);
  std::memcpy(destination, &bits, sizeof(bits));
}

/// The commonest pair by far, eight elements at a time.  @return how many were converted
size_t widen_eights(const unsigned char* from, unsigned char* to, size_t count) {
  using Eight [[gnu::vector_size(16)]] = uint16_t;
  using EightWide [[gnu::vector_size(32)]] = uint32_t;
  size_t done = 0;
  for (; done + 8 <= count; done += 8) {
    Eight halves;
    std::memcpy(&halves, from + 2 * done, sizeof halves);
    const EightWide wide = __builtin_convertvector(halves, EightWide) << 16;
    std::memcpy(to + 4 * done, &wide, sizeof wide);
  }
  return done;
}

/// One loop per pair of types, so that the compiler sees both as constants.
template <ElementType From, ElementType To>
void convert_loop(const void* source, void* destination, size_t count) {
  const auto* from = static_cast<const unsigned char*>(source);
  auto* to = static_cast<unsigned char*>(destination);
  constexpr size_t from_size = From == ElementType::f32 ? 4 : 2;
  constexpr size_t to_size = To == ElementType::f32 ? 4 : 2;
  size_t i = 0;
  if constexpr (From == ElementType::bf16 && To == ElementType::f32) i = widen_eights(from, to, count);
  for (; i < count; ++i) store_float(To, load_float(From, from + i * from_size), to + i * to_size);
}

template <ElementType From>
void convert_from(const void* source, ElementType to, void* destination, size_t count) {
  switch (to) {
    case ElementType::f32:
      return convert_loop<From, ElementType::f32>(source, destination, count);
    case ElementType::f16:
      return convert_loop<From, ElementType::f16>(source, destination, count);
    case ElementType::bf16:
      return convert_loop<From, ElementType::bf16>(source, destination, count);
  }
}

}  // namespace

size_t element_size(ElementType type) {
  return type == ElementType::f32 ? 4 : 2;
}

const char* element_name(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return "F32";
    case ElementType::f16:
      return "F16";
    case ElementType::bf16:
      return "BF16";
  }
  return "unknown";
}

void convert_elements(ElementType from, const void* source, ElementType to, void* destination, size_t count) {
  if (count == 0) return;
  if (from == to) {
    std::memcpy(destination, source, count * element_size(from));
    return;
  }
  switch (from) {
    case ElementType::f32:
      return convert_from<ElementType::f32>(source, to, destination, count);
    case ElementType::f16:
      return convert_from<ElementType::f16>(source, to, destination, count);
    case ElementType::bf16:
      return convert_from<ElementType::bf16>(source, to, destination, count);
  }
}

}  // namespace deepseekocr
