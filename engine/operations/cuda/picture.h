// SPDX-License-Identifier: MIT
// What is done to one pixel of a picture that lies in device memory: plain functions that the kernels and the host
// share, so that they are tested without a GPU.  Bit for bit what engine/image does on the host.
//
// RGB pictures have 8 bits a channel and rows without padding.
#pragma once

#include <cstdint>

#include "operations/cuda/layout.h"

namespace deepseekocr::cuda {

/// One channel of a picture: sample (column, row) is data[row * stride + column * step].
struct Samples {
  const uint8_t* data;
  int64_t stride;
  int step;
};

enum class PixelKind : int32_t { rgb, gray, yuv };

/// How the samples of a row of chroma become one for each pixel.
enum class ChromaColumns : int32_t {
  repeated,
  between,  ///< samples lie between an even pixel and the next odd one: interpolated
  on_even,  ///< samples lie on the even pixels: interpolated
};

/// How rows of chroma become one for each row of pixels.
enum class ChromaRows : int32_t {
  own,       ///< there are as many
  repeated,  ///< half as many, each for two rows
  blended,   ///< half as many, between two rows: interpolated
};

/// A picture and how its pixels become RGB.
struct PictureSource {
  PixelKind kind;
  ChromaColumns columns;
  ChromaRows rows;
  Samples channels[3];              ///< red, green, blue; or luma; or luma, U, V
  int chroma_columns, chroma_rows;  ///< samples of U and V
  int luma_factor;                  ///< of the colour matrix, 8 bits behind the point
  int red_v, green_u, green_v, blue_u;
  int x, y, width, height;  ///< the area that is converted
};

/// How one sample of a resized axis is made: of `count` samples from `first` on, with weights from `offset` on.
struct AxisSample {
  int32_t first;
  int32_t count;
  int32_t offset;
};

/// Where an RGB picture is written: into a row of tiles, or rows of them, that lie one behind the other.
struct PictureTarget {
  uint8_t* data;
  int tile_width, tile_height, columns;
  int left, top;  ///< where pixel (0, 0) goes
};

/// Bits behind the point of a weight.
constexpr int kResizeBits = 22;

constexpr DSOCR_BOTH int clamp_index(int index, int count) {
  return index < 0 ? 0 : index >= count ? count - 1 : index;
}

constexpr DSOCR_BOTH uint8_t to_byte(int value) {
  return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

inline DSOCR_BOTH int sample_at(const Samples& samples, int column, int row) {
  return samples.data[row * samples.stride + static_cast<int64_t>(column) * samples.step];
}

/// Chroma of pixel column x in one row of samples.
inline DSOCR_BOTH int chroma_in_row(const PictureSource& source, const Samples& samples, int x, int row) {
  const int own = sample_at(samples, x / 2, row);
  if (source.columns == ChromaColumns::repeated) return own;
  const bool odd = x % 2 != 0;
  if (source.columns == ChromaColumns::on_even && !odd) return own;
  const int other = sample_at(samples, clamp_index(odd ? x / 2 + 1 : x / 2 - 1, source.chroma_columns), row);
  return source.columns == ChromaColumns::on_even ? (own + other + 1) >> 1 : (3 * own + other + 2) >> 2;
}

/// Chroma of pixel (x, y) of the picture.
inline DSOCR_BOTH int chroma_at(const PictureSource& source, const Samples& samples, int x, int y) {
  if (source.rows == ChromaRows::own) return chroma_in_row(source, samples, x, y);
  const int near_row = chroma_in_row(source, samples, x, y / 2);
  if (source.rows == ChromaRows::repeated) return near_row;
  const int far_index = clamp_index(y % 2 != 0 ? y / 2 + 1 : y / 2 - 1, source.chroma_rows);
  return (3 * near_row + chroma_in_row(source, samples, x, far_index) + 2) >> 2;
}

/// One term of the matrix product: the sample around middle grey, its byte repeated, rounded down.
constexpr DSOCR_BOTH int matrix_term(int sample, int factor) {
  const int value = sample - 128;
  return ((value * 256 + (value & 255)) * factor) >> 16;
}

/// RGB of pixel (x, y) of the area.
inline DSOCR_BOTH void convert_pixel(const PictureSource& source, int x, int y, uint8_t* rgb) {
  const int column = source.x + x, row = source.y + y;
  const int first = sample_at(source.channels[0], column, row);
  if (source.kind == PixelKind::rgb) {
    rgb[0] = static_cast<uint8_t>(first);
    rgb[1] = static_cast<uint8_t>(sample_at(source.channels[1], column, row));
    rgb[2] = static_cast<uint8_t>(sample_at(source.channels[2], column, row));
    return;
  }
  const int luma = matrix_term(first, source.luma_factor) + 128;
  if (source.kind == PixelKind::gray) {
    rgb[0] = rgb[1] = rgb[2] = to_byte(luma);
    return;
  }
  const int u = chroma_at(source, source.channels[1], column, row);
  const int v = chroma_at(source, source.channels[2], column, row);
  rgb[0] = to_byte(luma + matrix_term(v, source.red_v));
  rgb[1] = to_byte(luma + matrix_term(u, source.green_u) + matrix_term(v, source.green_v));
  rgb[2] = to_byte(luma + matrix_term(u, source.blue_u));
}

/// First byte of pixel (x, y) in a target's memory.
inline DSOCR_BOTH int64_t target_offset(const PictureTarget& target, int x, int y) {
  const int column = target.left + x, row = target.top + y;
  const int64_t tile = static_cast<int64_t>(row / target.tile_height) * target.columns + column / target.tile_width;
  return ((tile * target.tile_height + row % target.tile_height) * target.tile_width + column % target.tile_width) * 3;
}

/// One channel of a resized pixel.
/// @param samples  the first that counts, @param step  bytes to the next one
inline DSOCR_BOTH uint8_t weigh(const int32_t* weights, int count, const uint8_t* samples, int64_t step) {
  // Wrapping: parts of the sum may leave the range, the whole sum of a bicubic window never does.
  uint32_t sum = 1U << (kResizeBits - 1);
  for (int i = 0; i < count; ++i) sum += static_cast<uint32_t>(weights[i]) * samples[i * step];
  return to_byte(static_cast<int32_t>(sum) >> kResizeBits);
}

/// One pass of a resize: along rows or along columns.
struct ResizeArguments {
  const uint8_t* source;  ///< RGB
  int source_width;
  const AxisSample* samples;  ///< one for each column, or row, of the result
  const int32_t* weights;
  PictureTarget target;
  int width, height;  ///< of the result
};

/// Pixel (x, y) of the pass along rows, which changes the width.
inline DSOCR_BOTH void resize_along_row(const ResizeArguments& a, int x, int y) {
  const AxisSample sample = a.samples[x];
  const uint8_t* first = a.source + (static_cast<int64_t>(y) * a.source_width + sample.first) * 3;
  uint8_t* out = a.target.data + target_offset(a.target, x, y);
  for (int channel = 0; channel < 3; ++channel)
    out[channel] = weigh(a.weights + sample.offset, sample.count, first + channel, 3);
}

/// Pixel (x, y) of the pass along columns, which changes the height.
inline DSOCR_BOTH void resize_along_column(const ResizeArguments& a, int x, int y) {
  const AxisSample sample = a.samples[y];
  const int64_t stride = static_cast<int64_t>(a.source_width) * 3;
  const uint8_t* first = a.source + sample.first * stride + static_cast<int64_t>(x) * 3;
  uint8_t* out = a.target.data + target_offset(a.target, x, y);
  for (int channel = 0; channel < 3; ++channel)
    out[channel] = weigh(a.weights + sample.offset, sample.count, first + channel, stride);
}

/// Converts a picture's area to RGB.
struct ConvertArguments {
  PictureSource source;
  uint8_t* out;  ///< (height, width, 3)
};

inline DSOCR_BOTH void convert(const ConvertArguments& a, int x, int y) {
  convert_pixel(a.source, x, y, a.out + (static_cast<int64_t>(y) * a.source.width + x) * 3);
}

/// Edges of an RGB picture, for the estimate of its text height.
struct EdgeArguments {
  const uint8_t* rgb;
  int width, height;
  int column_width, columns;
  int threshold;    ///< levels of luma that an edge exceeds
  int32_t* counts;  ///< (columns, height)
};

inline DSOCR_BOTH int rgb_luma(const uint8_t* rgb) {
  return (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2]) >> 8;
}

/// Edges in row y of a column: pixels of it that differ from the next but one.
inline DSOCR_BOTH void count_edges(const EdgeArguments& a, int column, int y) {
  const uint8_t* pixel =
      a.rgb + (static_cast<int64_t>(y) * a.width + static_cast<int64_t>(column) * a.column_width) * 3;
  int edges = 0;
  for (int i = 0; i < a.column_width; ++i, pixel += 3) {
    const int difference = rgb_luma(pixel + 6) - rgb_luma(pixel);
    edges += difference > a.threshold || -difference > a.threshold ? 1 : 0;
  }
  a.counts[static_cast<int64_t>(column) * a.height + y] = edges;
}

/// Brightness at half the size.
struct HalveArguments {
  const uint8_t* first;  ///< of the first pixel
  int64_t stride;
  int step;    ///< bytes from pixel to pixel
  bool color;  ///< three bytes a pixel, of which the middle one counts twice; else one
  uint8_t* out;
  int width, height;  ///< of `out`, whose rows have no padding
};

constexpr DSOCR_BOTH int mean_up(int a, int b) {
  return (a + b + 1) >> 1;
}

/// Pixel (x, y) of the result: rows first, then columns, each rounded to 8 bits.
inline DSOCR_BOTH void halve(const HalveArguments& a, int x, int y) {
  const uint8_t* upper = a.first + 2 * y * a.stride + static_cast<int64_t>(2) * a.step * x;
  const uint8_t* lower = upper + a.stride;
  const int right = a.step;
  int result = 0;
  if (!a.color) {
    result = mean_up(mean_up(upper[0], lower[0]), mean_up(upper[right], lower[right]));
  } else {
    int sums[2];
    for (int i = 0; i < 2; ++i) {
      const uint8_t *top = upper + i * right, *bottom = lower + i * right;
      sums[i] = mean_up(top[0], bottom[0]) + 2 * mean_up(top[1], bottom[1]) + mean_up(top[2], bottom[2]);
    }
    result = a.step == 4 ? mean_up((sums[0] + 2) >> 2, (sums[1] + 2) >> 2) : (sums[0] + sums[1] + 4) >> 3;
  }
  a.out[static_cast<int64_t>(y) * a.width + x] = static_cast<uint8_t>(result);
}

}  // namespace deepseekocr::cuda
