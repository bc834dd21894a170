// SPDX-License-Identifier: MIT
// Frames with a label on them, and answers of the fake engine that tell what was asked.
#pragma once

#include <string>
#include <vector>

#include "gate_picture.h"
#include "support.h"

namespace deepseekocr::test {

using Texts = std::vector<std::string>;

constexpr const char* kLabelCaps = "video/x-raw,format=GRAY8,width=320,height=160,framerate=10/1";

/// Answers with the number of the request: tells readings from repeats.
void answer_number(void*, const DsocrFakeRequest* request, DsocrFakeAnswer* answer);

/// Answers with the rectangle that the model is shown.
void answer_area(void*, const DsocrFakeRequest* request, DsocrFakeAnswer* answer);

/// Requests are answered by answer_number().
class LabelTest : public OcrTest {
 protected:
  void SetUp() override;
};

/// A frame of kLabelCaps or, where the caps say so, of another size; `index` gives its time at ten frames a second.
GstBuffer* frame_of(const Picture& picture, guint64 index);

/// Texts of the metadata of the next frames, "-" where there is none.
Texts video_texts(Ocr& ocr, int count);

}  // namespace deepseekocr::test
