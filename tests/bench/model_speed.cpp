// SPDX-License-Identifier: MIT
// How fast a checkpoint is on this machine, part by part, beside how fast its memory is in the same minute.
//
//   model-speed [--device cuda:N] [--weight-cache DIR] [--kv-cache native|int8] CHECKPOINT [fp32|bf16|int8|int4]
//   [THREADS] [PART]
//
// Prints the best and the median of several runs: one view encoded, prompts of 280 and 910 tokens, one token at the end
// of 300 and 1300, one token of eight sequences at once, and an answer of 100 tokens that is decoded or verified as a
// draft.  Weights may be random: what is chosen is decoded on, whatever it means.  PART: vision, prefill, decode or
// draft, without it all.  With PART draft or short a small view; with short also one token at the end of 100 only: for
// bfloat16 on a processor that is slow at its products of many rows.  PART labels: small pictures read whole, of a
// checkpoint with canvases.  Before and after stand the ceilings: what memory gives, and the best rate of a large
// product.  At the end stands the peak of memory.  PART load: nothing but loading.
#include <ATen/Parallel.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/rand.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "bench/device_rates.h"
#include "image/views.h"
#include "kernels/isa.h"
#include "operations/cuda/support.h"
#include "serving/model_runner.h"
#include "tools/kv_cache_name.h"
#include "tools/patterns.h"

