// SPDX-License-Identifier: MIT
#include "deepseekocr/loading.h"

#include "deepseekocr/element.h"
#include "deepseekocr/engine_loader.h"

namespace deepseekocr::plugin {
namespace {

std::string plugin_folder(GstDeepseekOcr* self) {
  GstElementFactory* factory = gst_element_get_factory(GST_ELEMENT(self));
  GstPlugin* plugin = factory != nullptr ? gst_plugin_feature_get_plugin(GST_PLUGIN_FEATURE(factory)) : nullptr;
  std::string folder;
  if (plugin != nullptr) {
    if (const gchar* file = gst_plugin_get_filename(plugin)) {
      g_autofree gchar* name = g_path_get_dirname(file);
      folder = name;
    }
    gst_object_unref(plugin);
  }
  return folder;
}

/// Settings with the model path that an empty one stands for.
Settings complete_settings(GstDeepseekOcr* self) {
  Settings settings = copy_settings(self);
  if (settings.model_path.empty()) settings.model_path = default_model_path(plugin_folder(self));
  return settings;
}

/// Opens a client with a reporter of its own, unless `reporter` is to go on.
bool open_client(GstDeepseekOcr* self, const ClientOptions& options, std::shared_ptr<LoadReporter> reporter) {
  if (reporter == nullptr) {
    reporter = std::make_shared<LoadReporter>(GST_ELEMENT(self));
    reporter->start(options.model_path);
  }
  GST_OBJECT_LOCK(self);
  self->impl->loading = reporter;  // before its events come
  const DsocrEngineApi* api = self->impl->api;
  GST_OBJECT_UNLOCK(self);
  DsocrError error{};
  auto client = EngineClient::open(api, options, reporter, &error);
  if (client == nullptr) {
    reporter->refused(error.message);
    post_engine_error(GST_ELEMENT(self), error.status, error.message);
    return false;
  }
  GST_OBJECT_LOCK(self);
  client.swap(self->impl->client);
  GST_OBJECT_UNLOCK(self);
  // The model stays loaded where both clients share it, because the new one holds it already.
  if (client != nullptr) client->close();
  choose_device(self, {options.device, options.precision});
  return true;
}

bool settings_are_sound(GstDeepseekOcr* self) {
  GST_OBJECT_LOCK(self);
  const Element& element = *self->impl;
  const std::string error = !element.area_error.empty() ? element.area_error : element.whitelist_error;
  GST_OBJECT_UNLOCK(self);
  if (!error.empty()) GST_ELEMENT_ERROR(self, LIBRARY, SETTINGS, ("%s.", error.c_str()), (nullptr));
  return error.empty();
}

}  // namespace

// ------------------------------------------------------------------------------------------------ messages

void LoadReporter::post(GstProgressType type, const std::string& text) {
  auto* element = static_cast<GstElement*>(g_weak_ref_get(&element_));
  if (element == nullptr) return;
  gst_element_post_message(element, gst_message_new_progress(GST_OBJECT(element), type, "loading", text.c_str()));
  gst_object_unref(element);
}

bool LoadReporter::end(Phase phase) {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::kLoading) return false;
  phase_ = phase;
  return true;
}

bool LoadReporter::loading() const {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::kLoading;
}

bool LoadReporter::failed() const {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::kFailed;
}

std::optional<ModelInfo> LoadReporter::info() const {
  const std::lock_guard lock(mutex_);
  return info_;
}

void LoadReporter::start(const std::string& model_path) {
  {
    const std::lock_guard lock(mutex_);
    phase_ = Phase::kLoading;
    model_path_ = model_path;
  }
  post(GST_PROGRESS_TYPE_START, "loading " + model_path);
}

void LoadReporter::restart_if_ready() {
  std::string model_path;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::kReady) return;
    phase_ = Phase::kLoading;
    model_path = model_path_;
  }
  post(GST_PROGRESS_TYPE_START, "loading " + model_path + " again");
}

void LoadReporter::on_progress(int32_t percent, const std::string& what) {
  restart_if_ready();
  if (loading()) post(GST_PROGRESS_TYPE_CONTINUE, what + " " + std::to_string(percent) + " %");
}

void LoadReporter::on_ready(const ModelInfo& info) {
  if (!info.has_tokenizer) {  // every prompt of this element is text
    on_failed(DSOCR_INVALID_CHECKPOINT, "The folder of the model " + info.name +
                                            " has no tokenizer.json: put the checkpoint's file beside config.json.");
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    info_ = info;
  }
  if (!end(Phase::kReady)) return;
  post(GST_PROGRESS_TYPE_COMPLETE, info.name + " is ready on " + info.device + " in " + info.precision);
  if (auto* element = static_cast<GstElement*>(g_weak_ref_get(&element_))) {
    check_prompt(GST_DEEPSEEK_OCR(element));
    gst_object_unref(element);
  }
}

