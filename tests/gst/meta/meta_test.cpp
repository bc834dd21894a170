// SPDX-License-Identifier: MIT
// GstDeepseekOcrMeta: registration, accessors, copies.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include "meta/gstdeepseekocrmeta.h"
#include "meta/meta_registration.h"

namespace {

class Meta : public testing::Test {
 protected:
  void SetUp() override {
    gst_deepseek_ocr_meta_register();
    buffer = gst_buffer_new();
  }
  void TearDown() override { gst_buffer_unref(buffer); }

  /// A reading with one box.
  static GstStructure* reading(const char* text) {
    GstStructure* structure = gst_structure_new("anything", GST_DEEPSEEK_OCR_META_TEXT, G_TYPE_STRING, text, nullptr);
    GValue regions = G_VALUE_INIT, region = G_VALUE_INIT;
    gst_value_array_init(&regions, 1);
    g_value_init(&region, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&region, gst_structure_new("region", GST_DEEPSEEK_OCR_REGION_X, G_TYPE_INT, 5, nullptr));
    gst_value_array_append_and_take_value(&regions, &region);
    gst_structure_take_value(structure, GST_DEEPSEEK_OCR_META_REGIONS, &regions);
    return structure;
  }
  void attach(const char* text) {
    GstStructure* structure = reading(text);
    gst_deepseek_ocr_meta_attach(buffer, structure);
    gst_structure_free(structure);
  }

  GstBuffer* buffer = nullptr;
};

TEST_F(Meta, ABufferWithoutReadingHasNone) {
  EXPECT_EQ(gst_deepseek_ocr_meta_get_structure(buffer), nullptr);
  EXPECT_EQ(gst_deepseek_ocr_meta_get_text(buffer), nullptr);
  EXPECT_EQ(gst_deepseek_ocr_meta_get_n_regions(buffer), 0u);
  EXPECT_EQ(gst_deepseek_ocr_meta_get_region(buffer, 0), nullptr);
}

TEST_F(Meta, AccessorsFindWhatWasAttached) {
  attach("hello");
  EXPECT_STREQ(gst_deepseek_ocr_meta_get_text(buffer), "hello");
  ASSERT_EQ(gst_deepseek_ocr_meta_get_n_regions(buffer), 1u);
  gint x = 0;
  EXPECT_TRUE(gst_structure_get_int(gst_deepseek_ocr_meta_get_region(buffer, 0), GST_DEEPSEEK_OCR_REGION_X, &x));
  EXPECT_EQ(x, 5);
  EXPECT_EQ(gst_deepseek_ocr_meta_get_region(buffer, 1), nullptr);
}

TEST_F(Meta, IsFoundByNameAlone) {
  attach("hello");
  GstCustomMeta* meta = gst_buffer_get_custom_meta(buffer, "GstDeepseekOcrMeta");
  ASSERT_NE(meta, nullptr);
  EXPECT_STREQ(gst_structure_get_string(gst_custom_meta_get_structure(meta), "text"), "hello");
}

TEST_F(Meta, ASecondReadingTakesThePlaceOfTheFirst) {
  attach("one");
  attach("two");
  EXPECT_STREQ(gst_deepseek_ocr_meta_get_text(buffer), "two");
  gst_buffer_remove_meta(buffer, GST_META_CAST(gst_buffer_get_custom_meta(buffer, GST_DEEPSEEK_OCR_META_NAME)));
  EXPECT_EQ(gst_deepseek_ocr_meta_get_text(buffer), nullptr);
}

TEST_F(Meta, GoesWithCopiesAndStaysOneForEach) {
  attach("one");
  GstBuffer* copy = gst_buffer_copy(buffer);
  attach("two");
  EXPECT_STREQ(gst_deepseek_ocr_meta_get_text(copy), "one");
  gst_buffer_unref(copy);
}

TEST_F(Meta, MayBeRegisteredAgain) {
  gst_deepseek_ocr_meta_register();
  EXPECT_NE(gst_meta_get_info(GST_DEEPSEEK_OCR_META_NAME), nullptr);
}

}  // namespace
