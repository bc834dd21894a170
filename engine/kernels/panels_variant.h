// SPDX-License-Identifier: MIT
// Products of panels, written once over Lanes and Words.  Included like variant.h, after them.
//
// Inputs are rounded to 16 bits, weights are widened to 16 bits in registers, and the sums of a group are whole
// numbers: exact, so in whatever order they are taken.  One multiplication of a processor then takes twice as many
// weights as in float32, and a group of weights needs one conversion instead of one for each weight.
#pragma once

#include "kernels/kernels.h"
#include "kernels/panels.h"

namespace deepseekocr::kernels::KERNEL_VARIANT {

constexpr int64_t kParts = kPanelRows / Words::kRows;

/// Pair `pair` (two columns) of the rows of each part, of the eight columns that `data` starts with.
inline void load_pairs(const uint8_t* data, int pair, Words (&weights)[kParts], Int8) {
  for (int64_t p = 0; p < kParts; ++p) weights[p] = Words::load_bytes(data + pair * 32 + p * 2 * Words::kRows);
}

inline void load_pairs(const uint8_t* data, int pair, Words (&weights)[kParts], Int4) {
  for (int64_t p = 0; p < kParts; ++p) weights[p] = Words::load_words(data + p * 4 * Words::kRows).nibbles(pair);
}

/// One group: sums[input][part] of whole numbers.
template <typename Format, int kInputs>
void group_of_products(const uint8_t* data, const int16_t* x, int64_t stride, Words (&sums)[kInputs][kParts]) {
  constexpr int64_t kBlockBytes = kPanelRows * Format::kBits;  // eight columns
  for (int64_t k = 0; k < Format::kGroup; k += 8, data += kBlockBytes) {
    for (int pair = 0; pair < 4; ++pair) {
      Words weights[kParts];
      load_pairs(data, pair, weights, Format{});
      for (int i = 0; i < kInputs; ++i) {
        const Words both = Words::all_pairs(x + i * stride + k + 2 * pair);
        for (int64_t p = 0; p < kParts; ++p) sums[i][p] = Words::multiply_add(weights[p], both, sums[i][p]);
      }
    }
  }
}

/// out[i][row] for the sixteen rows of one panel.
template <typename Format, int kInputs>
void panel_of_products(const uint8_t* panel, const RoundedRows& x, Rows<float> out) {
  const int64_t stride = x.groups * Format::kGroup;
  Lanes totals[kInputs][kParts];
  for (auto& input : totals)
    for (Lanes& total : input) total = Lanes::all(0);
  for (int64_t group = 0; group < x.groups; ++group, panel += kGroupBytes<Format>) {
    Words sums[kInputs][kParts];
    for (int i = 0; i < kInputs; ++i)
      for (Words& sum : sums[i]) sum = Words::all(-Format::kZero * x.sums[i * x.groups + group]);
    group_of_products<Format, kInputs>(panel + kScaleBytes, x.numbers + group * Format::kGroup, stride, sums);
    for (int64_t p = 0; p < kParts; ++p) {
      const Lanes scale = Lanes::load(reinterpret_cast<const uint16_t*>(panel) + p * Words::kRows);
      for (int i = 0; i < kInputs; ++i) {
        const Lanes both = Lanes::multiply(scale, Lanes::all(x.scales[i * x.groups + group]));
        totals[i][p] = Lanes::fused(both, sums[i][p].to_lanes(), totals[i][p]);
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
    for (; i + 4 <= inputs; i += 4)
      panel_of_products<Format, 4>(data, x.from(i, Format::kGroup), {to + i * out.stride, out.stride});
    for (; i + 2 <= inputs; i += 2)
      panel_of_products<Format, 2>(data, x.from(i, Format::kGroup), {to + i * out.stride, out.stride});
    for (; i < inputs; ++i)
      panel_of_products<Format, 1>(data, x.from(i, Format::kGroup), {to + i * out.stride, out.stride});
  }
}

/// One group, `count` of its columns; others are 0.  What is not finite makes the scale not a number, and so all
/// products.
template <typename Format>
void round_group(const float* x, int64_t count, int16_t* numbers, float* scale, int32_t* sum) {
  constexpr float kLargest = 32767, kSmallest = 1e-30F;  // whose reciprocal float32 holds
  float rest[Format::kGroup];
  if (count < Format::kGroup) {
    for (int64_t k = 0; k < Format::kGroup; ++k) rest[k] = k < count ? x[k] : 0;
    x = rest;
  }
  Lanes high = Lanes::all(0), low = Lanes::all(0), nothing = Lanes::all(0);
  for (int64_t k = 0; k < Format::kGroup; k += kLanes) {
    const Lanes value = Lanes::load(x + k);
    high = Lanes::largest(high, value);
    low = Lanes::smallest(low, value);
    nothing = Lanes::fused(value, Lanes::all(0), nothing);  // not a number if the value is none, or infinite
  }
  const float extreme = largest_of(Lanes::largest(high, Lanes::multiply(low, Lanes::all(-1))));
  *scale = (extreme > kSmallest ? extreme / kLargest : 0) + nothing.sum();
  if (!(*scale > 0)) {
    for (int64_t k = 0; k < Format::kGroup; ++k) numbers[k] = 0;
    *sum = 0;
    return;
  }
  const Lanes inverse = Lanes::all(kLargest / extreme);
  Lanes total = Lanes::all(0);
  for (int64_t k = 0; k < Format::kGroup; k += kLanes) {
    const Lanes number = Lanes::nearest(Lanes::multiply(Lanes::load(x + k), inverse));
    number.store(numbers + k);
    total = Lanes::add(total, number);  // whole numbers below 2^24: exact
  }
  *sum = static_cast<int32_t>(total.sum());
}

template <typename Format>
void round_inputs(Rows<const float> x, int64_t count, int64_t length, const RoundedRows& out) {
  for (int64_t i = 0; i < count; ++i) {
    const RoundedRows row = out.from(i, Format::kGroup);
    for (int64_t group = 0; group < out.groups; ++group) {
      const int64_t first = group * Format::kGroup, rest = length - first;
      round_group<Format>(x.data + i * x.stride + first, rest < Format::kGroup ? rest : Format::kGroup,
                          row.numbers + first, row.scales + group, row.sums + group);
    }
  }
}

}  // namespace deepseekocr::kernels::KERNEL_VARIANT
