// SPDX-License-Identifier: MIT
// What the C boundary refuses: each by one sentence, with every release called exactly once.
#include <functional>

#include "serving_fixture.h"

namespace deepseekocr::testing {
namespace {

class ArgumentsTest : public ServingTest {
 protected:
  // open() with one option spoilt.
  void expect_open_refused(const std::function<void(DsocrOpenOptions&)>& spoil, DsocrStatus expected,
                           const std::string& named) {
    TestClient client(folder.path());
    spoil(client.options);
    std::string message;
    EXPECT_EQ(client.open(&message), expected) << named;
    EXPECT_NE(message.find(named), std::string::npos) << message;
    EXPECT_EQ(client.handle, nullptr);
    EXPECT_EQ(client.releases(), 1) << named;
  }

  // submit() with one field spoilt.
  void expect_submit_refused(DsocrClient* client, const std::function<void(DsocrRequest&)>& spoil,
                             const std::string& named) {
    TestRequest request;
    request.lend_pixels();
    spoil(request.request);
    std::string message;
    EXPECT_EQ(request.submit(client, &message), DSOCR_INVALID_ARGUMENT) << named;
    EXPECT_NE(message.find(named), std::string::npos) << message;
    EXPECT_EQ(request.release_calls(), 1) << named;
    EXPECT_EQ(request.pixel_releases(), 1) << named;
    EXPECT_EQ(request.done_calls(), 0) << named;
    EXPECT_EQ(request.id(), 0U);
  }
};

TEST_F(ArgumentsTest, OnlyKnownVersionsHaveATable) {
  EXPECT_EQ(deepseekocr_engine_api(DSOCR_API_VERSION + 1), nullptr);
  EXPECT_EQ(deepseekocr_engine_api(0), nullptr);
  EXPECT_EQ(api().version, uint32_t{DSOCR_API_VERSION});
  EXPECT_STREQ(api().description, "scripted");
}

TEST_F(ArgumentsTest, OpenNamesTheBadOption) {
  expect_open_refused([](auto& o) { o.model_path = "/no/such/folder"; }, DSOCR_NOT_FOUND, "/no/such/folder");
  expect_open_refused([](auto& o) { o.model_path = nullptr; }, DSOCR_INVALID_ARGUMENT, "model_path");
  expect_open_refused([](auto& o) { o.model_path = ""; }, DSOCR_INVALID_ARGUMENT, "model_path");
  expect_open_refused([](auto& o) { o.adapter_path = "/no/such/adapter"; }, DSOCR_NOT_FOUND, "/no/such/adapter");
  expect_open_refused([](auto& o) { o.device = "tpu"; }, DSOCR_INVALID_ARGUMENT, "tpu");
  expect_open_refused([](auto& o) { o.device = "cuda:x"; }, DSOCR_INVALID_ARGUMENT, "cuda:x");
  expect_open_refused([](auto& o) { o.device = "cuda:"; }, DSOCR_INVALID_ARGUMENT, "cuda:");
  expect_open_refused([](auto& o) { o.precision = static_cast<DsocrPrecision>(9); }, DSOCR_INVALID_ARGUMENT,
                      "precision");
  expect_open_refused([](auto& o) { o.kv_cache = static_cast<DsocrKvCache>(3); }, DSOCR_INVALID_ARGUMENT, "kv_cache");
  expect_open_refused([](auto& o) { o.threads = -1; }, DSOCR_INVALID_ARGUMENT, "threads");
  expect_open_refused([](auto& o) { o.max_pending = -1; }, DSOCR_INVALID_ARGUMENT, "max_pending");
  expect_open_refused([](auto& o) { o.batch_size = 129; }, DSOCR_INVALID_ARGUMENT, "batch_size");
  expect_open_refused([](auto& o) { o.batch_timeout_ms = -5; }, DSOCR_INVALID_ARGUMENT, "batch_timeout_ms");
  expect_open_refused([](auto& o) { o.idle_timeout_ms = -1; }, DSOCR_INVALID_ARGUMENT, "idle_timeout_ms");
  EXPECT_EQ(fake.loads(), 0);
}

TEST_F(ArgumentsTest, OptionsOfTheFirstVersionAreKnown) {
  TestClient client(folder.path());
  client.options.struct_size = offsetof(DsocrOpenOptions, idle_timeout_ms);
  client.options.idle_timeout_ms = -1;  // behind the caller's struct
  EXPECT_EQ(client.open(), DSOCR_OK);
}

TEST_F(ArgumentsTest, FileIsNoModelFolder) {
  folder.add_tokenizer();
  TestClient client(folder.path() + "/tokenizer.json");
  std::string message;
  EXPECT_EQ(client.open(&message), DSOCR_NOT_FOUND);
  EXPECT_NE(message.find("tokenizer.json"), std::string::npos);
}

TEST_F(ArgumentsTest, StructsOfUnknownSizeAreNotTouched) {
  TestClient client(folder.path());
  client.options.struct_size = 8;
  std::string message;
  EXPECT_EQ(client.open(&message), DSOCR_INVALID_ARGUMENT);
  EXPECT_NE(message.find("struct_size of DsocrOpenOptions"), std::string::npos) << message;
  client.options.struct_size = sizeof client.options;
  client.options.callbacks.struct_size = 0;
  EXPECT_EQ(client.open(&message), DSOCR_INVALID_ARGUMENT);
  EXPECT_NE(message.find("callbacks"), std::string::npos) << message;
  EXPECT_EQ(client.releases(), 0);
}

TEST_F(ArgumentsTest, StructsOfLaterVersionsAreAccepted) {
  struct {
    DsocrStats known;
    uint64_t later;
  } stats{};
  const auto client = ready_client();
  stats.known.struct_size = sizeof stats;
  stats.known.submitted = 99;
  stats.later = 77;
  api().get_stats(client->handle, &stats.known);
  EXPECT_EQ(stats.known.submitted, 0U);
  EXPECT_EQ(stats.known.struct_size, sizeof stats);
  EXPECT_EQ(stats.later, 77U);
}

TEST_F(ArgumentsTest, NullIsRefusedOrIgnored) {
  DsocrError error{};
  DsocrClient* handle = nullptr;
  uint64_t id = 5;
  EXPECT_EQ(api().open(nullptr, &handle, &error), DSOCR_INVALID_ARGUMENT);
  EXPECT_EQ(api().open(nullptr, nullptr, nullptr), DSOCR_INVALID_ARGUMENT);
  EXPECT_EQ(api().submit(nullptr, nullptr, &id, nullptr), DSOCR_INVALID_ARGUMENT);
  EXPECT_EQ(id, 0U);
  api().close(nullptr);
  api().cancel(nullptr, 0);
  api().get_stats(nullptr, nullptr);
  expect_submit_refused(
      nullptr, [](auto&) {}, "client");
  const auto client = ready_client();
  EXPECT_EQ(api().submit(client->handle, nullptr, &id, &error), DSOCR_INVALID_ARGUMENT);
}

TEST_F(ArgumentsTest, SubmitNamesTheBadField) {
  const auto owner = ready_client();
  DsocrClient* client = owner->handle;
  expect_submit_refused(
      client, [](auto& r) { r.mode = static_cast<DsocrMode>(17); }, "mode is 17");
  expect_submit_refused(
      client, [](auto& r) { r.max_tiles = 10; }, "max_tiles is 10");
  expect_submit_refused(
      client, [](auto& r) { r.max_new_tokens = -1; }, "max_new_tokens");
  expect_submit_refused(
      client, [](auto& r) { r.no_repeat_ngram_size = 1; }, "no_repeat_ngram_size");
  expect_submit_refused(
      client, [](auto& r) { r.ids_before_image = nullptr; }, "ids_before_image");
  expect_submit_refused(
      client, [](auto& r) { r.ids_after_image_count = SIZE_MAX / 8; }, "ids_after_image");
  expect_submit_refused(
      client, [](auto& r) { r.image.width = 0; }, "0x64");
  expect_submit_refused(
      client, [](auto& r) { r.image.height = 40000; }, "64x40000");
  expect_submit_refused(
      client, [](auto& r) { r.image.planes[0] = nullptr; }, "plane");
  expect_submit_refused(
      client,
      [](auto& r) {
        r.image.area = {60, 0, 10, 10};
      },
      "area");
  EXPECT_EQ(owner->stats().submitted, 0U);
}

TEST_F(ArgumentsTest, EveryCallbackMayBeNull) {
  fake.set_answer(7, {11});
  TestClient client(folder.path());
  client.options.callbacks.progress = nullptr;
  client.options.callbacks.ready = nullptr;
  ASSERT_EQ(client.open(), DSOCR_OK);
  TestRequest request;
  request.request.callbacks.text = nullptr;
  request.request.callbacks.done = nullptr;
  uint64_t id = 0;
  ASSERT_EQ(api().submit(client.handle, &request.request, &id, nullptr), DSOCR_OK);
  TestRequest last;
  ASSERT_EQ(last.submit(client.handle), DSOCR_OK);
  last.wait();
  client.close();
  client.wait_until_released();
  EXPECT_EQ(request.release_calls(), 1);
}

TEST_F(ArgumentsTest, BorrowedPixelsComeBackOnce) {
  fake.set_answer(7, {11});
  const auto client = ready_client();
  TestRequest request;
  request.lend_pixels();
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  request.wait();
  EXPECT_EQ(request.pixel_releases(), 1);
}

}  // namespace
}  // namespace deepseekocr::testing
