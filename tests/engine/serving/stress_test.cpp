// SPDX-License-Identifier: MIT
// Many clients and threads at once; meant for the sanitizers, and for "exactly once".
#include <atomic>
#include <random>
#include <thread>

#include "serving_fixture.h"

namespace deepseekocr::testing {
namespace {

using StressTest = ServingTest;

// One thread's life: opens, submits, cancels some, closes; `seed` decides.
void live(const std::string& path, unsigned seed, std::atomic<int>& submitted, std::atomic<int>& done) {
  std::mt19937 random(seed);
  for (int round = 0; round < 6; ++round) {
    TestClient client(path);
    client.options.live = static_cast<int32_t>(random() % 2);
    client.options.batch_size = static_cast<int32_t>(1 + random() % 4);
    client.options.max_pending = 4;
    ASSERT_EQ(client.open(), DSOCR_OK);
    std::vector<std::unique_ptr<TestRequest>> requests;
    for (int i = 0; i < 8; ++i) {
      auto request = std::make_unique<TestRequest>(static_cast<int32_t>(1 + random() % 5));
      if (random() % 2 == 0) request->lend_pixels();
      request->on_done = [&done] { ++done; };
      if (request->submit(client.handle) != DSOCR_OK) continue;  // BUSY
      ++submitted;
      if (random() % 4 == 0) api().cancel(client.handle, request->id());
      requests.push_back(std::move(request));
    }
    client.stats();
    if (random() % 2 == 0) {
      for (const auto& request : requests) request->wait();
    }
    client.close();
    for (const auto& request : requests) {
      request->wait();
      ASSERT_EQ(request->done_calls(), 1);
      ASSERT_EQ(request->release_calls(), 1);
    }
    client.wait_until_released();
    ASSERT_EQ(client.releases(), 1);
  }
}

TEST_F(StressTest, EveryRequestIsAnsweredOnce) {
  folder.add_tokenizer();
  for (int32_t key = 1; key <= 5; ++key) fake.set_answer(key, ids_of(std::string(static_cast<size_t>(key) * 5, 'x')));
  std::atomic<int> submitted{0};
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 6; ++seed) {
    threads.emplace_back([&, seed] { live(folder.path(), seed, submitted, done); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(submitted, 0);
  EXPECT_EQ(submitted, done);
  fake.wait_until_unloaded();
  EXPECT_EQ(fake.most_models_alive(), 1);
}

TEST_F(StressTest, OneClientFromManyThreads) {
  fake.set_answer(7, {11, 12, 13});
  const auto client = ready_client();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&client] {
      for (int round = 0; round < 10; ++round) {
        TestRequest request;
        ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
        client->stats();
        EXPECT_EQ(request.wait().ids.size(), 3U);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const DsocrStats stats = client->stats();
  EXPECT_EQ(stats.submitted, 40U);
  EXPECT_EQ(stats.finished, 40U);
  EXPECT_EQ(stats.waiting + stats.running, 0U);
  EXPECT_EQ(stats.tokens, 120U);
}

}  // namespace
}  // namespace deepseekocr::testing
