// SPDX-License-Identifier: MIT
// Pictures in CUDA memory through the C boundary: who gets them, who is refused, and when they are given back.  The
// scripted model stands in for a device; its "CUDA memory" is the host's.
#include <cstring>
#include <utility>

#include "checkpoint/error.h"
#include "image/image.h"
#include "image/luma.h"
#include "serving_fixture.h"

namespace deepseekocr::testing {
namespace {

/// Views that count how many of them there are.
class ScriptedViews : public DeviceViews {
 public:
  ScriptedViews(PageViews page, int& alive) : page_(std::move(page)), alive_(alive) {
    for (size_t i = 0; i < page_.count(); ++i) {
      views_.push_back(page_.view(i));
      views_.back().on_device = true;
    }
    const std::lock_guard lock(mutex());
    ++alive_;
  }
  ~ScriptedViews() override {
    const std::lock_guard lock(mutex());
    --alive_;
  }
  const std::vector<ViewPixels>& views() const override { return views_; }
  static std::mutex& mutex() {
    static std::mutex own;
    return own;
  }

 private:
  PageViews page_;
  std::vector<ViewPixels> views_;
  int& alive_;
};

/// What preparation asked a device for.
struct DeviceScript {
  Gate converting;
  std::function<void()> on_views;  ///< run when views are made: the caller's pixels are back by then
  std::function<void()> failure;   ///< thrown by convert()
  std::optional<double> text_height;
  int conversions = 0, estimates = 0, views_alive = 0;
  ViewPlan plan;
};

class ScriptedPicture : public DevicePicture {
 public:
  ScriptedPicture(DeviceScript& script, RgbImage picture) : script_(script), picture_(std::move(picture)) {}
  std::optional<double> text_height() override {
    ++script_.estimates;
    return script_.text_height;
  }
  PageViews views(const ViewPlan& plan) override {
    if (script_.on_views) script_.on_views();
    script_.plan = plan;
    PageViews page;
    page.grid = plan.tiles;
    page.device = std::make_shared<ScriptedViews>(make_views(picture_, plan), script_.views_alive);
    return page;
  }

 private:
  DeviceScript& script_;
  RgbImage picture_;
};

class ScriptedPictures : public DevicePictures {
 public:
  explicit ScriptedPictures(DeviceScript& script) : script_(script) {}
  std::unique_ptr<DevicePicture> convert(const DsocrImage& image) override {
    ++script_.conversions;
    script_.converting.pass([] { return false; });
    if (script_.failure) script_.failure();
    return std::make_unique<ScriptedPicture>(script_, to_rgb(image));
  }

 private:
  DeviceScript& script_;
};

class CudaMemoryTest : public ServingTest {
 protected:
  void SetUp() override {
    ServingTest::SetUp();
    fake.set_answer(7, {11, 12});
  }
  void TearDown() override {
    fake.wait_until_unloaded();
    fake.pictures.reset();
    EXPECT_EQ(script.views_alive, 0);
  }
  void have_device() { fake.pictures = std::make_unique<ScriptedPictures>(script); }

  static void put_in_cuda_memory(TestRequest& request) {
    request.lend_pixels();
    request.request.image_memory = DSOCR_MEMORY_CUDA;
  }

  DeviceScript script;
};

TEST_F(CudaMemoryTest, APictureIsReadFromThere) {
  have_device();
  const auto client = ready_client();
  TestRequest request;
  put_in_cuda_memory(request);
  int given_back = 0;
  script.on_views = [&] { given_back = request.pixel_releases(); };
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  const Reading reading = request.wait();
  EXPECT_EQ(reading.ids, (std::vector<int32_t>{11, 12}));
  EXPECT_EQ(reading.image_tokens, 73);
  EXPECT_EQ(given_back, 1) << "the pixels are given back before views are made";
  EXPECT_EQ(request.pixel_releases(), 1);
  EXPECT_EQ(script.conversions, 1);
  EXPECT_EQ(script.estimates, 0) << "no canvas is chosen by the text's height here";
}

TEST_F(CudaMemoryTest, HostMemoryDoesNotGoThere) {
  have_device();
  const auto client = ready_client();
  TestRequest request;
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_STOP);
  EXPECT_EQ(script.conversions, 0);
}

TEST_F(CudaMemoryTest, CallersOfTheFirstVersionsMeanHostMemory) {
  have_device();
  const auto client = ready_client();
  TestRequest request;
  request.lend_pixels();
  request.request.image_memory = DSOCR_MEMORY_CUDA;  // behind the caller's struct
  request.request.struct_size = offsetof(DsocrRequest, image_memory);
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_STOP);
  EXPECT_EQ(script.conversions, 0);
}

