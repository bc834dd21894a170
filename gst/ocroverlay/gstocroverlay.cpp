// SPDX-License-Identifier: MIT

/**
 * SECTION:element-ocroverlay
 * @title: ocroverlay
 * @short_description: draws the text and boxes that deepseekocr read onto video frames
 *
 * Draws the #GstDeepseekOcrMeta of each frame onto it: its regions as boxes with a tag, or, where it has no regions,
 * the whole text in a box at the bottom.  Boxes are scaled from the frame that was read to the frame at hand, so a
 * scaler may stand between the two elements.  Works in place on every raw format in system memory.
 *
 * Text is cut to what can be read: at most half of the frame and 4000 bytes, a tag at most 200.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=labels.mp4 ! decodebin ! videoconvert ! deepseekocr ! ocroverlay ! videoconvert !
 * autovideosink
 * ]| Shows a video with the text that was read.
 * |[
 * gst-launch-1.0 filesrc location=slip.png ! pngdec ! videoconvert ! deepseekocr ! ocroverlay ! videoconvert ! pngenc !
 * filesink location=read.png
 * ]| A picture with its text.
 *
 * Since: 0.1
 */
#include "ocroverlay/gstocroverlay.h"

#include <optional>
#include <utility>

#include "meta/gstdeepseekocrmeta.h"
#include "ocroverlay/overlaydrawing.h"
#include "ocroverlay/overlayreading.h"

GST_DEBUG_CATEGORY_STATIC(gst_ocr_overlay_debug);
#define GST_CAT_DEFAULT gst_ocr_overlay_debug

using ocroverlay::Reading;
using ocroverlay::Style;
using ocroverlay::TextPosition;

enum {
  PROP_0,
  PROP_DRAW_BOXES,
  PROP_DRAW_LABELS,
  PROP_DRAW_TEXT,
  PROP_TEXT_POSITION,
  PROP_FONT_DESC,
  PROP_LINE_WIDTH,
  PROP_COLOR,
  PROP_BACKGROUND_COLOR,
  PROP_EXPIRE_OVERLAY,
  PROP_BOX_COLOR_TEXT,  // the five in the order of ocroverlay::Kind
  PROP_BOX_COLOR_TITLE,
  PROP_BOX_COLOR_TABLE,
  PROP_BOX_COLOR_IMAGE,
  PROP_BOX_COLOR_OTHER,
};

namespace {

struct State {
  // Guarded by the object lock.
  Style style;
  GstClockTime expire = 0;

  // Belong to the streaming thread.
  std::optional<Reading> shown;  // the last reading
  GstClockTime shown_at = 0;     // PTS of the frame that carried it

  // What was drawn last, and from what.
  Reading drawn_reading;
  Style drawn_style;
  int drawn_width = 0;
  int drawn_height = 0;
  GstVideoOverlayComposition* drawn = nullptr;  // null also where there was nothing to draw

  void forget() {
    shown.reset();
    drawn_width = drawn_height = 0;
    if (drawn != nullptr) gst_video_overlay_composition_unref(drawn);
    drawn = nullptr;
  }
};

}  // namespace

struct _GstOcrOverlay {
  GstVideoFilter parent;
  State* state;
};

#define FORMATS GST_VIDEO_CAPS_MAKE(GST_VIDEO_OVERLAY_COMPOSITION_BLEND_FORMATS)
static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(FORMATS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(FORMATS));

#define GST_TYPE_OCR_OVERLAY_TEXT_POSITION (gst_ocr_overlay_text_position_get_type())
static GType gst_ocr_overlay_text_position_get_type() {
  static GType type = 0;
  static const GEnumValue values[] = {
      {static_cast<int>(TextPosition::kBottom), "Across the bottom", "bottom"},
      {static_cast<int>(TextPosition::kTop), "Across the top", "top"},
      {0, nullptr, nullptr},
  };
  if (g_once_init_enter(&type)) {
    const GType created = g_enum_register_static("GstOcrOverlayTextPosition", values);
    gst_type_mark_as_plugin_api(created, static_cast<GstPluginAPIFlags>(0));
    g_once_init_leave(&type, created);
  }
  return type;
}

