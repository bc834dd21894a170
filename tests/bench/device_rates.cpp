// SPDX-License-Identifier: MIT
#include "bench/device_rates.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace deepseekocr::bench {
namespace {

/// The best of several runs, in seconds.
template <typename Work>
double best_of(int runs, at::Device device, const Work& work) {
  double best = 1e9;
  for (int i = 0; i < runs; ++i) {
    finish(device);
    const auto start = std::chrono::steady_clock::now();
    work();
    finish(device);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

}  // namespace

void finish(at::Device device) {
  c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

double copy_bandwidth(at::Device device) {
  const c10::InferenceMode inference;
  constexpr int64_t kBytes = int64_t{1} << 30;
  const at::Tensor from = at::empty({kBytes}, at::TensorOptions().dtype(at::kByte).device(device));
  at::Tensor to = at::empty_like(from);
  return 2.0 * kBytes / best_of(10, device, [&] { to.copy_(from); });
}

double product_rate(at::Device device) {
  const c10::InferenceMode inference;
  constexpr int64_t kSide = 8192;
  const auto options = at::TensorOptions().dtype(at::kBFloat16).device(device);
  const at::Tensor a = at::randn({kSide, kSide}, options), b = at::randn({kSide, kSide}, options);
  return 2.0 * kSide * kSide * kSide / best_of(10, device, [&] { at::matmul(a, b); });
}

double step_bytes(int batch, int context) {
  constexpr double kFixed = 694e6, kExpert = 6.88e6, kPosition = 61440;
  constexpr int kLayers = 11, kExperts = 64, kTop = 6;
  const double touched = kExperts * (1 - std::pow(1 - static_cast<double>(kTop) / kExperts, batch));
  return kFixed + kLayers * touched * kExpert + static_cast<double>(batch) * context * kPosition;
}

}  // namespace deepseekocr::bench
