// SPDX-License-Identifier: MIT
//
// What ocroverlay paints.  With OCROVERLAY_TEST_PNG=PREFIX in the environment some frames are also written as PNG
// files.
#include <gtest/gtest.h>

#include <algorithm>

#include "meta/gstdeepseekocrmeta.h"
#include "painter.h"

static const TestReading kPage = {"",
                                  640,
                                  360,
                                  {{"title", "title", "Lantern Signals", 40, 40, 300, 40},
                                   {"text", "", "A short report", 40, 100, 560, 60},
                                   {"table", "table", "", 40, 190, 560, 130}}};

static const TestReading kLines = {"FROM: Ullesford\nDELIVER TO: Alwin Marchbank\nWeight: 4.42 kg", 0, 0, {}};

static void save_for_people(const Painter& painter, const char* name) {
  const char* prefix = g_getenv("OCROVERLAY_TEST_PNG");
  if (prefix != nullptr) painter.save(std::string(prefix) + name + ".png");
}

TEST(OcrOverlay, LeavesFramesWithoutAReadingAlone) {
  Painter painter("BGRx", 640, 360);
  ASSERT_TRUE(painter.paint(painter.make_frame()));
  EXPECT_EQ(painter.painted(), 0U);
  ASSERT_TRUE(painter.paint(TestReading()));
  EXPECT_EQ(painter.painted(), 0U) << "an empty reading";
}

TEST(OcrOverlay, WritesTextWithoutRegionsAtTheBottom) {
  Painter painter("BGRx", 640, 360);
  ASSERT_TRUE(painter.paint(kLines));
  save_for_people(painter, "bottom");
  EXPECT_EQ(painter.painted(0, 0, 640, 180), 0U);
  EXPECT_GT(painter.painted(0, 180, 640, 180), 10000U);
}

TEST(OcrOverlay, WritesItAtTheTopIfAsked) {
  Painter painter("BGRx", 640, 360, "text-position=top");
  ASSERT_TRUE(painter.paint(kLines));
  EXPECT_GT(painter.painted(0, 0, 640, 180), 10000U);
  EXPECT_EQ(painter.painted(0, 180, 640, 180), 0U);
}

TEST(OcrOverlay, DrawsBoxesInTheColourOfTheirKind) {
  Painter painter("BGRx", 640, 360, "line-width=4 draw-labels=false draw-text=false");
  ASSERT_TRUE(painter.paint(kPage));
  EXPECT_EQ(painter.pixel(200, 40), 0xE67E22U) << "upper edge of the title";
  EXPECT_EQ(painter.pixel(40, 130), 0x2ECC71U) << "left edge of the text";
  EXPECT_EQ(painter.pixel(600, 250), 0x3498DBU) << "right edge of the table";
  EXPECT_EQ(painter.pixel(200, 60), 0x808080U) << "inside stays free";
  painter.set("box-color-title", "0xFF0000FF");
  ASSERT_TRUE(painter.paint(kPage));
  EXPECT_EQ(painter.pixel(200, 40), 0x0000FFU) << "a colour set while playing";
}

TEST(OcrOverlay, TagsSayLabelAndText) {
  Painter painter("BGRx", 640, 360);
  ASSERT_TRUE(painter.paint(kPage));
  save_for_people(painter, "page");
  EXPECT_EQ(painter.pixel(41, 30), 0xE67E22U) << "the title's tag above its box";
  painter.set("draw-labels", "false");
  painter.set("draw-text", "false");
  ASSERT_TRUE(painter.paint(kPage));
  EXPECT_EQ(painter.pixel(41, 30), 0x808080U);
}

TEST(OcrOverlay, ScalesBoxesToTheFrame) {
  Painter painter("BGRx", 1280, 720, "line-width=4 draw-labels=false draw-text=false");
  ASSERT_TRUE(painter.paint(kPage));  // written for 640 x 360
  EXPECT_EQ(painter.pixel(400, 80), 0xE67E22U);
  EXPECT_EQ(painter.pixel(1200, 500), 0x3498DBU);
}

TEST(OcrOverlay, DrawsNothingIfNothingIsWanted) {
  Painter painter("BGRx", 640, 360, "draw-boxes=false draw-labels=false draw-text=false");
  ASSERT_TRUE(painter.paint(kPage));
  EXPECT_EQ(painter.painted(), 0U);
  ASSERT_TRUE(painter.paint(kLines));
  EXPECT_EQ(painter.painted(), 0U);
}

class OcrOverlayFormats : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Formats, OcrOverlayFormats,
                         testing::Values("BGRx", "RGBx", "xRGB", "BGRA", "ARGB", "RGB", "BGR", "I420", "NV12", "NV21",
                                         "YUY2", "UYVY", "Y444", "GRAY8", "I420_10LE"));

TEST_P(OcrOverlayFormats, PaintsOddSizes) {
  Painter painter(GetParam(), 321, 181);
  ASSERT_TRUE(painter.paint(kLines));
  EXPECT_GT(painter.painted(), 1000U);
  ASSERT_TRUE(painter.paint(kPage));
  EXPECT_GT(painter.painted(), 1000U);
}

