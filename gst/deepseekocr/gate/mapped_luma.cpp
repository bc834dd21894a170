// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/mapped_luma.h"

#include <optional>

namespace deepseekocr::plugin {
namespace {

std::optional<LumaLayout> layout_of(GstVideoFormat format) {
  switch (format) {
    case GST_VIDEO_FORMAT_GRAY8:
    case GST_VIDEO_FORMAT_NV12:
    case GST_VIDEO_FORMAT_NV21:
    case GST_VIDEO_FORMAT_I420:
      return LumaLayout::kPlane;
    case GST_VIDEO_FORMAT_YUY2:
    case GST_VIDEO_FORMAT_P010_10LE:
      return LumaLayout::kPacked2;
    case GST_VIDEO_FORMAT_RGB:
    case GST_VIDEO_FORMAT_BGR:
      return LumaLayout::kRgb3;
    case GST_VIDEO_FORMAT_RGBA:
    case GST_VIDEO_FORMAT_BGRA:
    case GST_VIDEO_FORMAT_RGBx:
    case GST_VIDEO_FORMAT_BGRx:
      return LumaLayout::kRgb4;
    default:
      return std::nullopt;
  }
}

}  // namespace

MappedLuma::MappedLuma(GstBuffer* buffer, const GstVideoInfo& info) {
  const auto layout = layout_of(GST_VIDEO_INFO_FORMAT(&info));
  known_ = layout.has_value();
  layout_ = layout.value_or(LumaLayout::kPlane);
  mapped_ = known_ && gst_video_frame_map(&frame_, &info, buffer, GST_MAP_READ);
}

MappedLuma::~MappedLuma() {
  if (mapped_) gst_video_frame_unmap(&frame_);
}

LumaView MappedLuma::view(const DsocrRect& part) const {
  LumaView view;
  view.stride = GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, 0);
  view.data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, 0)) + part.y * view.stride +
              ptrdiff_t{part.x} * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame_, 0);
  if (GST_VIDEO_FRAME_FORMAT(&frame_) == GST_VIDEO_FORMAT_P010_10LE) ++view.data;  // the upper byte of each sample
  view.width = part.width;
  view.height = part.height;
  view.layout = layout_;
  return view;
}

}  // namespace deepseekocr::plugin
