// SPDX-License-Identifier: MIT
// Who takes the text: decides about cues, terminators and escapes.
#pragma once

#include <gst/gst.h>

namespace deepseekocr::plugin {

enum class TextConsumer {
  kSink,    /**< a file, a program, nobody: every reading, each ended by the terminator */
  kEncoder, /**< a subtitle encoder that nothing waits for: cues with their true ends */
  kJoin,    /**< a muxer or overlay that holds the video until the text has come: cues in steps, none kept back */
};

struct TextDownstream {
  TextConsumer consumer = TextConsumer::kSink;
  bool webvtt = false; /**< `&`, `<` and `>` have a meaning there */
};

/// Follows the links from `text_pad`, through queues and filters, up to what consumes the text.
TextDownstream find_text_downstream(GstPad* text_pad);

}  // namespace deepseekocr::plugin
