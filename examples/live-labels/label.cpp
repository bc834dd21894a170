// SPDX-License-Identifier: MIT
#include "label.h"

#include <algorithm>

#include "alignment.h"

namespace live_labels {
namespace {

// Two readings of one line differ less than two lines of one label.
constexpr double kSameLine = 0.5;
// A label has few lines; invented ones must not pile up while a camera looks at a texture for hours.
constexpr size_t kMostLines = 48;
constexpr size_t kMostBarcodes = 16;
constexpr double kLeastWeight = 1e-6;

// A sharp frame of which the model is sure counts most.
double weight_of(const Read& read) {
  return std::max(kLeastWeight, read.confidence * read.sharpness);
}

std::vector<TrackingNumber> numbers_of(const std::vector<std::string>& lines) {
  std::vector<TrackingNumber> numbers;
  for (const std::string& line : lines) {
    for (TrackingNumber& number : find_tracking_numbers(line)) {
      if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) numbers.push_back(std::move(number));
    }
  }
  return numbers;
}

}  // namespace

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const size_t first = text.find_first_not_of(" \t\r", start);
    if (first < end) {
      const size_t last = text.find_last_not_of(" \t\r", end - 1);
      lines.push_back(text.substr(first, last + 1 - first));
    }
    start = end + 1;
  }
  return lines;
}

// @param taken lines that this read has already: neighbours on a label may look alike
Label::Line* Label::find_line(const std::u32string& text, const std::set<Line*>& taken) {
  Line* best = nullptr;
  double best_similarity = kSameLine;
  for (Line& line : lines_) {
    const double found = line.vote.similarity_to(text);
    if (found < best_similarity || taken.contains(&line)) continue;
    best = &line;
    best_similarity = found;
  }
  return best;
}

double Label::affinity(const std::string& text) const {
  const std::vector<std::string> lines = lines_of(text);
  for (const TrackingNumber& number : numbers_of(lines)) {
    if (number_.contains(number.value)) return 1;
  }
  size_t all = 0;
  size_t known = 0;
  for (const std::string& line : lines) {
    const std::u32string characters = to_code_points(line);
    const bool found = std::any_of(lines_.begin(), lines_.end(), [&](const Line& other) {
      return other.vote.similarity_to(characters) >= kSameLine;
    });
    all += characters.size();
    known += found ? characters.size() : 0;
  }
  return all > 0 ? static_cast<double>(known) / static_cast<double>(all) : 0;
}

void Label::see(uint64_t time) {
  first_ = seen_ ? std::min(first_, time) : time;
  last_ = std::max(last_, time);
  seen_ = true;
}

void Label::add(const Read& read) {
  const double weight = weight_of(read);
  const std::vector<std::string> lines = lines_of(read.text);
  see(read.time);
  ++reads_;
  std::set<Line*> taken;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::u32string characters = to_code_points(lines[i]);
    Line* line = find_line(characters, taken);
    if (line == nullptr) {
      if (lines_.size() >= kMostLines) continue;
      line = &lines_.emplace_back();
    }
    const double position = static_cast<double>(i) / static_cast<double>(lines.size());
    taken.insert(line);
    line->vote.add(characters, weight);
    line->position = (line->position * line->weight + position * weight) / (line->weight + weight);
    line->weight += weight;
  }
  number_.add_read(numbers_of(lines), weight);
  if (weight <= best_weight_) return;
  best_weight_ = weight;
  best_read_ = read.text;
  best_confidence_ = read.confidence;
}

void Label::add(const Barcode& barcode) {
  see(barcode.time);
  number_.add_barcode(barcode.content);
  if (!holds(barcode) && barcodes_.size() < kMostBarcodes) barcodes_.push_back(barcode);
}

bool Label::holds(const Barcode& barcode) const {
  return std::any_of(barcodes_.begin(), barcodes_.end(), [&](const Barcode& other) {
    return other.type == barcode.type && other.content == barcode.content;
  });
}

// Lines that enough reads agree on, from top to bottom.  Of a label that was read less often, all.
std::vector<const Label::Line*> Label::believed_lines() const {
  const size_t needed = std::min(min_reads_, reads_);
  std::vector<const Line*> lines;
  for (const Line& line : lines_) {
    if (line.vote.readings() >= needed) lines.push_back(&line);
  }
  std::stable_sort(lines.begin(), lines.end(), [](const Line* a, const Line* b) { return a->position < b->position; });
  return lines;
}

LabelState Label::state() const {
  LabelState state;
  state.first = first_;
  state.last = last_;
  state.reads = reads_;
  state.best_read = best_read_;
  state.confidence = best_confidence_;
  state.barcodes = barcodes_;
  double characters = 0;
  for (const Line* line : believed_lines()) {
    const LineVote::Winner winner = line->vote.winner(min_reads_);
    if (winner.text.empty()) continue;
    if (!state.text.empty()) state.text += '\n';
    state.text += winner.text;
    state.agreement += winner.agreement * static_cast<double>(winner.text.size());
    characters += static_cast<double>(winner.text.size());
  }
  if (characters > 0) state.agreement /= characters;
  const bool believed = reads_ >= min_reads_;
  state.number = number_.verdict(believed ? lines_of(state.text) : std::vector<std::string>());
  return state;
}

}  // namespace live_labels
