// SPDX-License-Identifier: MIT
//
// What pdfdec delivers from good documents.
#include <gtest/gtest.h>

#include <future>

#include "documents.h"
#include "player.h"

static std::string launch(const TemporaryFile& file, const std::string& properties = "",
                          const std::string& after = "! fakesink name=sink") {
  return "filesrc location=" + file.path() + " ! pdfdec name=pdf " + properties + " " + after;
}

// The pixel at (x, y) as 0xRRGGBB, from the packed formats that pdfdec writes.
static uint32_t pixel(const Frame& frame, int x, int y) {
  const bool rgb = frame.format == "RGB";
  const size_t stride = rgb ? (static_cast<size_t>(frame.width) * 3 + 3) / 4 * 4 : static_cast<size_t>(frame.width) * 4;
  const uint8_t* p = frame.pixels.data() + static_cast<size_t>(y) * stride + static_cast<size_t>(x) * (rgb ? 3 : 4);
  return rgb ? static_cast<uint32_t>(p[0] << 16 | p[1] << 8 | p[2])
             : static_cast<uint32_t>(p[2] << 16 | p[1] << 8 | p[0]);
}

TEST(PdfDec, OneBufferPerPage) {
  const TemporaryFile file(make_document(3));
  Player player(launch(file));
  ASSERT_TRUE(player.play());
  const auto frames = player.frames();
  ASSERT_EQ(frames.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(frames[i].pts, i * GST_SECOND);
    EXPECT_EQ(frames[i].duration, GST_SECOND);
    EXPECT_EQ(frames[i].offset, i);
    EXPECT_EQ(frames[i].page, static_cast<int>(i) + 1);
    EXPECT_EQ(frames[i].pages, 3);
    EXPECT_EQ(frames[i].dpi, 144);
    EXPECT_EQ(frames[i].discont, i == 0);
    EXPECT_EQ(frames[i].fps_n, 1);
    EXPECT_EQ(frames[i].fps_d, 1);
  }
  EXPECT_TRUE(player.warnings().empty());
}

TEST(PdfDec, DrawsOnWhiteAtTheResolutionAsked) {
  const TemporaryFile file(make_document(1));  // 72 x 144 points with a black square of 36 points
  Player player(launch(file, "dpi=288"), true);
  ASSERT_TRUE(player.play());
  const auto frames = player.frames();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].width, 288);
  EXPECT_EQ(frames[0].height, 576);
  EXPECT_EQ(frames[0].dpi, 288);
  EXPECT_EQ(pixel(frames[0], 2, 2), 0x000000U);
  EXPECT_EQ(pixel(frames[0], 141, 141), 0x000000U);
  EXPECT_EQ(pixel(frames[0], 146, 146), 0xFFFFFFU);
  EXPECT_EQ(pixel(frames[0], 287, 575), 0xFFFFFFU);
}

TEST(PdfDec, UnusedByteIsOpaque) {
  const TemporaryFile file(make_document(1));
  Player player(launch(file, "", "! video/x-raw,format=BGRx ! fakesink name=sink"), true);
  ASSERT_TRUE(player.play());
  const auto frames = player.frames();
  ASSERT_EQ(frames.size(), 1U);
  for (size_t i = 3; i < frames[0].pixels.size(); i += 4) ASSERT_EQ(frames[0].pixels[i], 0xFF) << i;
}

// Red on the left, blue on the right, in a width whose rows need padding.
static std::string coloured_page(int rotation) {
  const std::string content = "1 0 0 rg 0 0 20 40 re f 0 0 1 rg 20 0 21 40 re f";
  return make_raw_document(
      {"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
       "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 41 40] /Contents 4 0 R /Rotate " + std::to_string(rotation) + " >>",
       "<< /Length " + std::to_string(content.size()) + " >>\nstream\n" + content + "\nendstream"});
}

TEST(PdfDec, PacksRgb) {
  const TemporaryFile file(coloured_page(0));
  Player player(launch(file, "dpi=72", "! video/x-raw,format=RGB ! fakesink name=sink"), true);
  ASSERT_TRUE(player.play());
  const auto frames = player.frames();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].format, "RGB");
  EXPECT_EQ(frames[0].width, 41);
  for (int y : {0, 20, 39}) {
    EXPECT_EQ(pixel(frames[0], 1, y), 0xFF0000U);
    EXPECT_EQ(pixel(frames[0], 40, y), 0x0000FFU);
  }
}

