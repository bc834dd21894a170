// SPDX-License-Identifier: MIT
#include "text/tokenizer.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "checkpoint/error.h"
#include "text/added_tokens.h"
#include "text/bpe.h"
#include "text/byte_alphabet.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer_file.h"
#include "text/utf8_stream.h"

namespace deepseekocr {

namespace {

constexpr size_t kMaxTextBytes = size_t{1} << 30;

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using IdMap = std::unordered_map<std::string, int32_t, StringHash, std::equal_to<>>;

}  // namespace

class Tokenizer::Impl {
 public:
  Impl(TokenizerFile file, const std::string& origin)
      : origin_(origin), pre_tokenizer_(file.splits, origin), ignore_merges_(file.ignore_merges) {
    // The largest id decides the table's size; ids were checked against kMaxTokenId.
    int32_t size = 0;
    for (const auto& entry : file.vocabulary) size = std::max(size, entry.second + 1);
    for (const AddedToken& token : file.added_tokens) size = std::max(size, token.id + 1);
    bytes_.resize(static_cast<size_t>(size));
    add_vocabulary(std::move(file.vocabulary));
    for (const AddedToken& token : file.added_tokens) add_added_token(token);
    add_merges(file.merges);
    add_byte_tokens();
  }

  std::vector<int32_t> encode(std::string_view text) const {
    if (text.size() >= kMaxTextBytes) {
      throw ArgumentError("The text has " + std::to_string(text.size()) +
                          " bytes, more than the 1 GiB that can be tokenized at once.");
    }
    std::vector<int32_t> ids;
    encode_around(added_, text, ids, [&](std::string_view part) {
      encode_around(added_normalized_, part, ids, [&](std::string_view gap) { encode_gap(gap, ids); });
    });
    return ids;
  }

  std::string_view token_bytes(int32_t id) const {
    return id < 0 || id >= size() ? std::string_view() : std::string_view(bytes_[static_cast<size_t>(id)]);
  }

  std::optional<int32_t> find(std::string_view token) const {
    const auto found = ids_.find(token);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }

  int32_t size() const { return static_cast<int32_t>(bytes_.size()); }

 private:
  /// Ids of the added tokens, and `encode_rest` for what lies between them.
  template <typename Function>
  static void encode_around(const AddedTokens& added, std::string_view text, std::vector<int32_t>& ids,
                            const Function& encode_rest) {
    size_t start = 0;
    while (const auto match = added.find(text, start)) {
      encode_rest(text.substr(start, match->offset - start));
      ids.push_back(match->id);
      start = match->offset + match->length;
    }
    encode_rest(text.substr(start));
  }

  void encode_gap(std::string_view text, std::vector<int32_t>& ids) const {
    for (const std::string_view piece : pre_tokenizer_.split(text)) {
      if (ignore_merges_) {
        const auto whole = whole_tokens_.find(piece);
        if (whole != whole_tokens_.end()) {
          ids.push_back(whole->second);
          continue;
        }
      }
      bpe_.encode(piece, ids);
    }
  }

  void add_vocabulary(std::vector<std::pair<std::string, int32_t>>&& vocabulary) {
    ids_.reserve(vocabulary.size());
    std::vector<bool> taken(bytes_.size());
    for (auto& [spelling, id] : vocabulary) {
      const auto index = static_cast<size_t>(id);
      if (taken[index]) {
        throw CheckpointError(origin_ + ": \"model.vocab\" gives the id " + std::to_string(id) +
                              " to two tokens; one of them is \"" + spelling + "\".");
      }
      taken[index] = true;
      // Added tokens may stand in the vocabulary too, in their own characters.
      bytes_[index] = unspell_bytes(spelling).value_or(spelling);
      if (ignore_merges_) whole_tokens_.emplace(bytes_[index], id);
      ids_.emplace(std::move(spelling), id);
    }
  }

  void add_added_token(const AddedToken& token) {
    const auto [known, is_new] = ids_.try_emplace(token.content, token.id);
    if (known->second != token.id) {
      throw CheckpointError(origin_ + ": \"added_tokens\" gives \"" + token.content + "\" the id " +
                            std::to_string(token.id) + ", which it already has as " + std::to_string(known->second) +
                            "; a token must have one id.");
    }
    std::string& bytes = bytes_[static_cast<size_t>(token.id)];
    if (is_new && !bytes.empty()) {
      throw CheckpointError(origin_ + ": \"added_tokens\" gives \"" + token.content + "\" the id " +
                            std::to_string(token.id) + " of another token; ids must be unique.");
    }
    bytes = token.content;
    (token.normalized ? added_normalized_ : added_).add(token.content, token.id);
  }

  int32_t merge_part(const std::string& spelling, size_t rank) const {
    const auto found = ids_.find(spelling);
    if (found != ids_.end()) return found->second;
    throw CheckpointError(origin_ + ": \"model.merges[" + std::to_string(rank) + "]\" needs the token \"" + spelling +
                          "\", which is not in \"model.vocab\".");
  }

  void add_merges(const std::vector<std::pair<std::string, std::string>>& merges) {
    bpe_.reserve_merges(merges.size());
    for (size_t rank = 0; rank < merges.size(); ++rank) {
      const auto& [left, right] = merges[rank];
      bpe_.add_merge(merge_part(left, rank), merge_part(right, rank), merge_part(left + right, rank));
    }
  }

  void add_byte_tokens() {
    for (int byte = 0; byte < 256; ++byte) {
      const auto found = ids_.find(spell_byte(static_cast<uint8_t>(byte)));
      if (found != ids_.end()) bpe_.set_byte_token(static_cast<uint8_t>(byte), found->second);
    }
  }

  std::string origin_;
  PreTokenizer pre_tokenizer_;
  bool ignore_merges_;
  std::vector<std::string> bytes_;  // by id; empty: no token
  IdMap ids_;                       // by spelling
  IdMap whole_tokens_;              // by bytes; only for ignore_merges
  AddedTokens added_;
  AddedTokens added_normalized_;
  BytePairEncoder bpe_;
};

Tokenizer::Tokenizer(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::from_file(const std::filesystem::path& path) {
  return Tokenizer(std::make_unique<const Impl>(read_tokenizer_file(path), path.string()));
}

Tokenizer Tokenizer::from_json(std::string_view text, const std::string& origin) {
  return Tokenizer(std::make_unique<const Impl>(parse_tokenizer_file(text, origin), origin));
}

std::vector<int32_t> Tokenizer::encode(std::string_view text) const {
  return impl_->encode(text);
}

std::string_view Tokenizer::token_bytes(int32_t id) const {
  return impl_->token_bytes(id);
}

std::string Tokenizer::decode(const std::vector<int32_t>& ids) const {
  Utf8Stream stream;
  std::string text;
  for (const int32_t id : ids) text += stream.push(token_bytes(id));
  return text + stream.finish();
}

std::optional<int32_t> Tokenizer::find(std::string_view token) const {
  return impl_->find(token);
}

int32_t Tokenizer::size() const {
  return impl_->size();
}

}  // namespace deepseekocr
