// SPDX-License-Identifier: MIT
#include "text/utf8_stream.h"

#include "text/utf8.h"

namespace deepseekocr {

namespace {
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
}

std::string Utf8Stream::push(std::string_view bytes) {
  pending_ += bytes;
  std::string characters;
  characters.reserve(pending_.size());
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const Utf8Sequence sequence = first_utf8_sequence(rest);
    if (sequence.kind == Utf8Sequence::incomplete) break;
    const std::string_view found = rest.substr(0, sequence.length);
    // NUL would end the text early behind the C boundary.
    const bool replace = sequence.kind == Utf8Sequence::broken || found[0] == '\0';
    characters += replace ? kReplacement : found;
    replaced_ = replaced_ || replace;
    rest.remove_prefix(sequence.length);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return characters;
}

std::string Utf8Stream::finish() {
  if (pending_.empty()) return {};
  // What is left is right so far, so it is one maximal subpart.
  pending_.clear();
  replaced_ = true;
  return std::string(kReplacement);
}

}  // namespace deepseekocr
