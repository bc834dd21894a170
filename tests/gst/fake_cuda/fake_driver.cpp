// SPDX-License-Identifier: MIT
// As much of the CUDA driver as the plugin asks for: two devices, each with a primary context.
#include <array>
#include <cstddef>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr int kSuccess = 0, kInvalidDevice = 101, kDevices = 2;

}  // namespace

EXPORT int cuInit(unsigned) {
  return kSuccess;
}

EXPORT int cuDeviceGet(int* device, int number) {
  if (number < 0 || number >= kDevices) return kInvalidDevice;
  *device = number;
  return kSuccess;
}

EXPORT int cuDevicePrimaryCtxRetain(void** context, int device) {
  static std::array<char, kDevices> contexts;
  *context = &contexts[static_cast<std::size_t>(device)];
  return kSuccess;
}
