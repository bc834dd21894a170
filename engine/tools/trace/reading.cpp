// SPDX-License-Identifier: MIT
#include "tools/trace/reading.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "checkpoint/error.h"
#include "model/torch_runner.h"
#include "serving/sampler.h"
#include "text/prompt.h"
#include "text/tokenizer.h"
#include "tools/trace/ppm.h"

namespace deepseekocr::trace {
namespace {

/// Runs `work` and adds its wall time to `milliseconds`.
template <typename Work>
auto timed(double& milliseconds, Work work) {
  using Clock = std::chrono::steady_clock;
  struct Stopwatch {
    double& total;
    Clock::time_point start = Clock::now();
    ~Stopwatch() { total += std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }
  } const stopwatch{milliseconds};
  return work();
}

std::optional<Tokenizer> load_tokenizer(const Options& options) {
  const auto path = options.model.model_path / "tokenizer.json";
  if (!std::filesystem::exists(path)) return std::nullopt;
  return Tokenizer::from_file(path);
}

PromptIds prompt_ids(const Options& options, const ModelConfig& config, const std::optional<Tokenizer>& tokenizer) {
  if (options.ids_before) return {*options.ids_before, *options.ids_after};
  if (!tokenizer) {
    throw EngineError(DSOCR_NOT_FOUND, "Model " + options.model.model_path.string() +
                                           " has no tokenizer.json: give --ids-before-image and --ids-after-image.");
  }
  return encode_prompt(*tokenizer, config, options.prompt.value_or(default_prompt(config)));
}

/// The ids that the classic n-gram rule looks at.
std::vector<int32_t> input_ids(const PromptIds& prompt, int image_tokens, int32_t image_token_id) {
  std::vector<int32_t> ids = prompt.before;
  ids.insert(ids.end(), static_cast<size_t>(image_tokens), image_token_id);
  ids.insert(ids.end(), prompt.after.begin(), prompt.after.end());
  return ids;
}

class Greedy {
 public:
  Greedy(const Options& options, ModelRunner& model, Reading& reading)
      : options_(options), model_(model), reading_(reading) {}

  void run(const PromptIds& prompt, const ImageFeatures& image) {
    const std::vector<int32_t> inputs = input_ids(prompt, image.token_count(), model_.config().image_token_id);
    reading_.prompt_tokens = static_cast<int>(inputs.size());
    const int room = model_.config().decoder.max_positions - reading_.prompt_tokens;
    const int limit = options_.max_new_tokens > 0 ? std::min(options_.max_new_tokens, room) : room;

    TokenChoice choice;
    std::vector<int32_t> banned = banned_ids(options_.ngram, inputs, reading_.ids);
    const std::unique_ptr<Sequence> sequence = timed(reading_.timings.prefill, [&] {
      return model_.prefill(prompt.before, image, prompt.after, banned, CancelFlag{false}, choice);
    });
    timed(reading_.timings.decode, [&] {
      while (take(choice) && static_cast<int>(reading_.ids.size()) < limit) {
        banned = banned_ids(options_.ngram, inputs, reading_.ids);
        DecodeItem item{sequence.get(), choice.id, banned, {}};
        model_.decode({&item, 1});
        choice = item.choice;
      }
    });
  }

 private:
  /// Adds an id to the answer.  @return false if it ends the answer
  bool take(const TokenChoice& choice) {
    if (choice.id == model_.config().decoder.eos_id && !options_.ignore_eos) {
      reading_.stopped = true;
      return false;
    }
    reading_.ids.push_back(choice.id);
    reading_.log_probabilities.push_back(choice.log_probability);
    reading_.margins.push_back(choice.margin);
    return true;
  }

  const Options& options_;
  ModelRunner& model_;
  Reading& reading_;
};

}  // namespace

Reading read_picture(const Options& options, StageRecorder* recorder) {
  Reading reading;
  const CancelFlag never{false};
  const RgbImage picture = read_ppm(options.image);
  const auto model =
      timed(reading.timings.load, [&] { return load_torch_model(options.model, nullptr, never, recorder); });
  reading.device = model->device();
  reading.precision = model->precision();
  reading.kv_cache = model->kv_cache();
  const ModelConfig& config = model->config();
  const std::optional<Tokenizer> tokenizer = load_tokenizer(options);
  const PromptIds prompt = prompt_ids(options, config, tokenizer);

  reading.plan = plan_views(picture, options.mode, options.max_tiles, config);
  const PageViews views = timed(reading.timings.preprocess, [&] { return make_views(picture, reading.plan); });
  const auto features = timed(reading.timings.vision, [&] {
    const PageViews* page = &views;
    const CancelFlag* cancelled = &never;
    return model->encode({&page, 1}, {&cancelled, 1});
  });
  reading.image_tokens = features[0]->token_count();
  Greedy(options, *model, reading).run(prompt, *features[0]);
  if (tokenizer) reading.text = tokenizer->decode(reading.ids);
  return reading;
}

}  // namespace deepseekocr::trace
