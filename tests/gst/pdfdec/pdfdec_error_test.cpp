// SPDX-License-Identifier: MIT
//
// Broken and hostile documents: one sentence, no crash, no hang, nothing lost in silence.
#include <gtest/gtest.h>

#include "documents.h"
#include "player.h"

static std::string launch(const std::string& path, const std::string& properties = "") {
  return "filesrc location=" + path + " ! pdfdec name=pdf " + properties + " ! fakesink name=sink";
}

// Plays and expects exactly one error, of this kind, whose sentence holds each of `parts`.
static void expect_error(Player* player, GQuark domain, int code, const std::vector<std::string>& parts) {
  EXPECT_FALSE(player->play());
  ASSERT_EQ(player->errors().size(), 1U);
  const Report& error = player->errors()[0];
  EXPECT_EQ(error.domain, domain) << error.text;
  EXPECT_EQ(error.code, code) << error.text;
  for (const std::string& part : parts) EXPECT_NE(error.text.find(part), std::string::npos) << error.text;
}

static void expect_stream_error(const std::string& line, int code, const std::vector<std::string>& parts) {
  Player player(line);
  expect_error(&player, GST_STREAM_ERROR, code, parts);
  EXPECT_TRUE(player.frames().empty());
}

TEST(PdfDecError, Empty) {
  const TemporaryFile file("");
  expect_stream_error(launch(file.path()), GST_STREAM_ERROR_DECODE, {file.name(), "empty"});
  expect_stream_error("filesrc location=" + file.path() + " ! queue ! pdfdec ! fakesink name=sink",
                      GST_STREAM_ERROR_DECODE, {"empty"});
}

TEST(PdfDecError, Garbage) {
  expect_stream_error(launch(test_file("garbage.pdf")), GST_STREAM_ERROR_DECODE, {"\"garbage.pdf\"", "damaged"});
}

// Again and again: decodebin swallows the errors of an element that it is still linking.
TEST(PdfDecError, GarbageInDecodebin) {
  for (int i = 0; i < 20; ++i) {
    expect_stream_error("filesrc location=" + test_file("garbage.pdf") + " ! decodebin ! fakesink name=sink",
                        GST_STREAM_ERROR_DECODE, {"damaged"});
  }
}

TEST(PdfDecError, NoPdfAtAll) {
  const TemporaryFile file("Dear reader, this is no PDF.\n");
  expect_stream_error(launch(file.path()), GST_STREAM_ERROR_DECODE, {file.name(), "no PDF"});
}

TEST(PdfDecError, ZeroPages) {
  expect_stream_error(launch(test_file("zero-pages.pdf")), GST_STREAM_ERROR_DECODE, {"\"zero-pages.pdf\"", "no pages"});
}

TEST(PdfDecError, EncryptedWithoutAndWithAWrongPassword) {
  const std::string file = test_file("encrypted.pdf");
  expect_stream_error(launch(file), GST_STREAM_ERROR_DECRYPT, {"\"encrypted.pdf\"", "set the property password"});
  expect_stream_error(launch(file, "password=guess"), GST_STREAM_ERROR_DECRYPT, {"does not open it"});
  Player player(launch(file, "password=quay-lantern"));
  ASSERT_TRUE(player.play());
  EXPECT_EQ(player.pages(), (std::vector<int>{1, 2}));
}

