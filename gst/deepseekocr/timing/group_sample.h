// SPDX-License-Identifier: MIT
// A few frames spread evenly over a run of frames whose length nobody knows yet.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace deepseekocr::plugin {

/// Not thread-safe.  `Frame` is movable.
template <typename Frame>
class GroupSample {
 public:
  /// Frames kept at most.
  static constexpr size_t kFrames = 4;

  /// Whether the next frame would be kept; others need not be copied.
  bool wants_next() const { return length_ % stride() == 0; }

  /// One more frame of the run, to be kept.  Call only where wants_next().
  void keep(Frame frame) {
    if (kept_.size() == kFrames) thin();
    if (wants_next()) kept_.emplace_back(length_, std::move(frame));
    ++length_;
  }

  /// One more frame that is not kept.
  void skip() { ++length_; }

  /// Frames of the run.
  uint64_t length() const { return length_; }
  size_t kept() const { return kept_.size(); }

  /// Indices for at() in the order in which they are worth reading: the one nearest to the middle of the run, to its
  /// first quarter, to its third, then the rest.
  std::vector<size_t> order() const {
    std::vector<size_t> order;
    for (const uint64_t quarter : {2, 1, 3}) add_nearest(quarter, &order);
    for (size_t i = 0; i < kept_.size(); ++i)
      if (std::find(order.begin(), order.end(), i) == order.end()) order.push_back(i);
    return order;
  }

  /// Frame `index` of those kept.
  const Frame& at(size_t index) const { return kept_[index].second; }

 private:
  /// While the run grows, every frame is kept, then every second, every fourth.
  uint64_t stride() const { return uint64_t{1} << doublings_; }

  void thin() {
    ++doublings_;
    std::erase_if(kept_, [this](const auto& frame) { return frame.first % stride() != 0; });
  }

  void add_nearest(uint64_t quarter, std::vector<size_t>* order) const {
    // Four times the distance, in whole numbers.
    const auto distance = [&](size_t i) {
      const auto wanted = static_cast<int64_t>(quarter * (length_ - 1));
      return std::abs(static_cast<int64_t>(4 * kept_[i].first) - wanted);
    };
    size_t best = kept_.size();
    for (size_t i = 0; i < kept_.size(); ++i) {
      if (std::find(order->begin(), order->end(), i) != order->end()) continue;
      if (best == kept_.size() || distance(i) < distance(best)) best = i;
    }
    if (best < kept_.size()) order->push_back(best);
  }

  std::vector<std::pair<uint64_t, Frame>> kept_; /**< place in the run, frame */
  uint64_t length_ = 0;
  unsigned doublings_ = 0;
};

}  // namespace deepseekocr::plugin
