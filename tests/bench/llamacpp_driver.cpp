// SPDX-License-Identifier: MIT
// llama.cpp on the same checkpoint as model-speed, in the same steps.  Built by compare_llamacpp.sh against the library
// that the script builds; no part of this project's own build.
//
//   llamacpp-driver quantise IN.gguf OUT.gguf q8_0|q4_0
//   llamacpp-driver prefill|decode MODEL.gguf THREADS
//   llamacpp-driver vision MODEL.gguf THREADS PROJECTOR.gguf
//
// Prints lines as model-speed does.  Flash attention is off: on, its default, it is slower in decoding.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "llama.h"
#include "mtmd.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kVocabulary = 129280;
constexpr int kRuns = 3;
constexpr int kTokens = 40;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void print(const std::string& name, std::vector<double> seconds, double tokens) {
  std::sort(seconds.begin(), seconds.end());
  std::printf("%-22s best %9.2f ms   median %9.2f ms", name.c_str(), seconds.front() * 1e3,
              seconds[seconds.size() / 2] * 1e3);
  if (tokens > 0) std::printf("   best %8.1f tokens/s", tokens / seconds.front());
  std::printf("\n");
  std::fflush(stdout);
}

class Peer {
 public:
  Peer(const char* path, int threads) {
    const auto start = Clock::now();
    model_ = llama_model_load_from_file(path, llama_model_default_params());
    if (model_ == nullptr) throw std::runtime_error(std::string(path) + " cannot be loaded");
    llama_context_params params = llama_context_default_params();
    params.n_ctx = 2048;
    params.n_batch = params.n_ctx;  // a prompt is given whole
    params.n_ubatch = 1024;
    params.n_threads = params.n_threads_batch = threads;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    context_ = llama_init_from_model(model_, params);
    if (context_ == nullptr) throw std::runtime_error("no context");
    std::printf("%s loaded in %.1f s\n", path, seconds_since(start));
  }
  ~Peer() {
    llama_free(context_);
    llama_model_free(model_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const llama_model* model() const { return model_; }

  /// Seconds of `tokens` tokens into an empty cache.
  double prompt(int tokens) {
    llama_memory_clear(llama_get_memory(context_), true);
    std::vector<llama_token> ids(static_cast<size_t>(tokens));
    for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<llama_token>((i * 7919 + 104729) % kVocabulary);
    return step(ids);
  }

  void prefill(int tokens) {
    std::vector<double> seconds;
    for (int i = 0; i < kRuns; ++i) seconds.push_back(prompt(tokens));
    print("prefill " + std::to_string(tokens), seconds, tokens);
  }

  void decode(int context) {
    prompt(context);
    std::vector<double> seconds;
    std::vector<llama_token> id = {50};
    for (int i = 0; i < kTokens; ++i) {
      seconds.push_back(step(id));
      const float* logits = llama_get_logits_ith(context_, -1);
      id[0] = static_cast<llama_token>(std::max_element(logits, logits + kVocabulary) - logits);
    }
    print("decode at " + std::to_string(context) + " x1", seconds, 1);
  }

 private:
  double step(std::vector<llama_token>& ids) {
    const auto start = Clock::now();
    if (llama_decode(context_, llama_batch_get_one(ids.data(), static_cast<int32_t>(ids.size()))) != 0)
      throw std::runtime_error("llama_decode failed");
    llama_get_logits_ith(context_, -1);  // waits for them
    return seconds_since(start);
  }

  llama_model* model_ = nullptr;
  llama_context* context_ = nullptr;
};

/// One view of 1024 × 1024, of a picture that is too small for tiles.
void vision(const Peer& peer, int threads, const char* projector) {
  constexpr uint32_t kSide = 640;
  mtmd_context_params params = mtmd_context_params_default();
  params.use_gpu = false;
  params.n_threads = threads;
  params.print_timings = false;
  params.warmup = false;
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;  // here it is the faster one
  mtmd_context* context = mtmd_init_from_file(projector, peer.model(), params);
  if (context == nullptr) throw std::runtime_error(std::string(projector) + " cannot be loaded");
  std::vector<unsigned char> pixels(size_t{3} * kSide * kSide);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<unsigned char>(i * 2654435761U >> 24);
  mtmd_bitmap* bitmap = mtmd_bitmap_init(kSide, kSide, pixels.data());
  mtmd_input_chunks* chunks = mtmd_input_chunks_init();
  const char* marker = mtmd_default_marker();
  const mtmd_input_text text = {marker, std::strlen(marker), true, true};
  const mtmd_bitmap* bitmaps[] = {bitmap};
  if (mtmd_tokenize(context, chunks, &text, bitmaps, 1) != 0) throw std::runtime_error("mtmd_tokenize failed");
  for (size_t i = 0; i < mtmd_input_chunks_size(chunks); ++i) {
    const mtmd_input_chunk* chunk = mtmd_input_chunks_get(chunks, i);
    if (mtmd_input_chunk_get_type(chunk) != MTMD_INPUT_CHUNK_TYPE_IMAGE) continue;
    std::vector<double> seconds;
    for (int run = 0; run < kRuns; ++run) {
      const auto start = Clock::now();
      if (mtmd_encode_chunk(context, chunk) != 0) throw std::runtime_error("mtmd_encode_chunk failed");
      seconds.push_back(seconds_since(start));
    }
    print("vision, " + std::to_string(mtmd_input_chunk_get_n_tokens(chunk)) + " tokens", seconds, 0);
  }
  mtmd_input_chunks_free(chunks);
  mtmd_bitmap_free(bitmap);
  mtmd_free(context);
}

void quantise(const char* from, const char* to, const std::string& type) {
  llama_model_quantize_params params = llama_model_quantize_default_params();
  params.ftype = type == "q8_0" ? LLAMA_FTYPE_MOSTLY_Q8_0 : LLAMA_FTYPE_MOSTLY_Q4_0;
  if (llama_model_quantize(from, to, &params) != 0) throw std::runtime_error("quantising failed");
}

void print_peak() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("peak memory   %.2f GB\n", static_cast<double>(usage.ru_maxrss) * 1024 / 1e9);
}

void run(const std::vector<std::string>& arguments) {
  if (arguments.at(0) == "quantise") {
    quantise(arguments.at(1).c_str(), arguments.at(2).c_str(), arguments.at(3));
    return;
  }
  const int threads = std::atoi(arguments.at(2).c_str());
  Peer peer(arguments.at(1).c_str(), threads);
  if (arguments[0] == "prefill") {
    peer.prefill(280);
    peer.prefill(910);
  } else if (arguments[0] == "decode") {
    peer.decode(300);
    peer.decode(1300);
  } else {
    vision(peer, threads, arguments.at(3).c_str());
  }
  print_peak();
}

}  // namespace

int main(int argc, char** argv) {
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  llama_backend_init();
  try {
    run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  llama_backend_free();
  return 0;
}
