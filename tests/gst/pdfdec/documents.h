// SPDX-License-Identifier: MIT
//
// PDF documents made by the tests themselves, good and broken ones.
#ifndef DEEPSEEKOCR_TESTS_GST_PDFDEC_DOCUMENTS_H
#define DEEPSEEKOCR_TESTS_GST_PDFDEC_DOCUMENTS_H

#include <string>
#include <vector>

// A page drawn by make_document().  Sizes in points; the page has a black square of 36 points in its upper left corner
// and `text` below.
struct TestPage {
  double width = 72;
  double height = 144;
  std::string text;
  std::string label;  // page label, empty = none
};

// The bytes of a PDF that cairo writes, with the title "Test pages" and the author "Ada Test".
std::string make_document(const std::vector<TestPage>& pages);

// As many equal pages as wanted.
std::string make_document(int page_count);

// The bytes of a PDF with these objects, numbered from 1; object 1 is the catalogue.  The xref table is right.
std::string make_raw_document(const std::vector<std::string>& objects);

// A file in the folder for temporary files that goes away with this object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  std::string name() const;  // last part of path()

 private:
  std::string path_;
};

// Path of a file under tests/data/pdf.
std::string test_file(const std::string& name);

#endif  // DEEPSEEKOCR_TESTS_GST_PDFDEC_DOCUMENTS_H
