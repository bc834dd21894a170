// SPDX-License-Identifier: MIT
// Entry of test programs that use GStreamer.
#include <gst/gst.h>
#include <gtest/gtest.h>

int main(int argc, char** argv) {
  // Before gst_init(), which refuses --gtest_output.
  testing::InitGoogleTest(&argc, argv);
  gst_init(&argc, &argv);
  const int result = RUN_ALL_TESTS();
  gst_deinit();  // the leaks tracer reports here
  return result;
}
