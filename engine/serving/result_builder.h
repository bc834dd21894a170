// SPDX-License-Identifier: MIT
// From an ended request to the DsocrResult that done() receives.
#pragma once

#include <deepseekocr/engine.h>

#include <string>
#include <vector>

#include "serving/request.h"
#include "text/grounding.h"

namespace deepseekocr {

/// A DsocrResult together with everything that it points to.  Not copied or moved: the pointers stay inside.
class Result {
 public:
  /// Parses the answer.  `request` has its outcome and outlives this object.
  explicit Result(const Request& request);
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;

  const DsocrResult& get() const { return result_; }

 private:
  void add_text(const Request& request);
  void add_page(const PreparedPage& page);
  void add_lines(const Request& request);
  void add_confidence(const std::vector<float>& log_probabilities);

  ParsedText parsed_;
  std::vector<DsocrRegion> regions_;
  std::vector<std::string> line_texts_;
  std::vector<DsocrLine> lines_;
  DsocrResult result_{};
};

/// The least that can be said when building the whole result failed: no memory is taken.
DsocrResult failed_result(const Request& request, const DsocrError& error);

}  // namespace deepseekocr
