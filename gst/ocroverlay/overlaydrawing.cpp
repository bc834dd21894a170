// SPDX-License-Identifier: MIT
#include "ocroverlay/overlaydrawing.h"

#include <pango/pangocairo.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace ocroverlay {
namespace {

// A rectangle of whole pixels of the frame.
struct Area {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;

  int width() const { return right - left; }
  int height() const { return bottom - top; }
  bool empty() const { return width() <= 0 || height() <= 0; }

  Area clipped_to(const Area& other) const {
    return {std::max(left, other.left), std::max(top, other.top), std::min(right, other.right),
            std::min(bottom, other.bottom)};
  }
  Area united_with(const Area& other) const {
    if (empty()) return other;
    if (other.empty()) return *this;
    return {std::min(left, other.left), std::min(top, other.top), std::max(right, other.right),
            std::max(bottom, other.bottom)};
  }
  Area grown_by(int pixels) const { return {left - pixels, top - pixels, right + pixels, bottom + pixels}; }
};

struct LayoutDeleter {
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
};
using Layout = std::unique_ptr<PangoLayout, LayoutDeleter>;

struct ContextDeleter {
  void operator()(PangoContext* context) const { g_object_unref(context); }
};
using Context = std::unique_ptr<PangoContext, ContextDeleter>;

// Pixels under one part of the overlay, in cairo's own format, which is the overlay rectangles' too.
class Canvas {
 public:
  // `area` is not empty.
  explicit Canvas(const Area& area) : area_(area) {
    const size_t size = static_cast<size_t>(area.width()) * 4 * static_cast<size_t>(area.height());
    buffer_ = gst_buffer_new_allocate(nullptr, size, nullptr);
    gst_buffer_memset(buffer_, 0, 0, size);
    gst_buffer_add_video_meta(buffer_, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB,
                              static_cast<guint>(area.width()), static_cast<guint>(area.height()));
    gst_buffer_map(buffer_, &map_, GST_MAP_READWRITE);
    surface_ = cairo_image_surface_create_for_data(map_.data, CAIRO_FORMAT_ARGB32, area.width(), area.height(),
                                                   area.width() * 4);
    cairo_ = cairo_create(surface_);
    cairo_translate(cairo_, -area.left, -area.top);  // from here on in pixels of the frame
  }

  ~Canvas() {
    close();
    gst_buffer_unref(buffer_);
  }

  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  cairo_t* cairo() { return cairo_; }

