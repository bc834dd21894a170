// SPDX-License-Identifier: MIT
// Properties of the model and its engine.
#include "deepseekocr/element.h"
#include "deepseekocr/properties.h"

namespace deepseekocr::plugin {
namespace {

/// Behind those of timing/properties.cpp.
enum EngineProperty {
  PROP_MODEL_PATH = 2000,
  PROP_ADAPTER_PATH,
  PROP_WEIGHT_CACHE,
  PROP_DEVICE,
  PROP_PRECISION,
  PROP_KV_CACHE,
  PROP_THREADS,
  PROP_BATCH_SIZE,
  PROP_BATCH_TIMEOUT,
  PROP_IDLE_TIMEOUT,
  PROP_DRAFT,
};

void install_model_properties(GObjectClass* klass) {
  g_object_class_install_property(
      klass, PROP_MODEL_PATH,
      g_param_spec_string("model-path", "Model path",
                          "Folder of the checkpoint: config.json, *.safetensors, tokenizer.json (empty = "
                          "$DEEPSEEKOCR_MODEL, else the bundled label reader)",
                          "", kReady));
  g_object_class_install_property(
      klass, PROP_ADAPTER_PATH,
      g_param_spec_string("adapter-path", "Adapter path",
                          "Folder of a LoRA adapter in PEFT's layout, merged into the checkpoint's weights while they "
                          "load: adapter_config.json, adapter_model.safetensors (empty = none)",
                          nullptr, kReady));
  g_object_class_install_property(
      klass, PROP_WEIGHT_CACHE,
      g_param_spec_string("weight-cache", "Weight cache",
                          "Folder for files of packed weights, made if it is missing: with precision int8 and int4 a "
                          "model is packed once and read from there from then on (empty = none)",
                          nullptr, kReady));
}

void install_service_properties(GObjectClass* klass) {
  g_object_class_install_property(
      klass, PROP_DEVICE,
      g_param_spec_string("device", "Device", "Where the model runs: auto, cpu, cuda:N", "auto", kReady));
  g_object_class_install_property(
      klass, PROP_PRECISION,
      g_param_spec_enum("precision", "Precision", "Number format of weights and activations",
                        GST_TYPE_DEEPSEEK_OCR_PRECISION, DSOCR_PRECISION_AUTO, kReady));
  g_object_class_install_property(
      klass, PROP_KV_CACHE,
      g_param_spec_enum("kv-cache", "KV cache",
                        "Number format of the keys and values of a reading's tokens so far, all of which the next "
                        "token reads",
                        GST_TYPE_DEEPSEEK_OCR_KV_CACHE, DSOCR_KV_CACHE_AUTO, kReady));
  g_object_class_install_property(
      klass, PROP_THREADS,
      g_param_spec_int("threads", "Threads", "CPU threads of the model (0 = as many as the machine allows, at most 4)",
                       0, 1024, 0, kReady));
  g_object_class_install_property(
      klass, PROP_BATCH_SIZE,
      g_param_spec_int("batch-size", "Batch size", "Readings that the model works on together (0 = 8)", 0, 128, 0,
                       kReady));
  g_object_class_install_property(
      klass, PROP_BATCH_TIMEOUT,
      g_param_spec_int("batch-timeout", "Batch timeout",
                       "How long a first frame that is not live waits for company, in milliseconds (0 = not at all)", 0,
                       60000, 0, kReady));
  g_object_class_install_property(
      klass, PROP_IDLE_TIMEOUT,
      g_param_spec_int("idle-timeout", "Idle timeout",
                       "Seconds without a reading after which the model's memory is freed; the next reading loads it "
                       "again.  Of elements that share a model the longest counts (0 = never, the longest)",
                       0, G_MAXINT / 1000, 0, kReady));
  g_object_class_install_property(
      klass, PROP_DRAFT,
      g_param_spec_enum("draft", "Draft",
                        "What the model checks at once before it goes on token by token: the text is the same, up to "
                        "rounding, and comes sooner where it changed little; at most four readings at a time have one",
                        GST_TYPE_DEEPSEEK_OCR_DRAFT, static_cast<gint>(Draft::kPrevious), kPlaying));
}

}  // namespace

void install_engine_properties(GObjectClass* object_class) {
  install_model_properties(object_class);
  install_service_properties(object_class);
}

bool set_engine_property(Settings& settings, guint id, const GValue* value) {
  switch (id) {
    case PROP_MODEL_PATH:
      settings.model_path = string_of(value);
      return true;
    case PROP_ADAPTER_PATH:
      settings.adapter_path = string_of(value);
      return true;
    case PROP_WEIGHT_CACHE:
      settings.weight_cache = string_of(value);
      return true;
    case PROP_DEVICE:
      settings.device = string_of(value);
      return true;
    case PROP_PRECISION:
      settings.precision = static_cast<DsocrPrecision>(g_value_get_enum(value));
      return true;
    case PROP_KV_CACHE:
      settings.kv_cache = static_cast<DsocrKvCache>(g_value_get_enum(value));
      return true;
    case PROP_THREADS:
      settings.threads = g_value_get_int(value);
      return true;
    case PROP_BATCH_SIZE:
      settings.batch_size = g_value_get_int(value);
      return true;
    case PROP_BATCH_TIMEOUT:
      settings.batch_timeout_ms = g_value_get_int(value);
      return true;
    case PROP_IDLE_TIMEOUT:
      settings.idle_timeout_s = g_value_get_int(value);
      return true;
    case PROP_DRAFT:
      settings.draft = static_cast<Draft>(g_value_get_enum(value));
      return true;
    default:
      return false;
  }
}

bool get_engine_property(const Settings& settings, guint id, GValue* value) {
  switch (id) {
    case PROP_MODEL_PATH:
      g_value_set_string(value, settings.model_path.c_str());
      return true;
    case PROP_ADAPTER_PATH:
      g_value_set_string(value, settings.adapter_path.empty() ? nullptr : settings.adapter_path.c_str());
      return true;
    case PROP_WEIGHT_CACHE:
      g_value_set_string(value, settings.weight_cache.empty() ? nullptr : settings.weight_cache.c_str());
      return true;
    case PROP_DEVICE:
      g_value_set_string(value, settings.device.c_str());
      return true;
    case PROP_PRECISION:
      g_value_set_enum(value, settings.precision);
      return true;
    case PROP_KV_CACHE:
      g_value_set_enum(value, settings.kv_cache);
      return true;
    case PROP_THREADS:
      g_value_set_int(value, settings.threads);
      return true;
    case PROP_BATCH_SIZE:
      g_value_set_int(value, settings.batch_size);
      return true;
    case PROP_BATCH_TIMEOUT:
      g_value_set_int(value, settings.batch_timeout_ms);
      return true;
    case PROP_IDLE_TIMEOUT:
      g_value_set_int(value, settings.idle_timeout_s);
      return true;
    case PROP_DRAFT:
      g_value_set_enum(value, static_cast<gint>(settings.draft));
      return true;
    default:
      return false;
  }
}

}  // namespace deepseekocr::plugin
