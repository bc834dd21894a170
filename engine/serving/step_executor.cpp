// SPDX-License-Identifier: MIT
#include "serving/step_executor.h"

#include <chrono>
#include <utility>
#include <vector>

#include "serving/draft.h"
#include "serving/error_boundary.h"

namespace deepseekocr {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t nanoseconds_since(Clock::time_point start) {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
}

// Keeps what the encoder made of a page; pages without features were cancelled.
void take_features(Request& request, std::unique_ptr<ImageFeatures> features) {
  if (features == nullptr && request.cancelled) {
    request.end(DSOCR_FINISH_CANCELLED);
  } else if (features == nullptr || features->token_count() != request.page.image_tokens) {
    const int count = features == nullptr ? 0 : features->token_count();
    request.fail(make_error(DSOCR_INTERNAL, "The vision encoder gave " + std::to_string(count) +
                                                " image tokens where the page has " +
                                                std::to_string(request.page.image_tokens) + "."));
  } else {
    request.features = std::move(features);
  }
}

void fail_with(Request& request, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (...) {
    request.fail(current_error());
  }
}

void fail_all(std::span<Request* const> requests) {
  const DsocrError error = current_error();
  for (Request* request : requests) request->fail(error);
}

}  // namespace

// Ends requests that were cancelled or have used up their time.  @return the others
std::vector<Request*> StepExecutor::still_wanted(std::span<Request* const> requests) const {
  std::vector<Request*> wanted;
  wanted.reserve(requests.size());
  const Request::Time now = now_();
  for (Request* request : requests) {
    if (request->outcome) continue;
    if (request->cancelled) {
      request->end(DSOCR_FINISH_CANCELLED);
    } else if (request->timed_out(now)) {
      request->end(DSOCR_FINISH_TIMEOUT);
    } else {
      wanted.push_back(request);
    }
  }
  return wanted;
}

void StepExecutor::admit(std::span<Request* const> requests) {
  encode(still_wanted(requests));
  for (Request* request : still_wanted(requests)) {
    // Earlier prompts of this turn took time: look again.
    if (still_wanted({&request, 1}).empty()) continue;
    prefill(*request);
  }
}

void StepExecutor::encode(std::span<Request* const> requests) {
  if (requests.empty()) return;
  std::vector<const PageViews*> pages;
  std::vector<const CancelFlag*> flags;
  for (const Request* request : requests) {
    pages.push_back(&request->page.views);
    flags.push_back(&request->cancelled);
  }
  const Clock::time_point start = Clock::now();
  try {
    std::vector<std::unique_ptr<ImageFeatures>> features = runner_.encode(pages, flags);
    features.resize(requests.size());
    for (size_t i = 0; i < requests.size(); ++i) {
      requests[i]->timings.vision = nanoseconds_since(start);
      requests[i]->page.views = PageViews();
      take_features(*requests[i], std::move(features[i]));
    }
  } catch (...) {
    fail_all(requests);
  }
}

void StepExecutor::prefill(Request& request) {
  const PreparedPage& page = request.page;
  request.generation = Generation(tokenizer_, page.limits);
  const Clock::time_point start = Clock::now();
  try {
    const DraftPlan plan = plan_draft(page, request.draft);
    const std::vector<std::span<const int32_t>> banned(plan.banned.begin(), plan.banned.end());
    std::vector<TokenChoice> choices;
    request.sequence = runner_.prefill(
        {page.prompt.before, request.features.get(), page.prompt.after, plan.ids, banned}, request.cancelled, choices);
    request.features.reset();
    request.timings.prefill = nanoseconds_since(start);
    request.draft_tokens = plan.ids.size();
    request.draft_accepted = choices.size() - 1;
    // One by one, as decoding gives them: any of them may end the answer.
    for (size_t i = 0; i < choices.size() && !request.outcome; ++i) {
      request.ngram_bans += banned[i].empty() ? 0 : 1;
      accept(request, choices[i]);
    }
  } catch (const Cancelled&) {
    request.end(DSOCR_FINISH_CANCELLED);
  } catch (...) {
    request.fail(current_error());
  }
}

std::vector<Request*> StepExecutor::decode(std::span<Request* const> requests) {
  std::vector<Request*> wanted = still_wanted(requests);
  if (wanted.empty()) return wanted;
  const Clock::time_point start = Clock::now();
  try {
    std::vector<std::vector<int32_t>> banned;
    banned.reserve(wanted.size());
    std::vector<DecodeItem> items;
    items.reserve(wanted.size());
    for (Request* request : wanted) {
      const std::vector<int32_t>& answer = request->generation.ids();
      banned.push_back(banned_ids(request->page.ngram_rule, request->page.input_ids, answer));
      items.push_back({request->sequence.get(), answer.back(), banned.back(), {}});
      request->ngram_bans += banned.back().empty() ? 0 : 1;
    }
    runner_.decode(items);
    for (size_t i = 0; i < wanted.size(); ++i) {
      wanted[i]->timings.decode += nanoseconds_since(start);
      if (items[i].failure) {
        fail_with(*wanted[i], items[i].failure);
        continue;
      }
      accept(*wanted[i], items[i].choice);
    }
  } catch (...) {
    fail_all(wanted);
  }
  return wanted;
}

void StepExecutor::accept(Request& request, const TokenChoice& choice) {
  const std::optional<DsocrFinishReason> reason = request.generation.accept(choice);
  sink_(request, request.generation.take_new_text());
  if (reason) request.end(*reason);
}

}  // namespace deepseekocr
