// SPDX-License-Identifier: MIT
#include "deepseekocr/reading.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

#include "deepseekocr/text_format.h"
#include "deepseekocr/timing/letter_vote.h"

namespace deepseekocr::plugin {
namespace {

std::string string_or_empty(const char* text) {
  return text != nullptr ? text : "";
}

/// Engines of an older interface say nothing of lines.
std::vector<Line> lines_of(const DsocrResult& result) {
  std::vector<Line> lines;
  if (result.struct_size < offsetof(DsocrResult, line_count) + sizeof result.line_count) return lines;
  for (size_t i = 0; i < result.line_count; ++i) {
    const DsocrLine& line = result.lines[i];
    lines.push_back({string_or_empty(line.text), line.confidence_mean, line.confidence_min});
  }
  return lines;
}

/// Readers of letters write one token for each.
std::vector<float> letters_of(const DsocrResult& result, const std::string& raw) {
  std::vector<float> letters;
  if (result.log_probabilities == nullptr || count_characters(raw) != result.token_count) return letters;
  for (size_t i = 0; i < result.token_count; ++i) letters.push_back(std::exp(result.log_probabilities[i]));
  return letters;
}

using Letter = std::vector<float>::const_iterator;

/// @param first  before `last`
double mean_of(Letter first, Letter last) {
  return std::accumulate(first, last, 0.0) / static_cast<double>(last - first);
}

}  // namespace

Reading reading_from_result(const DsocrResult& result) {
  Reading reading;
  reading.finish_reason = result.finish_reason;
  if (result.finish_reason == DSOCR_FINISH_ERROR) {
    reading.status = result.error != nullptr ? result.error->status : DSOCR_INTERNAL;
    reading.error = result.error != nullptr ? result.error->message : "the engine gave no reason";
  }
  reading.raw = string_or_empty(result.text);
  reading.plain = string_or_empty(result.plain_text);
  reading.markdown = string_or_empty(result.markdown);
  reading.invalid_utf8 = result.invalid_utf8 != 0;
  reading.regions.reserve(result.region_count);
  for (size_t i = 0; i < result.region_count; ++i) {
    const DsocrRegion& region = result.regions[i];
    reading.regions.push_back({region.kind, string_or_empty(region.label), string_or_empty(region.text), region.box});
  }
  reading.tokens = static_cast<uint32_t>(result.token_count);
  reading.lines = lines_of(result);
  reading.letters = letters_of(result, reading.raw);
  reading.confidence = result.confidence_mean;
  reading.confidence_min = result.confidence_min;
  reading.timings = result.timings;
  return reading;
}

void correct_text(Reading& reading, std::string text, const std::vector<float>& letters) {
  const std::string own = plain_text(reading.plain);
  const bool bare = reading.regions.empty() && reading.parts.empty() && plain_text(reading.raw) == own &&
                    plain_text(reading.markdown) == own;
  if (!bare || letters.size() != count_characters(text) || letters.empty()) return;
  reading.lines.clear();
  auto first = letters.begin();
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    const auto last = first + static_cast<ptrdiff_t>(count_characters(line));
    if (first != last) reading.lines.push_back({line, mean_of(first, last), *std::min_element(first, last)});
    begin = end + 1;
    first = last == letters.end() ? last : last + 1;
  }
  reading.confidence = mean_of(letters.begin(), letters.end());
  reading.confidence_min = *std::min_element(letters.begin(), letters.end());
  reading.letters = letters;
  reading.raw = reading.markdown = text;
  reading.plain = std::move(text);
}

Reading failed_reading(DsocrStatus status, std::string sentence) {
  Reading reading;
  reading.finish_reason = DSOCR_FINISH_ERROR;
  reading.status = status;
  reading.error = std::move(sentence);
  return reading;
}

Reading cancelled_reading() {
  Reading reading;
  reading.finish_reason = DSOCR_FINISH_CANCELLED;
  return reading;
}

const char* finish_reason_name(DsocrFinishReason reason) {
  switch (reason) {
    case DSOCR_FINISH_STOP:
      return "stop";
    case DSOCR_FINISH_LENGTH:
      return "length";
    case DSOCR_FINISH_REPETITION:
      return "repetition";
    case DSOCR_FINISH_TIMEOUT:
      return "timeout";
    case DSOCR_FINISH_CANCELLED:
      return "cancelled";
    case DSOCR_FINISH_ERROR:
      break;
  }
  return "error";
}

const char* region_kind_name(DsocrRegionKind kind) {
  switch (kind) {
    case DSOCR_REGION_TEXT:
      return "text";
    case DSOCR_REGION_TITLE:
      return "title";
    case DSOCR_REGION_TABLE:
      return "table";
    case DSOCR_REGION_IMAGE:
      return "image";
    case DSOCR_REGION_OTHER:
      break;
  }
  return "other";
}

}  // namespace deepseekocr::plugin
