// SPDX-License-Identifier: MIT
// Opening, sharing, failing, unloading and closing of models.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>

#include "checkpoint/error.h"
#include "serving_fixture.h"

namespace deepseekocr::testing {
namespace {

using LifecycleTest = ServingTest;

TEST_F(LifecycleTest, OpenReportsProgressThenReady) {
  const auto client = ready_client();
  const std::vector<int> progress = client->progress();
  ASSERT_GE(progress.size(), 2U);
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  EXPECT_EQ(progress.back(), 100);
  EXPECT_EQ(client->model_name(), "fake");
}

TEST_F(LifecycleTest, ReadsOnePicture) {
  fake.set_answer(7, {11, 12, 13});
  const auto client = ready_client();
  TestRequest request;
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  const Reading reading = request.wait();
  EXPECT_EQ(reading.reason, DSOCR_FINISH_STOP);
  EXPECT_EQ(reading.ids, (std::vector<int32_t>{11, 12, 13}));
  EXPECT_EQ(reading.image_tokens, 73);
  EXPECT_EQ(reading.prompt_tokens, 75);
  EXPECT_EQ(request.done_calls(), 1);
  EXPECT_EQ(request.release_calls(), 1);
}

TEST_F(LifecycleTest, RequestsMayComeBeforeTheModel) {
  fake.loading.close();
  fake.set_answer(7, {11});
  TestClient client(folder.path());
  ASSERT_EQ(client.open(), DSOCR_OK);
  TestRequest request;
  ASSERT_EQ(request.submit(client.handle), DSOCR_OK);
  EXPECT_EQ(client.stats().waiting, 1U);
  fake.loading.open();
  EXPECT_EQ(request.wait().ids, std::vector<int32_t>{11});
}

TEST_F(LifecycleTest, EqualClientsShareOneModel) {
  const auto first = ready_client();
  const auto second = ready_client();
  EXPECT_EQ(fake.loads(), 1);
  EXPECT_EQ(fake.models_alive(), 1);
}

TEST_F(LifecycleTest, PathsOfOneFolderShareOneModel) {
  const auto first = ready_client();
  TestClient second(folder.path() + "/../" + std::filesystem::path(folder.path()).filename().string());
  ASSERT_EQ(second.open(), DSOCR_OK);
  second.wait_until_ready();
  EXPECT_EQ(fake.loads(), 1);
}

TEST_F(LifecycleTest, OtherPrecisionDeviceOrCacheIsAnotherModel) {
  const auto first = ready_client();
  TestClient second(folder.path());
  second.options.precision = DSOCR_PRECISION_BF16;
  ASSERT_EQ(second.open(), DSOCR_OK);
  second.wait_until_ready();
  TestClient third(folder.path());
  third.options.device = "cpu";
  ASSERT_EQ(third.open(), DSOCR_OK);
  third.wait_until_ready();
  TestClient fourth(folder.path());
  fourth.options.kv_cache = DSOCR_KV_CACHE_INT8;
  ASSERT_EQ(fourth.open(), DSOCR_OK);
  fourth.wait_until_ready();
  EXPECT_EQ(fake.models_alive(), 4);
  EXPECT_EQ(fake.caches_loaded().back(), DSOCR_KV_CACHE_INT8);
}

TEST_F(LifecycleTest, AnotherAdapterIsAnotherModel) {
  const std::string parent = std::filesystem::canonical(folder.path());
  const std::string adapter = parent + "/adapter", other = parent + "/other";
  for (const std::string& path : {adapter, other}) std::filesystem::create_directory(path);
  const auto plain = ready_client();
  std::vector<std::unique_ptr<TestClient>> clients;
  for (const std::string& path : {adapter, other, adapter + "/../adapter"}) {
    clients.push_back(std::make_unique<TestClient>(folder.path()));
    clients.back()->options.adapter_path = path.c_str();
    ASSERT_EQ(clients.back()->open(), DSOCR_OK);
    clients.back()->wait_until_ready();
  }
  EXPECT_EQ(fake.models_alive(), 3);
  EXPECT_EQ(fake.adapters_loaded(), (std::vector<std::string>{"", adapter, other}));
}

TEST_F(LifecycleTest, TheFirstClientsWeightCacheCounts) {
  std::vector<std::unique_ptr<TestClient>> clients;
  for (const char* cache : {"some/cache", "/other/cache", ""}) {
    clients.push_back(std::make_unique<TestClient>(folder.path()));
    clients.back()->options.weight_cache = cache;
    ASSERT_EQ(clients.back()->open(), DSOCR_OK);
    clients.back()->wait_until_ready();
  }
  EXPECT_EQ(fake.weight_caches(), std::vector<std::string>{std::filesystem::current_path() / "some/cache"});
}

TEST_F(LifecycleTest, LastClientUnloads) {
  auto first = ready_client();
  auto second = ready_client();
  first.reset();
  EXPECT_EQ(fake.models_alive(), 1);
  second.reset();
  fake.wait_until_unloaded();
}

TEST_F(LifecycleTest, WaitUnusedReturnsWhenTheModelIsGone) {
  for (int i = 0; i < 20; ++i) {
    auto client = ready_client();
    TestRequest request;
    ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
    client->close();
    api().wait_unused();
    EXPECT_EQ(fake.models_alive(), 0);
    request.wait();
  }
}

TEST_F(LifecycleTest, WaitUnusedDoesNotWaitForModelsInUse) {
  const auto client = ready_client();
  api().wait_unused();
  EXPECT_EQ(fake.models_alive(), 1);
}

TEST_F(LifecycleTest, WaitUnusedInsideDoneReturns) {
  auto client = ready_client();
  TestRequest request;
  request.on_done = [&client] {
    client->close();
    api().wait_unused();
  };
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  request.wait();
  client->wait_until_released();
}

TEST_F(LifecycleTest, NeverTwoCopiesOfOneModel) {
  for (int i = 0; i < 20; ++i) {
    const auto client = ready_client();
    TestRequest request;
    ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
    request.wait();
  }
  EXPECT_EQ(fake.most_models_alive(), 1);
}

TEST_F(LifecycleTest, CloseWhileLoadingReturnsAndReleases) {
  fake.loading.close();
  TestClient client(folder.path());
  ASSERT_EQ(client.open(), DSOCR_OK);
  TestRequest request;
  ASSERT_EQ(request.submit(client.handle), DSOCR_OK);
  fake.loading.wait_for_arrival(1);
  client.close();
  client.wait_until_released();  // the model is still loading
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_CANCELLED);
  EXPECT_FALSE(client.is_ready());
  fake.loading.wake();
  fake.wait_until_unloaded();
  EXPECT_EQ(fake.loads(), 1);
}

TEST_F(LifecycleTest, NewClientDuringCancelledLoadIsServed) {
  fake.loading.close();
  TestClient first(folder.path());
  ASSERT_EQ(first.open(), DSOCR_OK);
  fake.loading.wait_for_arrival(1);
  first.close();
  TestClient second(folder.path());
  ASSERT_EQ(second.open(), DSOCR_OK);
  fake.loading.open();
  second.wait_until_ready();
  EXPECT_EQ(fake.most_models_alive(), 1);
}

TEST_F(LifecycleTest, LateClientHearsWhereLoadingIs) {
  fake.loading.close();
  TestClient first(folder.path());
  ASSERT_EQ(first.open(), DSOCR_OK);
  fake.loading.wait_for_arrival(1);
  TestClient second(folder.path());
  ASSERT_EQ(second.open(), DSOCR_OK);
  fake.loading.open();
  second.wait_until_ready();
  EXPECT_EQ(second.progress().front(), 0);
}

TEST_F(LifecycleTest, FailedLoadFailsClientsAndRequests) {
  fake.loading.close();
  fake.fail_next_load([] { throw CheckpointError("config.json: no such luck."); });
  TestClient client(folder.path());
  ASSERT_EQ(client.open(), DSOCR_OK);
  TestRequest request;
  ASSERT_EQ(request.submit(client.handle), DSOCR_OK);
  fake.loading.open();
  client.wait_until_failed();
  EXPECT_EQ(client.failure(), "config.json: no such luck.");
  const Reading reading = request.wait();
  EXPECT_EQ(reading.reason, DSOCR_FINISH_ERROR);
  EXPECT_EQ(reading.status, DSOCR_INVALID_CHECKPOINT);
  EXPECT_EQ(reading.error, client.failure());

  TestRequest late;
  std::string message;
  EXPECT_EQ(late.submit(client.handle, &message), DSOCR_CLOSED);
  EXPECT_EQ(message, client.failure());
  EXPECT_EQ(late.release_calls(), 1);
}

TEST_F(LifecycleTest, OpenAfterFailureLoadsAnewWhileTheFailedClientStays) {
  fake.fail_next_load([] { throw std::bad_alloc(); });
  TestClient failed(folder.path());
  ASSERT_EQ(failed.open(), DSOCR_OK);
  failed.wait_until_failed();
  EXPECT_NE(failed.failure().find("memory"), std::string::npos);
  const auto second = ready_client();
  EXPECT_EQ(fake.loads(), 2);
}

TEST_F(LifecycleTest, FailedTokenizerNamesTheFile) {
  std::ofstream(folder.path() + "/tokenizer.json") << "{";
  TestClient client(folder.path());
  ASSERT_EQ(client.open(), DSOCR_OK);
  client.wait_until_failed();
  EXPECT_NE(client.failure().find("tokenizer.json"), std::string::npos) << client.failure();
  EXPECT_EQ(fake.loads(), 0);
}

TEST_F(LifecycleTest, CloseCancelsEverythingThenReleasesLast) {
  fake.set_endless_answer(7, 50);
  fake.decoding.close();
  auto client = ready_client(1);
  TestRequest running;
  TestRequest waiting;
  TestRequest* const requests[] = {&running, &waiting};
  for (TestRequest* request : requests) {
    request->on_done = [&client] { EXPECT_FALSE(client->is_released()); };
    ASSERT_EQ(request->submit(client->handle), DSOCR_OK);
  }
  fake.decoding.wait_for_arrival(1);
  client->close();
  EXPECT_FALSE(client->is_released());  // one token is still being computed
  fake.decoding.open();
  client->wait_until_released();
  for (TestRequest* request : requests) EXPECT_EQ(request->wait().reason, DSOCR_FINISH_CANCELLED);
  EXPECT_EQ(client->releases(), 1);
}

TEST_F(LifecycleTest, CloseFromInsideDone) {
  fake.set_answer(7, {11});
  auto client = ready_client();
  TestRequest request;
  request.on_done = [&client] { client->close(); };
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_STOP);
  client->wait_until_released();
  fake.wait_until_unloaded();
}

TEST_F(LifecycleTest, SubmitFromInsideDone) {
  fake.set_answer(7, {11});
  auto client = ready_client();
  client->options.max_pending = 1;
  TestRequest first;
  TestRequest second;
  first.on_done = [&] { EXPECT_EQ(second.submit(client->handle), DSOCR_OK); };
  ASSERT_EQ(first.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(first.wait().reason, DSOCR_FINISH_STOP);
  EXPECT_EQ(second.wait().reason, DSOCR_FINISH_STOP);
}

// exit() with a client that is open and a model that works: no crash, no hang, no callback.
TEST(ExitTest, ProcessMayExitWhileAModelWorks) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        FakeModel::instance().reset();
        FakeModel::instance().set_endless_answer(7, 50);
        const ModelFolder folder;
        auto* client = new TestClient(folder.path());
        client->open();
        auto* request = new TestRequest;
        request->request.loop_guard = -1;
        request->request.no_repeat_ngram_size = -1;
        request->submit(client->handle);
        FakeModel::instance().decoding.wait_for_arrival(3);
        std::exit(EXIT_SUCCESS);
      },
      ::testing::ExitedWithCode(EXIT_SUCCESS), "");
}

}  // namespace
}  // namespace deepseekocr::testing
