// SPDX-License-Identifier: MIT
// Incremental UTF-8: bytes in, whole characters out.
#pragma once

#include <string>
#include <string_view>

namespace deepseekocr {

/// Collects the bytes of generated tokens and hands out whole characters only.  Broken sequences become U+FFFD, one for
/// each maximal subpart (Unicode 3.9, as WHATWG decoders and Python's errors="replace" do).  NUL bytes become U+FFFD.
class Utf8Stream {
 public:
  /// Adds bytes; returns the characters that are now complete.
  std::string push(std::string_view bytes);
  /// Ends the stream: an incomplete tail becomes U+FFFD.
  std::string finish();
  /// Whether anything had to be replaced so far.
  bool replaced() const { return replaced_; }

 private:
  std::string pending_;
  bool replaced_ = false;
};

}  // namespace deepseekocr
