// SPDX-License-Identifier: MIT
// A model that nobody uses for a while gives its memory back and comes again by itself.
#include <thread>

#include "checkpoint/error.h"
#include "serving_fixture.h"

namespace deepseekocr::testing {
namespace {

class IdleTest : public ServingTest {
 protected:
  /// A client that lets the model go at once when there is nothing to do; it is ready.
  std::unique_ptr<TestClient> idle_client(int32_t idle_timeout_ms = 1) {
    auto client = std::make_unique<TestClient>(folder.path());
    client->options.idle_timeout_ms = idle_timeout_ms;
    EXPECT_EQ(client->open(), DSOCR_OK);
    client->wait_until_ready(1);
    return client;
  }
};

TEST_F(IdleTest, NextRequestLoadsTheModelAgain) {
  fake.set_answer(7, {11, 12});
  const auto client = idle_client();
  fake.wait_until_unloaded();
  const size_t events = client->progress().size();
  TestRequest request;
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(request.wait().ids, (std::vector<int32_t>{11, 12}));
  client->wait_until_ready(2);
  EXPECT_GT(client->progress().size(), events);
  EXPECT_EQ(client->progress().at(events), 0);  // progress begins anew
  EXPECT_GE(client->stats().model_loads, 2U);
  EXPECT_EQ(fake.most_models_alive(), 1);
}

TEST_F(IdleTest, StatsTellWhetherTheModelIsLoaded) {
  const auto client = idle_client();
  fake.wait_until_unloaded();
  EXPECT_EQ(client->stats().model_loaded, 0);
  const auto keeper = ready_client();  // its timeout is 0
  EXPECT_EQ(keeper->stats().model_loaded, 1);
  EXPECT_EQ(keeper->stats().model_loads, 2U);
}

TEST_F(IdleTest, NewClientLoadsTheModelAgain) {
  const auto client = idle_client();
  fake.wait_until_unloaded();
  const auto newcomer = idle_client();
  client->wait_until_ready(2);
  EXPECT_EQ(fake.loads(), 2);
}

TEST_F(IdleTest, ModelIsNotUnloadedUnderARequest) {
  fake.set_answer(7, {11, 12});
  const auto client = idle_client();
  fake.wait_until_unloaded();
  fake.decoding.close();
  TestRequest request;
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  fake.decoding.wait_for_arrival(1);
  EXPECT_EQ(fake.models_alive(), 1);
  fake.decoding.open();
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_STOP);
  fake.wait_until_unloaded();
}

TEST_F(IdleTest, RequestsMayBeCancelledWhileTheModelLoadsAgain) {
  fake.set_answer(7, {11});
  const auto client = idle_client();
  fake.wait_until_unloaded();
  fake.loading.close();
  TestRequest given_up;
  ASSERT_EQ(given_up.submit(client->handle), DSOCR_OK);
  fake.loading.wait_for_arrival(2);
  api().cancel(client->handle, given_up.id());
  EXPECT_EQ(given_up.wait().reason, DSOCR_FINISH_CANCELLED);
  fake.loading.open();
  TestRequest next;
  ASSERT_EQ(next.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(next.wait().reason, DSOCR_FINISH_STOP);
}

TEST_F(IdleTest, ClientLeavesWhileTheModelIsUnloaded) {
  auto client = idle_client();
  fake.wait_until_unloaded();
  client->close();
  client->wait_until_released();
  api().wait_unused();
  EXPECT_EQ(fake.loads(), 1);
}

TEST_F(IdleTest, ClientLeavesWhileTheModelLoadsAgain) {
  auto client = idle_client();
  fake.wait_until_unloaded();
  fake.loading.close();
  TestRequest request;
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  fake.loading.wait_for_arrival(2);
  client->close();
  fake.loading.wake();
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_CANCELLED);
  client->wait_until_released();
  api().wait_unused();
  EXPECT_EQ(fake.models_alive(), 0);
}

TEST_F(IdleTest, FailureToLoadAgainIsToldToAll) {
  const auto client = idle_client();
  fake.wait_until_unloaded();
  fake.fail_next_load([] { throw EngineError(DSOCR_INVALID_CHECKPOINT, "model.safetensors has changed."); });
  TestRequest request;
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  const Reading reading = request.wait();
  EXPECT_EQ(reading.reason, DSOCR_FINISH_ERROR);
  EXPECT_NE(reading.error.find("has changed"), std::string::npos) << reading.error;
  EXPECT_EQ(client->stats().failed, 1U);
  TestRequest late;
  EXPECT_EQ(late.submit(client->handle), DSOCR_CLOSED);
}

TEST_F(IdleTest, ComesAndGoesUnderTwoClients) {
  fake.set_answer(7, {11, 12});
  const auto first = idle_client();
  const auto second = idle_client();
  const auto read = [](const TestClient& client) {
    for (int i = 0; i < 25; ++i) {
      TestRequest request;
      EXPECT_EQ(request.submit(client.handle), DSOCR_OK);
      EXPECT_EQ(request.wait().reason, DSOCR_FINISH_STOP);
      if (i % 5 == 0) FakeModel::instance().wait_until_unloaded();
    }
  };
  std::thread other([&] { read(*second); });
  read(*first);
  other.join();
  EXPECT_EQ(first->stats().finished + second->stats().finished, 50U);
  EXPECT_EQ(fake.most_models_alive(), 1);
}

}  // namespace
}  // namespace deepseekocr::testing
