// SPDX-License-Identifier: MIT
// Properties about the time of the text.
#include "deepseekocr/properties.h"

#include "deepseekocr/element.h"

namespace deepseekocr::plugin {
namespace {

/// Behind the ids of properties.cpp.
enum TimingProperty {
  PROP_TEXT_TIMING = 1000,
  PROP_MERGE_GAP,
  PROP_CUE_STEP,
  PROP_CONFIRM_READS,
  PROP_LATENCY,
  PROP_LATENESS,
  PROP_MAX_OBSERVED_DELAY,
  PROP_QOS,
  PROP_VOTE_READS,
};

/// More readings than this say nothing new.
constexpr guint kMostVotes = 9;

void install_cue_properties(GObjectClass* klass) {
  const TimingSettings defaults;
  g_object_class_install_property(
      klass, PROP_TEXT_TIMING,
      g_param_spec_enum("text-timing", "Text timing", "When the text pad sends a text, and which times it has",
                        GST_TYPE_DEEPSEEK_OCR_TEXT_TIMING, static_cast<gint>(defaults.text_timing), kReady));
  g_object_class_install_property(
      klass, PROP_MERGE_GAP,
      g_param_spec_uint("merge-gap", "Merge gap",
                        "With text-timing=group, equal texts with a hole between them of so many milliseconds at most "
                        "are one (0 = only where they touch)",
                        0, G_MAXUINT, defaults.merge_gap_ms, kPlaying));
  g_object_class_install_property(
      klass, PROP_CUE_STEP,
      g_param_spec_uint("cue-step", "Cue step",
                        "With text-timing=immediate, longest piece in milliseconds in which a standing text is sent; "
                        "also before muxers and overlays, which wait for text",
                        10, G_MAXUINT, defaults.cue_step_ms, kPlaying));
  g_object_class_install_property(
      klass, PROP_CONFIRM_READS,
      g_param_spec_uint("confirm-reads", "Confirm reads",
                        "With text-timing=group, how many readings of different frames of a text must agree; where "
                        "they do not, the text says so (1 = one reading is enough)",
                        1, 2, defaults.confirm_reads, kPlaying));
  g_object_class_install_property(
      klass, PROP_VOTE_READS,
      g_param_spec_uint(
          "vote-reads", "Vote reads",
          "With text-timing=group, how often a text that is not read surely may be read, in different "
          "frames and shifted a little; each letter is then that of most readings (0 = by a model of at "
          "most 50 million parameters three times, or five where it stands in several frames, by a larger "
          "one once; 1 = there is no vote)",
          0, kMostVotes, defaults.vote_reads, kPlaying));
}

void install_delay_properties(GObjectClass* klass) {
  g_object_class_install_property(
      klass, PROP_LATENCY,
      g_param_spec_uint("latency", "Latency",
                        "Behind a live source, how many milliseconds a text may take: the text pad adds them to the "
                        "latency of the pipeline, and texts that take longer are stamped later (0 = nothing is "
                        "promised, texts are stamped when they come)",
                        0, G_MAXUINT, 0, kPlaying));
  g_object_class_install_property(
      klass, PROP_LATENESS,
      g_param_spec_uint("lateness", "Lateness",
                        "Behind a live source, by how many milliseconds all texts are shown later than their frames, "
                        "so that they may take longer while the video is not delayed (0 = none)",
                        0, G_MAXUINT, 0, kReady));
  g_object_class_install_property(
      klass, PROP_MAX_OBSERVED_DELAY,
      g_param_spec_uint64("max-observed-delay", "Maximum observed delay",
                          "Behind a live source, the longest time from a frame to its reading since READY, in "
                          "nanoseconds (0 = none was read)",
                          0, G_MAXUINT64, 0, static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  g_object_class_install_property(
      klass, PROP_QOS,
      g_param_spec_boolean("qos", "QoS messages",
                           "Post a QOS message when a reading was given up for a newer frame, at most one a second",
                           FALSE, kPlaying));
}

}  // namespace

void install_timing_properties(GObjectClass* object_class) {
  install_cue_properties(object_class);
  install_delay_properties(object_class);
}

bool set_timing_property(TimingSettings& timing, guint id, const GValue* value) {
  switch (id) {
    case PROP_TEXT_TIMING:
      timing.text_timing = static_cast<TextTiming>(g_value_get_enum(value));
      return true;
    case PROP_MERGE_GAP:
      timing.merge_gap_ms = g_value_get_uint(value);
      return true;
    case PROP_CUE_STEP:
      timing.cue_step_ms = g_value_get_uint(value);
      return true;
    case PROP_CONFIRM_READS:
      timing.confirm_reads = g_value_get_uint(value);
      return true;
    case PROP_VOTE_READS:
      timing.vote_reads = g_value_get_uint(value);
      return true;
    case PROP_LATENCY:
      timing.latency_ms = g_value_get_uint(value);
      return true;
    case PROP_LATENESS:
      timing.lateness_ms = g_value_get_uint(value);
      return true;
    case PROP_QOS:
      timing.qos = g_value_get_boolean(value);
      return true;
    default:
      return false;
  }
}

void after_timing_change(GstDeepseekOcr* self, guint id) {
  if (id != PROP_LATENCY) return;
  const auto session = session_of(self);
  if (session == nullptr) return;  // not running: whoever starts the pipeline asks
  session->set_latency(copy_settings(self).timing.latency_ms * GST_MSECOND);
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_latency(GST_OBJECT(self)));
}

bool get_timing_property(GstDeepseekOcr* self, guint id, GValue* value) {
  const TimingSettings timing = copy_settings(self).timing;
  switch (id) {
    case PROP_TEXT_TIMING:
      g_value_set_enum(value, static_cast<gint>(timing.text_timing));
      return true;
    case PROP_MERGE_GAP:
      g_value_set_uint(value, timing.merge_gap_ms);
      return true;
    case PROP_CUE_STEP:
      g_value_set_uint(value, timing.cue_step_ms);
      return true;
    case PROP_CONFIRM_READS:
      g_value_set_uint(value, timing.confirm_reads);
      return true;
    case PROP_VOTE_READS:
      g_value_set_uint(value, timing.vote_reads);
      return true;
    case PROP_LATENCY:
      g_value_set_uint(value, timing.latency_ms);
      return true;
    case PROP_LATENESS:
      g_value_set_uint(value, timing.lateness_ms);
      return true;
    case PROP_QOS:
      g_value_set_boolean(value, timing.qos);
      return true;
    case PROP_MAX_OBSERVED_DELAY:
      GST_OBJECT_LOCK(self);
      g_value_set_uint64(value, self->impl->delay.maximum());
      GST_OBJECT_UNLOCK(self);
      return true;
    default:
      return false;
  }
}

}  // namespace deepseekocr::plugin
