// SPDX-License-Identifier: MIT
// tokenizer.json as plain data: what of it decides how text becomes ids, checked (specification 4.3).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/pre_tokenizer.h"

namespace deepseekocr {

/// An entry of `added_tokens`.
struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool normalized = false;  ///< searched after the tokens that are not
};

/// The content of a tokenizer.json.
struct TokenizerFile {
  std::vector<std::pair<std::string, int32_t>> vocabulary;  ///< spelled in the byte alphabet
  std::vector<std::pair<std::string, std::string>> merges;  ///< in order of rank
  std::vector<AddedToken> added_tokens;
  std::vector<SplitPattern> splits;
  bool ignore_merges = false;  ///< a piece that is a token stays whole
};

/// Ids lie below this; larger ones are taken for a damaged file (the official tokenizer has 128,827 tokens).
constexpr int32_t kMaxTokenId = 1 << 20;

/// Reads and checks a file of at most 256 MiB.  Byte-level BPE without normalizer is what is supported; anything else
/// that would change ids is refused by name.  `truncation`, `padding` and `post_processor` are not used.
/// @throws EngineError(DSOCR_NOT_FOUND), CheckpointError naming the file and the field
TokenizerFile read_tokenizer_file(const std::filesystem::path& path);

/// The same from text; `origin` stands for the file in messages.
TokenizerFile parse_tokenizer_file(std::string_view text, const std::string& origin);

}  // namespace deepseekocr