namespace {

using namespace deepseekocr;
using Clock = std::chrono::steady_clock;

const CancelFlag never{false};
const std::vector<int32_t> kBefore = {0};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Seconds of `runs` runs, sorted.
template <typename Work>
std::vector<double> measure(int runs, Work work) {
  std::vector<double> seconds;
  for (int i = 0; i < runs; ++i) {
    const auto start = Clock::now();
    work();
    seconds.push_back(seconds_since(start));
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds;
}

/// Processor time of a piece of work, all threads together: what others on the machine change least.  Seconds.
template <typename Work>
double processor_time(const Work& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

double median(const std::vector<double>& sorted) {
  return sorted[sorted.size() / 2];
}

/// What can be read from memory, by `threads` at once, in bytes per second: the ceiling of decoding.
double read_bandwidth(int threads) {
  constexpr size_t kWords = size_t{1} << 26;  // 512 MiB: no cache holds it
  static const std::vector<uint64_t> words(kWords, 1);
  std::vector<uint64_t> sums(static_cast<size_t>(threads));
  const auto seconds = measure(5, [&] {
    std::vector<std::thread> team;
    for (int t = 0; t < threads; ++t) {
      team.emplace_back([&, t] {
        const size_t first = kWords / threads * t, end = first + kWords / threads;
        uint64_t parts[32] = {};
        for (size_t i = first; i < end; i += 32) {
          for (size_t lane = 0; lane < 32; ++lane) parts[lane] += words[i + lane];
        }
        sums[t] = std::accumulate(std::begin(parts), std::end(parts), uint64_t{0});
      });
    }
    for (std::thread& thread : team) thread.join();
  });
  if (std::accumulate(sums.begin(), sums.end(), uint64_t{0}) == 0) std::puts("");  // the sums are used
  return kWords * 8.0 / seconds.front();
}

/// The best rate of LibTorch's products of a size that vision has, in floating-point operations per second.
double product_rate(at::ScalarType type, int threads) {
  constexpr int64_t kRows = 2048, kInputs = 768, kOutputs = 3072;
  at::set_num_threads(threads);
  const at::Tensor x = at::rand({kRows, kInputs}).to(type), weight = at::rand({kOutputs, kInputs}).to(type);
  const auto seconds = measure(4, [&] { at::linear(x, weight); });
  return 2.0 * kRows * kInputs * kOutputs / seconds.front();
}

/// The most memory that was resident, in bytes, mapped files included.
double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

DsocrPrecision precision_of(const std::string& name) {
  if (name == "fp32") return DSOCR_PRECISION_FP32;
  if (name == "int8") return DSOCR_PRECISION_INT8;
  if (name == "int4") return DSOCR_PRECISION_INT4;
  return DSOCR_PRECISION_BF16;
}

class Bench {
 public:
  Bench(ModelRunner& model, int threads, const std::string& part)
      : model_(model), threads_(threads), on_cuda_(model.device().starts_with("cuda")), device_(model.device()) {
    // A checkpoint that was made for smaller pictures is shown one that it takes whole.
    const bool small = model.config().uses_canvases(), whole = part.empty() || part == "vision";
    side_ = small || !whole ? 512 : 1024;
    const DsocrMode mode = small ? DSOCR_MODE_AUTO : whole ? DSOCR_MODE_BASE : DSOCR_MODE_TINY;
    views_ = make_views(test::draw_pattern("page", side_, side_), plan_views(side_, side_, mode, 0, model.config()));
  }

  void run(const std::string& part) {
    print_ceilings();
    vision(on_cuda_ ? 10 : part.empty() || part == "vision" ? 3 : 1);
    if (on_cuda_ && part.empty()) gundam();
    if (part == "short") decode(100, 1);
    if (part.empty() || part == "prefill") {
      prefill(280);
      if (model_.config().decoder.max_positions > 910) prefill(910);
    }
    if (part.empty() || part == "decode") {
      const bool long_contexts = model_.config().decoder.max_positions > 1400;
      decode(300, 1);
      if (long_contexts) decode(1300, 1);
      decode(300, 8);
      if (on_cuda_ && long_contexts) {
        decode(1300, 8);
        decode(300, 100);
        decode(1300, 100);
        decode(8000, 1);
      }
    }
    if (part.empty() || part == "draft") draft(280, 100);
    if (part == "labels" && model_.config().uses_canvases()) {
      labels(512, 512, 100);
      labels(512, 128, 20);
    }
    print_ceilings();
  }

 private:
  void print_ceilings() {
    if (on_cuda_) {
      const cuda::DeviceProperties properties = cuda::device_properties(device_.index());
      bandwidth_ = bench::copy_bandwidth(device_);
      std::printf("device copy   %6.2f TB/s   bf16 product %6.1f TFLOP/s   memory in use %.2f of %.1f GB\n",
                  bandwidth_ / 1e12, bench::product_rate(device_) / 1e12,
                  static_cast<double>(properties.total_bytes - properties.free_bytes) / 1e9,
                  static_cast<double>(properties.total_bytes) / 1e9);
      std::fflush(stdout);
      return;
    }
    std::printf("memory read   %d thread(s)   %6.1f GB/s   product fp32 %6.1f GFLOP/s", threads_,
                read_bandwidth(threads_) / 1e9, product_rate(at::kFloat, threads_) / 1e9);
    if (kernels::best_isa() >= kernels::Isa::avx512)  // with less it takes minutes
      std::printf(", bf16 %6.1f GFLOP/s", product_rate(at::kBFloat16, threads_) / 1e9);
    std::printf("\n");
    std::fflush(stdout);
  }

  static void print(const std::string& name, const std::vector<double>& seconds, double tokens) {
    std::printf("%-22s best %9.2f ms   median %9.2f ms", name.c_str(), seconds.front() * 1e3, median(seconds) * 1e3);
    if (tokens > 0) std::printf("   best %8.1f tokens/s", tokens / seconds.front());
    std::printf("\n");
    std::fflush(stdout);
  }

  void vision(int runs) {
    const PageViews* page = &views_;
    const CancelFlag* flag = &never;
    const auto seconds = measure(runs, [&] { encode(page, flag); });
    print("vision " + std::to_string(side_) + "x" + std::to_string(side_), seconds, 0);
  }

  void encode(const PageViews* page, const CancelFlag* flag) {
    image_ = std::move(model_.encode({&page, 1}, {&flag, 1}).at(0));
    if (on_cuda_) bench::finish(device_);
  }

  /// A portrait page in 2 × 3 tiles and its global view.
  void gundam() {
    constexpr int kWidth = 1240, kHeight = 1754;
    const PageViews views = make_views(test::draw_pattern("page", kWidth, kHeight),
                                       plan_views(kWidth, kHeight, DSOCR_MODE_GUNDAM, 6, model_.config()));
    std::vector<const PageViews*> pages = {&views};
    const CancelFlag* flag = &never;
    const auto seconds = measure(10, [&] {
      model_.encode(pages, {&flag, 1});
      bench::finish(device_);
    });
    print("vision gundam " + std::to_string(views.grid.columns) + "x" + std::to_string(views.grid.rows), seconds, 0);
  }

  /// A sequence of `tokens` tokens that differ from those of other seeds.
  std::unique_ptr<Sequence> sequence(int tokens, int seed) {
    TokenChoice choice;
    return model_.prefill(kBefore, *image_, prompt(tokens, seed), {}, never, choice);
  }

  /// The ids behind the image of such a sequence.
  std::vector<int32_t> prompt(int tokens, int seed) const {
    std::vector<int32_t> after(static_cast<size_t>(std::max(1, tokens - 1 - image_->token_count())));
    for (size_t i = 0; i < after.size(); ++i)
      after[i] = static_cast<int32_t>((i * 7919 + 104729 * static_cast<size_t>(seed)) %
                                      static_cast<size_t>(model_.config().decoder.vocab_size));
    return after;
  }

  void prefill(int tokens) {
    print("prefill " + std::to_string(tokens), measure(3, [&] { sequence(tokens, 1); }), tokens);
  }

  /// An answer of `length` tokens behind a prompt of `tokens`: decoded, and verified inside the prefill.
  void draft(int tokens, int length) {
    const std::vector<std::span<const int32_t>> nothing_banned(static_cast<size_t>(length));
    std::vector<int32_t> answer;
    std::vector<TokenChoice> choices;
    const auto decode = [&] { answer = decode_answer(tokens, length); };
    const auto plain = [&] { sequence(tokens, 1); };
    const std::vector<int32_t> after = prompt(tokens, 1);
    const auto draft = [&] {
      const std::span<const int32_t> ids = std::span(answer).first(answer.size() - 1);
      model_.prefill({kBefore, image_.get(), after, ids, nothing_banned}, never, choices);
    };
    const auto decoded = measure(3, decode), alone = measure(3, plain), drafted = measure(3, draft);
    print("prefill " + std::to_string(tokens), alone, 0);
    print("prefill with draft", drafted, 0);
    print("prefill and decode " + std::to_string(length), decoded, 0);
    std::printf("%-22s %.1f %% of decoding it; %zu of %d tokens accepted\n", "verifying",
                100 * (drafted.front() - alone.front()) / (decoded.front() - alone.front()), choices.size(), length);
    const double base = processor_time(plain);
    std::printf("%-22s %.1f %% of decoding it\n", "in processor time",
                100 * (processor_time(draft) - base) / (processor_time(decode) - base));
  }

  /// The first `length` tokens behind a prompt.
  std::vector<int32_t> decode_answer(int tokens, int length) {
    TokenChoice first;
    const auto own = model_.prefill(kBefore, *image_, prompt(tokens, 1), {}, never, first);
    std::vector<int32_t> answer = {first.id};
    while (answer.size() < static_cast<size_t>(length)) {
      DecodeItem item{own.get(), answer.back(), {}, {}};
      model_.decode({&item, 1});
      answer.push_back(item.choice.id);
    }
    return answer;
  }

  /// Pictures from their pixels to answers of `letters` tokens, as many at once as the engine decodes together.
  void labels(int width, int height, int letters) {
    constexpr size_t kTogether = 8;
    const PageViews views = make_views(test::draw_pattern("page", width, height),
                                       plan_views(width, height, DSOCR_MODE_AUTO, 0, model_.config()));
    const std::vector<const PageViews*> pages(kTogether, &views);
    const std::vector<const CancelFlag*> flags(kTogether, &never);
    const std::vector<int32_t> after = {1, 2, 3};
    const auto seconds = measure(5, [&] {
      const auto images = model_.encode(pages, flags);
      std::vector<std::unique_ptr<Sequence>> sequences;
      std::vector<DecodeItem> items;
      TokenChoice first;
      for (const auto& image : images) {
        sequences.push_back(model_.prefill(kBefore, *image, after, {}, never, first));
        items.push_back({sequences.back().get(), first.id, {}, {}});
      }
      for (int i = 1; i < letters; ++i) {
        model_.decode(items);
        for (DecodeItem& item : items) item.input = item.choice.id;
      }
    });
    const std::string size = std::to_string(width) + "x" + std::to_string(height);
    print("labels " + size + ", " + std::to_string(letters), seconds, 0);
    std::printf("%-22s %.1f labels/s\n", "", kTogether / seconds.front());
  }

  void decode(int context, int batch) {
    std::vector<std::unique_ptr<Sequence>> sequences;
    std::vector<DecodeItem> items;
    for (int i = 0; i < batch; ++i) {
      sequences.push_back(sequence(context, i));
      items.push_back({sequences.back().get(), 50 + i, {}, {}});
    }
    const auto seconds = measure(40, [&] {
      model_.decode(items);
      for (DecodeItem& item : items) item.input = item.choice.id;
    });
    print("decode at " + std::to_string(context) + " x" + std::to_string(batch), seconds, batch);
    std::printf("%-22s %.1f MB of keys and values in %s\n", "",
                static_cast<double>(model_.position_bytes()) * context * batch / 1e6, model_.kv_cache().c_str());
    if (on_cuda_ && model_.config().decoder.layers == 12) {
      const double floor = bench::step_bytes(batch, context) / bandwidth_;
      std::printf("%-22s %.2f ms at the copy's bandwidth: %.0f %% of it\n", "", floor * 1e3,
                  100 * floor / median(seconds));
    }
  }

  ModelRunner& model_;
  int threads_;
  bool on_cuda_;
  at::Device device_;
  double bandwidth_ = 0;
  int side_ = 0;
  PageViews views_;
  std::unique_ptr<ImageFeatures> image_;
};

/// Prints how long it took, what it took of the processors, and what a cache of packed weights has to say.
std::unique_ptr<ModelRunner> load(const ModelOptions& options) {
  const auto progress = [](int, const std::string& what) {
    if (what != "reading weights") std::printf("%s\n", what.c_str());
  };
  std::unique_ptr<ModelRunner> model;
  const auto start = Clock::now();
  const double processor = processor_time([&] { model = load_model(options, progress, never); });
  std::printf("%s, %s, loaded in %.2f s, processor time %.2f s\n", options.model_path.c_str(),
              model->precision().c_str(), seconds_since(start), processor);
  return model;
}

}  // namespace

int main(int argc, char** argv) {
  ModelOptions options;
  options.device = "cpu";
  std::string kv_cache = "auto";
  while (argc > 2 && argv[1][0] == '-') {
    if (std::strcmp(argv[1], "--device") == 0) options.device = argv[2];
    if (std::strcmp(argv[1], "--weight-cache") == 0) options.weight_cache = argv[2];
    if (std::strcmp(argv[1], "--kv-cache") == 0) kv_cache = argv[2];
    argc -= 2;
    argv += 2;
  }
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: model-speed [--device cuda:N] [--weight-cache DIR] [--kv-cache native|int8] CHECKPOINT "
                 "[fp32|bf16|int8|int4] [THREADS] [vision|prefill|decode|draft|labels|short|load]\n");
    return 2;
  }
  options.model_path = argv[1];
  if (argc > 2) options.precision = precision_of(argv[2]);
  options.threads = argc > 3 ? std::atoi(argv[3]) : 2;
  try {
    options.kv_cache = test::parse_kv_cache(kv_cache);
    const auto model = load(options);
    const std::string part = argc > 4 ? argv[4] : "";
    if (part != "load") Bench(*model, options.threads, part).run(part);
    std::printf("peak memory   %.2f GB\n", peak_memory() / 1e9);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
