// SPDX-License-Identifier: MIT
#include "serving/generation.h"

#include <algorithm>

namespace deepseekocr {

std::optional<DsocrFinishReason> Generation::accept(const TokenChoice& choice) {
  if (choice.id == limits_.eos_id && !limits_.ignore_eos) return DSOCR_FINISH_STOP;
  ids_.push_back(choice.id);
  log_probabilities_.push_back(choice.log_probability);
  margins_.push_back(choice.margin);
  ++generated_;
  if (limits_.loop_guard) {
    if (const std::optional<size_t> keep = loop_.push(choice.id)) {
      cut(*keep);
      return DSOCR_FINISH_REPETITION;
    }
  }
  if (tokenizer_ != nullptr) text_ += stream_.push(tokenizer_->token_bytes(choice.id));
  if (ids_.size() >= static_cast<size_t>(limits_.max_new_tokens)) return DSOCR_FINISH_LENGTH;
  return std::nullopt;
}

void Generation::finish() {
  text_ += stream_.finish();
}

std::string Generation::take_new_text() {
  std::string piece = text_.substr(std::min(taken_, text_.size()));
  taken_ = std::max(taken_, text_.size());
  return piece;
}

void Generation::cut(size_t count) {
  ids_.resize(std::min(count, ids_.size()));
  log_probabilities_.resize(ids_.size());
  margins_.resize(ids_.size());
  text_.clear();
  stream_ = Utf8Stream();
  if (tokenizer_ == nullptr) return;
  for (const int32_t id : ids_) text_ += stream_.push(tokenizer_->token_bytes(id));
}

}  // namespace deepseekocr
