// SPDX-License-Identifier: MIT
#include "serving/request.h"

#include <utility>

namespace deepseekocr {

bool PendingText::append(std::string_view piece) {
  const std::lock_guard lock(mutex_);
  const bool was_empty = text_.empty();
  text_ += piece;
  return was_empty && !text_.empty();
}

std::string PendingText::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(text_, std::string());
}

}  // namespace deepseekocr
