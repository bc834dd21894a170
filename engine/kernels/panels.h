// SPDX-License-Identifier: MIT
// Weights in 8 or 4 bits, laid out so that a product reads them from front to back.
//
// A panel holds sixteen rows of a matrix.  Along the columns it is a sequence of groups, each of them the sixteen
// scales (bfloat16), then the weights as whole numbers; a weight is its number times its row's scale in its group.
// Columns are taken in pairs, because the processor multiplies pairs and adds the two products:
//
//   int8  group of 64 columns; for each pair: row 0 even, row 0 odd, row 1 even, …; −127 to 127
//   int8x8  group of 64 columns, the sixteen rows' sums of its numbers (float32) behind the scales; for each four
//         columns: row 0's four, row 1's, …; −127 to 127, two neighbours of one sign −128 to 128 together
//   int4  group of 32 columns; for each eight columns: the sixteen rows' two 16-bit words, of even and of odd columns,
//         each of four numbers from the lowest bits on; −8 to 7, stored plus 8
//
// Rows and columns that the matrix does not have are zeros.
//
// Inputs are rounded to whole numbers too, each group to a scale of its own: to 16 bits for weights in int8, and to 8
// bits for weights in int4, whose own rounding costs fifteen times as much, and for those in int8x8, which many inputs
// are multiplied with at once: arithmetic is what counts there, not memory.  They lie as products take them:
//
//   int8  in the order of the columns
//   int8x8  the same, 0 to 255 with a zero of their own: what is all positive has all the steps
//   int4  of each eight columns 0, 4, 1, 5, 2, 6, 3, 7, as the words of the weights hold them
#pragma once

#include <cstdint>

namespace deepseekocr::kernels {

constexpr int64_t kPanelRows = 16;

/// Raised whenever packing gives other bytes: files of packed weights state it.
constexpr int64_t kPackingVersion = 1;

struct Int8 {
  static constexpr int64_t kBits = 8;
  static constexpr int64_t kGroup = 64;  ///< columns with a scale of their own
  static constexpr int32_t kZero = 0;    ///< how zero is stored
  static constexpr int64_t kInputBits = 16;
  static constexpr int64_t kSumBytes = 0;  ///< of the sums of a group's numbers
};

struct Int8x8 {
  static constexpr int64_t kBits = 8;
  static constexpr int64_t kGroup = 64;
  static constexpr int32_t kZero = 0;
  static constexpr int64_t kInputBits = 8;
  static constexpr int64_t kSumBytes = kPanelRows * 4;
};

struct Int4 {
  static constexpr int64_t kBits = 4;
  static constexpr int64_t kGroup = 32;
  static constexpr int32_t kZero = 8;
  static constexpr int64_t kInputBits = 8;
  static constexpr int64_t kSumBytes = 0;
};

template <typename Format>
constexpr int64_t group_count(int64_t columns) {
  return (columns + Format::kGroup - 1) / Format::kGroup;
}

/// Bytes of the scales at the start of a group.
constexpr int64_t kScaleBytes = kPanelRows * 2;

/// Bytes before the numbers of a group.
template <typename Format>
constexpr int64_t kHeadBytes = kScaleBytes + Format::kSumBytes;

template <typename Format>
constexpr int64_t kGroupBytes = kHeadBytes<Format> + kPanelRows* Format::kGroup* Format::kBits / 8;

template <typename Format>
constexpr int64_t panel_bytes(int64_t columns) {
  return group_count<Format>(columns) * kGroupBytes<Format>;
}

/// Bytes of a group of inputs.
template <typename Format>
constexpr int64_t kInputBytes = Format::kGroup* Format::kInputBits / 8;

/// Rows of inputs as whole numbers: value = number · scale of its group, or (number − zero) · scale of int8x8. `groups`
/// groups a row, those of the weights that they are multiplied with.
struct RoundedRows {
  uint8_t* numbers;  ///< row-major, groups · bytes of a group
  float* scales;     ///< row-major, groups
  int32_t* sums;     ///< of the numbers of a group; of int8x8 the group's zero
  int64_t groups;

  RoundedRows from(int64_t row, int64_t group_bytes) const {
    return {numbers + row * groups * group_bytes, scales + row * groups, sums + row * groups, groups};
  }
};

}  // namespace deepseekocr::kernels