TEST_F(CudaMemoryTest, TheTextsHeightChoosesTheCanvas) {
  have_device();
  fake.config.has_position_fit = true;
  fake.config.canvases = {{512, 512}, {640, 640}};
  fake.config.legible_text_height = 10;
  const auto client = ready_client();
  for (const auto& [text_height, side] : {std::pair{20.0, 512}, {9.0, 640}}) {
    TestRequest request;
    std::vector<uint8_t> pixels(640 * 640, 200);
    put_in_cuda_memory(request);
    request.request.image.width = request.request.image.height = request.request.image.strides[0] = 640;
    request.request.image.planes[0] = pixels.data();
    request.request.mode = DSOCR_MODE_AUTO;
    script.text_height = text_height;
    ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
    EXPECT_EQ(request.wait().reason, DSOCR_FINISH_STOP);
    EXPECT_EQ(script.plan.global.width, side);
  }
  EXPECT_EQ(script.estimates, 2);
}

TEST_F(CudaMemoryTest, AModelElsewhereSaysWhatToDo) {
  const auto client = ready_client();
  TestRequest request;
  put_in_cuda_memory(request);
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  const Reading reading = request.wait();
  EXPECT_EQ(reading.status, DSOCR_UNSUPPORTED);
  for (const char* part : {"CUDA memory", "runs on cpu", "cudadownload", "device=cuda:N"})
    EXPECT_NE(reading.error.find(part), std::string::npos) << reading.error;
  EXPECT_EQ(request.pixel_releases(), 1);
}

TEST_F(CudaMemoryTest, AFailureOfTheDeviceEndsTheRequestAlone) {
  have_device();
  script.failure = [] { throw EngineError(DSOCR_OUT_OF_MEMORY, "No memory for it."); };
  const auto client = ready_client();
  TestRequest request;
  put_in_cuda_memory(request);
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(request.wait().status, DSOCR_OUT_OF_MEMORY);
  EXPECT_EQ(request.pixel_releases(), 1);
  TestRequest next;
  ASSERT_EQ(next.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(next.wait().reason, DSOCR_FINISH_STOP);
}

TEST_F(CudaMemoryTest, ARequestThatIsCancelledWhileItWaitsIsGivenBackOnce) {
  have_device();
  fake.loading.close();
  TestClient client(folder.path());
  ASSERT_EQ(client.open(), DSOCR_OK);
  TestRequest request;
  put_in_cuda_memory(request);
  ASSERT_EQ(request.submit(client.handle), DSOCR_OK);
  api().cancel(client.handle, request.id());
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_CANCELLED);
  EXPECT_EQ(request.pixel_releases(), 1);
  EXPECT_EQ(script.conversions, 0);
  fake.loading.open();
}

TEST_F(CudaMemoryTest, ARequestThatIsCancelledDuringItsConversionIsGivenBackOnce) {
  have_device();
  script.converting.close();
  const auto client = ready_client();
  TestRequest request;
  put_in_cuda_memory(request);
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  script.converting.wait_for_arrival(1);
  api().cancel(client->handle, request.id());
  EXPECT_EQ(request.pixel_releases(), 0) << "they are being read";
  script.converting.open();
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_CANCELLED);
  EXPECT_EQ(request.pixel_releases(), 1);
}

TEST_F(CudaMemoryTest, ItIsNotCopiedAndMustBeLent) {
  have_device();
  const auto client = ready_client();
  TestRequest request;
  request.request.image_memory = DSOCR_MEMORY_CUDA;
  std::string message;
  EXPECT_EQ(request.submit(client->handle, &message), DSOCR_INVALID_ARGUMENT);
  EXPECT_NE(message.find("image.release is NULL"), std::string::npos) << message;
  EXPECT_EQ(request.release_calls(), 1);
}

