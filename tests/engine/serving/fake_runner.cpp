// SPDX-License-Identifier: MIT
#include "fake_runner.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "checkpoint/error.h"

namespace deepseekocr::testing {

void Gate::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  passes_ = 0;
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  closed_ = false;
  changed_.notify_all();
}

void Gate::let_pass(int count) {
  const std::lock_guard lock(mutex_);
  passes_ += count;
  changed_.notify_all();
}

void Gate::wait_for_arrival(int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return arrivals_ >= count; });
}

void Gate::wake() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

int Gate::arrivals() {
  const std::lock_guard lock(mutex_);
  return arrivals_;
}

void Gate::reset() {
  const std::lock_guard lock(mutex_);
  closed_ = false;
  passes_ = 0;
  arrivals_ = 0;
  changed_.notify_all();
}

void Gate::pass(const std::function<bool()>& interrupted) {
  std::unique_lock lock(mutex_);
  ++arrivals_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !closed_ || passes_ > 0 || interrupted(); });
  if (closed_ && passes_ > 0) --passes_;
}

FakeModel& FakeModel::instance() {
  static FakeModel* const model = new FakeModel;  // outlives the engine threads, which exit() joins
  return *model;
}

void FakeModel::reset() {
  for (Gate* gate : {&loading, &encoding, &prefilling, &decoding}) gate->reset();
  const std::lock_guard lock(mutex_);
  config = ModelConfig();
  config.name = "fake";
  pictures.reset();
  config.decoder.vocab_size = 1000;
  config.decoder.max_positions = 512;
  config.image_token_id = 999;
  answers_.clear();
  endless_.clear();
  step_failures_.clear();
  load_failure_ = encode_failure_ = prefill_failure_ = decode_failure_ = nullptr;
  encoded_.clear();
  decoded_.clear();
  prefilled_.clear();
  banned_.clear();
  drafts_.clear();
  loads_ = 0;
  adapters_.clear();
  weight_caches_.clear();
  kv_caches_.clear();
  most_alive_ = alive_;
}

void FakeModel::set_answer(int32_t key, std::vector<int32_t> ids) {
  const std::lock_guard lock(mutex_);
  answers_[key] = std::move(ids);
}

void FakeModel::set_endless_answer(int32_t key, int32_t id) {
  const std::lock_guard lock(mutex_);
  endless_[key] = id;
}

void FakeModel::fail_next_load(std::function<void()> thrower) {
  const std::lock_guard lock(mutex_);
  load_failure_ = std::move(thrower);
}
void FakeModel::fail_next_encode(std::function<void()> thrower) {
  const std::lock_guard lock(mutex_);
  encode_failure_ = std::move(thrower);
}
void FakeModel::fail_next_prefill(std::function<void()> thrower) {
  const std::lock_guard lock(mutex_);
  prefill_failure_ = std::move(thrower);
}
void FakeModel::fail_next_decode(std::function<void()> thrower) {
  const std::lock_guard lock(mutex_);
  decode_failure_ = std::move(thrower);
}

std::vector<size_t> FakeModel::encoded_batches() {
  const std::lock_guard lock(mutex_);
  return encoded_;
}
void FakeModel::fail_next_step_of(int32_t key, std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  step_failures_[key] = std::move(failure);
}

std::vector<std::vector<int32_t>> FakeModel::decoded_batches() {
  const std::lock_guard lock(mutex_);
  return decoded_;
}
std::vector<int32_t> FakeModel::prefilled() {
  const std::lock_guard lock(mutex_);
  return prefilled_;
}
std::vector<std::string> FakeModel::weight_caches() {
  const std::lock_guard lock(mutex_);
  return weight_caches_;
}

std::vector<DsocrKvCache> FakeModel::caches_loaded() {
  const std::lock_guard lock(mutex_);
  return kv_caches_;
}

std::vector<std::string> FakeModel::adapters_loaded() {
  const std::lock_guard lock(mutex_);
  return adapters_;
}

