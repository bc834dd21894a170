// SPDX-License-Identifier: MIT
// Random readings and drafts of their answers, and what becomes of them: for the test that a draft changes nothing, and
// for the program that says how often it does where numbers are rounded.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "image/image.h"
#include "serving/generation.h"
#include "serving/model_runner.h"
#include "serving/sampler.h"
#include "text/prompt.h"

namespace deepseekocr::test {

/// What is read, and by which rules.
struct Scene {
  RgbImage picture;
  PromptIds prompt;
  NgramRule rule;
  GenerationLimits limits;
};

struct NamedDraft {
  std::string kind;
  std::vector<int32_t> ids;
};

struct SceneAnswer {
  DsocrFinishReason reason = DSOCR_FINISH_ERROR;
  std::vector<int32_t> ids;
  std::vector<float> log_probabilities, margins;
  uint64_t bans = 0;            ///< steps at which an id was banned
  uint64_t draft_tokens = 0;    ///< verified
  uint64_t draft_accepted = 0;  ///< of these
  int length = 0;               ///< positions of the sequence in the end
  bool operator==(const SceneAnswer&) const = default;
};

/// Of every third scene, end-of-sequence is an id that the model comes to, so that its answer stops there.
Scene random_scene(ModelRunner& model, std::mt19937& random, size_t index);

/// Reads the scene as the engine does, with `draft` as the draft.
/// @throws std::runtime_error with the engine's sentence
SceneAnswer read(ModelRunner& model, const Scene& scene, std::span<const int32_t> draft);

/// Ten drafts of an answer, from itself to one that has nothing to do with it.
std::vector<NamedDraft> drafts_of(const std::vector<int32_t>& answer, const Scene& scene, int vocabulary,
                                  std::mt19937& random);

}  // namespace deepseekocr::test
