// SPDX-License-Identifier: MIT
#include "documents.h"

#include <cairo-pdf.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

static cairo_status_t append(void* closure, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

static void draw_page(cairo_surface_t* surface, cairo_t* context, const TestPage& page) {
  cairo_pdf_surface_set_size(surface, page.width, page.height);
  if (!page.label.empty()) cairo_pdf_surface_set_page_label(surface, page.label.c_str());
  cairo_set_source_rgb(context, 0, 0, 0);
  cairo_rectangle(context, 0, 0, 36, 36);
  cairo_fill(context);
  if (!page.text.empty()) {
    cairo_set_font_size(context, 10);
    cairo_move_to(context, 4, 60);
    cairo_show_text(context, page.text.c_str());
  }
  cairo_show_page(context);
}

std::string make_document(const std::vector<TestPage>& pages) {
  std::string bytes;
  cairo_surface_t* surface = cairo_pdf_surface_create_for_stream(append, &bytes, 72, 144);
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, "Test pages");
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, "Ada Test");
  cairo_t* context = cairo_create(surface);
  for (const TestPage& page : pages) draw_page(surface, context, page);
  cairo_destroy(context);
  cairo_surface_destroy(surface);
  return bytes;
}

std::string make_document(int page_count) {
  return make_document(std::vector<TestPage>(static_cast<size_t>(page_count)));
}

std::string make_raw_document(const std::vector<std::string>& objects) {
  std::string bytes = "%PDF-1.4\n";
  std::string table = "0000000000 65535 f \n";
  int number = 0;
  for (const std::string& object : objects) {
    char entry[32];
    std::snprintf(entry, sizeof entry, "%010zu 00000 n \n", bytes.size());
    table += entry;
    bytes += std::to_string(++number) + " 0 obj\n" + object + "\nendobj\n";
  }
  const std::string size = std::to_string(objects.size() + 1);
  const std::string start = std::to_string(bytes.size());
  return bytes + "xref\n0 " + size + "\n" + table + "trailer\n<< /Size " + size + " /Root 1 0 R >>\nstartxref\n" +
         start + "\n%%EOF\n";
}

TemporaryFile::TemporaryFile(const std::string& bytes) {
  g_autofree char* path = nullptr;
  const int descriptor = g_file_open_tmp("pdfdec-XXXXXX.pdf", &path, nullptr);
  EXPECT_GE(descriptor, 0);
  close(descriptor);
  path_ = path;
  EXPECT_TRUE(g_file_set_contents(path, bytes.data(), static_cast<gssize>(bytes.size()), nullptr));
}

TemporaryFile::~TemporaryFile() {
  g_unlink(path_.c_str());
}

std::string TemporaryFile::name() const {
  g_autofree char* base = g_path_get_basename(path_.c_str());
  return base;
}

std::string test_file(const std::string& name) {
  return std::string(TEST_DATA_DIR) + "/pdf/" + name;
}
