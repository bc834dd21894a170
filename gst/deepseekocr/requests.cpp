// SPDX-License-Identifier: MIT
#include "deepseekocr/requests.h"

#include <cstdio>
#include <utility>

#include "deepseekocr/gate/region_requests.h"
#include "deepseekocr/gate/regions_of_interest.h"

namespace deepseekocr::plugin {
namespace {

/// A mapped frame.
class MappedFrame final : public Picture {
 public:
  static std::unique_ptr<MappedFrame> map(GstBuffer* buffer, const GstVideoInfo& info) {
    auto frame = std::make_unique<MappedFrame>();
    if (!gst_video_frame_map(&frame->frame_, &info, buffer, GST_MAP_READ)) return nullptr;
    frame->mapped_ = true;
    return frame;
  }
  MappedFrame() = default;
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;
  ~MappedFrame() override {
    if (mapped_) gst_video_frame_unmap(&frame_);
  }

  void describe(DsocrImage* image) const override;

 private:
  GstVideoFrame frame_{};
  bool mapped_ = false;
};

DsocrColorMatrix color_matrix(const GstVideoInfo& info) {
  switch (info.colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
      return DSOCR_MATRIX_BT709;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      return DSOCR_MATRIX_BT2020;
    default:
      return DSOCR_MATRIX_BT601;
  }
}

DsocrColorRange color_range(const GstVideoInfo& info) {
  if (info.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255) return DSOCR_RANGE_FULL;
  if (info.colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235) return DSOCR_RANGE_LIMITED;
  return GST_VIDEO_INFO_IS_YUV(&info) ? DSOCR_RANGE_LIMITED : DSOCR_RANGE_FULL;
}

DsocrChromaSite chroma_site(const GstVideoInfo& info) {
  int site = DSOCR_CHROMA_CENTER;
  if ((info.chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0) site |= DSOCR_CHROMA_LEFT;
  if ((info.chroma_site & GST_VIDEO_CHROMA_SITE_V_COSITED) != 0) site |= DSOCR_CHROMA_TOP;
  return static_cast<DsocrChromaSite>(site);
}

void MappedFrame::describe(DsocrImage* image) const {
  const GstVideoInfo& info = frame_.info;
  image->format = engine_format(GST_VIDEO_INFO_FORMAT(&info)).value_or(DSOCR_FORMAT_RGB);
  image->width = GST_VIDEO_INFO_WIDTH(&info);
  image->height = GST_VIDEO_INFO_HEIGHT(&info);
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame_) && plane < 3; ++plane) {
    image->planes[plane] = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, plane));
    image->strides[plane] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, plane);
  }
  image->matrix = color_matrix(info);
  image->range = color_range(info);
  image->chroma_site = chroma_site(info);
}

/// The regions of a frame whose settings ask for them.
std::vector<RegionOfInterest> regions_of(const Submission& submission) {
  const Settings& settings = *submission.slot->settings;
  if (settings.inference_region != InferenceRegion::kRoiList) return {};
  return regions_of_interest(submission.buffer.get(), settings.object_classes, submission.area,
                             GST_VIDEO_INFO_WIDTH(&submission.info), GST_VIDEO_INFO_HEIGHT(&submission.info));
}

/// The engine's number of a frame's stream, 0 where the frame has nothing to do with the one before: a page.  Regions
/// have numbers of their own behind it.
uint64_t stream_of(const FrameInfo& frame) {
  constexpr int kRegionBits = 16;
  return frame.page > 0 ? 0 : frame.stream << kRegionBits;
}

