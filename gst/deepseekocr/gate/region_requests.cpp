// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/region_requests.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <mutex>
#include <utility>

namespace deepseekocr::plugin {
namespace {

/// Requests of one frame that the engine has at once: enough for a batch, few enough to leave room for other frames.
constexpr size_t kAtOnce = 4;

/// Held by the done functions of its requests.
class RegionReader : public std::enable_shared_from_this<RegionReader> {
 public:
  RegionReader(const std::shared_ptr<EngineClient>& client, std::vector<RegionOfInterest> regions,
               std::shared_ptr<const Settings> settings, PictureSource picture, DoneFunction done)
      : client_(client), settings_(std::move(settings)), picture_(std::move(picture)), done_(std::move(done)) {
    for (size_t i = 0; i < regions.size(); ++i) waiting_.push_back(i);
    left_ = regions.size();
    for (RegionOfInterest& region : regions) parts_.push_back({std::move(region), nullptr});
  }

  DsocrStatus start(uint64_t* request_id, DsocrError* error) {
    const size_t first = *take();
    const DsocrStatus status = ask(first, request_id, error);
    if (status == DSOCR_OK) ask_more();
    return status;
  }

 private:
  /// The next region to ask for, where there is one and the engine may have it.
  std::optional<size_t> take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty() || asked_ >= kAtOnce) return std::nullopt;
    const size_t index = waiting_.front();
    waiting_.pop_front();
    ++asked_;
    return index;
  }

  DsocrStatus ask(size_t index, uint64_t* request_id, DsocrError* error) {
    const auto client = client_.lock();
    auto picture = client != nullptr ? picture_() : nullptr;
    if (picture == nullptr) {
      std::snprintf(error->message, sizeof error->message,
                    "the frame's memory cannot be read; put a videoconvert before deepseekocr");
      return client != nullptr ? DSOCR_INVALID_ARGUMENT : DSOCR_CLOSED;
    }
    auto answered = [self = shared_from_this(), index](Reading reading) {
      self->store(index, std::move(reading));
      self->ask_more();
    };
    return client->submit(std::move(picture), parts_[index].region.box, *settings_, std::move(answered), request_id,
                          error);
  }

  void ask_more() {
    while (const auto index = take()) {
      uint64_t request_id = 0;
      DsocrError error{};
      DsocrStatus status = ask(*index, &request_id, &error);
      if (status == DSOCR_BUSY && put_back(*index)) return;  // one that is answered makes room
      // The last one was answered just now.
      if (status == DSOCR_BUSY) status = ask(*index, &request_id, &error);
      if (status == DSOCR_OK) continue;
      store(*index, status == DSOCR_BUSY ? cancelled_reading() : failed_reading(status, error.message));
    }
  }

  /// @return false: no other region is on its way, so nothing would bring this one back
  bool put_back(size_t index) {
    const std::lock_guard lock(mutex_);
    if (asked_ <= 1) return false;
    --asked_;
    waiting_.push_front(index);
    return true;
  }

  void store(size_t index, Reading reading) {
    bool last = false;
    {
      const std::lock_guard lock(mutex_);
      // Once one was given up, the others are not worth the time.
      const bool given_up = reading.finish_reason == DSOCR_FINISH_CANCELLED;
      parts_[index].reading = std::make_shared<const Reading>(std::move(reading));
      --asked_;
      --left_;
      while (given_up && !waiting_.empty()) {
        parts_[waiting_.front()].reading = std::make_shared<const Reading>(cancelled_reading());
        waiting_.pop_front();
        --left_;
      }
      last = left_ == 0;
    }
    if (last) done_(join_readings(std::move(parts_)));
  }

  const std::weak_ptr<EngineClient> client_;
  const std::shared_ptr<const Settings> settings_;
  const PictureSource picture_;
  const DoneFunction done_;
  std::mutex mutex_;  // guards the rest; nothing is called while it is held
  std::vector<RegionReading> parts_;
  std::deque<size_t> waiting_;
  size_t asked_ = 0, left_ = 0;
};

void append_line(std::string* text, const std::string& line) {
  if (line.empty()) return;
  if (!text->empty()) *text += '\n';
  *text += line;
}

/// Adds a usable part to the whole.
void add_part(const Reading& part, Reading* whole) {
  append_line(&whole->raw, part.raw);
  append_line(&whole->plain, part.plain);
  append_line(&whole->markdown, part.markdown);
  whole->regions.insert(whole->regions.end(), part.regions.begin(), part.regions.end());
  whole->invalid_utf8 = whole->invalid_utf8 || part.invalid_utf8;
  whole->tokens += part.tokens;
  whole->confidence += part.confidence * part.tokens;  // divided by all tokens in the end
  whole->confidence_min = std::min(whole->confidence_min, part.confidence_min);
  if (whole->finish_reason == DSOCR_FINISH_STOP) whole->finish_reason = part.finish_reason;
  whole->prompt = part.prompt;
}

}  // namespace

Reading join_readings(std::vector<RegionReading> parts) {
  Reading whole;
  whole.confidence_min = 1;
  const Reading* failed = nullptr;
  bool any = false;
  for (const RegionReading& part : parts) {
    if (part.reading->finish_reason == DSOCR_FINISH_CANCELLED) return cancelled_reading();
    if (part.reading->finish_reason == DSOCR_FINISH_ERROR) {
      failed = failed != nullptr ? failed : part.reading.get();
    } else {
      add_part(*part.reading, &whole);
      any = true;
    }
  }
  if (!any && failed != nullptr) whole = *failed;
  if (whole.tokens > 0) whole.confidence /= whole.tokens;
  if (!any) whole.confidence_min = 0;
  whole.parts = std::move(parts);
  return whole;
}

DsocrStatus read_regions(const std::shared_ptr<EngineClient>& client, std::vector<RegionOfInterest> regions,
                         std::shared_ptr<const Settings> settings, PictureSource picture, DoneFunction done,
                         uint64_t* request_id, DsocrError* error) {
  const auto reader = std::make_shared<RegionReader>(client, std::move(regions), std::move(settings),
                                                     std::move(picture), std::move(done));
  return reader->start(request_id, error);
}

}  // namespace deepseekocr::plugin