TEST(PdfDec, RotatedPagesComeUpright) {
  const TemporaryFile file(coloured_page(90));
  Player player(launch(file, "dpi=72"), true);
  ASSERT_TRUE(player.play());
  const auto frames = player.frames();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].width, 40);
  EXPECT_EQ(frames[0].height, 41);
  EXPECT_EQ(pixel(frames[0], 20, 1), 0xFF0000U) << "a quarter turn clockwise puts the left side on top";
  EXPECT_EQ(pixel(frames[0], 20, 39), 0x0000FFU);
}

TEST(PdfDec, RenegotiatesWhenThePageSizeChanges) {
  const TemporaryFile file(
      make_document({{72, 144, "", ""}, {144, 72, "", ""}, {144, 72, "", ""}, {36.3, 10, "", ""}}));
  Player player(launch(file, "", "! videoconvert ! video/x-raw,format=I420 ! fakesink name=sink"));
  ASSERT_TRUE(player.play());
  const auto frames = player.frames();
  ASSERT_EQ(frames.size(), 4U);
  const int sizes[][2] = {{144, 288}, {288, 144}, {288, 144}, {73, 20}};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(frames[i].width, sizes[i][0]) << i;
    EXPECT_EQ(frames[i].height, sizes[i][1]) << i;
    EXPECT_EQ(frames[i].page, static_cast<int>(i) + 1) << "the meta survives a conversion";
  }
}

TEST(PdfDec, DeliversTheSelectedPages) {
  const TemporaryFile file(make_document(9));
  Player player(launch(file, "pages=7,1-3 page-duration=40000000"));
  ASSERT_TRUE(player.play());
  EXPECT_EQ(player.pages(), (std::vector<int>{7, 1, 2, 3}));
  const auto frames = player.frames();
  EXPECT_EQ(frames[0].offset, 6U) << "the offset is the page's index in the document";
  EXPECT_EQ(frames[3].pts, 3 * 40 * GST_MSECOND) << "times count what is delivered";
  EXPECT_EQ(frames[3].duration, 40 * GST_MSECOND);
  EXPECT_EQ(frames[0].fps_n, 25);
}

TEST(PdfDec, TellsPageLabelsAndTags) {
  const TemporaryFile file(make_document({{72, 72, "", "iv"}, {72, 72, "", "12"}}));
  Player player(launch(file));
  ASSERT_TRUE(player.play());
  const auto frames = player.frames();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].label, "iv");
  EXPECT_EQ(frames[1].label, "12");
  EXPECT_EQ(player.title(), "Test pages");
  EXPECT_EQ(player.author(), "Ada Test");
}

TEST(PdfDec, CollectsWhereUpstreamCanOnlyPush) {
  const TemporaryFile file(make_document(4));
  Player player("filesrc location=" + file.path() + " blocksize=1000 ! queue ! pdfdec ! fakesink name=sink");
  ASSERT_TRUE(player.play());
  EXPECT_EQ(player.pages(), (std::vector<int>{1, 2, 3, 4}));
}

TEST(PdfDec, CanBeUsedAgain) {
  const TemporaryFile file(make_document(2));
  for (const char* between : {"", "! queue"}) {
    Player player("filesrc location=" + file.path() + " " + between + " ! pdfdec ! fakesink name=sink");
    ASSERT_TRUE(player.play());
    ASSERT_TRUE(player.play());
    EXPECT_EQ(player.pages(), (std::vector<int>{1, 2, 1, 2}));
  }
}

// Again and again: decodebin starts the element before it has linked it, and a worker that is faster would be lost.
TEST(PdfDec, IsPluggedByDecodebinAndUridecodebin) {
  const TemporaryFile file(make_document(2));
  for (int i = 0; i < 20; ++i) {
    Player by_typefind("filesrc location=" + file.path() + " ! decodebin ! fakesink name=sink");
    ASSERT_TRUE(by_typefind.play());
    EXPECT_EQ(by_typefind.pages(), (std::vector<int>{1, 2}));
    Player by_uri("uridecodebin uri=file://" + file.path() + " ! videoconvert ! fakesink name=sink");
    ASSERT_TRUE(by_uri.play());
    EXPECT_EQ(by_uri.pages(), (std::vector<int>{1, 2}));
  }
}

// Becomes ready when the first buffer passes a pad.
static GstPadProbeReturn on_first_buffer(GstPad* /*pad*/, GstPadProbeInfo* /*info*/, gpointer promise) {
  static_cast<std::promise<void>*>(promise)->set_value();
  return GST_PAD_PROBE_REMOVE;
}

