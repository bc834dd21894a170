// SPDX-License-Identifier: MIT
// to_rgb against the converter behind GStreamer's videoconvert, with its default settings, as installed here.
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include "engine/image/test_picture.h"
#include "image/image.h"

namespace deepseekocr {
namespace {

using test::TestPicture;

struct Color {
  const char* colorimetry;
  DsocrColorMatrix matrix;
  DsocrColorRange range;
};
constexpr Color kColors[] = {{"2:4:0:0", DSOCR_MATRIX_BT601, DSOCR_RANGE_LIMITED},
                             {"2:3:0:0", DSOCR_MATRIX_BT709, DSOCR_RANGE_LIMITED},
                             {"2:6:0:0", DSOCR_MATRIX_BT2020, DSOCR_RANGE_LIMITED},
                             {"1:4:0:0", DSOCR_MATRIX_BT601, DSOCR_RANGE_FULL},
                             {"1:3:0:0", DSOCR_MATRIX_BT709, DSOCR_RANGE_FULL}};

struct FrameDeleter {
  void operator()(GstVideoFrame* frame) const {
    gst_video_frame_unmap(frame);
    delete frame;
  }
};
using Frame = std::unique_ptr<GstVideoFrame, FrameDeleter>;

/// A new buffer of this format, mapped; the frame keeps the buffer alive.
Frame map_frame(const GstVideoInfo& info) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, info.size, nullptr);
  auto* frame = new GstVideoFrame;
  EXPECT_TRUE(gst_video_frame_map(frame, &info, buffer, GST_MAP_READWRITE));
  gst_buffer_unref(buffer);
  return Frame(frame);
}

void copy_planes(const TestPicture& picture, GstVideoFrame* frame) {
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(frame); ++plane) {
    const PixelLayout& layout = *pixel_layout(picture.image.format);
    const int rows = plane == 0 ? picture.image.height : half_up(picture.image.height);
    const int bytes = row_bytes(layout, static_cast<int>(plane), picture.image.width);
    for (int y = 0; y < rows; ++y) {
      const uint8_t* source = picture.image.planes[plane] + static_cast<ptrdiff_t>(y) * picture.image.strides[plane];
      auto* target = static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(frame, plane));
      std::copy_n(source, bytes, target + static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane));
    }
  }
}

/// The picture as videoconvert shows it, rows without padding.
RgbImage videoconvert(const TestPicture& picture, const char* colorimetry, GstVideoChromaSite site) {
  const auto width = static_cast<guint>(picture.image.width);
  const auto height = static_cast<guint>(picture.image.height);
  GstVideoInfo in;
  GstVideoInfo out;
  gst_video_info_set_format(&in, gst_video_format_from_string(pixel_layout(picture.image.format)->name), width, height);
  gst_video_info_set_format(&out, GST_VIDEO_FORMAT_RGB, width, height);
  EXPECT_TRUE(gst_video_colorimetry_from_string(&in.colorimetry, colorimetry));
  in.chroma_site = site;
  const Frame source = map_frame(in);
  const Frame target = map_frame(out);
  copy_planes(picture, source.get());
  GstVideoConverter* converter = gst_video_converter_new(&in, &out, nullptr);
  gst_video_converter_frame(converter, source.get(), target.get());
  gst_video_converter_free(converter);
  RgbImage rgb(picture.image.width, picture.image.height);
  for (int y = 0; y < rgb.height; ++y) {
    const auto* row = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(target.get(), 0));
    std::copy_n(row + static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(target.get(), 0),
                3 * static_cast<size_t>(rgb.width), rgb.row(y));
  }
  return rgb;
}

int worst_difference(const RgbImage& a, const RgbImage& b) {
  int worst = 0;
  for (size_t i = 0; i < a.data.size(); ++i) worst = std::max(worst, std::abs(a.data[i] - b.data[i]));
  return worst;
}

class Videoconvert : public testing::Test {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }
};

TEST_F(Videoconvert, EqualWithinTwoLevels) {
  constexpr int kAllowed = 2;  // 0 with GStreamer 1.22; other versions may round differently
  const struct {
    DsocrChromaSite ours;
    GstVideoChromaSite theirs;
  } sites[] = {{DSOCR_CHROMA_CENTER, GST_VIDEO_CHROMA_SITE_UNKNOWN},
               {DSOCR_CHROMA_CENTER, GST_VIDEO_CHROMA_SITE_JPEG},
               {DSOCR_CHROMA_LEFT, GST_VIDEO_CHROMA_SITE_MPEG2},
               {DSOCR_CHROMA_TOP_LEFT, GST_VIDEO_CHROMA_SITE_COSITED}};
  for (const DsocrPixelFormat format : test::kAllFormats) {
    // Its videoconvert computes in 16 bits, ours in the upper 8.
    if (format == DSOCR_FORMAT_P010) continue;
    for (const auto& [width, height] : {std::pair{64, 64}, std::pair{33, 19}, std::pair{7, 6}, std::pair{320, 18}}) {
      TestPicture picture(format, width, height, 5, 6);
      const bool yuv = pixel_layout(format)->uses_color;
      for (const Color& color : kColors) {
        picture.image.matrix = color.matrix;
        picture.image.range = color.range;
        for (const auto& site : sites) {
          const char* colorimetry = yuv ? color.colorimetry : "sRGB";
          picture.image.chroma_site = site.ours;
          const RgbImage theirs = videoconvert(picture, colorimetry, site.theirs);
          EXPECT_LE(worst_difference(to_rgb(picture.image), theirs), kAllowed)
              << pixel_layout(format)->name << " " << width << "x" << height << " " << colorimetry << " site "
              << site.theirs;
        }
      }
    }
  }
}

}  // namespace
}  // namespace deepseekocr