G_DEFINE_FINAL_TYPE(GstOcrOverlay, gst_ocr_overlay, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE(ocroverlay, "ocroverlay", GST_RANK_NONE, GST_TYPE_OCR_OVERLAY)

// ---- Properties
// ------------------------------------------------------------------------------------------------------

static void gst_ocr_overlay_set_property(GObject* object, guint id, const GValue* value, GParamSpec* pspec) {
  State* state = GST_OCR_OVERLAY(object)->state;
  Style* style = &state->style;
  GST_OBJECT_LOCK(object);
  switch (id) {
    case PROP_DRAW_BOXES:
      style->draw_boxes = g_value_get_boolean(value);
      break;
    case PROP_DRAW_LABELS:
      style->draw_labels = g_value_get_boolean(value);
      break;
    case PROP_DRAW_TEXT:
      style->draw_text = g_value_get_boolean(value);
      break;
    case PROP_TEXT_POSITION:
      style->text_position = static_cast<TextPosition>(g_value_get_enum(value));
      break;
    case PROP_FONT_DESC:
      style->font = g_value_get_string(value) != nullptr ? g_value_get_string(value) : "";
      break;
    case PROP_LINE_WIDTH:
      style->line_width = g_value_get_uint(value);
      break;
    case PROP_COLOR:
      style->text_color = g_value_get_uint(value);
      break;
    case PROP_BACKGROUND_COLOR:
      style->background_color = g_value_get_uint(value);
      break;
    case PROP_EXPIRE_OVERLAY:
      state->expire = g_value_get_uint64(value);
      break;
    default:
      if (id >= PROP_BOX_COLOR_TEXT && id <= PROP_BOX_COLOR_OTHER) {
        style->box_colors[id - PROP_BOX_COLOR_TEXT] = g_value_get_uint(value);
      } else {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
      }
      break;
  }
  GST_OBJECT_UNLOCK(object);
}

static void gst_ocr_overlay_get_property(GObject* object, guint id, GValue* value, GParamSpec* pspec) {
  const State* state = GST_OCR_OVERLAY(object)->state;
  const Style* style = &state->style;
  GST_OBJECT_LOCK(object);
  switch (id) {
    case PROP_DRAW_BOXES:
      g_value_set_boolean(value, style->draw_boxes);
      break;
    case PROP_DRAW_LABELS:
      g_value_set_boolean(value, style->draw_labels);
      break;
    case PROP_DRAW_TEXT:
      g_value_set_boolean(value, style->draw_text);
      break;
    case PROP_TEXT_POSITION:
      g_value_set_enum(value, static_cast<int>(style->text_position));
      break;
    case PROP_FONT_DESC:
      g_value_set_string(value, style->font.c_str());
      break;
    case PROP_LINE_WIDTH:
      g_value_set_uint(value, style->line_width);
      break;
    case PROP_COLOR:
      g_value_set_uint(value, style->text_color);
      break;
    case PROP_BACKGROUND_COLOR:
      g_value_set_uint(value, style->background_color);
      break;
    case PROP_EXPIRE_OVERLAY:
      g_value_set_uint64(value, state->expire);
      break;
    default:
      if (id >= PROP_BOX_COLOR_TEXT && id <= PROP_BOX_COLOR_OTHER) {
        g_value_set_uint(value, style->box_colors[id - PROP_BOX_COLOR_TEXT]);
      } else {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
      }
      break;
  }
  GST_OBJECT_UNLOCK(object);
}

static constexpr auto kFlags =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

static void install_boolean(GObjectClass* klass, guint id, const char* name, const char* nick, const char* blurb) {
  g_object_class_install_property(klass, id, g_param_spec_boolean(name, nick, blurb, TRUE, kFlags));
}

static void install_color(GObjectClass* klass, guint id, const char* name, const char* blurb, uint32_t value) {
  g_object_class_install_property(klass, id, g_param_spec_uint(name, name, blurb, 0, G_MAXUINT32, value, kFlags));
}

static void install_properties(GObjectClass* klass) {
  const Style style;
  install_boolean(klass, PROP_DRAW_BOXES, "draw-boxes", "Draw boxes", "Draw a box around each region");
  install_boolean(klass, PROP_DRAW_LABELS, "draw-labels", "Draw labels",
                  "Write the label of each region on a tag at its box");
  install_boolean(
      klass, PROP_DRAW_TEXT, "draw-text", "Draw text",
      "Write the text: of each region on its tag, or, where there are no regions, all of it across the frame");
  g_object_class_install_property(
      klass, PROP_TEXT_POSITION,
      g_param_spec_enum("text-position", "Text position", "Where the text of readings without regions goes",
                        GST_TYPE_OCR_OVERLAY_TEXT_POSITION, static_cast<int>(style.text_position), kFlags));
  g_object_class_install_property(
      klass, PROP_FONT_DESC,
      g_param_spec_string(
          "font-desc", "Font description",
          "Pango font description such as Sans Bold 18 (empty = bold sans; without a size = one thirtieth "
          "of the frame's height)",
          "", kFlags));
  g_object_class_install_property(
      klass, PROP_LINE_WIDTH,
      g_param_spec_uint("line-width", "Line width",
                        "Width of the lines of boxes in pixels (0 = one that fits the frame)", 0, 100, style.line_width,
                        kFlags));
  g_object_class_install_property(
      klass, PROP_EXPIRE_OVERLAY,
      g_param_spec_uint64("expire-overlay", "Expire overlay",
                          "How long a reading stays on frames that carry none, in nanoseconds (0 = not at all, "
                          "18446744073709551615 = until the next reading)",
                          0, G_MAXUINT64, 0, kFlags));
  install_color(klass, PROP_COLOR, "color", "Colour of the text, 0xAARRGGBB", style.text_color);
  install_color(klass, PROP_BACKGROUND_COLOR, "background-color", "Colour behind the text, 0xAARRGGBB",
                style.background_color);
  install_color(klass, PROP_BOX_COLOR_TEXT, "box-color-text", "Colour of text regions, 0xAARRGGBB",
                style.box_colors[0]);
  install_color(klass, PROP_BOX_COLOR_TITLE, "box-color-title", "Colour of titles, 0xAARRGGBB", style.box_colors[1]);
  install_color(klass, PROP_BOX_COLOR_TABLE, "box-color-table", "Colour of tables, 0xAARRGGBB", style.box_colors[2]);
  install_color(klass, PROP_BOX_COLOR_IMAGE, "box-color-image", "Colour of images, 0xAARRGGBB", style.box_colors[3]);
  install_color(klass, PROP_BOX_COLOR_OTHER, "box-color-other", "Colour of other regions, 0xAARRGGBB",
                style.box_colors[4]);
}

// ---- Frames
// ----------------------------------------------------------------------------------------------------------

// The reading to show on `buffer`; null: none.
static const Reading* reading_for(State* state, GstBuffer* buffer, GstClockTime expire) {
  const GstStructure* structure = gst_deepseek_ocr_meta_get_structure(buffer);
  if (structure != nullptr) {
    state->shown = ocroverlay::parse_reading(structure);
    state->shown_at = GST_BUFFER_PTS(buffer);
    return &*state->shown;
  }
  if (!state->shown.has_value() || expire == 0) return nullptr;
  const bool timed = expire != GST_CLOCK_TIME_NONE && GST_BUFFER_PTS_IS_VALID(buffer) &&
                     GST_CLOCK_TIME_IS_VALID(state->shown_at) && GST_BUFFER_PTS(buffer) > state->shown_at;
  if (timed && GST_BUFFER_PTS(buffer) - state->shown_at >= expire) state->shown.reset();
  return state->shown.has_value() ? &*state->shown : nullptr;
}

// Draws anew only where something changed: the text usually stays for many frames.
static GstVideoOverlayComposition* drawing_of(State* state, const Reading& reading, const Style& style, int width,
                                              int height) {
  const bool same = state->drawn_width == width && state->drawn_height == height && state->drawn_style == style &&
                    state->drawn_reading == reading;
  if (same) return state->drawn;
  if (state->drawn != nullptr) gst_video_overlay_composition_unref(state->drawn);
  state->drawn = ocroverlay::draw_reading(reading, style, width, height);
  state->drawn_reading = reading;
  state->drawn_style = style;
  state->drawn_width = width;
  state->drawn_height = height;
  return state->drawn;
}

static GstFlowReturn gst_ocr_overlay_transform_frame_ip(GstVideoFilter* filter, GstVideoFrame* frame) {
  GstOcrOverlay* self = GST_OCR_OVERLAY(filter);
  State* state = self->state;
  GST_OBJECT_LOCK(self);
  const Style style = state->style;
  const GstClockTime expire = state->expire;
  GST_OBJECT_UNLOCK(self);

  const Reading* reading = reading_for(state, frame->buffer, expire);
  if (reading == nullptr || reading->empty()) return GST_FLOW_OK;
  GstVideoOverlayComposition* drawing =
      drawing_of(state, *reading, style, GST_VIDEO_FRAME_WIDTH(frame), GST_VIDEO_FRAME_HEIGHT(frame));
  if (drawing != nullptr && !gst_video_overlay_composition_blend(drawing, frame)) {
    GST_ELEMENT_WARNING(self, STREAM, FORMAT,
                        ("The text cannot be drawn on %s frames; put videoconvert before ocroverlay.",
                         gst_video_format_to_string(GST_VIDEO_FRAME_FORMAT(frame))),
                        (nullptr));
  }
  return GST_FLOW_OK;
}

static gboolean gst_ocr_overlay_sink_event(GstBaseTransform* transform, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) GST_OCR_OVERLAY(transform)->state->forget();
  return GST_BASE_TRANSFORM_CLASS(gst_ocr_overlay_parent_class)->sink_event(transform, event);
}

