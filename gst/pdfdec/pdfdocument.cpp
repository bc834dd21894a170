// SPDX-License-Identifier: MIT
#include "pdfdocument.h"

#include <cairo.h>
#include <poppler.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "byteinputstream.h"

namespace pdfdec {
namespace {

constexpr double kPointsPerInch = 72.0;
constexpr int kMaxSide = 32767;  // pixels; cairo's limit for an image surface

// Takes the string over.
std::string take(char* text) {
  std::string copy = text != nullptr ? text : "";
  g_free(text);
  return copy;
}

// Drawing leaves anything in the unused byte of a pixel.  Some converters take that byte for alpha, so it is made
// opaque.
void make_opaque(const PageSize& size, uint8_t* pixels, int stride) {
  for (int y = 0; y < size.height; ++y) {
    auto* row = reinterpret_cast<uint32_t*>(pixels + static_cast<ptrdiff_t>(y) * stride);
    for (int x = 0; x < size.width; ++x) row[x] |= 0xFF000000U;
  }
}

struct SurfaceDeleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
struct ContextDeleter {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};

}  // namespace

PdfPage::~PdfPage() {
  g_object_unref(page_);
}

std::string PdfPage::label() const {
  return take(poppler_page_get_label(page_));
}

bool PdfPage::measure(double dpi, uint64_t max_pixels, PageSize* size, std::string* error) const {
  double points_wide = 0;
  double points_high = 0;
  poppler_page_get_size(page_, &points_wide, &points_high);
  const double width = std::max(1.0, std::round(points_wide * dpi / kPointsPerInch));
  const double height = std::max(1.0, std::round(points_high * dpi / kPointsPerInch));
  if (!std::isfinite(points_wide) || !std::isfinite(points_high) || points_wide <= 0 || points_high <= 0) {
    *error = "it has no usable size";
    return false;
  }
  if (width > kMaxSide || height > kMaxSide || width * height > static_cast<double>(max_pixels)) {
    char* text =
        g_strdup_printf("%.0f x %.0f points are %.0f x %.0f pixels at %g dpi, more than max-pixels (%" G_GUINT64_FORMAT
                        ") or more than %d on a side; lower dpi or raise max-pixels",
                        points_wide, points_high, width, height, dpi, max_pixels, kMaxSide);
    *error = take(text);
    return false;
  }
  *size = {static_cast<int>(width), static_cast<int>(height)};
  return true;
}

bool PdfPage::draw(const PageSize& size, uint8_t* pixels, int stride, std::string* error) const {
  double points_wide = 0;
  double points_high = 0;
  poppler_page_get_size(page_, &points_wide, &points_high);

  std::unique_ptr<cairo_surface_t, SurfaceDeleter> surface(
      cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_RGB24, size.width, size.height, stride));
  std::unique_ptr<cairo_t, ContextDeleter> context(cairo_create(surface.get()));
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  cairo_scale(context.get(), size.width / points_wide, size.height / points_high);
  poppler_page_render(page_, context.get());

  cairo_surface_finish(surface.get());
  cairo_status_t status = cairo_status(context.get());
  if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(surface.get());
  if (status != CAIRO_STATUS_SUCCESS) {
    *error = std::string("drawing failed: ") + cairo_status_to_string(status);
    return false;
  }
  make_opaque(size, pixels, stride);
  return true;
}

PdfDocument::Status PdfDocument::open(std::shared_ptr<ByteSource> source, const std::string& password,
                                      std::unique_ptr<PdfDocument>* document, std::string* error) {
  const auto size = static_cast<goffset>(source->size());
  g_autoptr(GInputStream) stream = byte_input_stream_new(std::move(source));
  g_autoptr(GError) failure = nullptr;
  PopplerDocument* opened =
      poppler_document_new_from_stream(stream, size, password.empty() ? nullptr : password.c_str(), nullptr, &failure);
  if (opened != nullptr) {
    document->reset(new PdfDocument(opened));
    return Status::kOpen;
  }
  *error = failure != nullptr ? failure->message : "no reason given";
  const bool encrypted = g_error_matches(failure, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED);
  return encrypted ? Status::kEncrypted : Status::kDamaged;
}

PdfDocument::~PdfDocument() {
  g_object_unref(document_);
}

int PdfDocument::page_count() const {
  return std::max(0, poppler_document_get_n_pages(document_));
}

DocumentInfo PdfDocument::info() const {
  DocumentInfo info;
  info.title = take(poppler_document_get_title(document_));
  info.author = take(poppler_document_get_author(document_));
  info.subject = take(poppler_document_get_subject(document_));
  info.keywords = take(poppler_document_get_keywords(document_));
  info.creator = take(poppler_document_get_creator(document_));
  info.producer = take(poppler_document_get_producer(document_));
  g_autoptr(GDateTime) created = poppler_document_get_creation_date_time(document_);
  if (created != nullptr) info.created = g_date_time_to_unix(created);
  return info;
}

std::unique_ptr<PdfPage> PdfDocument::page(int index) const {
  PopplerPage* page = poppler_document_get_page(document_, index);
  return page != nullptr ? std::make_unique<PdfPage>(page) : nullptr;
}

bool has_end_mark(ByteSource* source) {
  constexpr std::string_view kEndMark = "%%EOF";
  constexpr uint64_t kTailSize = 1024;
  std::string tail(std::min(source->size(), kTailSize), '\0');
  const uint64_t start = source->size() - tail.size();
  size_t filled = 0;
  while (filled < tail.size()) {
    const int64_t count = source->read(start + filled, tail.data() + filled, tail.size() - filled);
    if (count <= 0) break;
    filled += static_cast<size_t>(count);
  }
  return std::string_view(tail).substr(0, filled).find(kEndMark) != std::string_view::npos;
}

}  // namespace pdfdec