  // Returns: (transfer full): what was drawn.  Nothing can be drawn after it.
  GstVideoOverlayRectangle* finish() {
    close();
    return gst_video_overlay_rectangle_new_raw(buffer_, area_.left, area_.top, static_cast<guint>(area_.width()),
                                               static_cast<guint>(area_.height()),
                                               GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  }

 private:
  void close() {
    if (cairo_ == nullptr) return;
    cairo_destroy(cairo_);
    cairo_surface_finish(surface_);
    cairo_surface_destroy(surface_);
    gst_buffer_unmap(buffer_, &map_);
    cairo_ = nullptr;
  }

  Area area_;
  GstBuffer* buffer_ = nullptr;
  GstMapInfo map_;
  cairo_surface_t* surface_ = nullptr;
  cairo_t* cairo_ = nullptr;
};

void set_color(cairo_t* cairo, uint32_t color) {
  cairo_set_source_rgba(cairo, ((color >> 16) & 0xFF) / 255.0, ((color >> 8) & 0xFF) / 255.0, (color & 0xFF) / 255.0,
                        (color >> 24) / 255.0);
}

void fill_area(cairo_t* cairo, const Area& area, uint32_t color) {
  set_color(cairo, color);
  cairo_rectangle(cairo, area.left, area.top, area.width(), area.height());
  cairo_fill(cairo);
}

// Black or white, whichever can be read on `background`.
uint32_t readable_on(uint32_t background) {
  const double luma =
      0.299 * ((background >> 16) & 0xFF) + 0.587 * ((background >> 8) & 0xFF) + 0.114 * (background & 0xFF);
  return luma > 140 ? 0xFF000000 : 0xFFFFFFFF;
}

// ---- Text
// ------------------------------------------------------------------------------------------------------------

// `scale` is the size relative to the full text's.  The text is never taken for markup.
Layout make_layout(PangoContext* context, const Style& style, int frame_height, double scale, const std::string& text) {
  PangoFontDescription* font =
      pango_font_description_from_string(style.font.empty() ? "Sans Bold" : style.font.c_str());
  if ((pango_font_description_get_set_fields(font) & PANGO_FONT_MASK_SIZE) == 0) {
    const double pixels = std::max(12.0, frame_height / 30.0) * scale;
    pango_font_description_set_absolute_size(font, pixels * PANGO_SCALE);
  }
  Layout layout(pango_layout_new(context));
  pango_layout_set_font_description(layout.get(), font);
  pango_font_description_free(font);
  pango_layout_set_text(layout.get(), text.c_str(), static_cast<int>(text.size()));
  return layout;
}

void measure(PangoLayout* layout, int* width, int* height) {
  PangoRectangle logical;
  pango_layout_get_pixel_extents(layout, nullptr, &logical);
  *width = logical.width;
  *height = logical.height;
}

void show_layout(cairo_t* cairo, PangoLayout* layout, int x, int y, uint32_t color) {
  set_color(cairo, color);
  cairo_move_to(cairo, x, y);
  pango_cairo_update_layout(cairo, layout);
  pango_cairo_show_layout(cairo, layout);
}

// The whole text in a box across the bottom or top, at most half of the frame high.
GstVideoOverlayRectangle* draw_full_text(PangoContext* context, const std::string& text, const Style& style,
                                         const Area& frame) {
  const int padding = std::max(4, frame.height() / 90);
  const int room = frame.width() - 4 * padding;
  const int max_height = frame.height() / 2 - 2 * padding;
  if (room < 8 || max_height < 8) return nullptr;  // a frame too small for letters
  const Layout layout = make_layout(context, style, frame.height(), 1.0, text);
  pango_layout_set_width(layout.get(), room * PANGO_SCALE);
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  pango_layout_set_height(layout.get(), max_height * PANGO_SCALE);
  pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
  int width = 0;
  int height = 0;
  measure(layout.get(), &width, &height);
  width = std::min(width, room);
  height = std::min(height, max_height);  // Pango gives each paragraph a line, however many there are

  Area box;
  box.left = (frame.width() - width) / 2 - padding;
  box.right = box.left + width + 2 * padding;
  box.top = style.text_position == TextPosition::kTop ? padding : frame.height() - height - 3 * padding;
  box.bottom = box.top + height + 2 * padding;
  box = box.clipped_to(frame);
  if (box.empty()) return nullptr;
  Canvas canvas(box);
  fill_area(canvas.cairo(), box, style.background_color);
  cairo_rectangle(canvas.cairo(), box.left + padding, box.top + padding, width, height);
  cairo_clip(canvas.cairo());
  show_layout(canvas.cairo(), layout.get(), box.left + padding, box.top + padding, style.text_color);
  return canvas.finish();
}

// ---- Boxes
// -----------------------------------------------------------------------------------------------------------

// A box with its tag, laid out in pixels of the frame.
struct PlacedBox {
  Area outline;
  Area tag;  // empty: no tag
  Layout layout;
  uint32_t color = 0;
};

// What the tag says: the label (the kind where there is none) and the text, each if wanted.
std::string tag_text(const Box& box, const Style& style) {
  std::string text;
  if (style.draw_labels) text = box.label.empty() ? kind_name(box.kind) : box.label;
  if (style.draw_text && !box.text.empty() && box.text != text) text += (text.empty() ? "" : ": ") + box.text;
  return text;
}

int scaled(int value, int from, int to) {
  const double result = std::round(static_cast<double>(value) * to / from);
  return static_cast<int>(std::clamp(result, -1e6, 1e6));
}

Area outline_of(const Box& box, const Reading& reading, const Area& frame) {
  const int from_width = reading.width > 0 ? reading.width : frame.width();
  const int from_height = reading.height > 0 ? reading.height : frame.height();
  const int right = static_cast<int>(std::min<int64_t>(int64_t{box.x} + box.width, G_MAXINT));
  const int bottom = static_cast<int>(std::min<int64_t>(int64_t{box.y} + box.height, G_MAXINT));
  return Area{scaled(box.x, from_width, frame.width()), scaled(box.y, from_height, frame.height()),
              scaled(right, from_width, frame.width()), scaled(bottom, from_height, frame.height())}
      .clipped_to(frame);
}

// Above the box where there is room, else inside at its top.
void place_tag(PangoContext* context, const Box& box, const Style& style, const Area& frame, PlacedBox* placed) {
  const std::string text = tag_text(box, style);
  if (text.empty()) return;
  placed->layout = make_layout(context, style, frame.height(), 0.7, text);
  const int widest = std::min(std::max(placed->outline.width(), frame.width() / 4), frame.width()) - 8;
  if (widest < 8) {
    placed->layout.reset();
    return;
  }
  pango_layout_set_single_paragraph_mode(placed->layout.get(), TRUE);
  pango_layout_set_width(placed->layout.get(), widest * PANGO_SCALE);
  pango_layout_set_ellipsize(placed->layout.get(), PANGO_ELLIPSIZE_END);
  int width = 0;
  int height = 0;
  measure(placed->layout.get(), &width, &height);
  Area tag;
  tag.left = std::max(0, std::min(placed->outline.left, frame.width() - width - 8));
  tag.right = tag.left + width + 8;
  tag.top = placed->outline.top >= height ? placed->outline.top - height : placed->outline.top;
  tag.bottom = tag.top + height;
  placed->tag = tag.clipped_to(frame);
}

void draw_box(cairo_t* cairo, const PlacedBox& placed, const Style& style, int line_width) {
  if (style.draw_boxes) {
    set_color(cairo, placed.color);
    cairo_set_line_width(cairo, line_width);
    cairo_rectangle(cairo, placed.outline.left, placed.outline.top, placed.outline.width(), placed.outline.height());
    cairo_stroke(cairo);
  }
  if (placed.layout == nullptr || placed.tag.empty()) return;
  fill_area(cairo, placed.tag, placed.color);
  show_layout(cairo, placed.layout.get(), placed.tag.left + 4, placed.tag.top, readable_on(placed.color));
}

GstVideoOverlayRectangle* draw_boxes(PangoContext* context, const Reading& reading, const Style& style,
                                     const Area& frame) {
  const int line_width = style.line_width > 0 ? static_cast<int>(style.line_width) : std::max(2, frame.height() / 360);
  std::vector<PlacedBox> boxes;
  Area all;
  for (const Box& box : reading.boxes) {
    PlacedBox placed;
    placed.outline = outline_of(box, reading, frame);
    placed.color = style.box_colors[static_cast<size_t>(box.kind)];
    if (placed.outline.empty()) continue;
    place_tag(context, box, style, frame, &placed);
    if (style.draw_boxes) all = all.united_with(placed.outline.grown_by(line_width));
    all = all.united_with(placed.tag);
    boxes.push_back(std::move(placed));
  }
  all = all.clipped_to(frame);
  if (all.empty()) return nullptr;
  Canvas canvas(all);
  for (const PlacedBox& box : boxes) draw_box(canvas.cairo(), box, style, line_width);
  return canvas.finish();
}

}  // namespace

GstVideoOverlayComposition* draw_reading(const Reading& reading, const Style& style, int frame_width,
                                         int frame_height) {
  const Area frame = {0, 0, frame_width, frame_height};
  const Context context(pango_font_map_create_context(pango_cairo_font_map_get_default()));
  GstVideoOverlayRectangle* rectangle = nullptr;
  if (!reading.boxes.empty()) {
    rectangle = draw_boxes(context.get(), reading, style, frame);
  } else if (style.draw_text && !reading.text.empty()) {
    rectangle = draw_full_text(context.get(), reading.text, style, frame);
  }
  if (rectangle == nullptr) return nullptr;
  GstVideoOverlayComposition* composition = gst_video_overlay_composition_new(rectangle);
  gst_video_overlay_rectangle_unref(rectangle);
  return composition;
}

}  // namespace ocroverlay
