// SPDX-License-Identifier: MIT
#include "model/device.h"

#include <charconv>

#include "checkpoint/error.h"
#include "model/host_resources.h"
#include "operations/cuda/support.h"

namespace deepseekocr {
namespace {

/// The number behind "cuda:", 0 for "cuda" alone.
int device_number(const std::string& name) {
  const std::string digits = name.size() > 5 && name.starts_with("cuda:") ? name.substr(5) : name == "cuda" ? "0" : "";
  int number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0 || number > 127)
    throw ArgumentError("Unknown device \"" + name + "\": use auto, cpu, cuda or cuda:N.");
  return number;
}

}  // namespace

ChosenDevice choose_device(const std::string& name) {
  if (name == "cpu") return {at::Device(at::kCPU), ""};
  const bool automatic = name.empty() || name == "auto";
  const int number = automatic ? 0 : device_number(name);
  const cuda::Support& support = cuda::support();
  if (!support.complaint.empty()) {
    if (automatic) return {at::Device(at::kCPU), "Running on the CPU, not on CUDA: " + support.complaint + "."};
    throw EngineError(DSOCR_UNSUPPORTED,
                      "Device \"" + name + "\" cannot be used: " + support.complaint + "; use cpu or auto.");
  }
  if (number >= support.devices) {
    throw EngineError(DSOCR_NOT_FOUND, "Device \"" + name + "\" does not exist: the driver offers " +
                                           std::to_string(support.devices) + " CUDA device(s), counted from 0.");
  }
  return {at::Device(at::kCUDA, static_cast<at::DeviceIndex>(number)), ""};
}

uint64_t available_device_memory(at::Device device) {
  return device.is_cuda() ? cuda::device_properties(device.index()).free_bytes : available_memory();
}

}  // namespace deepseekocr
