// SPDX-License-Identifier: MIT
// Where a model computes.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace deepseekocr {

struct ChosenDevice {
  at::Device device;
  std::string note;  ///< "auto" on a CPU: why not CUDA, one sentence; else empty
};

/// @param name "auto" (a CUDA device where one can be used), "cpu", "cuda" (the first) or "cuda:N"
/// @throws EngineError(DSOCR_UNSUPPORTED) with the reason where CUDA was asked for and cannot be used,
///   EngineError(DSOCR_NOT_FOUND) for a device that is not there, ArgumentError for another name
ChosenDevice choose_device(const std::string& name);

/// Bytes that can be allocated on the device.
uint64_t available_device_memory(at::Device device);

}  // namespace deepseekocr
