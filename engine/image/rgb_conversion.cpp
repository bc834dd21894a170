// SPDX-License-Identifier: MIT
// Any supported pixel format to RGB, row by row.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "image/image.h"
#include "image/pixel_layout.h"
#include "image/yuv.h"

namespace deepseekocr {
namespace {

const uint8_t* plane_row(const DsocrImage& image, int plane, int y) {
  return image.planes[plane] + static_cast<ptrdiff_t>(y) * image.strides[plane];
}

void convert_packed(const DsocrImage& image, const PixelLayout& layout, const Rect& area, RgbImage& out) {
  for (int y = 0; y < area.height; ++y) {
    const uint8_t* pixel = plane_row(image, 0, area.y + y) + static_cast<ptrdiff_t>(area.x) * layout.pixel_bytes;
    uint8_t* rgb = out.row(y);
    if (layout.format == DSOCR_FORMAT_RGB) {
      std::memcpy(rgb, pixel, static_cast<size_t>(area.width) * 3);
      continue;
    }
    for (int x = 0; x < area.width; ++x, pixel += layout.pixel_bytes, rgb += 3) {
      rgb[0] = pixel[layout.red];
      rgb[1] = pixel[layout.green];
      rgb[2] = pixel[layout.blue];
    }
  }
}

void convert_gray(const DsocrImage& image, const Rect& area, RgbImage& out) {
  const YuvMatrix matrix(DSOCR_MATRIX_BT601, image.range);  // luma is the same in every matrix
  std::array<uint8_t, 256> levels{};
  for (size_t i = 0; i < levels.size(); ++i) {
    const auto luma = static_cast<uint8_t>(i);
    levels[i] = image.range == DSOCR_RANGE_FULL ? luma : luma_to_gray(luma, matrix);
  }
  for (int y = 0; y < area.height; ++y) {
    const uint8_t* luma = plane_row(image, 0, area.y + y) + area.x;
    uint8_t* rgb = out.row(y);
    for (int x = 0; x < area.width; ++x, rgb += 3) std::memset(rgb, levels[luma[x]], 3);
  }
}

/// Chroma rows of one picture at the resolution of its pixels, for the columns of an area.
class ChromaRows {
 public:
  ChromaRows(const DsocrImage& image, const Rect& area)
      : image_(image),
        area_(area),
        left_((image.chroma_site & DSOCR_CHROMA_LEFT) != 0),
        top_((image.chroma_site & DSOCR_CHROMA_TOP) != 0) {
    for (auto& row : rows_) row.resize(static_cast<size_t>(area.width));
    for (auto& row : blended_) row.resize(static_cast<size_t>(area.width));
  }

  /// U (0) or V (1) of picture row y; valid until the next call for the same channel.
  const uint8_t* row(int channel, int y) {
    if (image_.format == DSOCR_FORMAT_YUY2) return widened(channel, y);
    const int near_row = y / 2;
    if (image_.format == DSOCR_FORMAT_I420 || top_) return widened(channel, near_row);
    const int far_row = std::clamp(y % 2 != 0 ? near_row + 1 : near_row - 1, 0, half_up(image_.height) - 1);
    if (near_row == far_row) return widened(channel, near_row);
    auto& out = blended_[static_cast<size_t>(channel)];
    blend_chroma(widened(channel, near_row), widened(channel, far_row), area_.width, out.data());
    return out.data();
  }

 private:
  /// One row of a chroma plane at full width.  The last two are kept: neighbouring picture rows share them.
  const uint8_t* widened(int channel, int chroma_row) {
    const size_t slot = static_cast<size_t>(channel) * 2 + static_cast<size_t>(chroma_row) % 2;
    if (held_[slot] != chroma_row) {
      const ChromaRow source = samples(channel, chroma_row);
      if (image_.format == DSOCR_FORMAT_I420) {
        repeat_chroma(source, area_.x, area_.width, rows_[slot].data());
      } else {
        interpolate_chroma(source, left_, area_.x, area_.width, rows_[slot].data());
      }
      held_[slot] = chroma_row;
    }
    return rows_[slot].data();
  }

  ChromaRow samples(int channel, int chroma_row) const {
    const int count = half_up(image_.width);
    switch (image_.format) {
      case DSOCR_FORMAT_I420:
        return {plane_row(image_, 1 + channel, chroma_row), 1, count};
      case DSOCR_FORMAT_YUY2:  // Y U Y V
        return {plane_row(image_, 0, chroma_row) + 1 + 2 * channel, 4, count};
      case DSOCR_FORMAT_NV21:
        return {plane_row(image_, 1, chroma_row) + 1 - channel, 2, count};
      case DSOCR_FORMAT_P010:  // the upper byte is the second one
        return {plane_row(image_, 1, chroma_row) + 2 * channel + 1, 4, count};
      default:
        return {plane_row(image_, 1, chroma_row) + channel, 2, count};
    }
  }

  const DsocrImage& image_;
  Rect area_;
  bool left_, top_;  // sites of the chroma samples
  std::array<int, 4> held_ = {-1, -1, -1, -1};
  std::array<std::vector<uint8_t>, 4> rows_;
  std::array<std::vector<uint8_t>, 2> blended_;
};

void convert_yuv(const DsocrImage& image, const Rect& area, RgbImage& out) {
  const YuvMatrix matrix(image.matrix, image.range);
  ChromaRows chroma(image, area);
  std::vector<uint8_t> unpacked(static_cast<size_t>(area.width));
  for (int y = 0; y < area.height; ++y) {
    const uint8_t* luma = plane_row(image, 0, area.y + y);
    if (image.format == DSOCR_FORMAT_YUY2 || image.format == DSOCR_FORMAT_P010) {
      const int byte = image.format == DSOCR_FORMAT_P010 ? 1 : 0;
      for (int x = 0; x < area.width; ++x) unpacked[static_cast<size_t>(x)] = luma[2 * (area.x + x) + byte];
      luma = unpacked.data();
    } else {
      luma += area.x;
    }
    yuv_to_rgb(luma, chroma.row(0, area.y + y), chroma.row(1, area.y + y), area.width, matrix, out.row(y));
  }
}

}  // namespace

RgbImage to_rgb(const DsocrImage& image) {
  const PixelLayout& layout = *pixel_layout(image.format);
  const Rect area = image_area(image);
  RgbImage out(area.width, area.height);
  if (layout.pixel_bytes > 0) {
    convert_packed(image, layout, area, out);
  } else if (image.format == DSOCR_FORMAT_GRAY8) {
    convert_gray(image, area, out);
  } else {
    convert_yuv(image, area, out);
  }
  return out;
}

}  // namespace deepseekocr
