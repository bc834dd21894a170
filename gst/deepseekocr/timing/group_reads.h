// SPDX-License-Identifier: MIT
// Which frames of a run are read, and which of their texts counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace deepseekocr::plugin {

/// Not thread-safe.
class GroupReads {
 public:
  struct Outcome {
    size_t read = 0;          /**< index of the reading that counts, in the order of add() */
    bool agreement = true;    /**< false: readings were to agree and did not */
    bool single_read = false; /**< true: no second reading says the same */
  };

  /// @param order    frames in the order in which they are worth reading, at least one
  /// @param confirm  readings that are to agree, 1 or 2
  GroupReads(std::vector<size_t> order, uint32_t confirm) : order_(std::move(order)), confirm_(confirm) {}

  /// The frame to read next; nothing: it is decided.
  std::optional<size_t> next() const;

  /// The reading of that frame.
  void add(std::string text, double confidence);

  /// After at least one reading.  An agreed text, else the surest one that is not empty.
  Outcome outcome() const;

 private:
  struct Read {
    std::string text;
    double confidence;
  };
  bool is_settled() const;
  size_t count_of(const std::string& text) const;

  std::vector<size_t> order_;
  uint32_t confirm_;
  std::vector<Read> reads_;
};

}  // namespace deepseekocr::plugin
