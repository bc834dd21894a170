// SPDX-License-Identifier: MIT
#include "operations/cuda/pictures.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "checkpoint/error.h"
#include "image/bicubic.h"
#include "image/luma.h"
#include "image/picture_part.h"
#include "image/pixel_layout.h"
#include "image/text_height.h"
#include "image/yuv.h"
#include "operations/cuda/support.h"

namespace deepseekocr::cuda {
namespace {

static_assert(kResizeBits == kWeightBits);

constexpr size_t kAlignment = 256;  ///< of a view in the memory of its page

size_t aligned(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

size_t rgb_bytes(int width, int height) {
  return static_cast<size_t>(width) * static_cast<size_t>(height) * 3;
}

void set_factors(PictureSource& source, const YuvMatrix& matrix) {
  source.luma_factor = matrix.luma;
  source.red_v = matrix.red_v;
  source.green_u = matrix.green_u;
  source.green_v = matrix.green_v;
  source.blue_u = matrix.blue_u;
}

/// Where U and V lie.
void set_chroma(PictureSource& source, const DsocrImage& image) {
  Samples* chroma = source.channels + 1;
  const bool swapped = image.format == DSOCR_FORMAT_NV21, deep = image.format == DSOCR_FORMAT_P010;
  for (int i = 0; i < 2; ++i) {
    if (image.format == DSOCR_FORMAT_I420) {
      chroma[i] = {image.planes[1 + i], image.strides[1 + i], 1};
    } else if (image.format == DSOCR_FORMAT_YUY2) {  // Y U Y V
      chroma[i] = {image.planes[0] + 1 + 2 * i, image.strides[0], 4};
    } else if (deep) {  // the upper byte is the second one
      chroma[i] = {image.planes[1] + 2 * i + 1, image.strides[1], 4};
    } else {
      chroma[i] = {image.planes[1] + (swapped ? 1 - i : i), image.strides[1], 2};
    }
  }
  source.chroma_columns = half_up(image.width);
  source.chroma_rows = half_up(image.height);
  const bool left = (image.chroma_site & DSOCR_CHROMA_LEFT) != 0, top = (image.chroma_site & DSOCR_CHROMA_TOP) != 0;
  if (image.format == DSOCR_FORMAT_I420) {
    source.columns = ChromaColumns::repeated;
    source.rows = ChromaRows::repeated;
    return;
  }
  source.columns = left ? ChromaColumns::on_even : ChromaColumns::between;
  source.rows = image.format == DSOCR_FORMAT_YUY2 ? ChromaRows::own : top ? ChromaRows::repeated : ChromaRows::blended;
}

/// The picture where kernels can read it: itself, or a copy of what its area needs, made on the device.
/// @param planes  how many of them are read
/// @param copy  gets the copy's memory
DsocrImage readable(const QueueLease& lease, const DsocrImage& image, int planes, DeviceBuffer& copy) {
  void* contexts[3] = {};
  bool foreign = false;
  for (int i = 0; i < planes; ++i) {
    check(lease.library().owner(lease.queue(), image.planes[i], &contexts[i]));
    foreign = foreign || contexts[i] != nullptr;
  }
  if (!foreign) return image;
  PicturePart part = part_around_area(image);
  part.planes = planes;
  copy = DeviceBuffer(lease, part.bytes);
  for (int i = 0; i < planes; ++i) {
    const PlanePart& plane = part.plane[i];
    check(lease.library().fetch(lease.queue(), {plane.source, static_cast<size_t>(plane.source_stride), contexts[i],
                                                copy.data() + plane.offset, plane.row_bytes, plane.rows}));
  }
  return image_of_part(image, part, copy.data());
}

/// The weights of one axis on the device.  The host's copy must remain until a wait().
class AxisTable {
 public:
  AxisTable(const QueueLease& lease, int source, int target)
      : host_(axis_table(source, target)), target_(target), device_(lease, host_.size() * sizeof(int32_t)) {
    check(lease.library().upload(lease.queue(), device_.data(), host_.data(), host_.size() * sizeof(int32_t)));
  }
  const AxisSample* samples() const { return reinterpret_cast<const AxisSample*>(device_.data()); }
  const int32_t* weights() const {
    return reinterpret_cast<const int32_t*>(device_.data()) + static_cast<ptrdiff_t>(target_) * 3;
  }

 private:
  std::vector<int32_t> host_;
  int target_;
  DeviceBuffer device_;
};

/// Views in one piece of device memory.
class OwnedViews final : public DeviceViews {
 public:
  OwnedViews(std::shared_ptr<PictureMemory> memory, std::vector<ViewPixels> views)
      : memory_(std::move(memory)), views_(std::move(views)) {}
  ~OwnedViews() override {
    if (data_ != nullptr) free_released(memory_, data_);
  }
  /// The memory that the views lie in; its launches have ended.
  void take(uint8_t* data) { data_ = data; }
  const std::vector<ViewPixels>& views() const override { return views_; }

 private:
  std::shared_ptr<PictureMemory> memory_;
  uint8_t* data_ = nullptr;
  std::vector<ViewPixels> views_;
};

class RgbPicture final : public DevicePicture {
 public:
  RgbPicture(std::shared_ptr<PictureMemory> memory, const DsocrImage& image)
      : lease_(std::move(memory)), width_(image_area(image).width), height_(image_area(image).height) {
    rgb_ = DeviceBuffer(lease_, rgb_bytes(width_, height_));
    DeviceBuffer copy;
    const DsocrImage source = readable(lease_, image, pixel_layout(image.format)->planes, copy);
    check(lease_.library().convert(lease_.queue(), {source_of(source), rgb_.data()}));
    lease_.wait();
  }

  std::optional<double> text_height() override {
    const EdgeColumns columns = edge_columns(width_);
    if (columns.count < 1) return std::nullopt;
    std::vector<int32_t> counts(static_cast<size_t>(columns.count) * static_cast<size_t>(height_));
    const size_t bytes = counts.size() * sizeof(int32_t);
    const WaitAtEnd settled(lease_);
    const DeviceBuffer room(lease_, bytes);
    check(lease_.library().count_edges(lease_.queue(), {rgb_.data(), width_, height_, columns.width, columns.count,
                                                        kEdge, reinterpret_cast<int32_t*>(room.data())}));
    check(lease_.library().download(lease_.queue(), counts.data(), room.data(), bytes));
    lease_.wait();
    return estimate_text_height(counts, height_, columns);
  }

  PageViews views(const ViewPlan& plan) override {
    const int width = plan.global.width, height = plan.global.height, side = plan.tile_size;
    const size_t global_bytes = aligned(rgb_bytes(width, height)), tile_bytes = rgb_bytes(side, side);
    const auto tiles = static_cast<size_t>(plan.tiles.count());
    DeviceBuffer room(lease_, global_bytes + tiles * tile_bytes);
    uint8_t* const first_tile = room.data() + global_bytes;

    std::vector<AxisTable> tables;
    tables.reserve(4);  // they do not move: two axes of two resizes
    const WaitAtEnd settled(lease_);
    const Rect part = picture_in_global(width_, height_, plan);
    if (part != Rect{0, 0, width, height})
      check(lease_.library().fill(lease_.queue(), room.data(), kPadding, rgb_bytes(width, height)));
    resize({room.data(), width, height, 1, part.x, part.y}, part.width, part.height, tables);
    if (tiles > 0) {
      resize({first_tile, side, side, plan.tiles.columns, 0, 0}, plan.tiles.columns * side, plan.tiles.rows * side,
             tables);
    }
    lease_.wait();

    std::vector<ViewPixels> places = {{width, height, room.data(), true}};
    for (size_t i = 0; i < tiles; ++i) places.push_back({side, side, first_tile + i * tile_bytes, true});
    PageViews page;
    page.grid = plan.tiles;
    auto owned = std::make_shared<OwnedViews>(lease_.memory(), std::move(places));
    owned->take(room.release());
    page.device = std::move(owned);
    return page;
  }

 private:
  /// The picture at width × height.
  /// @param tables  gets what must remain until a wait()
  void resize(const PictureTarget& target, int width, int height, std::vector<AxisTable>& tables) {
    if (width == width_) {  // without a change of the height the weights are those of a copy
      const AxisTable& axis = tables.emplace_back(lease_, height_, height);
      check(lease_.library().resize_columns(
          lease_.queue(), {rgb_.data(), width_, axis.samples(), axis.weights(), target, width, height}));
      return;
    }
    DeviceBuffer between;
    PictureTarget first = target;
    if (height != height_) {
      between = DeviceBuffer(lease_, rgb_bytes(width, height_));
      first = {between.data(), width, height_, 1, 0, 0};
    }
    const AxisTable& columns = tables.emplace_back(lease_, width_, width);
    check(lease_.library().resize_rows(
        lease_.queue(), {rgb_.data(), width_, columns.samples(), columns.weights(), first, width, height_}));
    if (height == height_) return;
    const AxisTable& rows = tables.emplace_back(lease_, height_, height);
    check(lease_.library().resize_columns(
        lease_.queue(), {between.data(), width, rows.samples(), rows.weights(), target, width, height}));
  }

  QueueLease lease_;  // ends last: memory is freed on its stream
  int width_;
  int height_;
  DeviceBuffer rgb_;
};

}  // namespace

PictureSource source_of(const DsocrImage& image) {
  const PixelLayout& layout = *pixel_layout(image.format);
  const Rect area = image_area(image);
  PictureSource source{};
  source.x = area.x;
  source.y = area.y;
  source.width = area.width;
  source.height = area.height;
  if (layout.pixel_bytes > 0) {
    source.kind = PixelKind::rgb;
    const int offsets[] = {layout.red, layout.green, layout.blue};
    for (int i = 0; i < 3; ++i)
      source.channels[i] = {image.planes[0] + offsets[i], image.strides[0], layout.pixel_bytes};
    return source;
  }
  const bool gray = image.format == DSOCR_FORMAT_GRAY8;
  const int luma_step = image.format == DSOCR_FORMAT_YUY2 ? 2 : layout.sample_bytes;
  source.kind = gray ? PixelKind::gray : PixelKind::yuv;
  source.channels[0] = {image.planes[0] + layout.sample_bytes - 1, image.strides[0], luma_step};
  set_factors(source, YuvMatrix(gray ? DSOCR_MATRIX_BT601 : image.matrix, image.range));
  if (!gray) set_chroma(source, image);
  return source;
}

std::vector<int32_t> axis_table(int source, int target) {
  const AxisWeights axis = bicubic_weights(source, target, 1);
  std::vector<int32_t> table, weights;
  table.reserve(axis.samples.size() * 3 + axis.weights.size() * 2);
  for (const AxisWeights::Sample& sample : axis.samples) {
    // A last weight that only fills its pair may stand for a sample past the end.
    const int count = std::min(2 * sample.pairs, source - sample.first);
    table.insert(table.end(), {sample.first, count, static_cast<int32_t>(weights.size())});
    const WeightPair* pairs = axis.weights.data() + sample.offset;
    for (int i = 0; i < count; ++i) {
      const WeightPair& pair = pairs[i / 2];
      weights.push_back(pair.high[i % 2] * (1 << kHighBits) + pair.low[i % 2]);
    }
  }
  table.insert(table.end(), weights.begin(), weights.end());
  return table;
}

int device_of(const Library& library, const DsocrImage& image) {
  int device = -1;
  const PixelLayout& layout = *pixel_layout(image.format);
  for (int i = 0; i < layout.planes; ++i) {
    int own = -1;
    check(library.locate(image.planes[i], &own));
    if (own < 0) {
      throw ArgumentError("Plane " + std::to_string(i) + " of the " + layout.name +
                          " picture does not lie in CUDA memory, as its request says: pass addresses of a device, or "
                          "set image_memory to 0.");
    }
    if (i > 0 && own != device) {
      throw ArgumentError("The planes of the " + std::string(layout.name) + " picture lie on cuda:" +
                          std::to_string(device) + " and cuda:" + std::to_string(own) + ": put them on one device.");
    }
    device = own;
  }
  return device;
}

std::unique_ptr<DevicePicture> Pictures::convert(const DsocrImage& image) {
  const int device = device_of(memory_->library(), image);
  if (device != memory_->device()) {
    throw EngineError(DSOCR_UNSUPPORTED, "The picture lies on cuda:" + std::to_string(device) +
                                             ", but the model runs on cuda:" + std::to_string(memory_->device()) +
                                             ": run both on one device, or put cudadownload before "
                                             "the reader.");
  }
  return std::make_unique<RgbPicture>(memory_, image);
}

void halve_luma(const std::shared_ptr<PictureMemory>& memory, const DsocrImage& image, uint8_t* out, int32_t stride) {
  const QueueLease lease(memory);
  DeviceBuffer copy;
  const LumaSource source = luma_source(readable(lease, image, 1, copy));
  const auto width = static_cast<size_t>(source.width), height = static_cast<size_t>(source.height);
  const DeviceBuffer halved(lease, width * height);
  check(lease.library().halve(lease.queue(), {source.first, source.stride, source.step, source.color, halved.data(),
                                              source.width, source.height}));
  std::vector<uint8_t> rows(width * height);
  const WaitAtEnd settled(lease);
  check(lease.library().download(lease.queue(), rows.data(), halved.data(), rows.size()));
  lease.wait();
  for (size_t y = 0; y < height; ++y, out += stride) std::memcpy(out, rows.data() + y * width, width);
}

std::shared_ptr<PictureMemory> picture_memory(int device) {
  static std::mutex mutex;
  // Never destroyed: the process may end before the last view has been given up.
  static auto* const memories = new std::map<int, std::shared_ptr<PictureMemory>>;
  const std::lock_guard lock(mutex);
  std::shared_ptr<PictureMemory>& memory = (*memories)[device];
  if (!memory) memory = std::make_shared<PictureMemory>(*support().library, device);
  return memory;
}

}  // namespace deepseekocr::cuda
