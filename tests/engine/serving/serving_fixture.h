// SPDX-License-Identifier: MIT
// Common ground of the tests that go through the C boundary.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "fake_runner.h"
#include "test_client.h"

namespace deepseekocr::testing {

class ServingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fake.wait_until_unloaded();
    fake.reset();
  }

  /// A client whose model is ready.
  std::unique_ptr<TestClient> ready_client(int batch_size = 8, bool live = false) {
    auto client = std::make_unique<TestClient>(folder.path());
    client->options.batch_size = batch_size;
    client->options.live = live ? 1 : 0;
    EXPECT_EQ(client->open(), DSOCR_OK);
    client->wait_until_ready();
    return client;
  }

  FakeModel& fake = FakeModel::instance();
  ModelFolder folder;
};

}  // namespace deepseekocr::testing
