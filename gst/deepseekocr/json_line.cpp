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

Json line_object(const Line& line) {
  return {{"text", line.text}, {"confidence", line.confidence}, {"confidence-min", line.confidence_min}};
}

Json region_of_interest(const RegionOfInterest& region) {
  const DsocrRect& box = region.box;
  return {{"id", region.id}, {"class", region.object_class}, {"x", box.x},
          {"y", box.y},      {"width", box.width},           {"height", box.height}};
}

/// An object of what a frame reads or, where `part` is set, a region of it.
std::string one_line(const FrameInfo& frame, const Reading& whole, bool changed, TextSpan span,
                     const RegionReading* part) {
  const Reading& reading = part != nullptr ? *part->reading : whole;
  Json object = {{"frame-number", frame.number},
                 {"pts", time_or_null(frame.pts)},
                 {"stream-time", time_or_null(frame.stream_time)},
                 {"running-time", time_or_null(frame.running_time)},
                 {"duration", time_or_null(frame.duration)}};
  object["start"] = time_or_null(span.start == kNoTime ? frame.stream_time : span.start);
  object["end"] = time_or_null(span.end == kNoTime ? frame.end() : span.end);
  if (frame.page > 0) object["page"] = frame.page;
  object["text"] = plain_text(reading.plain);
  object["markdown"] = reading.markdown;
  object["finish-reason"] = finish_reason_name(reading.finish_reason);
  if (!reading.error.empty()) object["error"] = reading.error;
  object["changed"] = changed;
  object["tokens"] = reading.tokens;
  object["confidence"] = reading.confidence;
  object["confidence-min"] = reading.confidence_min;
  object["lines"] = Json::array();
  for (const Line& line : reading.lines) object["lines"].push_back(line_object(line));
  object["agreement"] = whole.agreement;
  object["single-read"] = whole.single_read;
  object["latency"] = whole.latency;
  object["prompt"] = reading.prompt;
  object["width"] = frame.width;
  object["height"] = frame.height;
  if (part != nullptr) object["region-of-interest"] = region_of_interest(part->region);
  object["regions"] = Json::array();
  for (const Region& region : reading.regions) object["regions"].push_back(region_object(region));
  // Broken bytes must not throw: the engine promises UTF-8, another engine behind the same boundary may not keep it.
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string json_line(const FrameInfo& frame, const Reading& reading, bool changed, TextSpan span) {
  if (reading.parts.empty()) return one_line(frame, reading, changed, span, nullptr);
  std::string lines;
  for (const RegionReading& part : reading.parts)
    lines += (lines.empty() ? "" : "\n") + one_line(frame, reading, changed, span, &part);
  return lines;
}

}  // namespace deepseekocr::plugin
