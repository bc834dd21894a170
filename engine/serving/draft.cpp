// SPDX-License-Identifier: MIT
#include "serving/draft.h"

#include <algorithm>
#include <utility>

#include "serving/request.h"
#include "serving/sampler.h"

namespace deepseekocr {
namespace {

/// How many ids both begin with.
size_t common_length(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

bool contains(const std::vector<int32_t>& ids, int32_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

std::vector<int32_t> AnswerMemory::draft(uint64_t stream) const {
  const auto found = std::find_if(answers_.begin(), answers_.end(), [&](const auto& a) { return a.stream == stream; });
  if (found == answers_.end()) return {};
  return {found->ids.begin(), found->ids.begin() + static_cast<ptrdiff_t>(found->draft_length)};
}

void AnswerMemory::keep(uint64_t stream, const std::vector<int32_t>& ids) {
  size_t length = ids.size();
  const auto found = std::find_if(answers_.begin(), answers_.end(), [&](const auto& a) { return a.stream == stream; });
  if (found != answers_.end()) {
    // An empty answer says nothing about what comes after it.
    if (!found->ids.empty()) length = std::min(length, 2 * common_length(found->ids, ids));
    answers_.erase(found);
  } else if (answers_.size() == kMaxStreams) {
    answers_.erase(answers_.begin());
  }
  answers_.push_back({stream, ids, length});
}

DraftPlan plan_draft(const PreparedPage& page, std::span<const int32_t> draft) {
  // The choice behind the last id of a draft belongs to the answer, too.
  const size_t limit = std::min(draft.size(), static_cast<size_t>(page.limits.max_new_tokens - 1));
  DraftPlan plan;
  size_t length = 0;
  while (true) {
    plan.banned.push_back(banned_ids(page.ngram_rule, page.input_ids, draft.first(length)));
    if (length == limit || contains(plan.banned.back(), draft[length])) break;
    if (draft[length] == page.limits.eos_id && !page.limits.ignore_eos) break;
    ++length;
  }
  plan.ids = draft.first(length);
  return plan;
}

}  // namespace deepseekocr
