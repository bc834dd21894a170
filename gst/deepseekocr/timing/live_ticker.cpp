// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/live_ticker.h"

#include <utility>

namespace deepseekocr::plugin {
namespace {

/// What a pulse needs; owned by the clock entry.
struct Pulse {
  GstClockTime base_time;
  LiveTicker::Tick tick;
};

gboolean on_time(GstClock*, GstClockTime time, GstClockID, gpointer data) {
  const auto& pulse = *static_cast<const Pulse*>(data);
  if (GST_CLOCK_TIME_IS_VALID(time) && time >= pulse.base_time) pulse.tick(time - pulse.base_time);
  return TRUE;
}

}  // namespace

void LiveTicker::start(GstElement* element, Tick tick) {
  stop();
  GstClock* clock = gst_element_get_clock(element);
  if (clock == nullptr) return;
  GstClockID id = gst_clock_new_periodic_id(clock, gst_clock_get_time(clock) + kInterval, kInterval);
  auto* pulse = new Pulse{gst_element_get_base_time(element), std::move(tick)};
  gst_clock_id_wait_async(id, on_time, pulse, [](gpointer data) { delete static_cast<Pulse*>(data); });
  gst_object_unref(clock);
  const std::lock_guard lock(mutex_);
  id_ = id;
}

void LiveTicker::stop() {
  GstClockID id = nullptr;
  {
    const std::lock_guard lock(mutex_);
    std::swap(id, id_);
  }
  if (id == nullptr) return;
  gst_clock_id_unschedule(id);
  gst_clock_id_unref(id);
}

}  // namespace deepseekocr::plugin
