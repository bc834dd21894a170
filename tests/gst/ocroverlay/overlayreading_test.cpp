// SPDX-License-Identifier: MIT
#include "ocroverlay/overlayreading.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "meta/gstdeepseekocrmeta.h"

using ocroverlay::clean_text;
using ocroverlay::parse_reading;

TEST(OverlayReading, CleansText) {
  EXPECT_EQ(clean_text("one\ntwo", 100, true), "one\ntwo");
  EXPECT_EQ(clean_text("one\ntwo", 100, false), "one two");
  EXPECT_EQ(clean_text("a\x01\x1b[31mb\x7f", 100, true), "a  [31mb");
  EXPECT_EQ(clean_text("ends\n \n\n", 100, true), "ends");
  EXPECT_EQ(clean_text(nullptr, 100, true), "");
  EXPECT_EQ(clean_text("<b>&amp;</b>", 100, true), "<b>&amp;</b>") << "markup is text like any other";
}

TEST(OverlayReading, MakesUtf8Valid) {
  for (const char* bad : {"a\xff\xfe", "\xc3", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80"}) {
    const std::string clean = clean_text(bad, 100, true);
    EXPECT_TRUE(g_utf8_validate(clean.c_str(), static_cast<gssize>(clean.size()), nullptr));
  }
}

TEST(OverlayReading, CutsLongTextAtACharacter) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "\u20AC";  // three bytes each
  const std::string clean = clean_text(text.c_str(), 100, true);
  EXPECT_EQ(clean.size(), 33U * 3 + 3) << "33 characters and an ellipsis";
  EXPECT_TRUE(g_utf8_validate(clean.c_str(), -1, nullptr));
  EXPECT_EQ(clean_text("exactly", 7, true), "exactly");
}

TEST(OverlayReading, LeavesOutWhatIsNoRegion) {
  GstStructure* structure = gst_structure_new(GST_DEEPSEEK_OCR_META_NAME, GST_DEEPSEEK_OCR_META_TEXT, G_TYPE_INT, 5,
                                              GST_DEEPSEEK_OCR_META_WIDTH, G_TYPE_INT, -3,
                                              GST_DEEPSEEK_OCR_META_REGIONS, G_TYPE_STRING, "none", nullptr);
  const auto reading = parse_reading(structure);
  gst_structure_free(structure);
  EXPECT_TRUE(reading.empty());
  EXPECT_EQ(reading.width, 0);
}

TEST(OverlayReading, BoundsLinesAndBoxes) {
  GValue regions = G_VALUE_INIT;
  gst_value_array_init(&regions, 0);
  for (int i = 0; i < 2000; ++i) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value, gst_structure_new_empty("region"));
    gst_value_array_append_and_take_value(&regions, &value);
  }
  GstStructure* structure = gst_structure_new(GST_DEEPSEEK_OCR_META_NAME, GST_DEEPSEEK_OCR_META_TEXT, G_TYPE_STRING,
                                              ("a" + std::string(3000, '\n') + "b").c_str(), nullptr);
  gst_structure_take_value(structure, GST_DEEPSEEK_OCR_META_REGIONS, &regions);
  const auto reading = parse_reading(structure);
  gst_structure_free(structure);
  EXPECT_EQ(reading.boxes.size(), ocroverlay::kMaxBoxes);
  EXPECT_EQ(reading.boxes[0].kind, ocroverlay::Kind::kOther);
  EXPECT_EQ(std::count(reading.text.begin(), reading.text.end(), '\n'), ocroverlay::kMaxLines);
}
