// SPDX-License-Identifier: MIT
// What the gate does to every pixel, in one form for each instruction set that is worth one.  All forms give the same
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace deepseekocr::plugin {

/// Side of a cell of the gate's grid, in pixels of the picture that it works on.
constexpr int32_t kCell = 8;

/// Cells beside each other that are looked at together, and their pixels: the widest vector, whatever the form.
constexpr int32_t kBlockCells = 4, kBlock = kBlockCells * kCell;

/// Strokes up to this many pixels wide are found.
constexpr int32_t kStrokeReach = 4;

/// Rows that the strokes of a row of cells depend on.
constexpr int32_t kBlockRows = kCell + 2 * kStrokeReach;

/// Bytes of scratch memory for each pixel of a row that is halved or quartered, after that.
constexpr int32_t kScratch = 12;

/// Columns of pixels that the range of a band is taken over: strokes reach as far.  A range is two bytes, the highest
/// pixel and 255 - the lowest; those of one block, and zeros to either side of a row of them.
constexpr int32_t kRangeColumns = kStrokeReach, kBlockRanges = 2 * kBlock / kRangeColumns, kBandMargin = 32;

/// Bands that the pixels of a row of cells look at.
constexpr int32_t kLivelyBands = 4;

/// A rectangle of bytes in a plane: its first byte, and the distance of its rows.
struct Patch {
  const uint8_t* data;
  ptrdiff_t stride;
};

/// What the cells of a row hold, a byte for each: see CellStrokes.
struct CellBytes {
  uint8_t *across, *along, *peak, *brightest, *darkest;
};

/// What counts in the cells of one block, a byte for each.
struct BlockLimits {
  const uint8_t* change;                      /**< of brightness; half of it of the stored height */
  const uint8_t *bright_height, *dark_height; /**< stored heights from which on there is a stroke */
  const uint8_t *bright_luma, *dark_luma;     /**< brightness from which on it has the colour of the writing */
};

/// Pixels of the cells of one block, 0 to 64 each.
struct BlockChange {
  uint8_t strokes[kBlockCells];                           /**< of strokes of either kind that came or went */
  uint8_t bright[kBlockCells], dark[kBlockCells];         /**< the same of strokes in the colour of the writing */
  uint8_t all_bright[kBlockCells], all_dark[kBlockCells]; /**< such strokes in either frame */
};

/// Means of two rows of a picture, `width` pixels after halving.
using HalveRows = void (*)(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out);

/// Functions over rows and blocks.  Those over planes read and write whole blocks, and read kStrokeReach bytes more to
/// either side: Plane has room for it.
struct Kernels {
  const char* name;

  /// By LumaLayout.  `scratch` has room for kScratch bytes for each of `width`.
  HalveRows halve[4];

  /// Means of 4x4 pixels of four rows, `width` pixels after that.  `scratch`: as for halve.
  void (*quarter)(Patch source, int32_t width, uint8_t* scratch, uint8_t* out);

  /// Ranges of `count` rows, kRangeColumns each.
  void (*measure_band)(Patch rows, int32_t count, int32_t blocks, uint8_t* ranges);

  /// Marks the blocks in which what a cell's pixels look at ranges over `least_height` or more.
  /// @param bands  ranges of kLivelyBands
  void (*find_lively)(const uint8_t* const* bands, int32_t blocks, uint8_t least_height, uint8_t* lively);

  /// Largest difference of two rows.
  uint8_t (*widest_gap)(const uint8_t* row, const uint8_t* other, int32_t blocks);

  /// Highest stroke of each cell's columns in one row, the fifth of nine: of those that run both ways, or of any.
  void (*sample_row)(const uint8_t* const* rows, int32_t blocks, bool either_way, uint8_t* heights);

  /// The strokes of the lively blocks of a row of cells, `count` pixels high.
  /// @param rows       kBlockRows of pixels, the first kStrokeReach above the cells
  /// @param threshold  height from which a pixel counts
  /// @param heights    written: the row of StrokeMap::height
  void (*find_strokes)(const uint8_t* const* rows, int32_t count, const uint8_t* lively, int32_t blocks,
                       uint8_t threshold, uint8_t* heights, ptrdiff_t stride, const CellBytes& found);

  /// Pixels of each cell whose brightness differs by `least` or more.  @return whether there are any
  bool (*count_moved)(Patch before, Patch now, int32_t count, uint8_t least, uint8_t* moved);

  /// Strokes of a block that came or went, from the brightness of both frames and the stored heights.
  void (*compare)(Patch luma_before, Patch luma_now, Patch height_before, Patch height_now, int32_t count,
                  const BlockLimits& limits, BlockChange* change);
};

/// Those for any processor.
const Kernels& baseline_kernels();

/// The fastest that this processor runs.
const Kernels& best_kernels();

}  // namespace deepseekocr::plugin
