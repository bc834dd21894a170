// SPDX-License-Identifier: MIT
#include "deepseekocr/properties.h"

#include "deepseekocr/element.h"
#include "deepseekocr/gate/regions_of_interest.h"

namespace deepseekocr::plugin {
namespace {

enum Property {
  PROP_0,
  PROP_TASK,
  PROP_PROMPT,
  PROP_RESOLUTION,
  PROP_MAX_TILES,
  PROP_AREA,
  PROP_INFERENCE_REGION,
  PROP_OBJECT_CLASS,
  PROP_INFERENCE_INTERVAL,
  PROP_MAX_RATE,
  PROP_SKIP_BLANK,
  PROP_CHANGE_THRESHOLD,
  PROP_SHARPEST_OF,
  PROP_MAX_NEW_TOKENS,
  PROP_NO_REPEAT_NGRAM_SIZE,
  PROP_NO_REPEAT_NGRAM_WINDOW,
  PROP_NGRAM_WHITELIST,
  PROP_MAX_TIME,
  PROP_TEXT_FORMAT,
  PROP_TEXT_TERMINATOR,
  PROP_ATTACH,
  PROP_DROP,
  PROP_MAX_HOLD,
  PROP_POST_MESSAGES,
  PROP_STATS,
  PROP_STATS_INTERVAL,
};

/// Reads `area`; a value that is not understood changes nothing but `error`.
void set_area(Element& element, const std::string& text) {
  element.area_error.clear();
  const bool automatic = text == "auto";
  std::optional<Area> area;
  if (!automatic && !text.empty()) {
    area = parse_area(text, &element.area_error);
    if (!area) return;
  }
  element.settings.area = area;
  element.settings.area_text = text;
  element.settings.auto_area = automatic;
}

void set_whitelist(Element& element, const std::string& text) {
  element.whitelist_error.clear();
  if (text.empty()) {
    element.settings.ngram_whitelist.reset();
    element.settings.ngram_whitelist_text.clear();
  } else if (auto ids = parse_token_ids(text, &element.whitelist_error)) {
    element.settings.ngram_whitelist = std::move(ids);
    element.settings.ngram_whitelist_text = text;
  }
}

/// Properties of one reading.  @return false: not one of them.  Called with the object lock.
bool set_reading_property(Element& element, guint id, const GValue* value) {
  Settings& settings = element.settings;
  switch (id) {
    case PROP_TASK:
      settings.task = static_cast<Task>(g_value_get_enum(value));
      return true;
    case PROP_PROMPT:
      settings.prompt = string_of(value);
      return true;
    case PROP_RESOLUTION:
      settings.resolution = static_cast<DsocrMode>(g_value_get_enum(value));
      return true;
    case PROP_MAX_TILES:
      settings.max_tiles = g_value_get_int(value);
      return true;
    case PROP_AREA:
      set_area(element, string_of(value));
      return true;
    case PROP_INFERENCE_REGION:
      settings.inference_region = static_cast<InferenceRegion>(g_value_get_enum(value));
      return true;
    case PROP_OBJECT_CLASS:
      settings.object_class_text = string_of(value);
      settings.object_classes = split_classes(settings.object_class_text);
      return true;
    case PROP_MAX_NEW_TOKENS:
      settings.max_new_tokens = g_value_get_int(value);
      return true;
    case PROP_NO_REPEAT_NGRAM_SIZE:
      settings.no_repeat_ngram_size = g_value_get_int(value);
      return true;
    case PROP_NO_REPEAT_NGRAM_WINDOW:
      settings.no_repeat_ngram_window = g_value_get_int(value);
      return true;
    case PROP_NGRAM_WHITELIST:
      set_whitelist(element, string_of(value));
      return true;
    case PROP_MAX_TIME:
      settings.max_time_ms = g_value_get_uint(value);
      return true;
    default:
      return false;
  }
}

/// Properties of the frame gate.  @return false: not one of them.  Called with the object lock.
bool set_gate_property(Settings& settings, guint id, const GValue* value) {
  switch (id) {
    case PROP_INFERENCE_INTERVAL:
      settings.gate.inference_interval = g_value_get_uint(value);
      return true;
    case PROP_MAX_RATE:
      settings.gate.max_rate = g_value_get_double(value);
      return true;
    case PROP_SKIP_BLANK:
      settings.gate.skip_blank = g_value_get_boolean(value);
      return true;
    case PROP_CHANGE_THRESHOLD:
      settings.gate.change_threshold = g_value_get_uint(value);
      return true;
    case PROP_SHARPEST_OF:
      settings.sharpest_of_ms = g_value_get_uint(value);
      return true;
    default:
      return false;
  }
}

/// Properties of the pads.  @return false: not one of them.  Called with the object lock.
bool set_output_property(Settings& settings, guint id, const GValue* value) {
  switch (id) {
    case PROP_TEXT_FORMAT:
      settings.text_format = static_cast<TextFormat>(g_value_get_enum(value));
      return true;
    case PROP_TEXT_TERMINATOR:
      settings.text_terminator = string_of(value);
      return true;
    case PROP_ATTACH:
      settings.attach = static_cast<Attach>(g_value_get_enum(value));
      return true;
    case PROP_DROP:
      settings.drop = static_cast<Drop>(g_value_get_enum(value));
      return true;
    case PROP_MAX_HOLD:
      settings.max_hold_ms = g_value_get_uint(value);
      return true;
    case PROP_POST_MESSAGES:
      settings.post_messages = g_value_get_boolean(value);
      return true;
    case PROP_STATS_INTERVAL:
      settings.stats_interval_ms = g_value_get_uint(value);
      return true;
    default:
      return false;
  }
}

/// What follows a change, outside the lock.  While frames flow, a value that was not understood is a warning and the
/// one before stays; before, it is an error of NULL→READY.
void after_change(GstDeepseekOcr* self, guint id) {
  if (id == PROP_PROMPT || id == PROP_TASK) check_prompt(self);
  after_timing_change(self, id);
  if (id != PROP_AREA && id != PROP_NGRAM_WHITELIST) return;
  GST_OBJECT_LOCK(self);
  std::string& error_of_id = id == PROP_AREA ? self->impl->area_error : self->impl->whitelist_error;
  std::string error;
  if (self->impl->client != nullptr) error.swap(error_of_id);
  GST_OBJECT_UNLOCK(self);
  if (!error.empty()) GST_ELEMENT_WARNING(self, LIBRARY, SETTINGS, ("%s.", error.c_str()), (nullptr));
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  GstDeepseekOcr* self = GST_DEEPSEEK_OCR(object);
  Element& element = *self->impl;
  GST_OBJECT_LOCK(self);
  const bool reading = set_reading_property(element, id, value);
  if (reading) ++element.settings.revision;
  const bool known =
      reading || set_engine_property(element.settings, id, value) || set_gate_property(element.settings, id, value) ||
      set_output_property(element.settings, id, value) || set_timing_property(element.settings.timing, id, value);
  element.settings_copy.reset();
  GST_OBJECT_UNLOCK(self);
  if (known)
    after_change(self, id);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

bool get_reading_property(const Settings& settings, guint id, GValue* value) {
  switch (id) {
    case PROP_TASK:
      g_value_set_enum(value, static_cast<gint>(settings.task));
      return true;
    case PROP_PROMPT:
      g_value_set_string(value, settings.prompt.c_str());
      return true;
    case PROP_RESOLUTION:
      g_value_set_enum(value, settings.resolution);
      return true;
    case PROP_MAX_TILES:
      g_value_set_int(value, settings.max_tiles);
      return true;
    case PROP_AREA:
      g_value_set_string(value, settings.area_text.c_str());
      return true;
    case PROP_INFERENCE_REGION:
      g_value_set_enum(value, static_cast<gint>(settings.inference_region));
      return true;
    case PROP_OBJECT_CLASS:
      g_value_set_string(value, settings.object_class_text.c_str());
      return true;
    case PROP_MAX_NEW_TOKENS:
      g_value_set_int(value, settings.max_new_tokens);
      return true;
    case PROP_NO_REPEAT_NGRAM_SIZE:
      g_value_set_int(value, settings.no_repeat_ngram_size);
      return true;
    case PROP_NO_REPEAT_NGRAM_WINDOW:
      g_value_set_int(value, settings.no_repeat_ngram_window);
      return true;
    case PROP_NGRAM_WHITELIST:
      g_value_set_string(value, settings.ngram_whitelist_text.c_str());
      return true;
    case PROP_MAX_TIME:
      g_value_set_uint(value, settings.max_time_ms);
      return true;
    default:
      return false;
  }
}

bool get_gate_property(const Settings& settings, guint id, GValue* value) {
  switch (id) {
    case PROP_INFERENCE_INTERVAL:
      g_value_set_uint(value, settings.gate.inference_interval);
      return true;
    case PROP_MAX_RATE:
      g_value_set_double(value, settings.gate.max_rate);
      return true;
    case PROP_SKIP_BLANK:
      g_value_set_boolean(value, settings.gate.skip_blank);
      return true;
    case PROP_CHANGE_THRESHOLD:
      g_value_set_uint(value, settings.gate.change_threshold);
      return true;
    case PROP_SHARPEST_OF:
      g_value_set_uint(value, settings.sharpest_of_ms);
      return true;
    default:
      return false;
  }
}

bool get_output_property(const Settings& settings, guint id, GValue* value) {
  switch (id) {
    case PROP_TEXT_FORMAT:
      g_value_set_enum(value, static_cast<gint>(settings.text_format));
      return true;
    case PROP_TEXT_TERMINATOR:
      g_value_set_string(value, settings.text_terminator.c_str());
      return true;
    case PROP_ATTACH:
      g_value_set_enum(value, static_cast<gint>(settings.attach));
      return true;
    case PROP_DROP:
      g_value_set_enum(value, static_cast<gint>(settings.drop));
      return true;
    case PROP_MAX_HOLD:
      g_value_set_uint(value, settings.max_hold_ms);
      return true;
    case PROP_POST_MESSAGES:
      g_value_set_boolean(value, settings.post_messages);
      return true;
    case PROP_STATS_INTERVAL:
      g_value_set_uint(value, settings.stats_interval_ms);
      return true;
    default:
      return false;
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  GstDeepseekOcr* self = GST_DEEPSEEK_OCR(object);
  if (id == PROP_STATS) {
    g_value_take_boxed(value, make_stats(self));
    return;
  }
  if (get_timing_property(self, id, value)) return;
  const Settings settings = copy_settings(self);
  if (!get_engine_property(settings, id, value) && !get_reading_property(settings, id, value) &&
      !get_gate_property(settings, id, value) && !get_output_property(settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void install_reading_properties(GObjectClass* klass) {
  g_object_class_install_property(
      klass, PROP_TASK,
      g_param_spec_enum("task", "Task", "One of the official prompts; a prompt that is not empty wins",
                        GST_TYPE_DEEPSEEK_OCR_TASK, static_cast<gint>(Task::kCustom), kPlaying));
  g_object_class_install_property(
      klass, PROP_PROMPT,
      g_param_spec_string("prompt", "Prompt",
                          "What the model is asked; <image> is put before it where it is missing (empty = see task)",
                          "", kPlaying));
  g_object_class_install_property(
      klass, PROP_RESOLUTION,
      g_param_spec_enum("resolution", "Resolution", "Size that frames are scaled to for the model",
                        GST_TYPE_DEEPSEEK_OCR_RESOLUTION, DSOCR_MODE_AUTO, kPlaying));
  g_object_class_install_property(
      klass, PROP_MAX_TILES,
      g_param_spec_int("max-tiles", "Maximum tiles", "Tiles of resolution=gundam at most (vLLM uses 6)", 2, 9, 9,
                       kPlaying));
  g_object_class_install_property(
      klass, PROP_AREA,
      g_param_spec_string(
          "area", "Area",
          "Part of the frame that is read, x,y,width,height: fractions of the frame if every number "
          "has a dot (0.0,0.66,1.0,0.34), pixels if none has; auto = around what looks like text (empty = "
          "everything)",
          "", kPlaying));
  g_object_class_install_property(
      klass, PROP_MAX_NEW_TOKENS,
      g_param_spec_int("max-new-tokens", "Maximum new tokens",
                       "Tokens of one reading at most (0 = what fits the model's positions)", 0, G_MAXINT, 0,
                       kPlaying));
  g_object_class_install_property(
      klass, PROP_MAX_TIME,
      g_param_spec_uint("max-time", "Maximum time",
                        "Time for one reading in milliseconds, from the start of the work; the text so far is "
                        "delivered with finish-reason timeout (0 = unlimited)",
                        0, G_MAXUINT, 0, kPlaying));
}

void install_region_properties(GObjectClass* klass) {
  g_object_class_install_property(
      klass, PROP_INFERENCE_REGION,
      g_param_spec_enum("inference-region", "Inference region",
                        "What of a frame is read: all of it, or the regions that an element upstream found",
                        GST_TYPE_DEEPSEEK_OCR_INFERENCE_REGION, static_cast<gint>(InferenceRegion::kFullFrame),
                        kPlaying));
  g_object_class_install_property(
      klass, PROP_OBJECT_CLASS,
      g_param_spec_string("object-class", "Object class",
                          "With inference-region=roi-list, the types of regions that are read, separated by commas "
                          "(empty = all)",
                          "", kPlaying));
}

void install_gate_properties(GObjectClass* klass) {
  const GateSettings defaults;
  g_object_class_install_property(
      klass, PROP_INFERENCE_INTERVAL,
      g_param_spec_uint("inference-interval", "Inference interval", "Every how many frames one is read (1 = every)", 1,
                        G_MAXUINT, defaults.inference_interval, kPlaying));
  g_object_class_install_property(klass, PROP_MAX_RATE,
                                  g_param_spec_double("max-rate", "Maximum rate",
                                                      "Frames a second that are read at most, by their time stamps "
                                                      "(0 = unlimited)",
                                                      0, 1000, defaults.max_rate, kPlaying));
  g_object_class_install_property(
      klass, PROP_SKIP_BLANK,
      g_param_spec_boolean("skip-blank", "Skip blank frames",
                           "Do not read frames without detail that looks like text; they end the text before them",
                           defaults.skip_blank, kPlaying));
  g_object_class_install_property(
      klass, PROP_CHANGE_THRESHOLD,
      g_param_spec_uint("change-threshold", "Change threshold",
                        "Pixels of strokes, at half size, that come or go in a 16x16 cell until a frame is read anew; "
                        "below, it keeps the text of the last one that was read (0 = every frame is read anew)",
                        0, 64, defaults.change_threshold, kPlaying));
  g_object_class_install_property(
      klass, PROP_SHARPEST_OF,
      g_param_spec_uint(
          "sharpest-of", "Sharpest of",
          "Of the frames that are due within so many milliseconds, the sharpest is read; with attach=exact "
          "half of max-hold at most (0 = every one of them is read)",
          0, G_MAXUINT, 0, kPlaying));
}

void install_ngram_properties(GObjectClass* klass) {
  g_object_class_install_property(
      klass, PROP_NO_REPEAT_NGRAM_SIZE,
      g_param_spec_int("no-repeat-ngram-size", "No-repeat n-gram size",
                       "Tokens in a row that the model may not write twice, 2 or more (0 = off)", 0, G_MAXINT, 30,
                       kPlaying));
  g_object_class_install_property(
      klass, PROP_NO_REPEAT_NGRAM_WINDOW,
      g_param_spec_int("no-repeat-ngram-window", "No-repeat n-gram window",
                       "Tokens back in which a repeat counts (0 = the whole history)", 0, G_MAXINT, 90, kPlaying));
  g_object_class_install_property(
      klass, PROP_NGRAM_WHITELIST,
      g_param_spec_string("ngram-whitelist", "N-gram whitelist",
                          "Token ids that may always be repeated, separated by commas, or none (empty = <td> and "
                          "</td> where the model has them)",
                          "", kPlaying));
}

void install_output_properties(GObjectClass* klass) {
  g_object_class_install_property(
      klass, PROP_TEXT_FORMAT,
      g_param_spec_enum("text-format", "Text format", "What the text pad and the metadata carry",
                        GST_TYPE_DEEPSEEK_OCR_TEXT_FORMAT, static_cast<gint>(TextFormat::kPlain), kReady));
  g_object_class_install_property(
      klass, PROP_TEXT_TERMINATOR,
      g_param_spec_string("text-terminator", "Text terminator",
                          "Ends each text buffer, except with text-format=subtitle and before encoders, muxers and "
                          "overlays",
                          "\n", kReady));
  g_object_class_install_property(
      klass, PROP_ATTACH,
      g_param_spec_enum("attach", "Attach", "Which reading a video frame carries", GST_TYPE_DEEPSEEK_OCR_ATTACH,
                        static_cast<gint>(Attach::kAuto), kReady));
  g_object_class_install_property(
      klass, PROP_DROP,
      g_param_spec_enum("drop", "Drop", "What happens to readings when frames come faster than the model reads",
                        GST_TYPE_DEEPSEEK_OCR_DROP, static_cast<gint>(Drop::kAuto), kReady));
  g_object_class_install_property(
      klass, PROP_MAX_HOLD,
      g_param_spec_uint("max-hold", "Maximum hold",
                        "With attach=exact, stream time in milliseconds that is held for readings at most; 64 frames "
                        "and 256 MB are further limits (0 = one frame)",
                        0, G_MAXUINT, 1000, kReady));
  g_object_class_install_property(klass, PROP_POST_MESSAGES,
                                  g_param_spec_boolean("post-messages", "Post messages",
                                                       "Post an element message for each reading", TRUE, kPlaying));
  g_object_class_install_property(
      klass, PROP_STATS,
      g_param_spec_boxed(
          "stats", "Statistics",
          "Counters since READY; times in nanoseconds, percentiles (-p50, -p95) of the last 256 readings",
          GST_TYPE_STRUCTURE, static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  g_object_class_install_property(
      klass, PROP_STATS_INTERVAL,
      g_param_spec_uint("stats-interval", "Statistics interval",
                        "Every how many milliseconds the statistics are posted as an element message, from a thread of "
                        "its own (0 = never, and no thread)",
                        0, G_MAXUINT, 0, kReady));
}

}  // namespace

std::string string_of(const GValue* value) {
  const char* text = g_value_get_string(value);
  return text != nullptr ? text : "";
}

void install_properties(GObjectClass* object_class) {
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  install_engine_properties(object_class);
  install_reading_properties(object_class);
  install_region_properties(object_class);
  install_gate_properties(object_class);
  install_ngram_properties(object_class);
  install_output_properties(object_class);
  install_timing_properties(object_class);
  for (const GType type : {GST_TYPE_DEEPSEEK_OCR_PRECISION, GST_TYPE_DEEPSEEK_OCR_KV_CACHE, GST_TYPE_DEEPSEEK_OCR_TASK,
                           GST_TYPE_DEEPSEEK_OCR_RESOLUTION, GST_TYPE_DEEPSEEK_OCR_DRAFT,
                           GST_TYPE_DEEPSEEK_OCR_INFERENCE_REGION, GST_TYPE_DEEPSEEK_OCR_TEXT_FORMAT,
                           GST_TYPE_DEEPSEEK_OCR_ATTACH, GST_TYPE_DEEPSEEK_OCR_DROP, GST_TYPE_DEEPSEEK_OCR_TEXT_TIMING})
    gst_type_mark_as_plugin_api(type, static_cast<GstPluginAPIFlags>(0));
}

}  // namespace deepseekocr::plugin
