// SPDX-License-Identifier: MIT
// Pictures in CUDA memory: the same bits as on the host, from LibTorch's context and from another one, and the same
// answer of the whole engine.
#include <deepseekocr/engine.h>
#include <dlfcn.h>

#include <condition_variable>
#include <mutex>
#include <string>

#include "checkpoint_writer.h"
#include "device/cuda_device.h"
#include "engine/image/test_picture.h"
#include "image/luma.h"
#include "image/pixel_layout.h"
#include "image/text_height.h"
#include "model/torch_runner.h"
#include "operations/cuda/pictures.h"
#include "tools/expect_error.h"
#include "tools/patterns.h"
#include "tools/temporary_folder.h"

namespace deepseekocr::test {
namespace {

/// A function of the driver, as its documentation declares it.
template <typename Function>
Function* driver_function(const char* name) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  return driver == nullptr ? nullptr : reinterpret_cast<Function*>(dlsym(driver, name));
}

void* current_context() {
  void* context = nullptr;
  EXPECT_EQ(driver_function<int(void**)>("cuCtxGetCurrent")(&context), 0);
  return context;
}

/// A context of its own on device 0, as a GStreamer pipeline has one.
class OtherContext {
 public:
  OtherContext() {
    EXPECT_EQ(driver_function<int(void**, unsigned, int)>("cuCtxCreate_v2")(&context_, 0, 0), 0);
    pop();
  }
  ~OtherContext() { driver_function<int(void*)>("cuCtxDestroy_v2")(context_); }
  OtherContext(const OtherContext&) = delete;
  OtherContext& operator=(const OtherContext&) = delete;

  void push() const { EXPECT_EQ(driver_function<int(void*)>("cuCtxPushCurrent_v2")(context_), 0); }
  static void pop() {
    void* before = nullptr;
    EXPECT_EQ(driver_function<int(void**)>("cuCtxPopCurrent_v2")(&before), 0);
  }
  void* handle() const { return context_; }
  /// A copy of host memory, there until the context is destroyed.
  const uint8_t* put(const std::vector<uint8_t>& bytes) const {
    push();
    unsigned long long address = 0;
    EXPECT_EQ(driver_function<int(unsigned long long*, size_t)>("cuMemAlloc_v2")(&address, bytes.size()), 0);
    EXPECT_EQ(driver_function<int(unsigned long long, const void*, size_t)>("cuMemcpyHtoD_v2")(address, bytes.data(),
                                                                                               bytes.size()),
              0);
    pop();
    return reinterpret_cast<const uint8_t*>(address);
  }

 private:
  void* context_ = nullptr;
};

class CudaPicture : public OnCuda {
 protected:
  static std::shared_ptr<cuda::PictureMemory> memory() { return cuda::picture_memory(0); }

  /// The planes of a picture in LibTorch's context; they are freed with `rooms`.
  static DsocrImage put(const TestPicture& picture, const cuda::QueueLease& lease,
                        std::vector<cuda::DeviceBuffer>& rooms) {
    DsocrImage image = picture.image;
    for (int i = 0; i < pixel_layout(image.format)->planes; ++i) {
      const std::vector<uint8_t>& plane = picture.planes[i];
      cuda::DeviceBuffer& room = rooms.emplace_back(lease, plane.size());
      cuda::check(lease.library().upload(lease.queue(), room.data(), plane.data(), plane.size()));
      image.planes[i] = room.data();
    }
    lease.wait();
    return image;
  }

  static DsocrImage put(const TestPicture& picture, const OtherContext& context) {
    DsocrImage image = picture.image;
    for (int i = 0; i < pixel_layout(image.format)->planes; ++i) image.planes[i] = context.put(picture.planes[i]);
    return image;
  }

  static RgbImage fetched(const ViewPixels& view) {
    const cuda::QueueLease lease(memory());
    RgbImage out(view.width, view.height);
    cuda::check(lease.library().download(lease.queue(), out.data.data(), view.data, out.data.size()));
    lease.wait();
    return out;
  }

