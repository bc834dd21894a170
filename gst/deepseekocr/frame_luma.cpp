// SPDX-License-Identifier: MIT
#include "deepseekocr/frame_luma.h"

namespace deepseekocr::plugin {

FrameLuma::FrameLuma(GstBuffer* buffer, const FrameAccess& access, const DsocrEngineApi* api,
                     std::vector<uint8_t>* memory)
    : api_(api), memory_(memory) {
  if (access.read_on_device) {
    on_device_ = MappedFrame::map(buffer, access);
  } else {
    on_host_.emplace(buffer, access.info);
  }
}

std::optional<LumaView> FrameLuma::view(const DsocrRect& part) {
  if (on_device_ != nullptr) return halved(part);
  if (on_host_ && on_host_->is_valid()) return on_host_->view(part);
  return std::nullopt;
}

std::optional<LumaView> FrameLuma::halved(const DsocrRect& part) {
  LumaView view;
  view.width = part.width;
  view.height = part.height;
  view.stride = part.width / 2;
  view.layout = LumaLayout::kHalved;
  memory_->resize(static_cast<size_t>(view.stride) * (part.height / 2));
  view.data = memory_->data();
  if (memory_->empty()) return view;
  DsocrImage image{};
  image.struct_size = sizeof image;
  on_device_->describe(&image);
  image.area = part;
  DsocrError error{};
  const auto stride = static_cast<int32_t>(view.stride);
  if (api_->halve_luma(&image, on_device_->memory(), memory_->data(), stride, &error) == DSOCR_OK) return view;
  error_ = error.message;
  return std::nullopt;
}

}  // namespace deepseekocr::plugin
