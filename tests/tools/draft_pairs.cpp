// SPDX-License-Identifier: MIT
#include "tools/draft_pairs.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "serving/request.h"
#include "serving/step_executor.h"
#include "tools/patterns.h"

namespace deepseekocr::test {
namespace {

int between(std::mt19937& random, int least, int most) {
  return least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1));
}

/// A pattern with some blocks of other colours on it.
RgbImage random_picture(std::mt19937& random) {
  static const char* const kPatterns[] = {"syn", "smooth", "page"};
  const int width = between(random, 60, 400), height = between(random, 60, 400);
  RgbImage picture = draw_pattern(kPatterns[random() % 3], width, height);
  for (int block = between(random, 0, 6); block > 0; --block) {
    const int left = between(random, 0, width - 20), top = between(random, 0, height - 20);
    const auto colour = static_cast<uint8_t>(random() & 255);
    for (int y = top; y < top + 20; ++y)
      std::fill_n(picture.data.begin() + (static_cast<ptrdiff_t>(y) * width + left) * 3, 60, colour);
  }
  return picture;
}

std::vector<int32_t> random_ids(std::mt19937& random, size_t count, int vocabulary) {
  std::vector<int32_t> ids(count);
  for (int32_t& id : ids) id = between(random, 0, vocabulary - 1);
  return ids;
}

NgramRule random_rule(std::mt19937& random) {
  static const NgramRule kRules[] = {{0, 0, {}}, {2, 0, {}}, {3, 20, {}}, {2, 12, {}}, {30, 90, {}}};
  return kRules[random() % std::size(kRules)];
}

std::vector<int32_t> joined(std::vector<int32_t> first, const std::vector<int32_t>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::shared_ptr<Request> prepared_request(const Scene& scene, const ModelConfig& config) {
  static const uint8_t kPixel = 0;
  DsocrImage pixel{};  // the views are made here
  pixel.struct_size = sizeof pixel;
  pixel.format = DSOCR_FORMAT_GRAY8;
  pixel.width = pixel.height = pixel.strides[0] = 1;
  pixel.planes[0] = &kPixel;
  auto request = std::make_shared<Request>(1, nullptr, RequestSpec{}, pixel, DSOCR_MEMORY_HOST, PixelRelease(pixel));
  PreparedPage& page = request->page;
  const DsocrMode mode = config.uses_canvases() ? DSOCR_MODE_AUTO : DSOCR_MODE_TINY;
  page.plan = plan_views(scene.picture, mode, 2, config);
  page.views = make_views(scene.picture, page.plan);
  page.image_tokens = image_token_count(page.plan, config);
  page.prompt = scene.prompt;
  page.input_ids = page.prompt.before;
  page.input_ids.insert(page.input_ids.end(), static_cast<size_t>(page.image_tokens), config.image_token_id);
  page.input_ids.insert(page.input_ids.end(), page.prompt.after.begin(), page.prompt.after.end());
  page.ngram_rule = scene.rule;
  page.limits = scene.limits;
  return request;
}

}  // namespace

Scene random_scene(ModelRunner& model, std::mt19937& random, size_t index) {
  const int vocabulary = model.config().decoder.vocab_size;
  Scene scene;
  scene.picture = random_picture(random);
  scene.prompt = {{0}, random_ids(random, static_cast<size_t>(between(random, 1, 5)), vocabulary)};
  scene.rule = random_rule(random);
  scene.limits.max_new_tokens = between(random, 20, 40);
  scene.limits.eos_id = model.config().decoder.eos_id;
  if (index % 3 == 0) {
    scene.limits.ignore_eos = true;
    scene.limits.eos_id = read(model, scene, {}).ids.at(15);
    scene.limits.ignore_eos = false;
  }
  return scene;
}

SceneAnswer read(ModelRunner& model, const Scene& scene, std::span<const int32_t> draft) {
  const std::shared_ptr<Request> request = prepared_request(scene, model.config());
  request->draft.assign(draft.begin(), draft.end());
  StepExecutor executor(model, nullptr, [](Request&, const std::string&) {});
  Request* const members[] = {request.get()};
  executor.admit(members);
  while (!request->outcome) executor.decode(members);
  if (request->outcome->error) throw std::runtime_error(request->outcome->error->message);
  const Generation& generation = request->generation;
  return {request->outcome->reason, generation.ids(),      generation.log_probabilities(), generation.margins(),
          request->ngram_bans,      request->draft_tokens, request->draft_accepted,        request->sequence->length()};
}

std::vector<NamedDraft> drafts_of(const std::vector<int32_t>& answer, const Scene& scene, int vocabulary,
                                  std::mt19937& random) {
  const auto length = static_cast<ptrdiff_t>(answer.size());
  const ptrdiff_t place = length == 0 ? 0 : between(random, 0, static_cast<int>(length) - 1);
  const std::vector<int32_t> front(answer.begin(), answer.begin() + place), rest(answer.begin() + place, answer.end());
  const std::vector<int32_t> unrelated = random_ids(random, 30, vocabulary), end = {scene.limits.eos_id};
  std::vector<int32_t> changed = answer, swapped = answer;
  if (length > 0) changed[static_cast<size_t>(place)] = (changed[static_cast<size_t>(place)] + 1) % vocabulary;
  if (place > 0) std::swap(swapped[static_cast<size_t>(place)], swapped[static_cast<size_t>(place) - 1]);
  return {{"equal", answer},
          {"one id changed", changed},
          {"unrelated", unrelated},
          {"longer", joined(answer, unrelated)},
          {"shorter", front},
          {"empty", {}},
          {"end of sequence inside", joined(joined(front, end), rest)},
          {"end of sequence and more", joined(joined(answer, end), unrelated)},
          {"a part twice", joined(joined(front, front), rest)},
          {"two ids swapped", swapped}};
}

}  // namespace deepseekocr::test
