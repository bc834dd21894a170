// SPDX-License-Identifier: MIT
#include "golden/golden_run.h"

#include <algorithm>
#include <memory>

#include "image/views.h"
#include "tools/patterns.h"
#include "tools/sha256.h"

namespace deepseekocr::test {
namespace {

const CancelFlag never{false};

std::unique_ptr<ImageFeatures> encode(const GoldenCase& golden, ModelRunner& model) {
  const RgbImage picture = draw_pattern(golden.pattern, golden.width, golden.height);
  if (sha256_hex(picture.data.data(), picture.data.size()) != golden.image_sha256) {
    throw std::runtime_error("the picture of case " + golden.name + " is not the one of the goldens");
  }
  const PageViews views = make_views(picture, plan_views(picture, golden.mode, 9, model.config()));
  const PageViews* page = &views;
  const CancelFlag* flag = &never;
  return std::move(model.encode({&page, 1}, {&flag, 1}).at(0));
}

std::vector<int32_t> decode(const GoldenCase& golden, const GoldenDecode& run, const ImageFeatures& image,
                            ModelRunner& model) {
  std::vector<int32_t> prompt = golden.ids_before;
  prompt.insert(prompt.end(), static_cast<size_t>(image.token_count()), model.config().image_token_id);
  prompt.insert(prompt.end(), golden.ids_after.begin(), golden.ids_after.end());

  std::vector<int32_t> ids;
  TokenChoice choice;
  const auto sequence =
      model.prefill(golden.ids_before, image, golden.ids_after, banned_ids(run.ngram, prompt, ids), never, choice);
  ids.push_back(choice.id);
  while (ids.size() < run.ids.size()) {
    const std::vector<int32_t> banned = banned_ids(run.ngram, prompt, ids);
    DecodeItem item{sequence.get(), choice.id, banned, {}};
    model.decode({&item, 1});
    choice = item.choice;
    ids.push_back(choice.id);
  }
  return ids;
}

Comparison compare_ids(const GoldenCase& golden, const GoldenDecode& run, size_t equal, Precision precision) {
  Comparison result;
  result.golden_case = golden.name;
  result.stage = "ids " + run.rule;
  if (run.ngram.size > 0) result.stage += " " + std::to_string(run.ngram.size);
  if (run.ngram.window > 0) result.stage += "/" + std::to_string(run.ngram.window);
  if (!run.ngram.whitelist.empty()) result.stage += " whitelist";
  result.error = static_cast<double>(run.ids.size() - equal);
  const auto count = static_cast<double>(run.ids.size());
  result.limit = precision == Precision::fp32 ? 0 : precision == Precision::int4 ? count : count - 1;
  result.holds = result.error <= result.limit;
  result.remark = std::to_string(equal) + " of " + std::to_string(run.ids.size()) + " ids equal";
  if (equal < run.ids.size()) result.remark += ", margin of the next " + std::to_string(run.margins.at(equal));
  return result;
}

Comparison compare_count(const GoldenCase& golden, int tokens) {
  Comparison result;
  result.golden_case = golden.name;
  result.stage = "image token count";
  result.error = std::abs(tokens - golden.image_tokens);
  result.holds = tokens == golden.image_tokens;
  return result;
}

}  // namespace

std::vector<Comparison> run_golden_case(const GoldenCase& golden, ModelRunner& model, StageStore& stages,
                                        Precision precision) {
  stages.clear();
  const std::unique_ptr<ImageFeatures> image = encode(golden, model);
  std::vector<Comparison> all = {compare_count(golden, image->token_count())};
  for (size_t i = 0; i < golden.decode.size(); ++i) {
    const GoldenDecode& run = golden.decode[i];
    const std::vector<int32_t> ids = decode(golden, run, *image, model);
    const auto parted = std::mismatch(ids.begin(), ids.end(), run.ids.begin(), run.ids.end()).first;
    const auto equal = static_cast<size_t>(parted - ids.begin());
    all.push_back(compare_ids(golden, run, equal, precision));
    if (i == 0) {  // the stages belong to the first run
      const std::vector<Comparison> own = compare_stages(golden, stages, precision, equal);
      all.insert(all.end(), own.begin(), own.end());
    }
  }
  return all;
}

}  // namespace deepseekocr::test