  static void expect_views(const DsocrImage& there, const DsocrImage& here, const ViewPlan& plan) {
    cuda::Pictures pictures(memory());
    const PageViews expected = make_views(to_rgb(here), plan), got = pictures.convert(there)->views(plan);
    ASSERT_EQ(got.count(), expected.count());
    for (size_t i = 0; i < got.count(); ++i) {
      const RgbImage& host = i == 0 ? expected.global : expected.tiles[i - 1];
      EXPECT_TRUE(fetched(got.view(i)) == host) << pixel_layout(here.format)->name << " view " << i;
    }
  }
};

constexpr DsocrRect kAreas[] = {{0, 0, 0, 0}, {0, 0, 50, 33}, {17, 21, 310, 199}, {403, 301, 1, 1}, {31, 0, 300, 41}};

TEST_F(CudaPicture, ViewsAreThoseOfTheHostToTheBit) {
  for (const DsocrPixelFormat format : kAllFormats) {
    for (const DsocrChromaSite site :
         {DSOCR_CHROMA_CENTER, DSOCR_CHROMA_LEFT, DSOCR_CHROMA_TOP, DSOCR_CHROMA_TOP_LEFT}) {
      TestPicture picture(format, 404, 302, 7, 41);
      picture.image.chroma_site = site;
      picture.image.range = site % 2 == 0 ? DSOCR_RANGE_LIMITED : DSOCR_RANGE_FULL;
      const cuda::QueueLease lease(memory());
      std::vector<cuda::DeviceBuffer> rooms;
      DsocrImage there = put(picture, lease, rooms);
      for (const DsocrRect& area : kAreas) {
        there.area = picture.image.area = area;
        expect_views(there, picture.image, {.global = {.height = 128, .width = 192}, .tiles = {}});
        expect_views(there, picture.image,
                     {.global = {.height = 64, .width = 64}, .squash = true, .tiles = {3, 2}, .tile_size = 80});
      }
    }
  }
}

TEST_F(CudaPicture, SizesThatStayAndSizesThatGrow) {
  const TestPicture picture(DSOCR_FORMAT_RGB, 300, 200, 0, 42);
  const cuda::QueueLease lease(memory());
  std::vector<cuda::DeviceBuffer> rooms;
  const DsocrImage there = put(picture, lease, rooms);
  for (const auto& [width, height] : {std::pair<int, int>{300, 200}, {300, 90}, {97, 200}, {1200, 1000}, {1, 1}})
    expect_views(there, picture.image, {.global = {.height = height, .width = width}, .squash = true, .tiles = {}});
}

TEST_F(CudaPicture, AFrameInAnotherContextIsReadAndTheContextStays) {
  const OtherContext context;
  for (const DsocrPixelFormat format : kAllFormats) {
    TestPicture picture(format, 404, 302, 7, 43);
    DsocrImage there = put(picture, context);
    for (const DsocrRect& area : kAreas) {
      there.area = picture.image.area = area;
      context.push();
      expect_views(there, picture.image, {.global = {.height = 128, .width = 192}, .tiles = {}});
      EXPECT_EQ(current_context(), context.handle());
      OtherContext::pop();
    }
  }
}

TEST_F(CudaPicture, LumaIsHalvedAsOnTheHost) {
  const OtherContext context;
  for (const DsocrPixelFormat format : kAllFormats) {
    TestPicture picture(format, 405, 303, 7, 44);
    picture.image.area = {3, 5, 399, 297};
    std::vector<uint8_t> expected(200 * 148), got(200 * 148);
    halve_luma(picture.image, expected.data(), 200);
    const cuda::QueueLease lease(memory());
    std::vector<cuda::DeviceBuffer> rooms;
    halve_device_luma(put(picture, lease, rooms), got.data(), 200);
    EXPECT_EQ(got, expected) << pixel_layout(format)->name;
    std::fill(got.begin(), got.end(), uint8_t{0});
    halve_device_luma(put(picture, context), got.data(), 200);
    EXPECT_EQ(got, expected) << pixel_layout(format)->name << " of another context";
  }
}

TEST_F(CudaPicture, TextHeightIsThatOfTheHost) {
  TestPicture picture(DSOCR_FORMAT_RGB, 640, 400, 0, 45);
  const RgbImage page = draw_pattern("page", 640, 400);
  picture.planes[0] = page.data;
  const cuda::QueueLease lease(memory());
  std::vector<cuda::DeviceBuffer> rooms;
  const DsocrImage there = put(picture, lease, rooms);
  ASSERT_TRUE(estimate_text_height(page));
  EXPECT_EQ(cuda::Pictures(memory()).convert(there)->text_height(), estimate_text_height(page));
}

TEST_F(CudaPicture, AnAddressOfTheHostIsRefused) {
  const TestPicture picture(DSOCR_FORMAT_NV12, 64, 48, 0, 46);
  expect_error(DSOCR_INVALID_ARGUMENT, {"Plane 0", "CUDA memory"},
               [&] { cuda::Pictures(memory()).convert(picture.image); });
}

TEST_F(CudaPicture, AnotherDeviceIsRefused) {
  if (cuda::support().devices < 2) GTEST_SKIP() << "there is one CUDA device only";
  const TestPicture picture(DSOCR_FORMAT_NV12, 64, 48, 0, 47);
  const cuda::QueueLease lease(memory());
  std::vector<cuda::DeviceBuffer> rooms;
  const DsocrImage there = put(picture, lease, rooms);
  expect_error(DSOCR_UNSUPPORTED, {"cuda:0", "cuda:1"},
               [&] { cuda::Pictures(cuda::picture_memory(1)).convert(there); });
}

/// A client of the C interface that waits for what it asks.
class Reader {
 public:
  explicit Reader(const std::string& path) {
    DsocrOpenOptions options{};
    options.struct_size = sizeof options;
    options.model_path = path.c_str();
    options.device = "cuda:0";
    options.precision = DSOCR_PRECISION_FP32;
    options.callbacks.struct_size = sizeof options.callbacks;
    options.callbacks.user_data = this;
    options.callbacks.release = [](void* self) {
      static_cast<Reader*>(self)->add(static_cast<Reader*>(self)->closed_);
    };
    DsocrError error{};
    EXPECT_EQ(api().open(&options, &client_, &error), DSOCR_OK) << error.message;
  }
  ~Reader() {
    api().close(client_);
    wait(closed_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  static const DsocrEngineApi& api() { return *deepseekocr_engine_api(DSOCR_API_VERSION); }

  std::vector<int32_t> read(const DsocrImage& image, DsocrMemory memory) {
    const int32_t before = 0, after[] = {201, 256};
    released_ = done_ = 0;
    DsocrRequest request{};
    request.struct_size = sizeof request;
    request.image = image;
    request.image.release = [](void* self) { static_cast<Reader*>(self)->add(static_cast<Reader*>(self)->released_); };
    request.image.release_data = this;
    request.image_memory = memory;
    request.mode = DSOCR_MODE_TINY;
    request.ids_before_image = &before;
    request.ids_before_image_count = 1;
    request.ids_after_image = after;
    request.ids_after_image_count = 2;
    request.max_new_tokens = 40;
    request.callbacks.struct_size = sizeof request.callbacks;
    request.callbacks.user_data = this;
    request.callbacks.done = [](void* self, const DsocrResult* result) {
      auto& reader = *static_cast<Reader*>(self);
      reader.ids_.assign(result->ids, result->ids + result->token_count);
      reader.error_ = result->error != nullptr ? result->error->message : "";
    };
    request.callbacks.release = [](void* self) { static_cast<Reader*>(self)->add(static_cast<Reader*>(self)->done_); };
    DsocrError error{};
    EXPECT_EQ(api().submit(client_, &request, nullptr, &error), DSOCR_OK) << error.message;
    wait(done_);
    EXPECT_EQ(error_, "");
    EXPECT_EQ(released_, 1);
    return ids_;
  }

 private:
  void add(int& count) {
    const std::lock_guard lock(mutex_);
    ++count;
    changed_.notify_all();
  }
  void wait(const int& count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count > 0; });
  }

