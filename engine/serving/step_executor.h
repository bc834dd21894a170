// SPDX-License-Identifier: MIT
// Carries the scheduler's turns out on a model: vision and prefill of new pages, decode steps of running ones.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "serving/model_runner.h"
#include "serving/request.h"

namespace deepseekocr {

/// Lives on the engine thread; takes no locks.  Requests that end get their `outcome`; the caller takes them out.
/// A failure of the model ends the requests of that call only.
class StepExecutor {
 public:
  /// Called with new text of a request.
  using TextSink = std::function<void(Request&, const std::string& piece)>;

  using ClockFunction = Request::Time (*)();

  /// @param runner, tokenizer outlive this object; tokenizer may be nullptr
  /// @param now the clock that time limits are held against
  StepExecutor(ModelRunner& runner, const Tokenizer* tokenizer, TextSink sink,
               ClockFunction now = std::chrono::steady_clock::now)
      : runner_(runner), tokenizer_(tokenizer), sink_(std::move(sink)), now_(now) {}

  /// Encodes the views of all pages together, then runs each prompt and takes its first id, and those of its draft that
  /// follow.
  void admit(std::span<Request* const> requests);
  /// One decode step for all of them.  @return those that took part: not cancelled, time left
  std::vector<Request*> decode(std::span<Request* const> requests);

 private:
  std::vector<Request*> still_wanted(std::span<Request* const> requests) const;
  void encode(std::span<Request* const> requests);
  void prefill(Request& request);
  void accept(Request& request, const TokenChoice& choice);

  ModelRunner& runner_;
  const Tokenizer* tokenizer_;
  TextSink sink_;
  ClockFunction now_;
};

}  // namespace deepseekocr
