// SPDX-License-Identifier: MIT
// What the frame gate sees of a frame, wherever its memory lies.
#pragma once

#include <deepseekocr/engine.h>

#include <memory>
#include <optional>
#include <vector>

#include "deepseekocr/gate/mapped_luma.h"
#include "deepseekocr/mapped_frame.h"

namespace deepseekocr::plugin {

/// The brightness of one frame.  A frame on a device is halved there by the engine: a byte for each four pixels comes
/// back, never the pixels.  Keeps the frame mapped as long as it lives.
class FrameLuma {
 public:
  /// @param api     the engine that halves frames on a device
  /// @param memory  for halved pictures, used again from frame to frame; outlives this
  FrameLuma(GstBuffer* buffer, const FrameAccess& access, const DsocrEngineApi* api, std::vector<uint8_t>* memory);

  /// The pixels of `part`, which must lie inside the frame; valid until the next call.
  /// @return nothing: they cannot be read, and error() says why where the engine gave a reason
  std::optional<LumaView> view(const DsocrRect& part);
  const std::string& error() const { return error_; }

 private:
  std::optional<LumaView> halved(const DsocrRect& part);

  std::optional<MappedLuma> on_host_;
  std::unique_ptr<MappedFrame> on_device_;
  const DsocrEngineApi* api_;
  std::vector<uint8_t>* memory_;
  std::string error_;
};

}  // namespace deepseekocr::plugin