TEST(PdfDecError, TruncatedIsAnErrorOrAWarning) {
  Player sample(launch(test_file("truncated.pdf")));
  if (sample.play()) {
    EXPECT_FALSE(sample.warnings().empty());
  } else {
    EXPECT_EQ(sample.errors().size(), 1U);
  }
  // Without its last lines a document can still be read by looking for its objects.
  const std::string whole =
      make_raw_document({"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                         "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>"});
  const TemporaryFile file(whole.substr(0, whole.find("startxref")));
  Player player(launch(file.path()));
  ASSERT_TRUE(player.play());
  EXPECT_EQ(player.pages(), (std::vector<int>{1}));
  ASSERT_EQ(player.warnings().size(), 1U);
  EXPECT_NE(player.warnings()[0].text.find(file.name()), std::string::npos);
  EXPECT_NE(player.warnings()[0].text.find("cut off"), std::string::npos);
}

TEST(PdfDecError, PagesOutsideTheDocument) {
  const TemporaryFile file(make_document(3));
  Player outside(launch(file.path(), "pages=2,5-9"));
  expect_error(&outside, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, {file.name(), "\"5-9\"", "1 to 3"});
  Player unreadable(launch(file.path(), "pages=2,five"));
  expect_error(&unreadable, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, {"\"five\""});
}

TEST(PdfDecError, PageDurationThatNoStreamCanHold) {
  const TemporaryFile file(make_document(3));
  Player player(launch(file.path(), "page-duration=9223372036854775807"));
  expect_error(&player, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, {"page-duration"});
}

// Page 2 measures 200 x 200 inches.
static std::string document_with_a_bomb() {
  return make_raw_document({"<< /Type /Catalog /Pages 2 0 R >>",
                            "<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3 >>",
                            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>",
                            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 14400 14400] >>",
                            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>"});
}

TEST(PdfDecError, APageTooLargeIsReportedAndTheOthersCome) {
  const TemporaryFile file(document_with_a_bomb());
  Player player(launch(file.path()));
  ASSERT_TRUE(player.play());
  EXPECT_EQ(player.pages(), (std::vector<int>{1, 3}));
  const auto frames = player.frames();
  EXPECT_EQ(frames[1].pts, 2 * GST_SECOND) << "the place of the page that is left out stays empty";
  EXPECT_TRUE(frames[1].discont);
  ASSERT_EQ(player.warnings().size(), 1U);
  for (const char* part : {"Page 2", "max-pixels", "28800 x 28800"}) {
    EXPECT_NE(player.warnings()[0].text.find(part), std::string::npos) << player.warnings()[0].text;
  }
  EXPECT_NE(player.warnings()[0].text.find(file.name()), std::string::npos);
}

TEST(PdfDecError, MaxPixelsIsTheLimit) {
  const TemporaryFile file(make_document(1));  // 144 x 288 pixels
  Player within(launch(file.path(), "max-pixels=41472"));
  EXPECT_TRUE(within.play());
  Player above(launch(file.path(), "max-pixels=41471"));
  expect_error(&above, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, {"None of the selected pages", "max-pixels"});
  EXPECT_EQ(above.warnings().size(), 1U);
}

TEST(PdfDecError, AMissingPageIsReportedAndTheOthersCome) {
  const TemporaryFile file(
      make_raw_document({"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R 99 0 R 4 0 R] /Count 3 >>",
                         "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>",
                         "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>"}));
  Player player(launch(file.path()));
  ASSERT_TRUE(player.play());
  EXPECT_EQ(player.frames().size(), 2U);
  ASSERT_EQ(player.warnings().size(), 1U);
  EXPECT_NE(player.warnings()[0].text.find(file.name()), std::string::npos);
}

TEST(PdfDecError, PageTreesInALoopOrWithHugeCountsEnd) {
  for (const char* pages :
       {"<< /Type /Pages /Kids [2 0 R] /Count 5 >>", "<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>",
        "<< /Type /Pages /Kids [3 0 R] /Count -7 >>"}) {
    const TemporaryFile file(make_raw_document(
        {"<< /Type /Catalog /Pages 2 0 R >>", pages, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>"}));
    Player player(launch(file.path()));
    const bool good = player.play();
    EXPECT_NE(good, !player.errors().empty()) << pages;
  }
}

TEST(PdfDecError, AbsurdPageSizes) {
  for (const char* box : {"[0 0 0 0]", "[0 0 1e30 1e30]", "[0 0 -5 -5]", "[0 0 99999999999 1]", "[0 0 0.001 0.001]"}) {
    const TemporaryFile file(
        make_raw_document({"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                           std::string("<< /Type /Page /Parent 2 0 R /MediaBox ") + box + " >>"}));
    Player player(launch(file.path()));
    const bool good = player.play();
    EXPECT_EQ(player.frames().size(), good ? 1U : 0U) << box;
    EXPECT_EQ(player.errors().size(), good ? 0U : 1U) << box;
  }
}

TEST(PdfDecError, CollectsNoMoreThanMaxFileSize) {
  const std::string bytes = make_document(2);
  const TemporaryFile file(bytes);
  const std::string source = "filesrc location=" + file.path() + " blocksize=100 ! queue ! pdfdec max-file-size=";
  Player within(source + std::to_string(bytes.size()) + " ! fakesink name=sink");
  EXPECT_TRUE(within.play());
  Player above(source + std::to_string(bytes.size() - 1) + " ! fakesink name=sink");
  EXPECT_FALSE(above.play());
  ASSERT_FALSE(above.errors().empty());
  EXPECT_NE(above.errors()[0].text.find("max-file-size"), std::string::npos) << above.errors()[0].text;
}

TEST(PdfDecError, AMismatchWithDownstreamIsAnError) {
  const TemporaryFile file(make_document(1));
  Player player("filesrc location=" + file.path() + " ! pdfdec ! video/x-raw,width=17 ! fakesink name=sink");
  EXPECT_FALSE(player.play());
  EXPECT_EQ(player.errors().size(), 1U);
}

TEST(PdfDecError, CanBeUsedAfterAnError) {
  const TemporaryFile file(make_document(2));
  Player player("filesrc name=source ! pdfdec ! fakesink name=sink");
  g_object_set(player.element("source"), "location", test_file("garbage.pdf").c_str(), nullptr);
  EXPECT_FALSE(player.play());
  g_object_set(player.element("source"), "location", file.path().c_str(), nullptr);
  EXPECT_TRUE(player.play());
  EXPECT_EQ(player.pages(), (std::vector<int>{1, 2}));
}

// ---- Upstream that fails while it is read
// ----------------------------------------------------------------------------

struct FailingFile {
  std::string bytes;
  int reads_left;
};

static FailingFile* failing_file(GstPad* pad) {
  return static_cast<FailingFile*>(gst_pad_get_element_private(pad));
}

static GstFlowReturn failing_getrange(GstPad* pad, GstObject* /*parent*/, guint64 offset, guint length,
                                      GstBuffer** out) {
  FailingFile* file = failing_file(pad);
  if (file->reads_left-- <= 0) return GST_FLOW_ERROR;
  *out = gst_buffer_new_memdup(file->bytes.data() + offset, MIN(length, file->bytes.size() - offset));
  return GST_FLOW_OK;
}

static gboolean failing_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_SCHEDULING) {
    gst_query_set_scheduling(query, GST_SCHEDULING_FLAG_SEEKABLE, 1, -1, 0);
    gst_query_add_scheduling_mode(query, GST_PAD_MODE_PULL);
    return TRUE;
  }
  if (GST_QUERY_TYPE(query) == GST_QUERY_DURATION) {
    gst_query_set_duration(query, GST_FORMAT_BYTES, static_cast<gint64>(failing_file(pad)->bytes.size()));
    return TRUE;
  }
  return gst_pad_query_default(pad, parent, query);
}

// Plays `file` through pdfdec from a pad of the test's own; returns the error.
static Report play_failing(FailingFile* file) {
  Player player("pdfdec name=pdf ! fakesink name=sink");
  GstPad* source = gst_pad_new("source", GST_PAD_SRC);
  gst_pad_set_element_private(source, file);
  gst_pad_set_getrange_function(source, failing_getrange);
  gst_pad_set_query_function(source, failing_query);
  g_autoptr(GstPad) sink = gst_element_get_static_pad(player.element("pdf"), "sink");
  EXPECT_EQ(gst_pad_link(source, sink), GST_PAD_LINK_OK);
  EXPECT_FALSE(player.play());
  EXPECT_EQ(player.errors().size(), 1U);
  gst_pad_unlink(source, sink);
  gst_object_unref(source);
  return player.errors().empty() ? Report() : player.errors()[0];
}

TEST(PdfDecError, AFailedReadIsNotTakenForADamagedFile) {
  std::string noise(500'000, 'x');  // so that the file spans several reads
  const std::string bytes =
      make_raw_document({"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
                         "(" + noise + ")", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>"});
  for (int reads = 0; reads < 2; ++reads) {
    FailingFile file{bytes, reads};
    const Report error = play_failing(&file);
    EXPECT_EQ(error.domain, GST_STREAM_ERROR);
    EXPECT_EQ(error.code, GST_STREAM_ERROR_FAILED) << "Internal data stream error, not DECODE: " << error.text;
  }
}
