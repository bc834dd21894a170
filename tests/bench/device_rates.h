// SPDX-License-Identifier: MIT
// What a CUDA device does at best, measured in the same run as the model: the ceilings that its figures are held
// against.
#pragma once

#include <ATen/core/Tensor.h>

namespace deepseekocr::bench {

/// Waits for everything that was sent to the device.
void finish(at::Device device);

/// Bytes per second read and written by a copy inside the device's memory.
double copy_bandwidth(at::Device device);

/// Floating point operations per second of a bfloat16 product of random matrices of 8192 × 8192.
double product_rate(at::Device device);

/// Bytes of a decode step at least: every matrix of the official decoder that `batch` rows touch, experts by their
/// expected number, and the caches.
double step_bytes(int batch, int context);

}  // namespace deepseekocr::bench
