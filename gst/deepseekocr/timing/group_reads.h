// SPDX-License-Identifier: MIT
// Which frames of a run are read, and which text counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "deepseekocr/timing/letter_vote.h"

namespace deepseekocr::plugin {

/// Not thread-safe.
class GroupReads {
 public:
  /// What to read next.
  struct Look {
    size_t frame = 0; /**< one of `order` */
    size_t view = 0;  /**< 0: all that is to be read; each other number shows it to the model at another place */
  };
  struct Read {
    std::string text;
    double confidence = 0, confidence_min = 0; /**< of its tokens: mean and least, 0 to 1 */
    std::vector<float> letters{};              /**< of each character; empty: not known */
  };
  struct Outcome {
    size_t read = 0;            /**< index of the reading that counts, in the order of add() */
    std::string text;           /**< what all say together, letter by letter */
    std::vector<float> letters; /**< how sure that is of each character; empty: it is what the reading says itself */
    bool agreement = true;      /**< false: readings were to agree and did not */
    bool single_read = false;   /**< true: no second reading says the same */
  };

  /// A text with a token less probable than this is read again where there is a vote.
  static constexpr double kSure = 0.9;

  /// @param order    frames in the order in which they are worth reading, at least one
  /// @param confirm  readings that are to agree, 1 or 2
  GroupReads(std::vector<size_t> order, uint32_t confirm) : order_(std::move(order)), confirm_(confirm) {}

  /// Before the first reading is added: how often a text that is not sure may be read.  1: there is no vote.
  void set_vote(uint32_t vote) { vote_ = vote; }

  /// What to read next; nothing: it is decided.
  std::optional<Look> next() const;

  /// The reading of that.
  void add(Read read) { reads_.push_back(std::move(read)); }

  /// After at least one reading.  What a vote by letter makes of it; without one an agreed text, else the surest one
  /// that is not empty.
  Outcome outcome() const;

 private:
  bool is_unsure() const;
  bool is_settled() const;
  size_t count_of(const std::string& text) const;
  size_t nearest_to(const std::string& text) const;
  Election elect() const;

  std::vector<size_t> order_;
  uint32_t confirm_, vote_ = 1;
  std::vector<Read> reads_;
};

}  // namespace deepseekocr::plugin
