// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/region_requests.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace deepseekocr::plugin {
namespace {

/// Requests of one frame that the engine has at once: enough for a batch, few enough to leave room for other frames.
constexpr size_t kAtOnce = 4;

/// Held by the done functions of its requests, and while it waits for room in the engine's queue.
class RegionReader : public std::enable_shared_from_this<RegionReader> {
 public:
  RegionReader(const std::shared_ptr<EngineClient>& client, std::vector<RegionOfInterest> regions,
               std::shared_ptr<const Settings> settings, uint64_t stream, PictureSource picture, TakenFunction taken,
               DoneFunction done)
      : client_(client),
        settings_(std::move(settings)),
        stream_(stream),
        picture_(std::move(picture)),
        taken_(std::move(taken)),
        done_(std::move(done)),
        left_(regions.size()) {
    for (size_t i = 0; i < regions.size(); ++i) waiting_.push_back(i);
    for (RegionOfInterest& region : regions) parts_.push_back({std::move(region), nullptr});
  }

  DsocrStatus start(DsocrError* error) {
    const DsocrStatus status = ask(*take(), error);
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

  /// @return false: nobody wants it any more
  bool put_back(size_t index) {
    const std::lock_guard lock(mutex_);
    if (given_up_) return false;
    --asked_;
    waiting_.push_front(index);
    return true;
  }

  DsocrStatus ask(size_t index, DsocrError* error) {
    const auto client = client_.lock();
    auto picture = client != nullptr ? picture_() : nullptr;
    if (picture == nullptr) {
      std::snprintf(error->message, sizeof error->message, "%s", kUnreadableFrame);
      return client != nullptr ? DSOCR_INVALID_ARGUMENT : DSOCR_CLOSED;
    }
    auto answered = [self = shared_from_this(), index](Reading reading) {
      self->store(index, std::move(reading));
      self->ask_more();
    };
    uint64_t request_id = 0;
    const DsocrStatus status =
        client->submit(std::move(picture), parts_[index].region.box, *settings_, stream_ == 0 ? 0 : stream_ + 1 + index,
                       std::move(answered), &request_id, error);
    if (status == DSOCR_OK && !keep(request_id)) client->cancel(request_id);
    return status;
  }

  /// @return false: the request is not wanted any more
  bool keep(uint64_t request_id) {
    {
      const std::lock_guard lock(mutex_);
      if (given_up_) return false;
      requests_.push_back(request_id);
    }
    return taken_(request_id);
  }

  void ask_more() {
    while (const auto index = take()) {
      DsocrError error{};
      const DsocrStatus status = ask(*index, &error);
      if (status == DSOCR_OK) continue;
      if (status != DSOCR_BUSY) {
        store(*index, failed_reading(status, error.message));
      } else if (!put_back(*index)) {
        store(*index, cancelled_reading());
      } else {
        const auto client = client_.lock();
        if (client != nullptr && client->retry_later([self = shared_from_this()] { self->ask_more(); })) return;
      }
    }
  }

  void store(size_t index, Reading reading) {
    bool last = false;
    std::vector<uint64_t> unwanted;
    {
      const std::lock_guard lock(mutex_);
      if (reading.finish_reason == DSOCR_FINISH_CANCELLED) unwanted = give_up();
      parts_[index].reading = std::make_shared<const Reading>(std::move(reading));
      --asked_;
      --left_;
      last = left_ == 0;
    }
    const auto client = unwanted.empty() ? nullptr : client_.lock();
    for (const uint64_t id : unwanted) {
      if (client != nullptr) client->cancel(id);
    }
    if (last) done_(join_readings(std::move(parts_)));
  }

  /// Once one was cancelled, the others are not worth the time.  @return requests to cancel, some ended already
  std::vector<uint64_t> give_up() {
    given_up_ = true;
    for (const size_t index : waiting_) {
      parts_[index].reading = std::make_shared<const Reading>(cancelled_reading());
      --left_;
    }
    waiting_.clear();
    return std::exchange(requests_, {});
  }

  const std::weak_ptr<EngineClient> client_;
  const std::shared_ptr<const Settings> settings_;
  const uint64_t stream_;
  const PictureSource picture_;
  const TakenFunction taken_;
  const DoneFunction done_;
  std::mutex mutex_;  // guards the rest; nothing is called while it is held
  std::vector<RegionReading> parts_;
  std::deque<size_t> waiting_;
  std::vector<uint64_t> requests_;  // taken by the engine
  size_t asked_ = 0, left_;
  bool given_up_ = false;
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
  whole->lines.insert(whole->lines.end(), part.lines.begin(), part.lines.end());
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
                         std::shared_ptr<const Settings> settings, uint64_t stream, PictureSource picture,
                         TakenFunction taken, DoneFunction done, DsocrError* error) {
  return std::make_shared<RegionReader>(client, std::move(regions), std::move(settings), stream, std::move(picture),
                                        std::move(taken), std::move(done))
      ->start(error);
}

}  // namespace deepseekocr::plugin
