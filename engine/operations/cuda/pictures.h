// SPDX-License-Identifier: MIT
// From pictures in CUDA memory to views there: what engine/image does on the host.  No tensor and no CUDA header here,
// so that it is tested with a table of functions that work in host memory.
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "image/device_pictures.h"
#include "operations/cuda/picture_memory.h"

namespace deepseekocr::cuda {

/// How the area of a checked picture becomes RGB.
PictureSource source_of(const DsocrImage& image);

/// AxisSample of each of `target` samples, then the weights, as the kernels read them.
std::vector<int32_t> axis_table(int source, int target);

/// Number of the device in whose memory all planes of a checked picture lie.
/// @throws ArgumentError where they lie elsewhere, or on several
int device_of(const Library& library, const DsocrImage& image);

/// Pictures for a model on memory.device().
class Pictures final : public DevicePictures {
 public:
  explicit Pictures(std::shared_ptr<PictureMemory> memory) : memory_(std::move(memory)) {}
  ~Pictures() override { memory_->trim(); }
  std::unique_ptr<DevicePicture> convert(const DsocrImage& image) override;

 private:
  std::shared_ptr<PictureMemory> memory_;
};

/// DsocrEngineApi::halve_luma for a checked picture of at least 2×2 pixels on memory's device.
void halve_luma(const std::shared_ptr<PictureMemory>& memory, const DsocrImage& image, uint8_t* out, int32_t stride);

/// The streams and the memory of a device of support(); made at the first call and kept for good.
std::shared_ptr<PictureMemory> picture_memory(int device);

}  // namespace deepseekocr::cuda
