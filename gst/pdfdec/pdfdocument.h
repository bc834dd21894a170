// SPDX-License-Identifier: MIT
//
// A PDF document and its pages, drawn by Poppler.  All that pdfdec knows of Poppler is behind this header.
#ifndef DEEPSEEKOCR_GST_PDFDEC_PDFDOCUMENT_H
#define DEEPSEEKOCR_GST_PDFDEC_PDFDOCUMENT_H

#include <cstdint>
#include <memory>
#include <string>

#include "bytesource.h"

typedef struct _PopplerDocument PopplerDocument;
typedef struct _PopplerPage PopplerPage;

namespace pdfdec {

// What a document says about itself; empty or 0 where it says nothing.  UTF-8.
struct DocumentInfo {
  std::string title;
  std::string author;
  std::string subject;
  std::string keywords;
  std::string creator;   // program that wrote the original
  std::string producer;  // program that made the PDF
  int64_t created = 0;   // seconds since 1970, UTC
};

// Pixels of a page at some resolution, after its rotation.
struct PageSize {
  int width = 0;
  int height = 0;
};

// One page.  Lives no longer than its document.
class PdfPage {
 public:
  explicit PdfPage(PopplerPage* page) : page_(page) {}  // takes the reference
  ~PdfPage();
  PdfPage(const PdfPage&) = delete;
  PdfPage& operator=(const PdfPage&) = delete;

  // Printed page number such as "iv" or "12"; empty where there is none.
  std::string label() const;

  // Size at `dpi`, each side rounded to the nearest pixel and at least 1.  Fails, with a sentence in `error`, for a
  // page without a usable size, with a side of more than 32767 pixels or with more than `max_pixels`.
  bool measure(double dpi, uint64_t max_pixels, PageSize* size, std::string* error) const;

  // Draws the page upright on white into `pixels`: size.height rows of `stride` bytes, each pixel a native-endian
  // 32-bit word 0xFFRRGGBB.  False, with a sentence in `error`, where the drawing library gives up.
  bool draw(const PageSize& size, uint8_t* pixels, int stride, std::string* error) const;

 private:
  PopplerPage* page_;
};

// Used by one thread at a time.
class PdfDocument {
 public:
  enum class Status { kOpen, kEncrypted, kDamaged };

  // Opens the document in `source`.  Returns kOpen with `document` set, or why not with Poppler's words in `error`.
  // An empty `password` means none.
  static Status open(std::shared_ptr<ByteSource> source, const std::string& password,
                     std::unique_ptr<PdfDocument>* document, std::string* error);

  ~PdfDocument();
  PdfDocument(const PdfDocument&) = delete;
  PdfDocument& operator=(const PdfDocument&) = delete;

  // 0 in a document without pages.
  int page_count() const;

  DocumentInfo info() const;

  // Page `index` from 0; null where the document's page tree has no page in that place.
  std::unique_ptr<PdfPage> page(int index) const;

 private:
  explicit PdfDocument(PopplerDocument* document) : document_(document) {}

  PopplerDocument* document_;
};

// Whether the end mark of a PDF stands in the last kilobyte, where every complete file has it.
bool has_end_mark(ByteSource* source);

}  // namespace pdfdec

#endif  // DEEPSEEKOCR_GST_PDFDEC_PDFDOCUMENT_H
