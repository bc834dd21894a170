// SPDX-License-Identifier: MIT
#include "tools/trace/options.h"

#include <charconv>
#include <functional>
#include <limits>
#include <map>
#include <utility>

namespace deepseekocr::trace {

const char* const kHelp =
    R"(Reads one picture and prints one JSON object: ids, text, finish reason, margins, log-probabilities, times, memory.

  deepseekocr-trace --model DIR --image FILE.ppm [options]

  --model DIR                   folder with config.json, *.safetensors and, for text, tokenizer.json
  --image FILE.ppm              the picture: binary PPM (P6), 8 bits a channel
  --mode MODE                   auto (default), tiny, small, base, large, gundam
  --adapter DIR                 a LoRA adapter in PEFT's layout, merged into the weights (default: none)
  --max-tiles N                 gundam: at most N tiles, 2..9 (default 9)
  --prompt TEXT                 default: the first prompt that the model supports, else "Free OCR."
  --ids-before-image A,B,...    token ids instead of a prompt; the first is the beginning of sequence
  --ids-after-image A,B,...
  --max-new-tokens N            default: what fits the model's positions
  --ignore-eos                  do not stop at the end of sequence
  --no-repeat-ngram-size N      no N ids in the same order twice, N >= 2 (default: no such rule)
  --no-repeat-ngram-window W    look at the last W ids of the answer only (default: prompt and answer)
  --ngram-whitelist A,B,...     ids that this rule never bans
  --precision P                 auto (default), fp32, bf16, int8, int4
  --kv-cache K                  auto (default), native, int8
  --device D                    auto (default), cpu, cuda:N
  --weight-cache DIR            folder for files of packed weights, for int8 and int4 (default: none)
  --threads N                   CPU threads (default: chosen by the model's size, at most 4)
  --dump FILE.safetensors       write the tensors of every stage
  --help                        this text

Exit status: 0, or 1 where reading failed, or 2 for a wrong command line; the reason is on standard error.
)";

namespace {

constexpr int kMostThreads = 256;

template <typename Integer>
Integer parse_integer(const std::string& option, std::string_view text, Integer least) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least) {
    throw UsageError(option + " wants an integer of at least " + std::to_string(least) + ", not \"" +
                     std::string(text) + "\".");
  }
  return value;
}

std::vector<int32_t> parse_ids(const std::string& option, std::string_view text) {
  std::vector<int32_t> ids;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    ids.push_back(parse_integer<int32_t>(option, text.substr(0, comma), 0));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return ids;
}

template <typename Value>
Value parse_name(const std::string& option, const std::string& text, const std::map<std::string, Value>& names) {
  const auto found = names.find(text);
  if (found != names.end()) return found->second;
  std::string known;
  for (const auto& [name, value] : names) known += (known.empty() ? "" : ", ") + name;
  throw UsageError(option + " is one of " + known + ", not \"" + text + "\".");
}

DsocrMode parse_mode(const std::string& option, const std::string& text) {
  return parse_name<DsocrMode>(option, text,
                               {{"auto", DSOCR_MODE_AUTO},
                                {"tiny", DSOCR_MODE_TINY},
                                {"small", DSOCR_MODE_SMALL},
                                {"base", DSOCR_MODE_BASE},
                                {"large", DSOCR_MODE_LARGE},
                                {"gundam", DSOCR_MODE_GUNDAM}});
}

DsocrPrecision parse_precision(const std::string& option, const std::string& text) {
  return parse_name<DsocrPrecision>(option, text,
                                    {{"auto", DSOCR_PRECISION_AUTO},
                                     {"fp32", DSOCR_PRECISION_FP32},
                                     {"bf16", DSOCR_PRECISION_BF16},
                                     {"int8", DSOCR_PRECISION_INT8},
                                     {"int4", DSOCR_PRECISION_INT4}});
}

