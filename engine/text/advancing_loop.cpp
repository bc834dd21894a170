// SPDX-License-Identifier: MIT
#include "text/advancing_loop.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "text/coordinates.h"
#include "text/grounding_tags.h"
#include "text/utf8.h"

namespace deepseekocr {

namespace {

constexpr std::string_view kRef = "<|ref|>";
constexpr size_t kGroundedRun = 12;
constexpr size_t kLineRun = 24;
constexpr size_t kShortTextRun = 64;
constexpr size_t kManyLetters = 16;
constexpr double kBoxTolerance = 2;

/// ASCII letters, and one count for each character beyond ASCII.
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0xC0;
}

}  // namespace

AdvancingLoopDetector::Block AdvancingLoopDetector::read_block(std::string_view text) {
  Block block;
  block.grounded = text.starts_with(kRef);
  std::string words;
  for (const GroundedBlock& part : split_grounded(text)) {
    words += part.label;
    words += '\n';
    words += part.content;
    const auto boxes = parse_coordinates(part.coordinates);
    if (block.box.empty() && boxes && !boxes->empty()) block.box.assign(boxes->front().begin(), boxes->front().end());
  }
  for (size_t i = 0; i < words.size(); ++i) {
    if (!is_digit(words[i])) {
      block.letters += is_letter(words[i]) ? 1 : 0;
      block.words += words[i];
      continue;
    }
    double number = 0;
    for (; i < words.size() && is_digit(words[i]); ++i) number = number * 10 + (words[i] - '0');
    --i;
    block.numbers.push_back(number);
    block.words += '#';
  }
  return block;
}

bool AdvancingLoopDetector::continues(const Block& previous, const Block& next) {
  return previous.grounded == next.grounded && previous.words == next.words && previous.box.size() == next.box.size();
}

bool AdvancingLoopDetector::is_long_enough(const Block& block) const {
  if (block.letters >= kManyLetters) return run_ >= (block.grounded ? kGroundedRun : kLineRun);
  const auto numbers_end = step_.begin() + static_cast<std::ptrdiff_t>(block.numbers.size());
  const bool numbers_equal = std::all_of(step_.begin(), numbers_end, [](double step) { return step == 0; });
  return run_ >= kShortTextRun && (block.letters > 0 || numbers_equal);
}

std::optional<size_t> AdvancingLoopDetector::add(Block block, size_t offset, size_t end) {
  if (block.letters == 0 && block.numbers.empty()) return std::nullopt;
  if (!last_ || !continues(*last_, block)) {
    run_ = 1;
    keep_ = end;
    step_.clear();
    last_ = std::move(block);
    return std::nullopt;
  }
  // Equal words have equally many numbers.
  const size_t numbers = block.numbers.size();
  std::vector<double> step;
  for (size_t i = 0; i < numbers; ++i) step.push_back(block.numbers[i] - last_->numbers[i]);
  for (size_t i = 0; i < block.box.size(); ++i) step.push_back(block.box[i] - last_->box[i]);
  bool steady = true;
  for (size_t i = 0; i < step.size() && run_ > 1; ++i) {
    // Not "greater": numbers too large for a double give NaN, which is no steady step.
    steady = steady && std::abs(step[i] - step_[i]) <= (i < numbers ? 0 : kBoxTolerance);
  }
  if (!steady) {  // a new run may begin with the block before
    run_ = 1;
    keep_ = offset;
  }
  ++run_;
  step_ = std::move(step);
  last_ = std::move(block);
  return is_long_enough(*last_) ? std::optional(keep_) : std::nullopt;
}

/// Length of the block at the start of `text`, or npos while it may go on.
size_t AdvancingLoopDetector::block_length(std::string_view text) {
  const bool grounded = text.starts_with(kRef);
  const size_t from = std::max(searched_, grounded ? kRef.size() : size_t{0});
  // A line ends before the first match; looking for the nearer end first would scan the rest for each line.
  size_t end = grounded ? text.find(kRef, from) : text.find_first_of("\n<", from);
  while (!grounded && end != std::string_view::npos && text[end] == '<' && !text.substr(end).starts_with(kRef)) {
    end = text.find_first_of("\n<", end + 1);
  }
  if (end == std::string_view::npos) {
    searched_ = text.size() - std::min(text.size(), kRef.size() - 1);
    return end;
  }
  searched_ = 0;
  return text[end] == '\n' ? end + 1 : end;
}

std::optional<size_t> AdvancingLoopDetector::push(std::string_view piece) {
  pending_ += piece;
  std::string_view rest = pending_;
  std::optional<size_t> keep;
  for (size_t length = block_length(rest); length != std::string_view::npos; length = block_length(rest)) {
    const std::optional<size_t> found = add(read_block(rest.substr(0, length)), offset_, offset_ + length);
    if (!keep) keep = found;
    offset_ += length;
    rest.remove_prefix(length);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return keep;
}

std::optional<size_t> find_advancing_loop(std::string_view text) {
  return AdvancingLoopDetector().push(text);
}

}  // namespace deepseekocr
