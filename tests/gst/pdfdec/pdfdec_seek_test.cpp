// SPDX-License-Identifier: MIT
//
// Queries and seeks of pdfdec, in pull and in push mode.
#include <gtest/gtest.h>

#include "documents.h"
#include "player.h"

// The parameter is what stands between the file and pdfdec.
class PdfDecSeek : public testing::TestWithParam<const char*> {
 protected:
  PdfDecSeek()
      : file_(make_document(10)),
        player_("filesrc location=" + file_.path() + " " + GetParam() + " ! pdfdec name=pdf ! fakesink name=sink") {}

  bool seek(GstFormat format, int flags, gint64 start, gint64 stop = -1, double rate = 1.0) {
    return gst_element_seek(player_.pipeline(), rate, format, static_cast<GstSeekFlags>(flags), GST_SEEK_TYPE_SET,
                            start, stop >= 0 ? GST_SEEK_TYPE_SET : GST_SEEK_TYPE_NONE, stop);
  }

  TemporaryFile file_;
  Player player_;
};

INSTANTIATE_TEST_SUITE_P(Modes, PdfDecSeek, testing::Values("", "! queue"),
                         [](const auto& info) { return std::string(info.param[0] == '\0' ? "Pull" : "Push"); });

TEST_P(PdfDecSeek, AnswersDuration) {
  ASSERT_TRUE(player_.preroll());
  gint64 value = 0;
  ASSERT_TRUE(gst_element_query_duration(player_.pipeline(), GST_FORMAT_TIME, &value));
  EXPECT_EQ(value, 10 * static_cast<gint64>(GST_SECOND));
  ASSERT_TRUE(gst_element_query_duration(player_.pipeline(), GST_FORMAT_DEFAULT, &value));
  EXPECT_EQ(value, 10);
}

TEST_P(PdfDecSeek, AnswersConvertAndSeeking) {
  ASSERT_TRUE(player_.preroll());
  g_autoptr(GstPad) pad = gst_element_get_static_pad(player_.element("pdf"), "src");
  gint64 value = 0;
  ASSERT_TRUE(gst_pad_query_convert(pad, GST_FORMAT_DEFAULT, 3, GST_FORMAT_TIME, &value));
  EXPECT_EQ(value, 3 * static_cast<gint64>(GST_SECOND));
  ASSERT_TRUE(
      gst_pad_query_convert(pad, GST_FORMAT_TIME, 3 * static_cast<gint64>(GST_SECOND) + 5, GST_FORMAT_DEFAULT, &value));
  EXPECT_EQ(value, 3);
  EXPECT_FALSE(gst_pad_query_convert(pad, GST_FORMAT_TIME, 1, GST_FORMAT_BYTES, &value));

  g_autoptr(GstQuery) query = gst_query_new_seeking(GST_FORMAT_DEFAULT);
  ASSERT_TRUE(gst_pad_query(pad, query));
  gboolean seekable = FALSE;
  gint64 start = -1;
  gint64 end = -1;
  gst_query_parse_seeking(query, nullptr, &seekable, &start, &end);
  EXPECT_TRUE(seekable);
  EXPECT_EQ(start, 0);
  EXPECT_EQ(end, 10);
}

TEST_P(PdfDecSeek, GoesToATime) {
  ASSERT_TRUE(player_.preroll());
  ASSERT_TRUE(seek(GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 7 * GST_SECOND));
  ASSERT_TRUE(player_.play_to_end());
  EXPECT_EQ(player_.pages(), (std::vector<int>{8, 9, 10}));
  EXPECT_TRUE(player_.frames()[0].discont);
}

TEST_P(PdfDecSeek, GoesToAPage) {
  ASSERT_TRUE(player_.preroll());
  ASSERT_TRUE(seek(GST_FORMAT_DEFAULT, GST_SEEK_FLAG_FLUSH, 2, 5));
  ASSERT_TRUE(player_.play_to_end());
  EXPECT_EQ(player_.pages(), (std::vector<int>{3, 4, 5}));
  EXPECT_EQ(player_.frames()[0].pts, 2 * GST_SECOND);
}

TEST_P(PdfDecSeek, GoesBackAfterTheEnd) {
  ASSERT_TRUE(player_.play_to_end());
  player_.clear_frames();
  ASSERT_TRUE(seek(GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, 8 * GST_SECOND));
  ASSERT_TRUE(player_.play_to_end());
  EXPECT_EQ(player_.pages(), (std::vector<int>{9, 10}));
}

TEST_P(PdfDecSeek, SnapsToThePage) {
  ASSERT_TRUE(player_.preroll());
  ASSERT_TRUE(seek(GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 7 * GST_SECOND + 600 * GST_MSECOND));
  gint64 position = 0;
  ASSERT_TRUE(player_.preroll());
  ASSERT_TRUE(gst_element_query_position(player_.pipeline(), GST_FORMAT_TIME, &position));
  EXPECT_EQ(position, 7 * static_cast<gint64>(GST_SECOND));
  const int nearest = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_NEAREST;
  ASSERT_TRUE(seek(GST_FORMAT_TIME, nearest, 7 * GST_SECOND + 600 * GST_MSECOND));
  ASSERT_TRUE(player_.preroll());
  ASSERT_TRUE(gst_element_query_position(player_.pipeline(), GST_FORMAT_TIME, &position));
  EXPECT_EQ(position, 8 * static_cast<gint64>(GST_SECOND));
}

TEST_P(PdfDecSeek, EndsASegmentWithoutEos) {
  ASSERT_TRUE(player_.preroll());
  ASSERT_TRUE(seek(GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_SEGMENT, 0, 2 * GST_SECOND));
  ASSERT_TRUE(player_.play_to_end());
  EXPECT_TRUE(player_.segment_done());
  ASSERT_TRUE(seek(GST_FORMAT_TIME, GST_SEEK_FLAG_NONE, 4 * GST_SECOND, 6 * GST_SECOND)) << "without a flush";
  ASSERT_TRUE(player_.play_to_end());
  EXPECT_EQ(player_.pages(), (std::vector<int>{1, 2, 5, 6}));
}

TEST_P(PdfDecSeek, BeyondTheEndEndsTheStream) {
  ASSERT_TRUE(player_.preroll());
  ASSERT_TRUE(seek(GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 100 * GST_SECOND));
  ASSERT_TRUE(player_.play_to_end());
  EXPECT_TRUE(player_.frames().empty());
}

TEST_P(PdfDecSeek, RefusesWhatItCannotDo) {
  ASSERT_TRUE(player_.preroll());
  EXPECT_FALSE(seek(GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH, 0));
  EXPECT_FALSE(seek(GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0, GST_SECOND, -1.0));
  ASSERT_TRUE(player_.play_to_end());
  EXPECT_EQ(player_.pages().size(), 10U) << "and goes on undisturbed";
}

TEST_P(PdfDecSeek, ManySeeksInARow) {
  ASSERT_TRUE(player_.preroll());
  gst_element_set_state(player_.pipeline(), GST_STATE_PLAYING);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(seek(GST_FORMAT_DEFAULT, GST_SEEK_FLAG_FLUSH, (i * 7) % 10));
  }
  GstEvent* last =
      gst_event_new_seek(1.0, GST_FORMAT_DEFAULT, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 9, GST_SEEK_TYPE_NONE, -1);
  const guint32 seqnum = gst_event_get_seqnum(last);
  ASSERT_TRUE(gst_element_send_event(player_.pipeline(), last));
  ASSERT_TRUE(player_.play_to_end(seqnum));
  EXPECT_EQ(player_.pages().back(), 10);
}