DsocrKvCache parse_kv_cache(const std::string& option, const std::string& text) {
  return parse_name<DsocrKvCache>(
      option, text, {{"auto", DSOCR_KV_CACHE_AUTO}, {"native", DSOCR_KV_CACHE_NATIVE}, {"int8", DSOCR_KV_CACHE_INT8}});
}

using Setter = std::function<void(Options&, const std::string& option, const std::string& value)>;

/// A setter for each option that takes a value.
const std::map<std::string, Setter>& setters() {
  using O = Options;
  using S = const std::string;
  static const std::map<std::string, Setter> all = {
      {"--model", [](O& o, S&, S& v) { o.model.model_path = v; }},
      {"--adapter", [](O& o, S&, S& v) { o.model.adapter_path = v; }},
      {"--image", [](O& o, S&, S& v) { o.image = v; }},
      {"--mode", [](O& o, S& n, S& v) { o.mode = parse_mode(n, v); }},
      {"--max-tiles", [](O& o, S& n, S& v) { o.max_tiles = parse_integer<int>(n, v, 2); }},
      {"--prompt", [](O& o, S&, S& v) { o.prompt = v; }},
      {"--ids-before-image", [](O& o, S& n, S& v) { o.ids_before = parse_ids(n, v); }},
      {"--ids-after-image", [](O& o, S& n, S& v) { o.ids_after = parse_ids(n, v); }},
      {"--max-new-tokens", [](O& o, S& n, S& v) { o.max_new_tokens = parse_integer<int>(n, v, 1); }},
      {"--no-repeat-ngram-size", [](O& o, S& n, S& v) { o.ngram.size = parse_integer<int>(n, v, 2); }},
      {"--no-repeat-ngram-window", [](O& o, S& n, S& v) { o.ngram.window = parse_integer<int>(n, v, 0); }},
      {"--ngram-whitelist", [](O& o, S& n, S& v) { o.ngram.whitelist = parse_ids(n, v); }},
      {"--precision", [](O& o, S& n, S& v) { o.model.precision = parse_precision(n, v); }},
      {"--kv-cache", [](O& o, S& n, S& v) { o.model.kv_cache = parse_kv_cache(n, v); }},
      {"--device", [](O& o, S&, S& v) { o.model.device = v; }},
      {"--threads", [](O& o, S& n, S& v) { o.model.threads = parse_integer<int>(n, v, 1); }},
      {"--weight-cache", [](O& o, S&, S& v) { o.model.weight_cache = v; }},
      {"--dump", [](O& o, S&, S& v) { o.dump = v; }},
  };
  return all;
}

void check(const Options& options) {
  if (options.model.model_path.empty()) throw UsageError("--model DIR is missing.");
  if (options.image.empty()) throw UsageError("--image FILE.ppm is missing.");
  if (options.ids_before.has_value() != options.ids_after.has_value()) {
    throw UsageError("--ids-before-image and --ids-after-image belong together.");
  }
  if (options.model.threads > kMostThreads) {
    throw UsageError("--threads is at most " + std::to_string(kMostThreads) + ".");
  }
  if (options.prompt && options.ids_before) throw UsageError("give either --prompt or ids, not both.");
  if (options.ngram.size == 0 && (options.ngram.window > 0 || !options.ngram.whitelist.empty())) {
    throw UsageError("--no-repeat-ngram-window and --ngram-whitelist need --no-repeat-ngram-size.");
  }
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (name == "--help" || name == "-h") {
      options.help = true;
      return options;
    }
    if (name == "--ignore-eos") {
      options.ignore_eos = true;
      continue;
    }
    const auto setter = setters().find(name);
    if (setter == setters().end()) throw UsageError("unknown argument \"" + name + "\"; --help lists all.");
    if (++i == arguments.size()) throw UsageError(name + " wants a value.");
    setter->second(options, name, arguments[i]);
  }
  check(options);
  return options;
}

}  // namespace deepseekocr::trace