TEST_F(CudaMemoryTest, AnUnknownMemoryIsNamed) {
  const auto client = ready_client();
  TestRequest request;
  request.lend_pixels();
  request.request.image_memory = static_cast<DsocrMemory>(2);
  std::string message;
  EXPECT_EQ(request.submit(client->handle, &message), DSOCR_INVALID_ARGUMENT);
  EXPECT_NE(message.find("image_memory is 2"), std::string::npos) << message;
  EXPECT_EQ(request.pixel_releases(), 1);
}

class DeviceQuestionsTest : public ServingTest {
 protected:
  static DsocrError find(const char* device, char* name, size_t size, int precision = DSOCR_PRECISION_AUTO) {
    DsocrError error{};
    error.status = api().find_device(device, static_cast<DsocrPrecision>(precision), name, size, &error);
    return error;
  }
};

TEST_F(DeviceQuestionsTest, FindDeviceAnswersWithoutAModel) {
  char name[16] = "untouched";
  for (const char* device : {"auto", "cpu", "", static_cast<const char*>(nullptr)}) {
    EXPECT_EQ(find(device, name, sizeof name).status, DSOCR_OK);
    EXPECT_STREQ(name, "cpu");
  }
  EXPECT_EQ(find("cuda", name, sizeof name).status, DSOCR_UNSUPPORTED);
  EXPECT_NE(std::string(find("cuda", name, sizeof name).message).find("cuda:0"), std::string::npos);
  EXPECT_EQ(find("tpu", name, sizeof name).status, DSOCR_INVALID_ARGUMENT);
  EXPECT_EQ(find("cpu", nullptr, 16).status, DSOCR_INVALID_ARGUMENT);
  EXPECT_EQ(find("cpu", name, 3).status, DSOCR_INVALID_ARGUMENT);
  EXPECT_EQ(find("cpu", name, 4).status, DSOCR_OK);
  EXPECT_EQ(find("cpu", name, sizeof name, DSOCR_PRECISION_INT4 + 1).status, DSOCR_INVALID_ARGUMENT);
  EXPECT_EQ(api().find_device("tpu", DSOCR_PRECISION_AUTO, name, sizeof name, nullptr), DSOCR_INVALID_ARGUMENT);
  EXPECT_EQ(fake.loads(), 0);
}

TEST_F(DeviceQuestionsTest, HalveLumaReadsHostMemory) {
  TestRequest request;
  DsocrImage image = request.request.image;
  image.area = {4, 2, 21, 11};
  std::vector<uint8_t> out(5 * 16, 0);
  DsocrError error{};
  ASSERT_EQ(api().halve_luma(&image, DSOCR_MEMORY_HOST, out.data(), 16, &error), DSOCR_OK) << error.message;
  for (size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], i % 16 < 10 ? 200 : 0) << i;
  image.area = {4, 2, 1, 11};
  EXPECT_EQ(api().halve_luma(&image, DSOCR_MEMORY_CUDA, out.data(), 0, &error), DSOCR_OK) << "nothing is asked for";
}

TEST_F(DeviceQuestionsTest, HalveLumaNamesWhatIsWrong) {
  TestRequest request;
  const DsocrImage good = request.request.image;
  std::vector<uint8_t> out(32 * 32);
  const auto refused = [&](const DsocrImage* image, DsocrMemory memory, uint8_t* to, int stride,
                           const std::string& named, DsocrStatus status = DSOCR_INVALID_ARGUMENT) {
    DsocrError error{};
    EXPECT_EQ(api().halve_luma(image, memory, to, stride, &error), status);
    EXPECT_NE(std::string(error.message).find(named), std::string::npos) << error.message;
  };
  refused(nullptr, DSOCR_MEMORY_HOST, out.data(), 32, "image");
  refused(&good, DSOCR_MEMORY_HOST, nullptr, 32, "out");
  refused(&good, DSOCR_MEMORY_HOST, out.data(), 31, "stride is 31");
  refused(&good, static_cast<DsocrMemory>(5), out.data(), 32, "memory is 5");
  DsocrImage bad = good;
  bad.struct_size = 8;
  refused(&bad, DSOCR_MEMORY_HOST, out.data(), 32, "struct_size of DsocrImage");
  bad = good;
  bad.planes[0] = nullptr;
  refused(&bad, DSOCR_MEMORY_HOST, out.data(), 32, "Plane 0");
  refused(&good, DSOCR_MEMORY_CUDA, out.data(), 32, "no CUDA", DSOCR_UNSUPPORTED);
}

}  // namespace
}  // namespace deepseekocr::testing
