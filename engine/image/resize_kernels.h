// SPDX-License-Identifier: MIT
// The two inner loops of resizing: weighted sums along a row and across rows (specification 3.5, step 4).
// Each exists twice, for SSE2 and in portable C++, with the same results bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "image/bicubic.h"

namespace deepseekocr {

/// Rows that the horizontal pass works on at once.
constexpr int kRowGroup = 4;

/// Two horizontally neighbouring pixels of kRowGroup rows, widened to 16 bits: the operand order of a multiply-add.
struct PixelPairs {
  int16_t values[3][kRowGroup][2];  ///< channel, row, left or right pixel
};

/// One RGB pixel of each row of a group: out[row][0..2] = clamp((2^21 + sum of weight * pixel) / 2^22).
/// Writes four bytes per row, the fourth is arbitrary: the next pixel, or padding.
/// @param pixels first pair of the window, @param weights as many pairs of weights.
using WeighPixels = void(const PixelPairs* pixels, const WeightPair* weights, int pairs, uint8_t* const out[kRowGroup],
                         size_t offset);

/// One row from several: out[i] = clamp((2^21 + sum of weight * rows[..][i]) / 2^22), i < bytes.
/// @param rows 2 * pairs rows of `bytes` bytes.
using WeighRows = void(const uint8_t* const* rows, const WeightPair* weights, int pairs, int bytes, uint8_t* out);

namespace portable {
WeighPixels weigh_pixels;
WeighRows weigh_rows;
}  // namespace portable

/// The fastest of this machine's architecture.
WeighPixels weigh_pixels;
WeighRows weigh_rows;

}  // namespace deepseekocr
