// SPDX-License-Identifier: MIT
#include <gst/gst.h>
#include <gtest/gtest.h>

#include "meta/gstdeepseekocrmeta.h"
#include "ocroverlay/gstocroverlay.h"

// GoogleTest first: gst_init() refuses options that it does not know.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  gst_init(&argc, &argv);
  GST_ELEMENT_REGISTER(ocroverlay, nullptr);
  const char* tags[] = {nullptr};
  gst_meta_register_custom(GST_DEEPSEEK_OCR_META_NAME, tags, nullptr, nullptr, nullptr);
  const int result = RUN_ALL_TESTS();
  gst_deinit();
  return result;
}