std::vector<std::vector<int32_t>> FakeModel::banned(int32_t key) {
  const std::lock_guard lock(mutex_);
  return banned_[key];
}
std::vector<std::vector<int32_t>> FakeModel::drafts(int32_t key) {
  const std::lock_guard lock(mutex_);
  return drafts_[key];
}
int FakeModel::loads() {
  const std::lock_guard lock(mutex_);
  return loads_;
}
int FakeModel::models_alive() {
  const std::lock_guard lock(mutex_);
  return alive_;
}
int FakeModel::most_models_alive() {
  const std::lock_guard lock(mutex_);
  return most_alive_;
}
void FakeModel::wait_until_unloaded() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return alive_ == 0; });
}

void FakeModel::throw_planned(std::function<void()>& planned) {
  std::function<void()> thrower;
  {
    const std::lock_guard lock(mutex_);
    thrower = std::exchange(planned, nullptr);
  }
  if (thrower) thrower();
}

int32_t FakeModel::next_id(int32_t key, size_t position, std::span<const int32_t> banned) {
  const std::lock_guard lock(mutex_);
  int32_t id = config.decoder.eos_id;
  if (const auto endless = endless_.find(key); endless != endless_.end()) {
    id = endless->second;
  } else if (const auto answer = answers_.find(key); answer != answers_.end() && position < answer->second.size()) {
    id = answer->second[position];
  }
  while (std::find(banned.begin(), banned.end(), id) != banned.end()) ++id;
  return id;
}

/// Remembers which prompt it belongs to and how far its answer is.
class FakeSequence : public Sequence {
 public:
  FakeSequence(std::thread::id owner, int32_t key, int length) : owner_(owner), key_(key), length_(length) {}
  ~FakeSequence() override {
    if (std::this_thread::get_id() != owner_) std::abort();  // the runner's thread rule
  }
  int length() const override { return length_; }
  int32_t key() const { return key_; }
  void append() { ++length_, ++answered_; }
  size_t answered() const { return answered_; }

 private:
  std::thread::id owner_;
  int32_t key_;
  int length_;
  size_t answered_ = 0;
};

class FakeFeatures : public ImageFeatures {
 public:
  explicit FakeFeatures(int tokens) : tokens_(tokens) {}
  int token_count() const override { return tokens_; }

 private:
  int tokens_;
};

class FakeRunner : public ModelRunner {
 public:
  explicit FakeRunner(FakeModel& model) : model_(model), config_(model.config), thread_(std::this_thread::get_id()) {
    const std::lock_guard lock(model_.mutex_);
    model_.most_alive_ = std::max(model_.most_alive_, ++model_.alive_);
  }
  ~FakeRunner() override {
    check_thread();
    const std::lock_guard lock(model_.mutex_);
    --model_.alive_;
    model_.changed_.notify_all();
  }

  const ModelConfig& config() const override { return config_; }
  std::string device() const override { return "cpu"; }
  DevicePictures* device_pictures() override { return model_.pictures.get(); }
  std::string precision() const override { return "fp32"; }
  std::string kv_cache() const override { return "fp32"; }
  uint64_t position_bytes() const override { return 0; }
  uint64_t parameter_count() const override { return 12; }
  uint64_t weight_bytes() const override { return 48; }

  std::vector<std::unique_ptr<ImageFeatures>> encode(std::span<const PageViews* const> pages,
                                                     std::span<const CancelFlag* const> cancelled) override {
    check_thread();
    {
      const std::lock_guard lock(model_.mutex_);
      model_.encoded_.push_back(pages.size());
    }
    model_.encoding.pass([&] {
      return std::any_of(cancelled.begin(), cancelled.end(), [](const CancelFlag* flag) { return flag->load(); });
    });
    model_.throw_planned(model_.encode_failure_);
    std::vector<std::unique_ptr<ImageFeatures>> features;
    for (size_t i = 0; i < pages.size(); ++i) {
      features.push_back(*cancelled[i] ? nullptr : std::make_unique<FakeFeatures>(tokens_of(*pages[i])));
    }
    return features;
  }

