// SPDX-License-Identifier: MIT
//
// Draws the sample files of this folder from the texts below: label.png, slip.pdf and the frames of labels.webm.
//
//   draw-samples FOLDER
//
// make-samples.sh calls it and encodes the frames.  The sizes keep letters 24 to 44 pixels high on the canvases that
// the bundled checkpoint was trained on (512x512, 512x256).

#include <cairo-pdf.h>
#include <cairo.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace {

/** One line of text: its size is the font size in the surface's unit (pixels, points). */
struct Line {
  const char* text;
  double size;
  bool bold;
};

using Lines = std::vector<Line>;

struct Color {
  double red, green, blue;
};

constexpr Color kWhite{1.0, 1.0, 1.0};
constexpr Color kInk{0.08, 0.08, 0.10};
constexpr Color kTable{0.80, 0.81, 0.80};  // what the camera of the video sees between two labels

constexpr int kFrameWidth = 512;
constexpr int kFrameHeight = 256;
constexpr int kFramesPerSecond = 5;
constexpr int kShownFrames = 10;  // a label lies there for two seconds,
constexpr int kGapFrames = 5;     // then the table is empty for one

const Lines kLabel = {{"BIN 14-C", 40, true}, {"Brass screws M4", 34, false}, {"QTY 250", 34, false}};

const std::vector<Lines> kSlipPages = {
    {{"PACKING SLIP", 22, true},
     {"Order 5821", 18, false},
     {"12 x desk lamp", 18, false},
     {"3 x wall clock", 18, false},
     {"1 x tool box", 18, false}},
    {{"SHIP TO", 22, true},
     {"Maren Holt", 18, false},
     {"Alder Lane 27", 18, false},
     {"4410 Northbridge", 18, false},
     {"HANDLE WITH CARE", 18, true}},
};

const std::vector<Lines> kVideoLabels = {
    {{"FRAGILE", 44, true}, {"THIS SIDE UP", 34, false}},
    {{"ORDER 58213", 40, true}, {"QTY 12", 34, false}},
    {{"DELIVER TO", 34, false}, {"Ingrid Vale", 40, true}},
    {{"BATCH C-17", 40, true}, {"KEEP DRY", 34, false}},
};

struct Deleter {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
using Context = std::unique_ptr<cairo_t, Deleter>;
using Surface = std::unique_ptr<cairo_surface_t, Deleter>;

[[noreturn]] void fail(const std::string& sentence) {
  std::fprintf(stderr, "draw-samples: %s\n", sentence.c_str());
  std::exit(EXIT_FAILURE);
}

void check(cairo_status_t status, const std::string& file) {
  if (status != CAIRO_STATUS_SUCCESS) fail("cannot write " + file + ": " + cairo_status_to_string(status));
}

void set_color(cairo_t* context, const Color& color) {
  cairo_set_source_rgb(context, color.red, color.green, color.blue);
}

/** Fills the rectangle (x, y, width, height) with paper and writes the lines into it, left-aligned, evenly spaced. */
void draw_lines(cairo_t* context, const Lines& lines, double x, double y, double width, double height) {
  set_color(context, kWhite);
  cairo_rectangle(context, x, y, width, height);
  cairo_fill(context);
  set_color(context, kInk);
  const double spacing = height / static_cast<double>(lines.size() + 1);
  double baseline = y + spacing;
  for (const Line& line : lines) {
    cairo_select_font_face(context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           line.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(context, line.size);
    cairo_move_to(context, x + 0.06 * width, baseline + 0.35 * line.size);
    cairo_show_text(context, line.text);
    baseline += spacing;
  }
}

void write_png(cairo_surface_t* surface, const std::string& file) {
  check(cairo_surface_write_to_png(surface, file.c_str()), file);
}

void draw_label(const std::string& file) {
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, kFrameWidth, kFrameHeight));
  const Context context(cairo_create(surface.get()));
  draw_lines(context.get(), kLabel, 0, 0, kFrameWidth, kFrameHeight);
  write_png(surface.get(), file);
}

/** Pages of 3.5 by 3.5 inches: 504x504 pixels at pdfdec's default of 144 dpi. */
void draw_slip(const std::string& file) {
  constexpr double kPoints = 252;
  const Surface surface(cairo_pdf_surface_create(file.c_str(), kPoints, kPoints));
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE, "Packing slip");
  // A fixed date, so that the same texts give the same file.
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE, "2026-01-01T00:00:00Z");
  const Context context(cairo_create(surface.get()));
  for (const Lines& page : kSlipPages) {
    draw_lines(context.get(), page, 0, 0, kPoints, kPoints);
    cairo_show_page(context.get());
  }
  cairo_surface_finish(surface.get());
  check(cairo_surface_status(surface.get()), file);
}

/** A table from above; `label` may be NULL (nothing lies there). */
void draw_frame(const std::string& file, const Lines* label) {
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, kFrameWidth, kFrameHeight));
  const Context context(cairo_create(surface.get()));
  set_color(context.get(), kTable);
  cairo_paint(context.get());
  if (label != nullptr) draw_lines(context.get(), *label, 56, 40, kFrameWidth - 112, kFrameHeight - 80);
  write_png(surface.get(), file);
}

void draw_video(const std::string& folder) {
  int number = 0;
  const auto frames = [&](int count, const Lines* label) {
    for (int i = 0; i < count; ++i) {
      char name[32];
      std::snprintf(name, sizeof name, "/frame%04d.png", number++);
      draw_frame(folder + name, label);
    }
  };
  frames(kGapFrames, nullptr);
  for (const Lines& label : kVideoLabels) {
    frames(kShownFrames, &label);
    frames(kGapFrames, nullptr);
  }
  std::printf("%d frames at %d frames per second\n", number, kFramesPerSecond);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) fail("usage: draw-samples FOLDER");
  const std::string folder = argv[1];
  std::error_code error;
  std::filesystem::create_directories(folder + "/frames", error);
  if (error) fail("cannot create " + folder + "/frames: " + error.message());
  draw_label(folder + "/label.png");
  draw_slip(folder + "/slip.pdf");
  draw_video(folder + "/frames");
  return EXIT_SUCCESS;
}
