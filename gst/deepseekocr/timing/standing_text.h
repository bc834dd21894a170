// SPDX-License-Identifier: MIT
// A live text that stands until another reading says otherwise, as pieces that follow each other without a hole: nobody
// knows its end, and a buffer that was pushed can be neither extended nor shortened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace deepseekocr::plugin {

/// Not thread-safe.  Times are stream times in nanoseconds.  The caller keeps the position: the end of what was sent.
class StandingText {
 public:
  struct Slice {
    uint64_t start = 0, end = 0;
    bool repeat = false; /**< the text was sent before */
  };

  /// Longest slice.
  void set_step(uint64_t step) { step_ = step; }

  /// A frame at `frame_time` that lasts `frame_duration` shows `text`, empty: nothing.
  /// @param position  end of what was sent
  /// @param reached   where the stream is
  /// @return the slice to send now, if any.  A changed text starts behind what was sent; its first slice is as short as
  ///         a frame where that lies ahead of the stream, so that texts that change with each frame do not run away.
  std::optional<Slice> show(const std::string& text, uint64_t frame_time, uint64_t frame_duration, uint64_t position,
                            uint64_t reached);

  /// The stream has moved on.  @return the next slice of the standing text, where one is due.
  std::optional<Slice> extend(uint64_t position, uint64_t reached) const;

  /// Nothing is shown any more.
  void clear() { text_.clear(); }
  bool stands() const { return !text_.empty(); }

  /// How long before the end of a slice the next one is sent.
  static constexpr uint64_t kLead = 100'000'000;

 private:
  uint64_t step_ = 500'000'000;
  std::string text_;
};

}  // namespace deepseekocr::plugin
