// SPDX-License-Identifier: MIT
// The previous answer of a stream as a guess at the next one.  A guess is verified inside the prefill, id by id, so a
// wrong one costs time and changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace deepseekocr {

struct PreparedPage;

/// The newest answer of each of a client's streams.  Not thread-safe: the engine uses it under its lock.
class AnswerMemory {
 public:
  static constexpr size_t kMaxStreams = 64;  ///< of more, the one that was answered longest ago is forgotten

  /// What the next answer of `stream` may begin with; empty: nothing is known of it.  At most twice as long as what its
  /// last two answers began with together: a stream whose texts have nothing in common pays for no draft.
  std::vector<int32_t> draft(uint64_t stream) const;
  /// The stream's next answer.
  void keep(uint64_t stream, const std::vector<int32_t>& ids);
  void clear() { answers_.clear(); }

 private:
  struct Answer {
    uint64_t stream = 0;
    std::vector<int32_t> ids;
    size_t draft_length = 0;  // of `ids`, from the first on
  };
  std::vector<Answer> answers_;  // the newest last
};

/// The part of a draft that can become the answer, and the ids that are banned on its way.
struct DraftPlan {
  std::span<const int32_t> ids;
  std::vector<std::vector<int32_t>> banned;  ///< at the end of the prompt, and behind each of `ids`
};

/// Ends the draft where no answer goes on: before end-of-sequence, before a banned id, at the last id but one that the
/// limits allow.
/// @param draft  outlives the plan
DraftPlan plan_draft(const PreparedPage& page, std::span<const int32_t> draft);

}  // namespace deepseekocr
