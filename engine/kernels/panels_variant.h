// SPDX-License-Identifier: MIT
// Products of panels, written once over Lanes and Words.  Included like variant.h, after them.
//
// Weights and inputs are whole numbers, and so are the sums of a group: exact, so in whatever order they are taken.
// Weights in 8 bits are widened to 16 in registers, where one multiplication takes twice as many of them as in float32.
// Those in 4 bits are multiplied as bytes, twice as many again.  A group of weights needs one conversion instead of one
// for each weight.
#pragma once

#include "kernels/kernels.h"
#include "kernels/panels.h"

namespace deepseekocr::kernels::KERNEL_VARIANT {

constexpr int64_t kParts = kPanelRows / Words::kRows;

/// Whether one instruction multiplies and adds faster than two: it takes several cycles, so that there must be sums
/// enough to go on with meanwhile.
template <typename Wide, int kInputs>
constexpr bool kFuses = Wide::kFuses&& kInputs* kParts >= 8;

/// sums + the products of pairs
template <int kInputs, typename Wide>
Wide add_pairs(Wide a, Wide b, Wide sums) {
  if constexpr (kFuses<Wide, kInputs>) {
    return Wide::fused_pairs(a, b, sums);
  } else {
    return Wide::multiply_add(a, b, sums);
  }
}

/// sums + the products of quads: bytes of `a` have no sign, and 16 bits hold the products of each half.
template <typename Wide>
Wide add_quads(Wide a, Wide b, Wide sums) {
  if constexpr (Wide::kFuses) {
    return Wide::fused_quads(a, b, sums);
  } else {
    return Wide::multiply_add(Wide::multiply_add_bytes(a, b, Wide::all(0)), Wide::all(0x10001), sums);
  }
}

/// One group: adds to sums[input][part].
template <int kInputs>
void add_group(const uint8_t* data, const uint8_t* x, int64_t stride, Words (&sums)[kInputs][kParts], Int8) {
#pragma GCC unroll 4
  for (int64_t pair = 0; pair < Int8::kGroup / 2; ++pair, data += 2 * kPanelRows) {
    Words weights[kParts];
    for (int64_t p = 0; p < kParts; ++p) weights[p] = Words::load_bytes(data + p * 2 * Words::kRows);
    for (int i = 0; i < kInputs; ++i) {
      const Words both = Words::all_rows(x + i * stride + 4 * pair);
      for (int64_t p = 0; p < kParts; ++p) sums[i][p] = add_pairs<kInputs>(weights[p], both, sums[i][p]);
    }
  }
}

/// A product of two bytes is at most 255 · 127, and two that are added no more than 255 · 128, which 16 bits hold.
template <int kInputs>
void add_group(const uint8_t* data, const uint8_t* x, int64_t stride, Words (&sums)[kInputs][kParts], Int8x8) {
#pragma GCC unroll 2
  for (int64_t k = 0; k < Int8x8::kGroup; k += 4, data += 4 * kPanelRows) {
    Words weights[kParts];
    for (int64_t p = 0; p < kParts; ++p) weights[p] = Words::load_words(data + p * 4 * Words::kRows);
    for (int i = 0; i < kInputs; ++i) {
      const Words four = Words::all_rows(x + i * stride + k);
      for (int64_t p = 0; p < kParts; ++p) {
        sums[i][p] = add_quads(four, weights[p], sums[i][p]);
        // GCC 12 otherwise gathers the products of all inputs, for which registers do not suffice: a fifth slower.
        sums[i][p].settle();
      }
    }
  }
}

/// Adds the products of a group's nibbles to sums[input][part]: add(nibbles, four of an input, sum).
template <int kInputs, typename Add>
void add_nibbles(const uint8_t* data, const uint8_t* x, int64_t stride, Words (&sums)[kInputs][kParts], Add add) {
#pragma GCC unroll 1
  for (int64_t k = 0; k < Int4::kGroup; k += 8, data += 4 * kPanelRows) {
    Words low[kParts], high[kParts];
    for (int64_t p = 0; p < kParts; ++p) {
      const Words words = Words::load_words(data + p * 4 * Words::kRows);
      low[p] = words.low_nibbles();
      high[p] = words.high_nibbles();
    }
    for (int i = 0; i < kInputs; ++i) {
      const Words first = Words::all_rows(x + i * stride + k), second = Words::all_rows(x + i * stride + k + 4);
      for (int64_t p = 0; p < kParts; ++p) sums[i][p] = add(high[p], second, add(low[p], first, sums[i][p]));
    }
  }
}

/// A product of two bytes is at most 15 · 127; sixteen of them stay within 16 bits.
template <int kInputs>
void add_group(const uint8_t* data, const uint8_t* x, int64_t stride, Words (&sums)[kInputs][kParts], Int4) {
  if constexpr (kFuses<Words, kInputs>) {
    add_nibbles(data, x, stride, sums, add_quads<Words>);
    return;
  }
  Words narrow[kInputs][kParts];
  for (auto& input : narrow)
    for (Words& sum : input) sum = Words::all(0);
  add_nibbles(data, x, stride, narrow, Words::multiply_add_bytes);
  const Words ones = Words::all(0x10001);
  for (int i = 0; i < kInputs; ++i)
    for (int64_t p = 0; p < kParts; ++p) sums[i][p] = Words::multiply_add(narrow[i][p], ones, sums[i][p]);
}

/// A group's sums without what the inputs' zero added to them.  Whole numbers below 2^24: exact.
template <typename Format>
Lanes finished_sums(Words sums, [[maybe_unused]] const uint8_t* panel, [[maybe_unused]] int64_t part,
                    [[maybe_unused]] int32_t zero) {
  if constexpr (Format::kSumBytes == 0) {
    return sums.to_lanes();
  } else {
    const Lanes numbers = Lanes::load(reinterpret_cast<const float*>(panel + kScaleBytes) + part * Words::kRows);
    return Lanes::fused(numbers, Lanes::all(static_cast<float>(-zero)), sums.to_lanes());
  }
}

/// out[i][row] for the sixteen rows of one panel.
template <typename Format, int kInputs>
void panel_of_products(const uint8_t* panel, const RoundedRows& x, Rows<float> out) {
  const int64_t stride = x.groups * kInputBytes<Format>;
  Lanes totals[kInputs][kParts];
  for (auto& input : totals)
    for (Lanes& total : input) total = Lanes::all(0);
  for (int64_t group = 0; group < x.groups; ++group, panel += kGroupBytes<Format>) {
    Words sums[kInputs][kParts];
    for (int i = 0; i < kInputs; ++i)
      for (Words& sum : sums[i]) sum = Words::all(-Format::kZero * x.sums[i * x.groups + group]);
    add_group<kInputs>(panel + kHeadBytes<Format>, x.numbers + group * kInputBytes<Format>, stride, sums, Format{});
    for (int64_t p = 0; p < kParts; ++p) {
      const Lanes scale = Lanes::load(reinterpret_cast<const uint16_t*>(panel) + p * Words::kRows);
      for (int i = 0; i < kInputs; ++i) {
        const Lanes both = Lanes::multiply(scale, Lanes::all(x.scales[i * x.groups + group]));
        totals[i][p] =
            Lanes::fused(both, finished_sums<Format>(sums[i][p], panel, p, x.sums[i * x.groups + group]), totals[i][p]);
      }
    }
  }
  for (int i = 0; i < kInputs; ++i)
    for (int64_t p = 0; p < kParts; ++p) totals[i][p].store(out.data + i * out.stride + p * Words::kRows);
}

template <typename Format>
void panel_products(const uint8_t* panels, int64_t count, const RoundedRows& x, int64_t inputs, Rows<float> out) {
  for (int64_t panel = 0; panel < count; ++panel) {
    const uint8_t* data = panels + panel * x.groups * kGroupBytes<Format>;
    float* to = out.data + panel * kPanelRows;
    int64_t i = 0;
    for (; i + Words::kInputs <= inputs; i += Words::kInputs)
      panel_of_products<Format, Words::kInputs>(data, x.from(i, kInputBytes<Format>),
                                                {to + i * out.stride, out.stride});
    for (; i + 4 <= inputs; i += 4)
      panel_of_products<Format, 4>(data, x.from(i, kInputBytes<Format>), {to + i * out.stride, out.stride});
    for (; i + 2 <= inputs; i += 2)
      panel_of_products<Format, 2>(data, x.from(i, kInputBytes<Format>), {to + i * out.stride, out.stride});
    for (; i < inputs; ++i)
      panel_of_products<Format, 1>(data, x.from(i, kInputBytes<Format>), {to + i * out.stride, out.stride});
  }
}

inline void put(const int16_t* numbers, uint8_t* out, Int8) {
  __builtin_memcpy(out, numbers, kInputBytes<Int8>);
}

inline void put(const int16_t* numbers, uint8_t* out, Int4) {
  for (int64_t k = 0; k < Int4::kGroup; k += 8) {
    for (int64_t pair = 0; pair < 4; ++pair) {
      out[k + 2 * pair] = static_cast<uint8_t>(numbers[k + pair]);
      out[k + 2 * pair + 1] = static_cast<uint8_t>(numbers[k + pair + 4]);
    }
  }
}

/// `count` columns of a group, and behind them zeros in `memory` where it has more.
template <int64_t kGroup>
const float* whole_group(const float* x, int64_t count, float (&memory)[kGroup]) {
  if (count == kGroup) return x;
  for (int64_t k = 0; k < kGroup; ++k) memory[k] = k < count ? x[k] : 0;
  return memory;
}

/// Largest of a group's numbers and of their opposites, no less than 0; `nothing` is 0, or not a number if one of them
/// is none or infinite.
struct Extent {
  float above, below, nothing;
};

template <int64_t kGroup>
Extent extent_of(const float* x) {
  Lanes high = Lanes::all(0), low = Lanes::all(0), nothing = Lanes::all(0);
  for (int64_t k = 0; k < kGroup; k += kLanes) {
    const Lanes value = Lanes::load(x + k);
    high = Lanes::largest(high, value);
    low = Lanes::smallest(low, value);
    nothing = Lanes::fused(value, Lanes::all(0), nothing);
  }
  return {largest_of(high), largest_of(Lanes::multiply(low, Lanes::all(-1))), nothing.sum()};
}

constexpr float kSmallest = 1e-30F;  // whose reciprocal float32 holds

/// One group, `count` of its columns; others are 0.  What is not finite makes the scale not a number, and so all
/// products.
template <typename Format>
void round_group(const float* x, int64_t count, uint8_t* out, float* scale, int32_t* sum) {
  constexpr float kLargest = Format::kInputBits == 8 ? 127 : 32767;
  float memory[Format::kGroup];
  x = whole_group(x, count, memory);
  const Extent extent = extent_of<Format::kGroup>(x);
  const float extreme = extent.above > extent.below ? extent.above : extent.below;
  *scale = (extreme > kSmallest ? extreme / kLargest : 0) + extent.nothing;
  if (!(*scale > 0)) {
    for (int64_t k = 0; k < kInputBytes<Format>; ++k) out[k] = 0;
    *sum = 0;
    return;
  }
  const Lanes inverse = Lanes::all(kLargest / extreme);
  Lanes total = Lanes::all(0);
  int16_t numbers[Format::kGroup];
  for (int64_t k = 0; k < Format::kGroup; k += kLanes) {
    const Lanes number = Lanes::nearest(Lanes::multiply(Lanes::load(x + k), inverse));
    number.store(numbers + k);
    total = Lanes::add(total, number);  // whole numbers below 2^24: exact
  }
  put(numbers, out, Format{});
  *sum = static_cast<int32_t>(total.sum());
}

/// The same of int8x8: zero is a number of the group's own.
inline void round_range(const float* x, int64_t count, uint8_t* out, float* scale, int32_t* zero) {
  float memory[Int8x8::kGroup];
  x = whole_group(x, count, memory);
  const Extent extent = extent_of<Int8x8::kGroup>(x);
  const float range = extent.above + extent.below;
  *scale = (range > kSmallest ? range / 255 : 0) + extent.nothing;
  *zero = 0;
  if (!(*scale > 0)) {
    for (int64_t k = 0; k < Int8x8::kGroup; ++k) out[k] = 0;
    return;
  }
  const float inverse = 255 / range;
  *zero = static_cast<int32_t>(0.5F + extent.below * inverse);
  const Lanes factor = Lanes::all(inverse), offset = Lanes::all(static_cast<float>(*zero));
  int16_t numbers[Int8x8::kGroup];
  for (int64_t k = 0; k < Int8x8::kGroup; k += kLanes) {
    const Lanes number = Lanes::nearest(Lanes::fused(Lanes::load(x + k), factor, offset));
    Lanes::smallest(Lanes::all(255), Lanes::largest(Lanes::all(0), number)).store(numbers + k);
  }
  for (int64_t k = 0; k < Int8x8::kGroup; ++k) out[k] = static_cast<uint8_t>(numbers[k]);
}

inline void round_any(const float* x, int64_t count, const RoundedRows& out, Int8x8) {
  round_range(x, count, out.numbers, out.scales, out.sums);
}

template <typename Format>
void round_any(const float* x, int64_t count, const RoundedRows& out, Format) {
  round_group<Format>(x, count, out.numbers, out.scales, out.sums);
}

template <typename Format>
void round_inputs(Rows<const float> x, int64_t count, int64_t length, const RoundedRows& out) {
  for (int64_t i = 0; i < count; ++i) {
    const RoundedRows row = out.from(i, kInputBytes<Format>);
    for (int64_t group = 0; group < out.groups; ++group) {
      const int64_t first = group * Format::kGroup, rest = length - first;
      round_any(x.data + i * x.stride + first, rest < Format::kGroup ? rest : Format::kGroup,
                {row.numbers + group * kInputBytes<Format>, row.scales + group, row.sums + group, 1}, Format{});
    }
  }
}

}  // namespace deepseekocr::kernels::KERNEL_VARIANT
