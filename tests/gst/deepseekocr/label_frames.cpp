// SPDX-License-Identifier: MIT
#include "label_frames.h"

#include <cstdio>

namespace deepseekocr::test {

void answer_number(void*, const DsocrFakeRequest* request, DsocrFakeAnswer* answer) {
  std::snprintf(answer->text, sizeof answer->text, "read %u", static_cast<unsigned>(request->number));
}

void answer_area(void*, const DsocrFakeRequest* request, DsocrFakeAnswer* answer) {
  const DsocrRect& area = request->image.area;
  std::snprintf(answer->text, sizeof answer->text, "%d,%d %dx%d", area.x, area.y, area.width, area.height);
}

void LabelTest::SetUp() {
  OcrTest::SetUp();
  fake().set_answer(answer_number, nullptr);
}

GstBuffer* frame_of(const Picture& picture, guint64 index) {
  const size_t size = size_t(picture.width()) * picture.height();
  GstBuffer* buffer = gst_buffer_new_memdup(picture.view().data, size);
  GST_BUFFER_PTS(buffer) = index * kFrame;
  GST_BUFFER_DURATION(buffer) = kFrame;
  return buffer;
}

Texts video_texts(Ocr& ocr, int count) {
  Texts texts;
  for (int i = 0; i < count; ++i) texts.push_back(meta_text(ocr.pull_video().get()));
  return texts;
}

}  // namespace deepseekocr::test
