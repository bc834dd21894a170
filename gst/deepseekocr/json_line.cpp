// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "deepseekocr/text_format.h"

namespace deepseekocr::plugin {
namespace {

using Json = nlohmann::ordered_json;

Json time_or_null(uint64_t time) {
  return time == kNoTime ? Json(nullptr) : Json(time);
}

Json region_object(const Region& region) {
  return {{"kind", region_kind_name(region.kind)},
          {"label", region.label},
          {"text", region.text},
          {"x", region.box.x},
          {"y", region.box.y},
          {"width", region.box.width},
          {"height", region.box.height}};
}

/// An object of `reading`, which is of `frame` or, where `part` is set, of a region of it.
std::string one_line(const FrameInfo& frame, const Reading& reading, bool changed, const RegionOfInterest* part) {
  Json object = {{"frame-number", frame.number},
                 {"pts", time_or_null(frame.pts)},
                 {"stream-time", time_or_null(frame.stream_time)},
                 {"running-time", time_or_null(frame.running_time)},
                 {"duration", time_or_null(frame.duration)}};
  if (frame.page > 0) object["page"] = frame.page;
  object["text"] = plain_text(reading.plain);
  object["markdown"] = reading.markdown;
  object["finish-reason"] = finish_reason_name(reading.finish_reason);
  if (!reading.error.empty()) object["error"] = reading.error;
  object["changed"] = changed;
  object["tokens"] = reading.tokens;
  object["confidence"] = reading.confidence;
  object["confidence-min"] = reading.confidence_min;
  object["latency"] = reading.latency;
  object["prompt"] = reading.prompt;
  object["width"] = frame.width;
  object["height"] = frame.height;
  if (part != nullptr) {
    const DsocrRect& box = part->box;
    object["region-of-interest"] = {{"id", part->id}, {"class", part->object_class}, {"x", box.x},
                                    {"y", box.y},     {"width", box.width},          {"height", box.height}};
  }
  object["regions"] = Json::array();
  for (const Region& region : reading.regions) object["regions"].push_back(region_object(region));
  // Broken bytes must not throw: the engine promises UTF-8, another engine behind the same boundary may not keep it.
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string json_line(const FrameInfo& frame, const Reading& reading, bool changed) {
  if (reading.parts.empty()) return one_line(frame, reading, changed, nullptr);
  std::string lines;
  for (const RegionReading& part : reading.parts)
    lines += (lines.empty() ? "" : "\n") + one_line(frame, *part.reading, changed, &part.region);
  return lines;
}

}  // namespace deepseekocr::plugin