  using ModelRunner::prefill;
  std::unique_ptr<Sequence> prefill(const PrefillInput& input, const CancelFlag& cancelled,
                                    std::vector<TokenChoice>& choices) override {
    check_thread();
    const int32_t key = input.after.empty() ? -1 : input.after[0];
    {
      const std::lock_guard lock(model_.mutex_);
      model_.prefilled_.push_back(key);
      model_.drafts_[key].emplace_back(input.draft.begin(), input.draft.end());
    }
    model_.prefilling.pass([&] { return cancelled.load(); });
    model_.throw_planned(model_.prefill_failure_);
    if (cancelled) throw Cancelled();
    const auto length = input.before.size() + static_cast<size_t>(input.image->token_count()) + input.after.size();
    choices = {{model_.next_id(key, 0, input.banned[0]), -0.5F, 1.0F}};
    auto sequence = std::make_unique<FakeSequence>(thread_, key, static_cast<int>(length));
    for (size_t i = 0; i < input.draft.size() && choices.back().id == input.draft[i]; ++i) {
      sequence->append();
      choices.push_back({model_.next_id(key, i + 1, input.banned[i + 1]), -0.25F, 2.0F});
    }
    return sequence;
  }

  void decode(std::span<DecodeItem> items) override {
    check_thread();
    {
      const std::lock_guard lock(model_.mutex_);
      std::vector<int32_t> keys;
      for (const DecodeItem& item : items) {
        const int32_t key = static_cast<FakeSequence*>(item.sequence)->key();
        keys.push_back(key);
        model_.banned_[key].emplace_back(item.banned.begin(), item.banned.end());
      }
      model_.decoded_.push_back(keys);
    }
    model_.decoding.pass([] { return false; });
    model_.throw_planned(model_.decode_failure_);
    for (DecodeItem& item : items) {
      auto& sequence = static_cast<FakeSequence&>(*item.sequence);
      if (take_step_failure(sequence.key(), item)) continue;
      sequence.append();
      item.choice = {model_.next_id(sequence.key(), sequence.answered(), item.banned), -0.25F, 2.0F};
    }
  }

 private:
  bool take_step_failure(int32_t key, DecodeItem& item) {
    const std::lock_guard lock(model_.mutex_);
    const auto planned = model_.step_failures_.extract(key);
    if (!planned) return false;
    item.failure = planned.mapped();
    return true;
  }
  void check_thread() const {
    if (std::this_thread::get_id() != thread_) std::abort();
  }
  // As image_token_count() for square views of 64 pixels a token.
  static int tokens_of(const PageViews& page) {
    const ViewPixels global = page.view(0);
    const int columns = global.width / 64;
    const int rows = global.height / 64;
    int count = rows * (columns + 1) + 1;
    if (page.grid.count() > 0) count += page.grid.rows * 10 * (page.grid.columns * 10 + 1);
    return count;
  }

  FakeModel& model_;
  const ModelConfig config_;
  const std::thread::id thread_;
};

std::unique_ptr<ModelRunner> load_fake(const ModelOptions& options, const LoadProgress& progress,
                                       const CancelFlag& cancelled) {
  FakeModel& model = FakeModel::instance();
  {
    const std::lock_guard lock(model.mutex_);
    ++model.loads_;
    model.adapters_.push_back(options.adapter_path);
    model.weight_caches_.push_back(options.weight_cache);
    model.kv_caches_.push_back(options.kv_cache);
  }
  progress(0, "reading weights");
  model.loading.pass([&] { return cancelled.load(); });
  model.throw_planned(model.load_failure_);
  if (cancelled) throw Cancelled();
  for (int i = 1; i <= model.max_progress_events; ++i) progress(100 * i / model.max_progress_events, "reading weights");
  return std::make_unique<FakeRunner>(model);
}

}  // namespace deepseekocr::testing

namespace deepseekocr {

std::unique_ptr<ModelRunner> load_model(const ModelOptions& options, const LoadProgress& progress,
                                        const CancelFlag& cancelled) {
  return testing::load_fake(options, progress, cancelled);
}

std::string find_device(const std::string& device, DsocrPrecision /*precision*/) {
  if (device.starts_with("cuda")) throw EngineError(DSOCR_UNSUPPORTED, "The scripted model has no " + device + ".");
  return "cpu";
}

void halve_device_luma(const DsocrImage& /*image*/, uint8_t* /*out*/, int32_t /*stride*/) {
  throw EngineError(DSOCR_UNSUPPORTED, "The scripted model has no CUDA.");
}

const char* model_library_name() {
  return "scripted";
}

}  // namespace deepseekocr
