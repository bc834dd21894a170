// SPDX-License-Identifier: MIT
// Pictures whose planes lie in the memory of the device that a model runs on: what make_views() does, done there.
#pragma once

#include <deepseekocr/engine.h>

#include <memory>
#include <optional>

#include "image/views.h"

namespace deepseekocr {

/// The area of one picture, converted to RGB, in the device's memory.  One thread at a time.
class DevicePicture {
 public:
  virtual ~DevicePicture() = default;
  /// estimate_text_height() of it; waits for the device.
  virtual std::optional<double> text_height() = 0;
  /// make_views() of it: the views lie in PageViews::device and can be read by anything on the device at once.
  virtual PageViews views(const ViewPlan& plan) = 0;
};

/// Any thread, several at once.
class DevicePictures {
 public:
  virtual ~DevicePictures() = default;
  /// Converts the area of a checked picture as to_rgb() does.  When it returns or throws, nothing reads the caller's
  /// planes any more.
  /// @throws EngineError  DSOCR_UNSUPPORTED for planes on another device, DSOCR_INVALID_ARGUMENT for addresses that are
  ///   no device's, DSOCR_OUT_OF_MEMORY, DSOCR_INTERNAL
  virtual std::unique_ptr<DevicePicture> convert(const DsocrImage& image) = 0;
};

}  // namespace deepseekocr