  DsocrClient* client_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  int closed_ = 0, released_ = 0, done_ = 0;
  std::vector<int32_t> ids_;
  std::string error_;
};

TEST_F(CudaPicture, TheEngineReadsTheSameFromThereAsFromTheHost) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  const OtherContext context;
  Reader reader(folder.path().string());
  const cuda::QueueLease lease(memory());
  for (const uint32_t seed : {51U, 52U, 53U}) {
    const TestPicture picture(DSOCR_FORMAT_NV12, 640, 480, 0, seed);
    std::vector<cuda::DeviceBuffer> rooms;
    const std::vector<int32_t> expected = reader.read(picture.image, DSOCR_MEMORY_HOST);
    EXPECT_FALSE(expected.empty());
    EXPECT_EQ(reader.read(put(picture, lease, rooms), DSOCR_MEMORY_CUDA), expected);
    EXPECT_EQ(reader.read(put(picture, context), DSOCR_MEMORY_CUDA), expected);
  }
}

TEST_F(CudaPicture, ViewsOfTheHostAndOfTheDeviceAreEncodedTogether) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  ModelOptions options;
  options.model_path = folder.path();
  options.device = "cuda:0";
  options.precision = DSOCR_PRECISION_FP32;
  const CancelFlag never{false};
  const auto model = load_model(options, nullptr, never);
  ASSERT_NE(model->device_pictures(), nullptr);
  const TestPicture picture(DSOCR_FORMAT_RGBX, 640, 480, 0, 61);
  const ViewPlan plan = plan_views(640, 480, DSOCR_MODE_TINY, 2, model->config());
  const cuda::QueueLease lease(memory());
  std::vector<cuda::DeviceBuffer> rooms;
  PageViews here = make_views(to_rgb(picture.image), plan);
  PageViews there = model->device_pictures()->convert(put(picture, lease, rooms))->views(plan);
  const PageViews* pages[] = {&here, &there};
  const CancelFlag* flags[] = {&never, &never};
  const auto features = model->encode(pages, flags);
  there = PageViews();  // the encoder has read them
  const std::vector<int32_t> before = {0}, after = {201, 256};
  TokenChoice choices[2];
  for (size_t i = 0; i < 2; ++i) model->prefill(before, *features.at(i), after, {}, never, choices[i]);
  EXPECT_EQ(choices[0].id, choices[1].id);
  EXPECT_EQ(choices[0].log_probability, choices[1].log_probability);
}

}  // namespace
}  // namespace deepseekocr::test