/// Hands a frame to the engine, as a whole or in regions.
DsocrStatus ask(const std::shared_ptr<EngineClient>& client, const Submission& submission, const TakenFunction& taken,
                DoneFunction done, DsocrError* error) {
  const auto& settings = submission.slot->settings;
  const uint64_t stream = stream_of(submission.slot->frame);
  if (auto regions = regions_of(submission); !regions.empty()) {
    const std::shared_ptr<GstBuffer> buffer(gst_buffer_ref(submission.buffer.get()), gst_buffer_unref);
    auto picture = [buffer, info = submission.info] { return MappedFrame::map(buffer.get(), info); };
    return read_regions(client, std::move(regions), settings, stream, std::move(picture), taken, std::move(done),
                        error);
  }
  auto picture = MappedFrame::map(submission.buffer.get(), submission.info);
  if (picture == nullptr) {
    std::snprintf(error->message, sizeof error->message,
                  "the frame's memory cannot be read; put a videoconvert before deepseekocr");
    return DSOCR_INVALID_ARGUMENT;
  }
  uint64_t request_id = 0;
  const DsocrStatus status =
      client->submit(std::move(picture), submission.area, *settings, stream, std::move(done), &request_id, error);
  if (status == DSOCR_OK && !taken(request_id)) client->cancel(request_id);
  return status;
}

/// One attempt.  @return OK where the outcome will come later.
DsocrStatus try_submit(const std::shared_ptr<Session>& session, const std::shared_ptr<EngineClient>& client,
                       const Submission& submission, std::string* reason) {
  const SlotPtr slot = submission.slot;
  // The client is reached weakly: the engine may hold this function after everybody else has let go.
  auto done = [session, slot, weak = std::weak_ptr<EngineClient>(client)](Reading reading) {
    auto next = session->finish(slot, std::move(reading));
    while (next) {
      const auto alive = weak.lock();
      if (alive == nullptr) {
        next = session->finish(next->slot, cancelled_reading());
      } else {
        submit(session, alive, std::move(*next), false);
        next.reset();
      }
    }
  };
  auto taken = [session, slot](uint64_t request_id) { return session->set_request_id(slot, request_id); };
  DsocrError error{};
  const DsocrStatus status = ask(client, submission, taken, std::move(done), &error);
  *reason = error.message;
  return status;
}

}  // namespace

std::optional<DsocrPixelFormat> engine_format(GstVideoFormat format) {
  switch (format) {
    case GST_VIDEO_FORMAT_RGB:
      return DSOCR_FORMAT_RGB;
    case GST_VIDEO_FORMAT_BGR:
      return DSOCR_FORMAT_BGR;
    case GST_VIDEO_FORMAT_RGBA:
      return DSOCR_FORMAT_RGBA;
    case GST_VIDEO_FORMAT_BGRA:
      return DSOCR_FORMAT_BGRA;
    case GST_VIDEO_FORMAT_RGBx:
      return DSOCR_FORMAT_RGBX;
    case GST_VIDEO_FORMAT_BGRx:
      return DSOCR_FORMAT_BGRX;
    case GST_VIDEO_FORMAT_GRAY8:
      return DSOCR_FORMAT_GRAY8;
    case GST_VIDEO_FORMAT_NV12:
      return DSOCR_FORMAT_NV12;
    case GST_VIDEO_FORMAT_NV21:
      return DSOCR_FORMAT_NV21;
    case GST_VIDEO_FORMAT_I420:
      return DSOCR_FORMAT_I420;
    case GST_VIDEO_FORMAT_YUY2:
      return DSOCR_FORMAT_YUY2;
    default:
      return std::nullopt;
  }
}

void submit(const std::shared_ptr<Session>& session, const std::shared_ptr<EngineClient>& client, Submission submission,
            bool may_wait) {
  std::optional<Submission> next(std::move(submission));
  while (next) {
    std::string reason;
    const uint64_t seen = session->results();
    const DsocrStatus status = try_submit(session, client, *next, &reason);
    if (status == DSOCR_OK) return;
    if (status == DSOCR_BUSY) {
      // Its own requests fill the client's queue, so one of them will end.
      if (may_wait && session->wait_for_result(seen)) continue;
      next = session->finish(next->slot, cancelled_reading());
      continue;
    }
    next = session->finish(next->slot, failed_reading(status, reason));
  }
}

void hand_over(const std::shared_ptr<Session>& session, const std::shared_ptr<EngineClient>& client,
               std::optional<Submission> due, uint64_t stale, bool may_wait) {
  if (due) {
    submit(session, client, std::move(*due), may_wait);
  } else if (stale != 0 && client->waiting() > 0) {
    client->cancel(stale);
  }
}

}  // namespace deepseekocr::plugin
