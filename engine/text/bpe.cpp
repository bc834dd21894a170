// SPDX-License-Identifier: MIT
#include "text/bpe.h"

#include <algorithm>
#include <tuple>

#include "checkpoint/error.h"

namespace deepseekocr {

namespace {

uint64_t pair_key(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

}  // namespace

/// A piece while it is merged: symbols in a doubly linked list, and possible merges in a heap.  A merge that is taken
/// leaves outdated entries for its neighbours in the heap; they are recognised when they come up.
class BytePairEncoder::Word {
 public:
  Word(const BytePairEncoder& encoder, std::string_view piece) : encoder_(encoder) {
    symbols_.reserve(piece.size());
    for (const char byte : piece) {
      const auto position = static_cast<int32_t>(symbols_.size());
      symbols_.push_back({encoder.byte_tokens_[static_cast<uint8_t>(byte)], position - 1, position + 1});
    }
    if (!symbols_.empty()) symbols_.back().next = -1;
  }

  void merge_all() {
    for (int32_t i = 0; i < static_cast<int32_t>(symbols_.size()); ++i) propose(i);
    while (!candidates_.empty()) {
      std::pop_heap(candidates_.begin(), candidates_.end(), later);
      const Candidate candidate = candidates_.back();
      candidates_.pop_back();
      if (is_current(candidate)) apply(candidate);
    }
  }

  void append_to(std::vector<int32_t>& ids) const {
    if (symbols_.empty()) return;
    for (int32_t i = 0; i >= 0; i = at(i).next) ids.push_back(at(i).id);
  }

 private:
  struct Symbol {
    int32_t id;  // -1: merged into the symbol before it
    int32_t previous;
    int32_t next;
  };
  struct Candidate {
    int32_t rank;
    int32_t position;  // of the left symbol
    int32_t merged;
  };

  /// Order of the heap: the lowest rank first, the leftmost of equal ones.
  static bool later(const Candidate& a, const Candidate& b) {
    return std::tie(a.rank, a.position) > std::tie(b.rank, b.position);
  }

  Symbol& at(int32_t position) { return symbols_[static_cast<size_t>(position)]; }
  const Symbol& at(int32_t position) const { return symbols_[static_cast<size_t>(position)]; }

  const Merge* merge_at(int32_t position) const {
    const Symbol& left = at(position);
    return left.id < 0 || left.next < 0 ? nullptr : encoder_.find_merge(left.id, at(left.next).id);
  }

  void propose(int32_t position) {
    const Merge* merge = merge_at(position);
    if (!merge) return;
    candidates_.push_back({merge->rank, position, merge->merged});
    std::push_heap(candidates_.begin(), candidates_.end(), later);
  }

  bool is_current(const Candidate& candidate) const {
    const Merge* merge = merge_at(candidate.position);
    return merge && merge->rank == candidate.rank;
  }

  void apply(const Candidate& candidate) {
    Symbol& left = at(candidate.position);
    Symbol& right = at(left.next);
    left.id = candidate.merged;
    left.next = right.next;
    right.id = -1;
    if (left.next >= 0) at(left.next).previous = candidate.position;
    if (left.previous >= 0) propose(left.previous);
    propose(candidate.position);
  }

  const BytePairEncoder& encoder_;
  std::vector<Symbol> symbols_;
  std::vector<Candidate> candidates_;
};

BytePairEncoder::BytePairEncoder() {
  byte_tokens_.fill(-1);
}

void BytePairEncoder::set_byte_token(uint8_t byte, int32_t id) {
  byte_tokens_[byte] = id;
}

void BytePairEncoder::reserve_merges(size_t count) {
  merges_.reserve(count);
}

void BytePairEncoder::add_merge(int32_t left, int32_t right, int32_t merged) {
  merges_.try_emplace(pair_key(left, right), Merge{static_cast<int32_t>(merges_.size()), merged});
}

const BytePairEncoder::Merge* BytePairEncoder::find_merge(int32_t left, int32_t right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void BytePairEncoder::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  for (const char byte : piece) {
    const auto value = static_cast<uint8_t>(byte);
    if (byte_tokens_[value] >= 0) continue;
    throw ArgumentError("The text holds the byte " + std::to_string(value) +
                        ", for which this checkpoint's tokenizer has no token; use a text of its characters.");
  }
  Word word(*this, piece);
  word.merge_all();
  word.append_to(ids);
}

}  // namespace deepseekocr
