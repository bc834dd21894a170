// SPDX-License-Identifier: MIT
// Failures inside the engine: a status and one sentence.  Caught at the C boundary, never beyond.
#pragma once

#include <deepseekocr/engine.h>

#include <stdexcept>
#include <string>

namespace deepseekocr {

/// Base of every error that the engine reports on purpose.  `what()` is one sentence that names the file, field or
/// value.
class EngineError : public std::runtime_error {
 public:
  EngineError(DsocrStatus status, const std::string& sentence) : std::runtime_error(sentence), status_(status) {}
  DsocrStatus status() const { return status_; }

 private:
  DsocrStatus status_;
};

/// A file of the checkpoint is missing or does not hold what it should.
class CheckpointError : public EngineError {
 public:
  explicit CheckpointError(const std::string& sentence) : EngineError(DSOCR_INVALID_CHECKPOINT, sentence) {}
};

/// A value that the caller passed is out of range.
class ArgumentError : public EngineError {
 public:
  explicit ArgumentError(const std::string& sentence) : EngineError(DSOCR_INVALID_ARGUMENT, sentence) {}
};

}  // namespace deepseekocr
