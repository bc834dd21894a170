// SPDX-License-Identifier: MIT
#include "serving/result_builder.h"

#include <utility>

#include "serving/line_confidence.h"

namespace deepseekocr {
namespace {

DsocrResult empty_result(const Request& request) {
  DsocrResult result{};
  result.struct_size = sizeof result;
  result.request_id = request.id;
  result.text = "";
  result.plain_text = "";
  result.markdown = "";
  result.timings = request.timings;
  return result;
}

DsocrRegion to_c(const Region& region) {
  return {region.kind,
          region.label.c_str(),
          region.text.c_str(),
          {region.box.x, region.box.y, region.box.width, region.box.height}};
}

}  // namespace

Result::Result(const Request& request) {
  result_ = empty_result(request);
  result_.finish_reason = request.outcome->reason;
  result_.error = request.outcome->error ? &*request.outcome->error : nullptr;
  add_text(request);
  add_lines(request);
  add_page(request.page);
  add_confidence(request.generation.log_probabilities());
}

void Result::add_text(const Request& request) {
  const Generation& generation = request.generation;
  parsed_ = parse_answer(generation.text(), request.image.area(), request.image.picture_width(),
                         request.image.picture_height());
  regions_.reserve(parsed_.regions.size());
  for (const Region& region : parsed_.regions) regions_.push_back(to_c(region));
  result_.text = generation.text().c_str();
  result_.plain_text = parsed_.plain.c_str();
  result_.markdown = parsed_.markdown.c_str();
  result_.invalid_utf8 = generation.invalid_utf8() ? 1 : 0;
  result_.ids = generation.ids().data();
  result_.log_probabilities = generation.log_probabilities().data();
  result_.margins = generation.margins().data();
  result_.token_count = generation.ids().size();
  result_.regions = regions_.data();
  result_.region_count = regions_.size();
}

void Result::add_page(const PreparedPage& page) {
  result_.prompt_tokens = static_cast<int32_t>(page.input_ids.size());
  result_.image_tokens = page.image_tokens;
  result_.canvas_width = page.plan.global.width;
  result_.canvas_height = page.plan.global.height;
  result_.tile_columns = page.plan.tiles.columns;
  result_.tile_rows = page.plan.tiles.rows;
}

void Result::add_lines(const Request& request) {
  const Generation& generation = request.generation;
  const auto lines = answer_lines(generation.text(), generation.text_ends(), generation.log_probabilities());
  line_texts_.reserve(lines.size());  // their characters must not move
  for (const AnswerLine& line : lines) {
    std::string plain =
        parse_answer(line.text, request.image.area(), request.image.picture_width(), request.image.picture_height())
            .plain;
    if (plain.empty()) continue;
    line_texts_.push_back(std::move(plain));
    lines_.push_back({line_texts_.back().c_str(), static_cast<float>(line.confidence.mean),
                      static_cast<float>(line.confidence.least)});
  }
  result_.lines = lines_.data();
  result_.line_count = lines_.size();
}

void Result::add_confidence(const std::vector<float>& log_probabilities) {
  const Confidence confidence = confidence_of(log_probabilities.data(), log_probabilities.size());
  result_.confidence_mean = static_cast<float>(confidence.mean);
  result_.confidence_min = static_cast<float>(confidence.least);
}

DsocrResult failed_result(const Request& request, const DsocrError& error) {
  DsocrResult result = empty_result(request);
  result.finish_reason = DSOCR_FINISH_ERROR;
  result.error = &error;
  return result;
}

}  // namespace deepseekocr
