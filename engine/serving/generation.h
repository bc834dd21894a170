// SPDX-License-Identifier: MIT
// The answer of one request while it grows: ids, text and the rules that end it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "serving/model_runner.h"
#include "serving/sampler.h"
#include "text/advancing_loop.h"
#include "text/tokenizer.h"
#include "text/utf8_stream.h"

namespace deepseekocr {

/// When an answer ends.
struct GenerationLimits {
  int max_new_tokens = 1;  ///< at least 1
  int32_t eos_id = 1;
  bool ignore_eos = false;
  bool loop_guard = true;
};

/// What kind of loop an answer was cut for.
enum class LoopKind {
  none,
  period,    ///< the same few ids again and again
  advancing  ///< the same block again and again while its numbers count on
};

/// Collects chosen ids.  Used by one thread at a time.
class Generation {
 public:
  Generation() = default;
  /// @param tokenizer outlives this object; nullptr: no text, ids only
  Generation(const Tokenizer* tokenizer, const GenerationLimits& limits) : tokenizer_(tokenizer), limits_(limits) {}

  /// Adds a choice.  End-of-sequence is not added to the answer.
  /// @return why the answer is complete, or nothing.
  std::optional<DsocrFinishReason> accept(const TokenChoice& choice);

  /// Ends the text: bytes of an unfinished character become U+FFFD.  Call once; accept() must not follow.
  void finish();

  /// The characters that were completed since the last call.
  std::string take_new_text();

  const std::vector<int32_t>& ids() const { return ids_; }
  const std::vector<float>& log_probabilities() const { return log_probabilities_; }
  const std::vector<float>& margins() const { return margins_; }
  /// For each id: bytes of text() that end with it.
  const std::vector<size_t>& text_ends() const { return text_ends_; }
  const std::string& text() const { return text_; }
  bool invalid_utf8() const { return stream_.replaced(); }
  /// Ids generated so far, those that a loop guard cut included.
  uint64_t generated() const { return generated_; }
  /// Not `none` if and only if accept() returned REPETITION.
  LoopKind loop() const { return found_; }

 private:
  bool is_loop(int32_t id, const std::string& piece);
  void cut(size_t id_count, size_t text_bytes);

  const Tokenizer* tokenizer_ = nullptr;
  GenerationLimits limits_;
  std::vector<int32_t> ids_;
  std::vector<float> log_probabilities_;
  std::vector<float> margins_;
  std::vector<size_t> text_ends_;
  std::string text_;
  size_t taken_ = 0;  // bytes of text_ that take_new_text() has returned
  uint64_t generated_ = 0;
  Utf8Stream stream_;
  LoopDetector loop_;
  AdvancingLoopDetector advancing_loop_;
  LoopKind found_ = LoopKind::none;
};

}  // namespace deepseekocr