TEST(OcrOverlay, TinyFramesPass) {
  for (const int size : {1, 2, 7, 16, 40}) {
    Painter painter("BGRx", size, size);
    ASSERT_TRUE(painter.paint(kLines)) << size;
    ASSERT_TRUE(painter.paint(kPage)) << size;
  }
}

TEST(OcrOverlay, AbsurdBoxesAreHarmless) {
  Painter painter("BGRx", 320, 240);
  const int most = G_MAXINT;
  const TestReading reading = {"",
                               1,
                               most,
                               {{"text", "a", "b", most, most, most, most},
                                {"text", "a", "b", -most - 1, -most - 1, most, most},
                                {"text", "a", "b", -most, 0, 0, -5},
                                {"nonsense", "a", "b", 0, 0, most, most},
                                {"text", "", "", 10, 10, 0, 0}}};
  ASSERT_TRUE(painter.paint(reading));
}

TEST(OcrOverlay, HostileTextIsOnlyText) {
  Painter painter("BGRx", 640, 360);
  std::string paragraphs;
  for (int i = 0; i < 3000; ++i) paragraphs += "x\n";
  for (const std::string& text :
       {std::string("<span size='100000'>&</span>"), std::string(1'000'000, 'W'), paragraphs,
        std::string("\u202E\u200F\u0600\U000E0001\uFFFF"), std::string("\xF0\x9F\x98\x80 \u4E2D\u6587")}) {
    ASSERT_TRUE(painter.paint({text, 0, 0, {}}));
    EXPECT_EQ(painter.painted(0, 0, 640, 170), 0U) << "never more than half of the frame";
    ASSERT_TRUE(painter.paint({"", 640, 360, {{"text", text, text, 100, 100, 50, 50}}}));
  }
}

TEST(OcrOverlay, LongTextShowsAnEllipsisInsideTheBox) {
  Painter painter("BGRx", 640, 360);
  std::string text;
  for (int i = 0; i < 400; ++i) text += "many words ";
  ASSERT_TRUE(painter.paint({text, 0, 0, {}}));
  save_for_people(painter, "long");
  EXPECT_EQ(painter.painted(0, 0, 640, 170), 0U);
}

TEST(OcrOverlay, ReadingsExpire) {
  Painter painter("BGRx", 640, 360, "expire-overlay=1000000000");
  ASSERT_TRUE(painter.paint(kLines, 0));
  ASSERT_TRUE(painter.paint(painter.make_frame(GST_SECOND / 2)));
  EXPECT_GT(painter.painted(), 1000U);
  ASSERT_TRUE(painter.paint(painter.make_frame(GST_SECOND)));
  EXPECT_EQ(painter.painted(), 0U);
}

TEST(OcrOverlay, ReadingsStayIfAskedButNotOverAFlush) {
  Painter painter("BGRx", 640, 360, "expire-overlay=18446744073709551615");
  ASSERT_TRUE(painter.paint(kLines, 0));
  ASSERT_TRUE(painter.paint(painter.make_frame(3600 * GST_SECOND)));
  EXPECT_GT(painter.painted(), 1000U);
  gst_harness_push_event(painter.harness(), gst_event_new_flush_start());
  gst_harness_push_event(painter.harness(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(painter.harness(), gst_event_new_segment(&segment));
  ASSERT_TRUE(painter.paint(painter.make_frame(0)));
  EXPECT_EQ(painter.painted(), 0U);
}

TEST(OcrOverlay, SharedFramesAreCopiedAndNotWrittenInto) {
  Painter painter("BGRx", 640, 360);
  GstBuffer* frame = painter.make_frame();
  attach_reading(frame, kLines);
  gst_buffer_ref(frame);
  ASSERT_TRUE(painter.paint(frame));
  EXPECT_GT(painter.painted(), 1000U);
  std::vector<uint8_t> bytes(gst_buffer_get_size(frame));
  gst_buffer_extract(frame, 0, bytes.data(), bytes.size());
  EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0x80; }));
  gst_buffer_unref(frame);
}

TEST(OcrOverlay, FontAndCapsMayChange) {
  Painter painter("BGRx", 640, 360);
  ASSERT_TRUE(painter.paint(kLines));
  const size_t before = painter.painted();
  painter.set("font-desc", "Serif 8");
  ASSERT_TRUE(painter.paint(kLines));
  EXPECT_NE(painter.painted(), before);
  painter.set("font-desc", "no such font, at -5 \xC3\xA4");
  ASSERT_TRUE(painter.paint(kLines));
  gst_harness_set_src_caps_str(painter.harness(), "video/x-raw,format=GRAY8,width=64,height=64,framerate=30/1");
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, 64 * 64, nullptr);
  gst_buffer_memset(frame, 0, 0x80, 64 * 64);
  attach_reading(frame, kLines);
  ASSERT_TRUE(painter.paint(frame));
}
