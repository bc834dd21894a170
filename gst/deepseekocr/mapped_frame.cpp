// SPDX-License-Identifier: MIT
#include "deepseekocr/mapped_frame.h"

namespace deepseekocr::plugin {
namespace {

DsocrColorMatrix color_matrix(const GstVideoInfo& info) {
  switch (info.colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
      return DSOCR_MATRIX_BT709;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      return DSOCR_MATRIX_BT2020;
    default:
      return DSOCR_MATRIX_BT601;
  }
}

DsocrColorRange color_range(const GstVideoInfo& info) {
  if (info.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255) return DSOCR_RANGE_FULL;
  if (info.colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235) return DSOCR_RANGE_LIMITED;
  return GST_VIDEO_INFO_IS_YUV(&info) ? DSOCR_RANGE_LIMITED : DSOCR_RANGE_FULL;
}

DsocrChromaSite chroma_site(const GstVideoInfo& info) {
  int site = DSOCR_CHROMA_CENTER;
  if ((info.chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0) site |= DSOCR_CHROMA_LEFT;
  if ((info.chroma_site & GST_VIDEO_CHROMA_SITE_V_COSITED) != 0) site |= DSOCR_CHROMA_TOP;
  return static_cast<DsocrChromaSite>(site);
}

}  // namespace

std::unique_ptr<MappedFrame> MappedFrame::map(GstBuffer* buffer, const FrameAccess& access) {
  auto frame = std::make_unique<MappedFrame>();
  if (!map_frame(&frame->frame_, buffer, access)) return nullptr;
  frame->memory_ = access.memory();
  frame->mapped_ = true;
  return frame;
}

MappedFrame::~MappedFrame() {
  if (mapped_) gst_video_frame_unmap(&frame_);
}

void MappedFrame::describe(DsocrImage* image) const {
  const GstVideoInfo& info = frame_.info;
  image->format = engine_format(GST_VIDEO_INFO_FORMAT(&info)).value_or(DSOCR_FORMAT_RGB);
  image->width = GST_VIDEO_INFO_WIDTH(&info);
  image->height = GST_VIDEO_INFO_HEIGHT(&info);
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame_) && plane < 3; ++plane) {
    image->planes[plane] = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, plane));
    image->strides[plane] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, plane);
  }
  image->matrix = color_matrix(info);
  image->range = color_range(info);
  image->chroma_site = chroma_site(info);
}

std::optional<DsocrPixelFormat> engine_format(GstVideoFormat format) {
  switch (format) {
    case GST_VIDEO_FORMAT_RGB:
      return DSOCR_FORMAT_RGB;
    case GST_VIDEO_FORMAT_BGR:
      return DSOCR_FORMAT_BGR;
    case GST_VIDEO_FORMAT_RGBA:
      return DSOCR_FORMAT_RGBA;
    case GST_VIDEO_FORMAT_BGRA:
      return DSOCR_FORMAT_BGRA;
    case GST_VIDEO_FORMAT_RGBx:
      return DSOCR_FORMAT_RGBX;
    case GST_VIDEO_FORMAT_BGRx:
      return DSOCR_FORMAT_BGRX;
    case GST_VIDEO_FORMAT_GRAY8:
      return DSOCR_FORMAT_GRAY8;
    case GST_VIDEO_FORMAT_NV12:
      return DSOCR_FORMAT_NV12;
    case GST_VIDEO_FORMAT_P010_10LE:
      return DSOCR_FORMAT_P010;
    case GST_VIDEO_FORMAT_NV21:
      return DSOCR_FORMAT_NV21;
    case GST_VIDEO_FORMAT_I420:
      return DSOCR_FORMAT_I420;
    case GST_VIDEO_FORMAT_YUY2:
      return DSOCR_FORMAT_YUY2;
    default:
      return std::nullopt;
  }
}

}  // namespace deepseekocr::plugin