void LoadReporter::on_failed(DsocrStatus status, const std::string& sentence) {
  restart_if_ready();
  if (!end(Phase::kFailed)) return;
  post(GST_PROGRESS_TYPE_ERROR, sentence);
  auto* element = static_cast<GstElement*>(g_weak_ref_get(&element_));
  if (element == nullptr) return;
  post_engine_error(element, status, sentence);
  if (const auto session = session_of(GST_DEEPSEEK_OCR(element))) session->fail();
  gst_object_unref(element);
}

std::string LoadReporter::default_prompt() const {
  const std::lock_guard lock(mutex_);
  return info_ ? info_->default_prompt : "";
}

uint64_t LoadReporter::parameters() const {
  const std::lock_guard lock(mutex_);
  return info_ ? info_->parameters : 0;
}

void LoadReporter::refused(const std::string& sentence) {
  if (end(Phase::kFailed)) post(GST_PROGRESS_TYPE_ERROR, sentence);
}

void LoadReporter::cancel() {
  if (end(Phase::kCancelled)) post(GST_PROGRESS_TYPE_CANCELED, "loading was given up");
}

void post_engine_error(GstElement* element, DsocrStatus status, const std::string& sentence) {
  switch (status) {
    case DSOCR_NOT_FOUND:
      GST_ELEMENT_ERROR(element, RESOURCE, NOT_FOUND, ("%s", sentence.c_str()), (nullptr));
      break;
    case DSOCR_INVALID_CHECKPOINT:
      GST_ELEMENT_ERROR(element, RESOURCE, READ, ("%s", sentence.c_str()), (nullptr));
      break;
    case DSOCR_OUT_OF_MEMORY:
      GST_ELEMENT_ERROR(element, RESOURCE, NO_SPACE_LEFT, ("%s", sentence.c_str()), (nullptr));
      break;
    case DSOCR_INVALID_ARGUMENT:
    case DSOCR_UNSUPPORTED:
      GST_ELEMENT_ERROR(element, LIBRARY, SETTINGS, ("%s", sentence.c_str()), (nullptr));
      break;
    default:
      GST_ELEMENT_ERROR(element, LIBRARY, FAILED, ("%s", sentence.c_str()), (nullptr));
      break;
  }
}

// ------------------------------------------------------------------------------------------------ the element's part

bool open_engine(GstDeepseekOcr* self) {
  if (!settings_are_sound(self)) return false;
  std::string error;
  const DsocrEngineApi* api = load_engine(plugin_folder(self), &error);
  if (api == nullptr) {
    GST_ELEMENT_ERROR(self, LIBRARY, INIT, ("%s.", error.c_str()), (nullptr));
    return false;
  }
  GST_INFO_OBJECT(self, "engine: %s", api->description);
  GST_OBJECT_LOCK(self);
  self->impl->api = api;
  GST_OBJECT_UNLOCK(self);
  return open_client(self, client_options(complete_settings(self), false), nullptr);
}

bool refresh_client(GstDeepseekOcr* self, bool live) {
  const ClientOptions wanted = client_options(complete_settings(self), live);
  const auto current = client_of(self);
  GST_OBJECT_LOCK(self);
  auto reporter = self->impl->loading;
  GST_OBJECT_UNLOCK(self);
  const bool failed = reporter != nullptr && reporter->failed();
  if (current != nullptr && current->options() == wanted && !failed) return true;
  ClientOptions same_model = wanted;
  if (current != nullptr) {
    // How it is served may change without loading anything.
    same_model.live = current->options().live;
    if (current->options() == same_model && !failed) return open_client(self, wanted, std::move(reporter));
  }
  if (reporter != nullptr) reporter->cancel();
  return open_client(self, wanted, nullptr);
}

std::shared_ptr<EngineClient> close_engine(GstDeepseekOcr* self) {
  std::shared_ptr<EngineClient> client;
  std::shared_ptr<LoadReporter> reporter;
  std::shared_ptr<Session> session;
  GST_OBJECT_LOCK(self);
  client.swap(self->impl->client);
  reporter.swap(self->impl->loading);
  session.swap(self->impl->session);
  GST_OBJECT_UNLOCK(self);
  if (reporter != nullptr) reporter->cancel();
  if (client != nullptr) client->close();
  forget_device(self);
  return client;
}

void check_prompt(GstDeepseekOcr* self) {
  GST_OBJECT_LOCK(self);
  const auto reporter = self->impl->loading;
  GST_OBJECT_UNLOCK(self);
  const auto info = reporter != nullptr ? reporter->info() : std::nullopt;
  if (!info) return;
  const std::string prompt = effective_prompt(copy_settings(self));
  if (is_prompt_supported(prompt, info->supported_prompts)) return;
  std::string known;
  for (const std::string& supported : info->supported_prompts)
    known += (known.empty() ? "\"" : ", \"") + supported + "\"";
  GST_ELEMENT_WARNING(self, LIBRARY, SETTINGS,
                      ("The model %s was not trained for the prompt \"%s\"; it knows %s.", info->name.c_str(),
                       prompt.c_str(), known.c_str()),
                      (nullptr));
}

}  // namespace deepseekocr::plugin
