// SPDX-License-Identifier: MIT
// inference-region=roi-list: what detectors upstream found is read on its own.
#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <string>

#ifdef HAVE_GST_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#include "label_frames.h"

namespace deepseekocr::test {
namespace {

class Regions : public LabelTest {};

struct Roi {
  const char* type;
  guint x, y, width, height;
};

void push_with_regions(Ocr& ocr, guint64 index, std::initializer_list<Roi> regions, const Picture& picture = label()) {
  GstBuffer* buffer = frame_of(picture, index);
  int id = 0;
  for (const Roi& roi : regions) {
    auto* meta = gst_buffer_add_video_region_of_interest_meta(buffer, roi.type, roi.x, roi.y, roi.width, roi.height);
    meta->id = ++id;
  }
  gst_harness_push(ocr.video, buffer);
}

TEST_F(Regions, EachRegionOfInterestIsReadInReadingOrder) {
  fake().set_answer(answer_area, nullptr);
  Ocr ocr("inference-region=roi-list", false, kLabelCaps);
  push_with_regions(ocr, 0, {{"label", 200, 20, 100, 40}, {"label", 20, 30, 100, 40}, {"face", 10, 100, 500, 30}});
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "20,30 100x40\n200,20 100x40\n10,100 310x30");
  EXPECT_EQ(text_of(ocr.pull_text().get()), "20,30 100x40\n200,20 100x40\n10,100 310x30\n");
  EXPECT_EQ(ocr.stat("readings"), 1u);
}

TEST_F(Regions, RegionsAreChosenByClass) {
  fake().set_answer(answer_area, nullptr);
  Ocr ocr("inference-region=roi-list object-class=\"plate, label\"", false, kLabelCaps);
  push_with_regions(ocr, 0, {{"face", 0, 0, 50, 50}, {"label", 20, 30, 100, 40}, {"plate", 20, 90, 100, 40}});
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "20,30 100x40\n20,90 100x40");
}

TEST_F(Regions, AFrameWithoutRegionsIsNotRead) {
  Ocr ocr("inference-region=roi-list", false, kLabelCaps);
  push_with_regions(ocr, 0, {});
  push_with_regions(ocr, 1, {{"label", 400, 0, 10, 10}});  // outside
  push_with_regions(ocr, 2, {{"label", 20, 10, 280, 140}});
  push_with_regions(ocr, 3, {{"label", 22, 11, 278, 139}});  // wavers
  push_with_regions(ocr, 4, {});
  EXPECT_EQ(video_texts(ocr, 5), (Texts{"-", "-", "read 0", "read 0", "-"}));
}

TEST_F(Regions, ARegionThatIsNewIsRead) {
  Ocr ocr("inference-region=roi-list", false, kLabelCaps);
  push_with_regions(ocr, 0, {{"label", 20, 10, 280, 60}});
  push_with_regions(ocr, 1, {{"label", 20, 10, 280, 60}, {"label", 20, 80, 280, 60}});
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "read 0");
  EXPECT_EQ(meta_text(ocr.pull_video().get()).size(), std::strlen("read 1\nread 2"));
}

TEST_F(Regions, AGroupEndsWithItsRegions) {
  Ocr ocr("text-timing=group inference-region=roi-list", false, kLabelCaps);
  for (guint64 i = 0; i < 3; ++i) push_with_regions(ocr, i, {{"label", 20, 10, 280, 140}});
  for (guint64 i = 3; i < 5; ++i) push_with_regions(ocr, i, {});
  ocr.push_event(gst_event_new_eos());
  EXPECT_EQ(video_texts(ocr, 5), (Texts{"read 0", "read 0", "read 0", "-", "-"}));
  const Buffer cue = ocr.pull_text();
  EXPECT_EQ(GST_BUFFER_PTS(cue.get()), 0u);
  EXPECT_EQ(GST_BUFFER_DURATION(cue.get()), 3 * kFrame);
}

TEST_F(Regions, AnotherTextInTheSameRegionIsReadHoweverSeldomItIsLookedAt) {
  Ocr ocr("text-timing=group inference-region=roi-list inference-interval=3", false, kLabelCaps);
  const Picture other = Picture(320, 160, 235).write("SHELF 5", 20.3, 16.4, 28, 30);
  for (guint64 i = 0; i < 9; ++i)
    push_with_regions(ocr, i, {{"label", 20, 10, 280, 140}}, i >= 3 && i < 6 ? other : label());
  ocr.push_event(gst_event_new_eos());
  EXPECT_EQ(video_texts(ocr, 9),
            (Texts{"read 0", "read 0", "read 0", "read 1", "read 1", "read 1", "read 2", "read 2", "read 2"}));
}

