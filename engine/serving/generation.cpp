// SPDX-License-Identifier: MIT
#include "serving/generation.h"

#include <algorithm>
#include <utility>

namespace deepseekocr {

std::optional<DsocrFinishReason> Generation::accept(const TokenChoice& choice) {
  if (choice.id == limits_.eos_id && !limits_.ignore_eos) return DSOCR_FINISH_STOP;
  ids_.push_back(choice.id);
  log_probabilities_.push_back(choice.log_probability);
  margins_.push_back(choice.margin);
  ++generated_;
  const std::string piece = tokenizer_ == nullptr ? "" : stream_.push(tokenizer_->token_bytes(choice.id));
  text_ += piece;
  text_ends_.push_back(text_.size());
  if (limits_.loop_guard && is_loop(choice.id, piece)) return DSOCR_FINISH_REPETITION;
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

// Looks for both kinds of loops, and cuts the answer behind the first period.
bool Generation::is_loop(int32_t id, const std::string& piece) {
  if (const std::optional<size_t> ids_to_keep = loop_.push(id)) {
    cut(*ids_to_keep, text_.size());
    found_ = LoopKind::period;
    return true;
  }
  if (piece.empty()) return false;
  if (const std::optional<size_t> bytes_to_keep = advancing_loop_.push(piece)) {
    cut(ids_.size(), *bytes_to_keep);
    found_ = LoopKind::advancing;
    return true;
  }
  return false;
}

// Keeps the first ids, as long as neither their number nor their text exceeds the limit.
void Generation::cut(size_t id_count, size_t text_bytes) {
  text_.clear();
  text_ends_.clear();
  stream_ = Utf8Stream();
  size_t kept = 0;
  for (; kept < std::min(id_count, ids_.size()); ++kept) {
    Utf8Stream next = stream_;  // bytes of an id that is not kept must not stay in the stream
    const std::string piece = tokenizer_ == nullptr ? "" : next.push(tokenizer_->token_bytes(ids_[kept]));
    if (text_.size() + piece.size() > text_bytes) break;
    text_ += piece;
    text_ends_.push_back(text_.size());
    stream_ = std::move(next);
  }
  ids_.resize(kept);
  log_probabilities_.resize(kept);
  margins_.resize(kept);
}

}  // namespace deepseekocr
