// SPDX-License-Identifier: MIT
#include <gst/gst.h>
#include <gtest/gtest.h>

// GoogleTest first: gst_init() refuses options that it does not know.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  gst_init(&argc, &argv);
  const int result = RUN_ALL_TESTS();
  gst_deinit();
  return result;
}