TEST_F(Regions, RegionsAreLinesOfJson) {
  fake().set_answer(answer_area, nullptr);
  Ocr ocr("inference-region=roi-list text-format=json", false, kLabelCaps);
  push_with_regions(ocr, 0, {{"label", 20, 30, 100, 40}, {"plate", 20, 90, 100, 40}});
  const std::string lines = text_of(ocr.pull_text().get());
  const size_t second = lines.find('\n') + 1;
  EXPECT_NE(lines.find(R"("region-of-interest":{"id":1,"class":"label","x":20,"y":30,"width":100,"height":40})"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find(R"("region-of-interest":{"id":2,"class":"plate")", second), std::string::npos) << lines;
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
}

/// Three frames of ten regions each behind an engine that takes `queue_limit` requests.
void read_many_regions(uint32_t queue_limit) {
  fake().set_answer(answer_area, nullptr);
  fake().set_queue_limit(queue_limit);
  Ocr ocr("inference-region=roi-list", false, kLabelCaps);
  for (guint64 i = 0; i < 3; ++i) {
    GstBuffer* buffer = frame_of(label(), i);
    for (guint row = 0; row < 10; ++row)
      gst_buffer_add_video_region_of_interest_meta(buffer, "label", static_cast<guint>(i) * 40, row * 16, 200, 16);
    gst_harness_push(ocr.video, buffer);
  }
  for (int i = 0; i < 3; ++i) {
    const std::string text = meta_text(ocr.pull_video().get());
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 9) << text;
  }
  EXPECT_EQ(ocr.stat("dropped"), 0u);
}

TEST_F(Regions, ManyRegionsPassThroughAShortQueue) {
  for (const uint32_t limit : {1u, 2u, 5u}) read_many_regions(limit);
}

TEST_F(Regions, AFlushGivesRegionsUp) {
  fake().hold_results(1);
  Ocr ocr("inference-region=roi-list", false, kLabelCaps);
  push_with_regions(ocr, 0,
                    {{"label", 0, 0, 300, 20},
                     {"label", 0, 20, 300, 20},
                     {"label", 0, 40, 300, 20},
                     {"label", 0, 60, 300, 20},
                     {"label", 0, 80, 300, 20},
                     {"label", 0, 100, 300, 20}});
  fake().wait_submitted(4);
  ocr.push_event(gst_event_new_flush_start());
  ocr.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  ocr.push_event(gst_event_new_segment(&segment));
  fake().hold_results(0);
  push_with_regions(ocr, 1, {{"label", 20, 10, 280, 140}});
  EXPECT_NE(meta_text(ocr.pull_video().get()), "-");
}

TEST_F(Regions, AFailedRegionLeavesTheOthers) {
  fake().set_answer(
      [](void*, const DsocrFakeRequest* request, DsocrFakeAnswer* answer) {
        answer_area(nullptr, request, answer);
        if (request->number > 0) return;
        answer->finish_reason = DSOCR_FINISH_ERROR;
        std::strcpy(answer->error, "out of memory");
      },
      nullptr);
  Ocr ocr("inference-region=roi-list", false, kLabelCaps);
  push_with_regions(ocr, 0, {{"label", 20, 30, 100, 40}, {"plate", 20, 90, 100, 40}});
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "20,90 100x40");
}

#ifdef HAVE_GST_ANALYTICS

TEST_F(Regions, ObjectsOfAnalyticsAreRegionsToo) {
  fake().set_answer(answer_area, nullptr);
  Ocr ocr("inference-region=roi-list object-class=label text-format=json", false, kLabelCaps);
  GstBuffer* buffer = frame_of(label(), 0);
  GstAnalyticsRelationMeta* meta = gst_buffer_add_analytics_relation_meta(buffer);
  GstAnalyticsODMtd object;
  const GQuark type = g_quark_from_static_string("label");
  gst_analytics_relation_meta_add_od_mtd(meta, type, -20, 90, 120, 40, 0.9f, &object);
  gst_analytics_relation_meta_add_od_mtd(meta, g_quark_from_static_string("face"), 0, 0, 40, 40, 0.9f, &object);
  gst_analytics_relation_meta_add_od_mtd(meta, type, 21, 30, 100, 40, 0.9f, &object);  // also said as a region
  gst_buffer_add_video_region_of_interest_meta(buffer, "label", 20, 30, 100, 40);
  gst_harness_push(ocr.video, buffer);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "20,30 100x40\n0,90 100x40");
}

#endif

}  // namespace
}  // namespace deepseekocr::test
