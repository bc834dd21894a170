// SPDX-License-Identifier: MIT
//
// Which pages of a document are wanted, and in what order: the `pages` property of pdfdec.
#ifndef DEEPSEEKOCR_GST_PDFDEC_PAGESELECTION_H
#define DEEPSEEKOCR_GST_PDFDEC_PAGESELECTION_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pdfdec {

// Ranges are kept as they were written, so a selection needs memory for its text and not for its pages.
class PageSelection {
 public:
  // Reads "1-3,7,20-" for a document of `page_count` pages, counted from 1; "" selects all.  Pages come in the order
  // written, also twice.  On failure returns false and puts one sentence that names the bad part into `error`.
  static bool parse(std::string_view text, int page_count, PageSelection* selection, std::string* error);

  // Number of pages selected.
  uint64_t size() const { return size_; }

  // Page of the document, counted from 0, that comes at `position` < size().
  int page_at(uint64_t position) const;

 private:
  struct Range {
    int first;  // counted from 1
    int last;   // not below first
  };

  std::vector<Range> ranges_;
  uint64_t size_ = 0;
};

}  // namespace pdfdec

#endif  // DEEPSEEKOCR_GST_PDFDEC_PAGESELECTION_H
