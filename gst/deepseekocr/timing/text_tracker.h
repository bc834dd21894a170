// SPDX-License-Identifier: MIT
// Tells a change of the writing from a change of what moves behind it.  No GStreamer here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "deepseekocr/gate/luma_view.h"
#include "deepseekocr/gate/plane.h"

namespace deepseekocr::plugin {

/// Watches the fine detail of one area from frame to frame, at half its size.  Writing stands still: its pixels keep
/// their sign for many frames, also while it fades, and when it goes they go together.  What moves loses and wins
/// pixels all the time, about as many in each frame.  Not thread-safe.
class TextTracker {
 public:
  /// Forgets everything: there is no frame before the next one.
  void reset();

  /// The next frame.  @param view  at least 16x16
  /// @return how many frames ago the writing became what it is now, where that was not known before: 0 for this frame,
  ///         more for one that faded in; nothing where it is still the same.  The first frames only show what moves.
  std::optional<uint32_t> changed(const LumaView& view);

  /// The most frames ago that a change is found.
  static constexpr uint32_t kLongestFade = 24;

 private:
  /// What happened between two frames.
  struct Motion {
    uint32_t turned = 0; /**< cells whose detail came, went or became another */
    uint32_t old = 0;    /**< cells in which much has stood for long */
    uint32_t lost = 0;   /**< of those, cells in which most of it is gone */
    uint32_t dyed = 0;   /**< cells of another brightness, whatever their detail */
    uint32_t born = 0;   /**< pixels of detail that were not there */
  };

  void resize(const LumaView& view);
  void find_detail();
  Motion compare();
  Motion compare_cell(int32_t column, int32_t row);
  bool is_sudden(const Motion& motion) const;
  std::optional<uint32_t> find_fade(uint32_t old);

  Plane half_;
  int32_t width_ = 0, height_ = 0;       /**< of half_, whole cells */
  std::vector<int16_t> detail_, before_; /**< brightness less that of the surroundings */
  std::vector<uint8_t> age_;             /**< frames for which a pixel has kept its sign */
  std::vector<int32_t> luma_;            /**< of each cell, the sum */
  std::vector<int32_t> columns_;         /**< scratch: sums of columns */
  std::deque<Motion> past_;              /**< the last comparisons */
  std::deque<uint32_t> standing_;        /**< Motion::old of the last frames, once it has settled */
  uint32_t unsettled_ = 0;               /**< frames until it has */
  bool has_before_ = false;
};

}  // namespace deepseekocr::plugin