static gboolean gst_ocr_overlay_stop(GstBaseTransform* transform) {
  GST_OCR_OVERLAY(transform)->state->forget();
  return TRUE;
}

// ---- The object
// ------------------------------------------------------------------------------------------------------

static void gst_ocr_overlay_finalize(GObject* object) {
  State* state = GST_OCR_OVERLAY(object)->state;
  state->forget();
  delete state;
  G_OBJECT_CLASS(gst_ocr_overlay_parent_class)->finalize(object);
}

static void gst_ocr_overlay_class_init(GstOcrOverlayClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_ocr_overlay_debug, "ocroverlay", 0, "Overlay of what was read");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  object_class->set_property = gst_ocr_overlay_set_property;
  object_class->get_property = gst_ocr_overlay_get_property;
  object_class->finalize = gst_ocr_overlay_finalize;
  GST_BASE_TRANSFORM_CLASS(klass)->sink_event = gst_ocr_overlay_sink_event;
  GST_BASE_TRANSFORM_CLASS(klass)->stop = gst_ocr_overlay_stop;
  GST_VIDEO_FILTER_CLASS(klass)->transform_frame_ip = gst_ocr_overlay_transform_frame_ip;
  install_properties(object_class);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(element_class, "OCR overlay", "Filter/Effect/Video",
                                        "Draws the text and boxes that deepseekocr read onto video frames",
                                        "The deepseekocr authors");
}

static void gst_ocr_overlay_init(GstOcrOverlay* self) {
  self->state = new State();
}
