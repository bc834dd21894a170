// SPDX-License-Identifier: MIT
#include "model/vision_encoder.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "checkpoint/error.h"
#include "model/token_layout.h"
#include "operations/operations.h"

namespace deepseekocr {
namespace {

/// Patches that are encoded together at most: bounds the memory of a batch (four views of 1024, ten of 640).
constexpr int64_t kBatchPatches = 16384;

/// Tiles whose tokens are kept: those of three whole pages, 1.2 MB of pixels and 0.5 MB of tokens each at official
/// size.
constexpr size_t kKeptTiles = 27;

at::Tensor tensor_of(const ViewPixels& view, at::Device device) {
  // from_blob wants a mutable pointer; the tensor is only read.
  auto* data = const_cast<uint8_t*>(view.data);
  const at::Device place = view.on_device ? device : at::Device(at::kCPU);
  const at::TensorOptions options = at::TensorOptions().dtype(at::kByte).device(place);
  return at::for_blob(data, {view.height, view.width, 3}).options(options).target_device(place).make_tensor();
}

bool is_on_device(const ViewPixels& view) {
  return view.on_device;
}

/// Until the device has read the views in its memory, whose owners may free them from then on.
void wait_until_read(std::span<const ViewPixels> views, at::Device device) {
  if (device.is_cpu() || std::none_of(views.begin(), views.end(), is_on_device)) return;
  c10::impl::VirtualGuardImpl(device.type()).getStream(device).synchronize();
}

/// Whether an earlier tile has the same pixels.
bool is_repeated(std::span<const RgbImage> tiles, size_t index) {
  const std::span<const RgbImage> before = tiles.first(index);
  return std::find(before.begin(), before.end(), tiles[index]) != before.end();
}

void check_canvas(const ViewPixels& view, int patch_size) {
  if (view.height > 0 && view.width > 0 && view.height % patch_size == 0 && view.width % patch_size == 0) return;
  throw ArgumentError("A canvas of " + std::to_string(view.width) + "x" + std::to_string(view.height) +
                      " pixels is not made of patches of " + std::to_string(patch_size) + " pixels.");
}

/// The same from a table of all 256 values, made on the host: a device that divides by multiplying with the inverse
/// would round otherwise.  bytes (views, height, width, 3)
at::Tensor look_up(const at::Tensor& bytes, const at::TensorOptions& options) {
  const at::Tensor all = at::arange(256, at::TensorOptions().dtype(at::kFloat));
  const at::Tensor table = all.div_(255).sub_(0.5).div_(0.5).to(options);
  return table.take(bytes.to(at::kLong)).permute({0, 3, 1, 2}).contiguous();
}

}  // namespace

at::Tensor normalise(std::span<const ViewPixels> views, const at::TensorOptions& options) {
  const int64_t height = views[0].height, width = views[0].width, count = static_cast<int64_t>(views.size());
  // Together on the host and copied once, unless some are on the device already.
  const bool gather_there = std::any_of(views.begin(), views.end(), is_on_device);
  const at::Device place = gather_there ? options.device() : at::Device(at::kCPU);
  const at::Tensor bytes = at::empty({count, height, width, 3}, at::TensorOptions().dtype(at::kByte).device(place));
  for (int64_t i = 0; i < count; ++i) bytes[i].copy_(tensor_of(views[static_cast<size_t>(i)], options.device()));
  if (!options.device().is_cpu()) return look_up(bytes.to(options.device()), options);
  const at::Tensor values = bytes.permute({0, 3, 1, 2}).to(at::kFloat, false, false, at::MemoryFormat::Contiguous);
  return values.div_(255).sub_(0.5).div_(0.5).to(options);
}

namespace {

/// normalise() after which, or after whose failure, nothing reads the views any more.
at::Tensor read(std::span<const ViewPixels> views, const at::TensorOptions& options) {
  try {
    at::Tensor pixels = normalise(views, options);
    wait_until_read(views, options.device());
    return pixels;
  } catch (...) {
    wait_until_read(views, options.device());
    throw;
  }
}

}  // namespace

uint64_t vision_working_memory(const ModelConfig& config) {
  int64_t patches = kBatchPatches;
  if (config.uses_canvases()) {
    const auto larger = [](const CanvasSize& a, const CanvasSize& b) {
      return a.height * a.width < b.height * b.width;
    };
    const CanvasSize& largest = *std::max_element(config.canvases.begin(), config.canvases.end(), larger);
    patches = int64_t{largest.height} * largest.width / config.sam.patch_size / config.sam.patch_size;
  }
  // The residual stream, its norm, queries, keys, values and the attention's result, and the hidden layer of the MLP.
  const int64_t floats = 6 * config.sam.width + 2 * config.sam.mlp_width();
  return static_cast<uint64_t>(patches * floats) * sizeof(float);
}

VisionEncoder::VisionEncoder(const ModelConfig& config, WeightLoader& loader)
    : sam_(config, loader),
      clip_(config, loader),
      patch_size_(config.sam.patch_size),
      options_(loader.options().dtype(at::kFloat)),
      // A GPU encodes a tile faster than it is worth looking for.
      tiles_(options_.device().is_cpu() ? kKeptTiles : 0) {
  // Takes no time, and much of what it is given cancels out: as it is, whatever the others are packed to.
  projector_ = {loader.load("model.projector.layers.weight"), loader.load("model.projector.layers.bias")};
  newline_ = loader.load("model.image_newline");
  separator_ = loader.load("model.view_seperator");  // the checkpoint's spelling
}

at::Tensor VisionEncoder::encode_views(const at::Tensor& pixels, const RunContext& context) {
  const at::Tensor sam = sam_.encode(pixels, context);
  const at::Tensor clip = clip_.encode(sam, context);
  at::Tensor tokens = operations::linear(at::cat({clip, sam}, -1), projector_.weight, projector_.bias);
  context.record("projector", tokens.flatten(1, 2));
  return tokens;
}

void VisionEncoder::encode_batch(std::span<const View> batch, std::span<const CancelFlag* const> cancelled,
                                 StageRecorder* recorder, std::vector<std::vector<at::Tensor>>& features) {
  RunContext context;
  context.recorder = recorder;
  context.suffix = batch[0].index == 0 ? ".global" : ".local";
  context.stopped = [&] {
    return std::all_of(batch.begin(), batch.end(), [&](const View& view) { return cancelled[view.page]->load(); });
  };
  std::vector<ViewPixels> images;
  for (const View& view : batch) images.push_back(view.image);
  try {
    const at::Tensor tokens = encode_views(read(images, options_), context);
    views_encoded_ += batch.size();
    for (size_t i = 0; i < batch.size(); ++i) {
      features[batch[i].page][batch[i].index] = tokens[static_cast<int64_t>(i)];
    }
  } catch (const Cancelled&) {
    // Every page of this batch was cancelled; the others go on.
  }
}

void VisionEncoder::encode_group(std::span<const View> views, size_t step, std::span<const CancelFlag* const> cancelled,
                                 StageRecorder* recorder, std::vector<std::vector<at::Tensor>>& features) {
  for (size_t first = 0; first < views.size();) {
    const std::span<const View> batch = views.subspan(first, std::min(step, views.size() - first));
    try {
      encode_batch(batch, cancelled, recorder, features);
      first += batch.size();
    } catch (const c10::OutOfMemoryError&) {
      if (batch.size() == 1) throw;
      step = (batch.size() + 1) / 2;  // fewer at once, from here on
    }
  }
}

void VisionEncoder::recall_tiles(const PageViews& page, std::vector<at::Tensor>& features) {
  for (size_t i = 0; i < page.tiles.size(); ++i) features[1 + i] = tiles_.find(page.tiles[i]);
}

void VisionEncoder::repeat_tiles(const PageViews& page, std::vector<at::Tensor>& features) {
  for (size_t i = 0; i < page.tiles.size(); ++i) {
    at::Tensor& own = features[1 + i];
    if (own.defined()) {
      tiles_.keep(page.tiles[i], own);
    } else {
      own = tiles_.find(page.tiles[i]);
    }
  }
}

std::vector<at::Tensor> VisionEncoder::encode(std::span<const PageViews* const> pages,
                                              std::span<const CancelFlag* const> cancelled, StageRecorder* recorder) {
  const bool reuse = recorder == nullptr && options_.device().is_cpu();
  std::map<std::tuple<bool, int, int>, std::vector<View>> groups;  // (tile?, height, width)
  std::vector<std::vector<at::Tensor>> features(pages.size());
  for (size_t page = 0; page < pages.size(); ++page) {
    features[page].resize(pages[page]->count());
    if (reuse) recall_tiles(*pages[page], features[page]);
    for (size_t index = 0; index < features[page].size(); ++index) {
      const ViewPixels image = pages[page]->view(index);
      check_canvas(image, patch_size_);
      const bool known = features[page][index].defined();
      // Tiles of host views alone: those on a device are not looked at.
      if (known || (reuse && !image.on_device && index > 0 && is_repeated(pages[page]->tiles, index - 1))) continue;
      groups[{index > 0, image.height, image.width}].push_back({image, page, index});
    }
  }
  for (const auto& [key, views] : groups) {
    const int64_t patches = std::get<1>(key) / patch_size_ * (std::get<2>(key) / patch_size_);
    const size_t step = static_cast<size_t>(std::max<int64_t>(1, kBatchPatches / patches));
    encode_group(views, step, cancelled, recorder, features);
  }

  for (size_t page = 0; reuse && page < pages.size(); ++page) repeat_tiles(*pages[page], features[page]);

  std::vector<at::Tensor> laid_out(pages.size());
  for (size_t page = 0; page < pages.size(); ++page) {
    const auto& own = features[page];
    const bool complete = std::all_of(own.begin(), own.end(), [](const at::Tensor& view) { return view.defined(); });
    if (!complete || cancelled[page]->load()) continue;
    const std::span<const at::Tensor> tiles = std::span(own).subspan(1);
    const at::Tensor stacked = tiles.empty() ? at::Tensor() : at::stack(at::TensorList(tiles.data(), tiles.size()));
    laid_out[page] = lay_out_tokens(own[0], stacked, pages[page]->grid, newline_, separator_);
    if (recorder) recorder->record("image_tokens", laid_out[page]);
  }
  return laid_out;
}

}  // namespace deepseekocr