TEST(PdfDec, WaitsUntilTheEndOfATeeIsLinked) {
  const TemporaryFile file(make_document(3));
  Player player(launch(file, "", "! tee name=tee fakesink name=sink async=false"));
  std::promise<void> pushed;
  g_autoptr(GstPad) src = gst_element_get_static_pad(player.element("pdf"), "src");
  gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER, on_first_buffer, &pushed, nullptr);
  gst_element_set_state(player.pipeline(), GST_STATE_PLAYING);
  pushed.get_future().wait();
  ASSERT_TRUE(gst_element_link(player.element("tee"), player.element("sink")));
  ASSERT_TRUE(player.play_to_end());
  EXPECT_EQ(player.pages(), (std::vector<int>{1, 2, 3}));
  player.stop();
}

TEST(PdfDec, FailsWhereNothingIsLinked) {
  const TemporaryFile file(make_document(3));
  Player player(launch(file, "", "fakesink name=sink async=false"));
  EXPECT_FALSE(player.play());
  EXPECT_EQ(player.errors().size(), 1U);
}

TEST(PdfDec, FeedsVideorateAndEncoders) {
  const TemporaryFile file(make_document(2));
  Player player(launch(
      file, "", "! videorate ! video/x-raw,framerate=5/1 ! videoconvert ! pngenc ! pngdec ! fakesink name=sink"));
  ASSERT_TRUE(player.play());
  EXPECT_EQ(player.frames().size(), 10U) << "two pages of one second at five frames a second";
}

TEST(PdfDec, StopsWhileDrawing) {
  const TemporaryFile file(make_document(500));
  for (const char* between : {"", "! queue"}) {
    Player player("filesrc location=" + file.path() + " " + between + " ! pdfdec ! fakesink name=sink");
    for (int i = 0; i < 10; ++i) {
      gst_element_set_state(player.pipeline(), GST_STATE_PLAYING);
      gst_element_get_state(player.pipeline(), nullptr, nullptr, (i % 3) * GST_MSECOND);
      player.stop();
    }
  }
}

static GstElement* make_pdfdec() {
  return GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("pdfdec", nullptr)));
}

// A state change makes the source pad inactive before the sink pad, on which the document may end just then.
TEST(PdfDec, StartsNoWorkerOnAnInactiveSourcePad) {
  g_autoptr(GstElement) element = make_pdfdec();
  g_autoptr(GstPad) sink = gst_element_get_static_pad(element, "sink");
  g_autoptr(GstPad) source = gst_element_get_static_pad(element, "src");
  gst_element_set_state(element, GST_STATE_PAUSED);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_BYTES);
  gst_pad_send_event(sink, gst_event_new_stream_start("document"));
  gst_pad_send_event(sink, gst_event_new_segment(&segment));
  const std::string document = make_document(2);
  ASSERT_EQ(gst_pad_chain(sink, gst_buffer_new_memdup(document.data(), document.size())), GST_FLOW_OK);
  gst_pad_set_active(source, FALSE);
  EXPECT_TRUE(gst_pad_send_event(sink, gst_event_new_eos()));
  EXPECT_EQ(gst_pad_get_task_state(source), GST_TASK_STOPPED);
  EXPECT_EQ(gst_element_set_state(element, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
}

TEST(PdfDec, PasswordCannotBeRead) {
  g_autoptr(GstElement) element = make_pdfdec();
  const GParamSpec* password = g_object_class_find_property(G_OBJECT_GET_CLASS(element), "password");
  ASSERT_NE(password, nullptr);
  EXPECT_EQ(password->flags & G_PARAM_READABLE, 0) << "dumps of a pipeline print readable properties";
}

TEST(PdfDec, PropertiesKeepWhatIsSet) {
  g_autoptr(GstElement) element = make_pdfdec();
  g_object_set(element, "dpi", 300.0, "pages", "2-", "page-duration", guint64{5}, "max-pixels", guint64{6},
               "max-file-size", guint64{7}, nullptr);
  double dpi = 0;
  g_autofree char* pages = nullptr;
  guint64 duration = 0;
  guint64 pixels = 0;
  guint64 size = 0;
  g_object_get(element, "dpi", &dpi, "pages", &pages, "page-duration", &duration, "max-pixels", &pixels,
               "max-file-size", &size, nullptr);
  EXPECT_EQ(dpi, 300.0);
  EXPECT_STREQ(pages, "2-");
  EXPECT_EQ(duration, 5U);
  EXPECT_EQ(pixels, 6U);
  EXPECT_EQ(size, 7U);
}
